//! What is in the registry before a run, and what is there afterwards: tags that lead to an old index, and nothing of
//! the new one but its images.
//!
//! Thousands of runs need thousands of tags and repositories, so these are made of the files in which Debian's registry
//! keeps them
//! (<https://github.com/distribution/distribution/blob/release/2.8/registry/storage/paths.go>), which is quicker than to
//! push them; `links_are_what_the_registry_serves` sees that it is the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::command::run;
use crate::http::ask;
use crate::image::{INDEX, Image, MANIFEST, blob, described, digest, put};
use crate::registry::{plain, storage};

/// How many repositories are published at once.
pub const MANY: usize = 20;

/// Where images come from that are brought to other repositories.
pub const SOURCE: &str = "src/app";

/// One repository with images of two architectures, and two indexes over them.
#[derive(Clone, Debug)]
pub struct Repository {
    pub name: String,
    /// The digests of the image for arm64, of its configuration, and of its layer.
    pub image: String,
    pub config: String,
    pub layer: String,
    /// Where tags lead before a run.
    pub old: String,
    /// Where they are to lead.
    pub new: String,
}

pub struct Ground {
    pub many: Vec<Repository>,
    pub source: Repository,
}

/// The ground of all runs.
pub fn ground() -> &'static Ground {
    static GROUND: OnceLock<Ground> = OnceLock::new();
    GROUND.get_or_init(|| {
        let mut names: Vec<String> = (0..MANY).map(|number| format!("t/{number:02}")).collect();
        names.push(SOURCE.to_owned());
        let pushed: Vec<[String; 3]> = names.iter().map(|name| push(name)).collect();
        let indexes = |tag: &str, more: &[&str]| {
            let targets: Vec<String> = names.iter().map(|name| format!("{}/{name}:{tag}", plain())).collect();
            let mut arguments = vec!["manifest", "--arch-image", "${image}:v1-${arch}"];
            arguments.extend(targets.iter().map(String::as_str));
            arguments.extend(more);
            run(&arguments).good();
            names.iter().map(|name| link(name, tag).expect("it was published")).collect::<Vec<_>>()
        };
        let (old, new) = (indexes("old", &["--annotation", "io.example.old=1"]), indexes("v1", &[]));
        let mut all: Vec<Repository> = Vec::new();
        for (((name, [image, config, layer]), old), new) in names.into_iter().zip(pushed).zip(old).zip(new) {
            all.push(Repository { name, image, config, layer, old, new });
        }
        let source = all.pop().expect("it was added last");
        refer(&source);
        Ground { many: all, source }
    })
}

/// Pushes two images; the digests of the one for arm64.
fn push(repository: &str) -> [String; 3] {
    let [_, arm64] = ["amd64", "arm64"].map(|architecture| {
        let image = Image::new(architecture).content(&format!("{repository} {architecture}"));
        let pushed = image.push(repository, &format!("v1-{architecture}"));
        [pushed.digest, pushed.config, digest(&image.parts().layers[0])]
    });
    arm64
}

/// An index of twenty images; what it tells of an image is told of one in the middle.
pub fn wide() -> &'static Repository {
    const ARCHITECTURES: [&str; MANY / 4] = ["amd64", "arm64", "ppc64le", "riscv64", "s390x"];
    static WIDE: OnceLock<Repository> = OnceLock::new();
    WIDE.get_or_init(|| {
        let (host, name) = (plain(), "src/wide");
        let mut images = Vec::new();
        for (architecture, variant) in ARCHITECTURES.iter().flat_map(|it| ["v1", "v2", "v3", "v4"].map(|of| (*it, of)))
        {
            let image = Image::new(architecture).variant(variant).content(&format!("{architecture} {variant}"));
            let (pushed, layer) = (image.push(name, "image"), digest(&image.parts().layers[0]));
            let platform = serde_json::json!({ "os": "linux", "architecture": architecture, "variant": variant });
            let entry = serde_json::json!({
                "mediaType": MANIFEST, "digest": pushed.digest, "size": pushed.size, "platform": platform,
            });
            images.push((entry, pushed, layer));
        }
        let entries: Vec<_> = images.iter().map(|(entry, ..)| entry).collect();
        let index = serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries });
        let new = put(host, name, "v1", INDEX, &index).digest;
        let (_, pushed, layer) = images.swap_remove(MANY / 2);
        Repository { name: name.into(), image: pushed.digest, config: pushed.config, layer, old: new.clone(), new }
    })
}

/// Enters something that is about the index, as a client does whose registry has no list of that.
fn refer(source: &Repository) {
    let host = plain();
    blob(host, &source.name, b"{}");
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": "application/x-signature",
        "config": described("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": [described("application/vnd.oci.empty.v1+json", b"{}")],
        "subject": { "mediaType": INDEX, "digest": source.new, "size": served(&source.name, &source.new).len() },
    });
    let pushed = put(host, &source.name, "signature", MANIFEST, &manifest);
    let entry = serde_json::json!({ "mediaType": MANIFEST, "digest": pushed.digest, "size": pushed.size });
    let list = serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry] });
    put(host, &source.name, &source.new.replace(':', "-"), INDEX, &list);
}

/// A manifest, as the registry serves it.
fn served(repository: &str, pointer: &str) -> Vec<u8> {
    let answer = ask(plain(), "GET", &format!("/v2/{repository}/manifests/{pointer}"));
    assert_eq!(answer.status(), 200, "{}", answer.text());
    answer.body
}

/// A name that no other run has.
pub fn fresh() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("c{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn home(repository: &str) -> PathBuf {
    storage().join("docker/registry/v2/repositories").join(repository)
}

fn link_of(repository: &str, tag: &str) -> PathBuf {
    home(repository).join("_manifests/tags").join(tag).join("current/link")
}

/// Where a tag leads, as the registry keeps it.
pub fn link(repository: &str, tag: &str) -> Option<String> {
    fs::read_to_string(link_of(repository, tag)).ok()
}

/// Leads a tag to a manifest of the repository.
pub fn lead(repository: &str, tag: &str, digest: &str) {
    let path = link_of(repository, tag);
    fs::create_dir_all(path.parent().expect("it has a folder")).expect("made");
    fs::write(path, digest).expect("written");
}

/// What of the source a repository lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacks {
    /// The image for arm64 and its layer.
    Image,
    /// The tags of the indexes only.
    Tags,
}

/// Makes a repository that is the source but for what it lacks; its tag `v1` leads to the old index.
pub fn repository(name: &str, lacks: Lacks) {
    let source = &ground().source;
    copy(&home(&source.name), &home(name));
    fs::remove_dir_all(home(name).join("_manifests/tags")).expect("removed");
    if lacks == Lacks::Image {
        fs::remove_dir_all(revision(name, &source.image)).expect("removed");
        fs::remove_dir_all(layer(name, &source.layer)).expect("removed");
    }
    for architecture in ["amd64", "arm64"].iter().filter(|_| lacks == Lacks::Tags) {
        let tag = format!("v1-{architecture}");
        lead(name, &tag, &link(&source.name, &tag).expect("it was pushed"));
    }
    lead(name, "v1", &source.old);
}

/// Makes a repository that is another one.
pub fn double(from: &str, to: &str) {
    copy(&home(from), &home(to));
}

fn hex(digest: &str) -> &str {
    digest.trim_start_matches("sha256:")
}

fn revision(repository: &str, digest: &str) -> PathBuf {
    home(repository).join("_manifests/revisions/sha256").join(hex(digest))
}

fn layer(repository: &str, digest: &str) -> PathBuf {
    home(repository).join("_layers/sha256").join(hex(digest))
}

/// Whether a repository has the image for arm64 of the source, whole.
pub fn is_whole(repository: &str) -> bool {
    let source = &ground().source;
    let parts = [
        revision(repository, &source.image),
        layer(repository, &source.config),
        layer(repository, &source.layer),
        revision(repository, &source.new),
    ];
    parts.iter().all(|part| part.join("link").is_file())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            // Uploads that were begun are nobody's.
            true if path.ends_with("_uploads") => {}
            true => copy(&path, &target),
            false => drop(fs::copy(&path, &target).expect("copied")),
        }
    }
}

#[test]
fn links_are_what_the_registry_serves() {
    let (ground, tag, name) = (ground(), fresh(), format!("u/{}", fresh()));
    let first = &ground.many[0];
    lead(&first.name, &tag, &first.old);
    repository(&name, Lacks::Image);
    for (name, tag, digest) in [(&first.name, &tag, &first.old), (&name, &"v1".to_owned(), &ground.source.old)] {
        let index: serde_json::Value = serde_json::from_slice(&served(name, tag)).expect("JSON");
        assert_eq!(index["annotations"]["io.example.old"], "1");
        assert_eq!(link(name, tag).as_ref(), Some(digest));
    }
    let status = |what: &str| ask(plain(), "GET", &format!("/v2/{name}/{what}")).status();
    assert_eq!(status(&format!("manifests/{}", ground.source.image)), 404);
    assert_eq!(status(&format!("blobs/{}", ground.source.layer)), 404);
    assert_eq!(status(&format!("blobs/{}", ground.source.config)), 200);
    assert!(!is_whole(&name));
    run(&["copy", &format!("{}/{SOURCE}:v1", plain()), &format!("localhost{}/{name}:v1", &plain()[9..])]).good();
    assert!(is_whole(&name));
    assert_eq!(link(&name, "v1").as_ref(), Some(&ground.source.new));
}
