//! `export --digests` and `copy --digests`: what the jobs of a run handed on, wherever its tags lead by now.

use std::fs;
use std::io::Read;

use crate::command::run;
use crate::handover::files;
use crate::image::{Image, Pushed, digest, get, pair};
use crate::registry::{folder, plain, write};

/// A run whose tags have moved since: the files of its build jobs, that of its manifest job, and what it published.
struct Gone {
    index: String,
    builds: [String; 2],
    published: String,
    pushed: [Pushed; 2],
}

fn gone(name: &str, repository: &str) -> Gone {
    let (folder, builds, pushed) = files(name, repository);
    let told = run(&["manifest", "--digests", folder.to_str().expect("text")]).good().stdout;
    let index = write(&folder.join("app-index"), &told);
    let published = digest(&get(repository, "v1").expect("it is there").1);
    // Another run: every tag leads elsewhere.
    for architecture in ["amd64", "arm64"] {
        Image::new(architecture).content("later").push(repository, &format!("v1-{architecture}"));
    }
    let name = format!("{}/{repository}:v1", plain());
    run(&["manifest", &name, "--tag", "latest"]).good();
    assert_ne!(digest(&get(repository, "v1").expect("it is there").1), published);
    Gone { index, builds, published, pushed }
}

/// What a tarball says it holds: the digest of its entry, and its names.
fn held(path: &str) -> (String, String) {
    let bytes = fs::read(path).expect("it is there");
    let mut archive = tar::Archive::new(&bytes[..]);
    let mut documents = [serde_json::Value::Null, serde_json::Value::Null];
    for entry in archive.entries().expect("a tarball") {
        let mut entry = entry.expect("an entry");
        let name = entry.path().expect("a path").display().to_string();
        if let Some(at) = ["index.json", "manifest.json"].iter().position(|known| *known == name) {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("content");
            documents[at] = serde_json::from_slice(&content).expect("JSON");
        }
    }
    let digest = documents[0]["manifests"][0]["digest"].as_str().expect("a digest").to_owned();
    (digest, documents[1][0]["RepoTags"].to_string())
}

#[test]
fn what_a_run_published_is_exported_under_its_names() {
    let gone = gone("digests-export", "digests/export");
    let path = folder("digests-export").join("x.tar").display().to_string();
    let name = format!("{}/digests/export", plain());
    let index = format!("{name}:v1");
    run(&["export", &index, "--platform", "linux/arm64", "--digests", &gone.index, "-o", &path]).good();
    assert_eq!(held(&path), (gone.pushed[1].digest.clone(), format!(r#"["{index}"]"#)));
    // The tag that is meant where none is written, and a name of the user's own.
    run(&["export", &name, "--platform", "linux/amd64", "--digests", &gone.index, "-o", &path]).good();
    assert_eq!(held(&path), (gone.pushed[0].digest.clone(), format!(r#"["{name}:latest"]"#)));
    run(&["export", &index, "--name", "acme/app:v1", "--digests", &gone.index, "-o", &path]).good();
    assert_eq!(held(&path), (gone.published.clone(), r#"["acme/app:v1-amd64"]"#.to_owned()));
    // One architecture, by what its build job pushed; both kinds of file at once.
    let arch = format!("{index}-amd64");
    let arguments = ["export", &arch, "--digests", &gone.index, "--digests", &gone.builds[0], "-o", &path];
    let told = run(&arguments).good();
    assert_eq!(held(&path), (gone.pushed[0].digest.clone(), format!(r#"["{arch}"]"#)));
    assert_eq!(told.stdout, format!("{arch}@{}\n", gone.pushed[0].digest));
}

#[test]
fn what_a_run_published_is_copied() {
    let gone = gone("digests-copy", "digests/copy");
    let name = |tag: &str| format!("{}/digests/copy:{tag}", plain());
    let target = format!("{}/digests/copied:v1", plain());
    let copied = run(&["copy", "--digests", &gone.index, &name("v1"), &target]).good();
    assert_eq!(copied.stdout, format!("{target}@{}\n", gone.published));
    assert_eq!(digest(&get("digests/copied", "v1").expect("it is there").1), gone.published);
    let arguments = ["copy", "--digests", &gone.builds[0], "--digests", &gone.builds[1], &name("v1-arm64"), &target];
    assert_eq!(run(&arguments).good().stdout, format!("{target}@{}\n", gone.pushed[1].digest));
    // What `copy` prints is such a file, too.
    let file = write(&folder("digests-copy").join("copied-index"), &copied.stdout);
    let again = format!("{}/digests/again:v1", plain());
    assert_eq!(
        run(&["copy", "--digests", &file, &target, &again]).good().stdout,
        format!("{again}@{}\n", gone.published)
    );
}

#[test]
fn what_no_file_names_is_refused() {
    let gone = gone("digests-unnamed", "digests/unnamed");
    let path = folder("digests-unnamed").join("x.tar").display().to_string();
    let name = format!("{}/digests/unnamed:v1", plain());
    let target = format!("{}/digests/unnamed:copied", plain());
    for (source, file) in [
        // An index is no architecture, and the other way round.
        (&name, &gone.builds[0]),
        (&format!("{name}-amd64"), &gone.index),
        (&format!("{name}-arm64"), &gone.builds[0]),
        (&"digests/unnamed:v1".to_owned(), &gone.index),
        (&"oci:digests/unnamed:v1".to_owned(), &gone.index),
    ] {
        let says = format!("the hand-over files do not report {source}, but {}/digests/unnamed:", plain());
        run(&["export", source, "--digests", file, "-o", &path]).wrong(&[&says]);
        run(&["copy", source, &target, "--digests", file]).wrong(&[&says]);
    }
    let by_digest = format!("{name}@{}", gone.published);
    run(&["copy", &by_digest, &target, "--digests", &gone.index]).wrong(&["has a digest already"]);
    assert!(!fs::exists(&path).expect("a folder") && get("digests/unnamed", "copied").is_none());
}

#[test]
fn files_that_are_wrong_or_disagree() {
    let [amd64, arm64] = pair("digests/wrong", "v1");
    let folder = folder("digests-wrong");
    let path = folder.join("x.tar").display().to_string();
    let name = format!("{}/digests/wrong:v1-amd64", plain());
    let file = |file: &str, text: &str| write(&folder.join(file), text);
    let one = file("one", &format!("{name}@{}\n", amd64.digest));
    let other = file("other", &format!("{name}@{}\n", arm64.digest));
    let refused = |files: &[&str], says: &[&str]| {
        let mut digests = Vec::new();
        files.iter().for_each(|file| digests.extend(["--digests", *file]));
        let told = run(&[&["export", &name, "-o", &path][..], &digests].concat()).bad(says);
        assert!(told.stderr.contains("nothing was written"), "{}", told.stderr);
        let target = format!("{}/digests/wrong:copied", plain());
        let told = run(&[&["copy", &name, &target][..], &digests].concat()).bad(says);
        assert!(told.stderr.contains("nothing was published; every tag is as it was"), "{}", told.stderr);
    };
    refused(&[&one, &other], &["one and ", &format!("other disagree about the digest of {name}"), "files of one run"]);
    let build = format!("splitbuild 2\nkey a\nplatform linux/amd64\npushed {name} {name} {}\n", arm64.digest);
    refused(&[&one, &file("build", &build)], &["disagree about the digest of"]);
    for (text, says) in [
        (String::new(), "line 1: the file is empty"),
        (format!("{name}@{}", amd64.digest), "line 1: it does not end with a line feed: the file is truncated"),
        (format!("{name}@{}\r\n", amd64.digest), "line 1: it contains the byte `\\r`"),
        (format!("{name}@{}\n{name}@{}\n", amd64.digest, arm64.digest), "line 2: it disagrees with line 1"),
        (format!("{name}@{}\n\n", amd64.digest), "line 2: expected `IMAGE:TAG@DIGEST`"),
        (format!("{name}@sha256:00\n"), "line 1: `sha256:00` is not a digest"),
        ("v1 latest\n".to_owned(), "line 1: expected `IMAGE:TAG@DIGEST`"),
        (build.replace("key a", "key a b"), "line 2: expected exactly one word after the first"),
        (format!("{name}@{}\n", amd64.digest).repeat(60_000), "the file is longer than 4 MiB"),
    ] {
        let bad = file("bad", &text);
        refused(&[&one, &bad], &[&format!("{bad} is not a valid hand-over file: "), says]);
    }
    refused(&["is/not/there"], &["the hand-over file is/not/there does not exist"]);
    // The same twice is the same.
    run(&["export", &name, "-o", &path, "--digests", &one, "--digests", &one]).good();
    let folder = folder.to_str().expect("text");
    run(&["export", &name, "-o", &path, "--digests", folder]).bad(&["cannot read"]);
}
