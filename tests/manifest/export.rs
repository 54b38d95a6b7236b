//! `splitbuild export`: what is in the tarball, and when there is none.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::command::{Run, run, splitbuild};
use crate::daemon::output;
use crate::http::Message;
use crate::image::{DOCKER, Image, MANIFEST, Packing, blob, described, digest, get, noise, put};
use crate::registry::{folder, plain};
use crate::relay::{Fault, Relay, Rule, nothing};

/// A folder of one test.
pub fn place(name: &str) -> PathBuf {
    folder(&format!("export/{name}"))
}

/// The path of a file of one test.
pub fn path(name: &str, file: &str) -> String {
    place(name).join(file).display().to_string()
}

/// An image with three layers, two of them larger than what arrives at once.
pub fn image(architecture: &'static str) -> Image {
    let contents = [noise(1, 300_000), noise(architecture.len() as u32, 200_000), architecture.repeat(20)];
    Image::new(architecture).contents(&contents).packing(Packing::Gzip)
}

/// An index over two architectures.
pub fn index(repository: &str) -> String {
    for architecture in ["amd64", "arm64"] {
        image(architecture).push(repository, &format!("v1-{architecture}"));
    }
    let name = format!("{}/{repository}:v1", plain());
    run(&["manifest", &name]).good();
    name
}

/// The files of a tarball.
fn files(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = tar::Archive::new(bytes);
    let entries = archive.entries().expect("a tarball").map(|entry| {
        let mut entry = entry.expect("an entry");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("content");
        (entry.path().expect("a path").display().to_string(), content)
    });
    entries.collect()
}

fn document(files: &BTreeMap<String, Vec<u8>>, path: &str) -> Value {
    serde_json::from_slice(&files[path]).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn of_blob(digest: &str) -> String {
    format!("blobs/{}", digest.replace(':', "/"))
}

/// Nothing is left beside what was asked for.
fn holds(name: &str, expected: &[&str]) {
    let mut found: Vec<String> = fs::read_dir(place(name))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn one_platform_of_an_index() {
    let source = index("export/one");
    let file = path("one", "one.tar");
    let told = run(&["export", &source, "--platform", "linux/arm64", "-o", &file]).good();
    let (_, manifest) = get("export/one", "v1-arm64").expect("it is there");
    assert_eq!(told.stdout, format!("{source}@{}\n", digest(&manifest)));
    assert!(told.stderr.contains("wrote ") && told.stderr.contains("(linux/arm64)"), "{}", told.stderr);

    let files = files(&fs::read(&file).expect("it is there"));
    for (path, content) in files.iter().filter(|(path, _)| path.starts_with("blobs/sha256/") && path.len() > 20) {
        assert_eq!(*path, of_blob(&digest(content)), "every blob is what its name says");
    }
    assert_eq!(files[&of_blob(&digest(&manifest))], manifest, "the manifest is the registry's, byte for byte");
    let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
    let index = document(&files, "index.json");
    let entry = &index["manifests"][0];
    assert_eq!(index["manifests"].as_array().expect("a list").len(), 1);
    assert_eq!(entry["annotations"]["org.opencontainers.image.ref.name"], "v1");
    assert_eq!(entry["annotations"]["io.containerd.image.name"], source.as_str());
    assert_eq!(entry["platform"], json!({ "architecture": "arm64", "os": "linux" }));
    let list = document(&files, "manifest.json");
    let layers: Vec<String> = manifest["layers"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|layer| of_blob(layer["digest"].as_str().expect("text")))
        .collect();
    let config = of_blob(manifest["config"]["digest"].as_str().expect("text"));
    assert_eq!(list, json!([{ "Config": config, "RepoTags": [source], "Layers": layers }]));
    assert_eq!(document(&files, "oci-layout"), json!({ "imageLayoutVersion": "1.0.0" }));
    // Three lists, two folders, manifest, configuration, three layers; and nothing of the other platform.
    assert_eq!(files.len(), 10, "{:?}", files.keys());
}

#[test]
fn names_and_several_images_that_share_layers() {
    let source = index("export/names");
    let by_digest =
        format!("{}@{}", source.trim_end_matches(":v1"), digest(&get("export/names", "v1").expect("there").1));
    let file = path("names", "two-names.tar");
    let names = ["--name", "acme/app:v1", "--name", "acme/app:v1-arm64"];
    let told = run(&[&["export", &by_digest, "--platform", "linux/arm64", "-o", &file][..], &names].concat()).good();
    assert_eq!(told.stdout.lines().count(), 2, "{}", told.stdout);
    let named = files(&fs::read(&file).expect("there"));
    assert_eq!(document(&named, "manifest.json")[0]["RepoTags"], json!(["acme/app:v1", "acme/app:v1-arm64"]));
    let index = document(&named, "index.json");
    let entries = index["manifests"].as_array().expect("a list");
    let of = |at: usize, key: &str| entries[at]["annotations"][key].as_str().expect("text").to_owned();
    assert_eq!(of(1, "io.containerd.image.name"), "docker.io/acme/app:v1-arm64");
    assert_eq!(of(1, "org.opencontainers.image.ref.name"), "v1-arm64");

    let file = path("names", "untagged.tar");
    let told = run(&["export", &by_digest, "--platform", "linux/amd64", "-o", &file]).good();
    assert!(told.stdout.starts_with(by_digest.split('@').next().expect("a name")), "{}", told.stdout);
    assert_eq!(document(&files(&fs::read(&file).expect("there")), "manifest.json")[0]["RepoTags"], Value::Null);

    let both = [format!("{source}-amd64"), format!("{source}-arm64")];
    let file = path("names", "both.tar");
    run(&["export", &both[0], &both[1], "-o", &file]).good();
    let both_files = files(&fs::read(&file).expect("there"));
    assert_eq!(document(&both_files, "manifest.json").as_array().expect("a list").len(), 2);
    // One of the layers is the same in both.
    assert_eq!(both_files.len(), 5 + 2 + 2 + 4, "{:?}", both_files.keys());
    let twice = ["export", &both[0], &both[0], "-o", &file];
    run(&twice).wrong(&["is given twice"]);
    run(&["export", &both[0], &both[1], "--name", "a:b", "-o", &file]).wrong(&["--name needs exactly one REF"]);
    run(&["export", &both[0], "--name", "oci:a:b", "-o", &file])
        .wrong(&["expected the name of an image, not a folder"]);
    run(&["export", &both[0], "--json"]).wrong(&["--json needs -o FILE"]);
}

#[test]
fn a_whole_index_with_what_is_attested() {
    Image::new("amd64").packing(Packing::Gzip).push_attested("export/whole", "v1-amd64");
    Image::new("arm64").packing(Packing::Gzip).push("export/whole", "v1-arm64");
    let source = format!("{}/export/whole:v1", plain());
    run(&["manifest", &source]).good();
    let file = path("whole", "whole.tar");
    let told = run(&["export", &source, "--name", "acme/app:v1", "-o", &file, "--json"]).good();
    let files = files(&fs::read(&file).expect("there"));
    let raw = get("export/whole", "v1").expect("there").1;
    assert_eq!(document(&files, "index.json")["manifests"][0]["digest"], digest(&raw));
    assert_eq!(files[&of_blob(&digest(&raw))], raw, "the index is the registry's");
    let list = document(&files, "manifest.json");
    assert_eq!(
        (&list[0]["RepoTags"][0], &list[1]["RepoTags"][0]),
        (&json!("acme/app:v1-amd64"), &json!("acme/app:v1-arm64"))
    );
    assert_eq!(list.as_array().expect("a list").len(), 2, "an attestation is no image");
    let index: Value = serde_json::from_slice(&raw).expect("JSON");
    for entry in index["manifests"].as_array().expect("a list") {
        let manifest = document(&files, &of_blob(entry["digest"].as_str().expect("text")));
        for blob in manifest["layers"].as_array().expect("a list").iter().chain([&manifest["config"]]) {
            assert!(files.contains_key(&of_blob(blob["digest"].as_str().expect("text"))), "{blob}");
        }
    }
    let told: Value = serde_json::from_str(&told.stdout).expect("JSON");
    assert_eq!(told["state"], "written");
    assert_eq!(told["size"], fs::metadata(&file).expect("there").len());
    assert_eq!(told["images"][1]["platform"], "linux/arm64");
    assert_eq!(told["images"][1]["digest"], index["manifests"][1]["digest"]);
}

#[test]
fn the_same_in_a_pipe_and_a_second_time() {
    let source = index("export/again");
    for file in ["again.tar", "again.tar.gz", "again.tgz", "again.tar.zst"] {
        let at = path("again", file);
        let arguments = ["export", &source, "-o", &at];
        run(&arguments).good();
        let bytes = fs::read(&at).expect("there");
        let compress = match file {
            "again.tar" => "none",
            "again.tar.zst" => "zstd",
            _ => "gzip",
        };
        let piped = splitbuild(&["export", &source, "--compress", compress, "-q"]).output().expect("it runs");
        assert!(piped.status.success() && piped.stdout == bytes, "{file}");
        let relay = Relay::new(plain(), nothing());
        let through = source.replace(plain(), &relay.host);
        let same = ["export", &through, "--name", &source, "-o", &at];
        let before = fs::metadata(&at).and_then(|found| found.modified()).expect("there");
        let told = run(&same).good();
        assert!(told.stderr.contains("unchanged: "), "{}", told.stderr);
        assert_eq!(fs::metadata(&at).and_then(|found| found.modified()).expect("there"), before);
        // Two configurations were read, and no layer.
        assert_eq!(relay.short().iter().filter(|line| line.contains("/blobs/")).count(), 2, "{:#?}", relay.short());
        // One bit in the middle is another file.
        let mut other = bytes.clone();
        other[bytes.len() / 2] ^= 1;
        fs::write(&at, &other).expect("written");
        assert!(run(&arguments).good().stderr.contains("wrote "), "{file}");
        assert!(fs::read(&at).expect("there") == bytes, "{file}");
    }
    output(Command::new("gunzip").args(["-t", &path("again", "again.tar.gz")]));
    output(Command::new("zstd").args(["-tq", &path("again", "again.tar.zst")]));
    let size = |file: &str| fs::metadata(path("again", file)).expect("there").len();
    assert!(size("again.tar.gz") < size("again.tar") + 2000, "what is compressed is stored");
    holds("again", &["again.tar", "again.tar.gz", "again.tar.zst", "again.tgz"]);
}

#[test]
fn layers_that_docker_could_not_load_are_converted_and_said() {
    let zstd = image("amd64").packing(Packing::Zstd).push("export/zstd", "v1");
    let plain_image = image("amd64").packing(Packing::Plain).push("export/plain", "v1");
    let source = |name: &str| format!("{}/export/{name}:v1", plain());
    let manifest_of = |file: &str| {
        let mut bytes = fs::read(file).expect("there");
        if file.ends_with(".gz") {
            let mut unpacked = Vec::new();
            flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut unpacked).expect("gzip");
            bytes = unpacked;
        }
        let files = files(&bytes);
        let entry = document(&files, "index.json")["manifests"][0].clone();
        let manifest = document(&files, &of_blob(entry["digest"].as_str().expect("text")));
        (entry["digest"].as_str().expect("text").to_owned(), manifest, files)
    };
    for file in ["zstd.tar", "zstd.tar.gz"] {
        let file = path("zstd", file);
        let told = run(&["export", &source("zstd"), "-o", &file]).good();
        let says = "3 layers converted from zstd to gzip, for Docker before 23; its manifest is now sha256:";
        assert!(told.stderr.contains(says), "{}", told.stderr);
        let (digest_now, manifest, files) = manifest_of(&file);
        assert_ne!(digest_now, zstd.digest);
        assert_eq!(manifest["config"]["digest"], zstd.config.as_str(), "what the image is stays");
        let config = document(&files, &of_blob(&zstd.config));
        for (layer, inside) in manifest["layers"]
            .as_array()
            .expect("a list")
            .iter()
            .zip(config["rootfs"]["diff_ids"].as_array().expect("a list"))
        {
            assert_eq!(layer["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip");
            let mut content = Vec::new();
            let bytes = &files[&of_blob(layer["digest"].as_str().expect("text"))];
            assert_eq!(layer["size"], bytes.len());
            flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut content).expect("gzip");
            assert_eq!(digest(&content), inside.as_str().expect("text"));
        }
        assert!(run(&["export", &source("zstd"), "-o", &file]).good().stderr.contains("unchanged: "), "the same again");
    }
    let file = path("zstd", "zstd.tar.zst");
    let told = run(&["export", &source("zstd"), "-o", &file]).good();
    assert!(told.stdout.contains(&zstd.digest) && !told.stderr.contains("converted"), "who reads one reads the other");
    let file = path("zstd", "plain.tar.gz");
    run(&["export", &source("plain"), "-o", &file]).good();
    let (digest_now, ..) = manifest_of(&file);
    assert_eq!(digest_now, plain_image.digest);
    assert!(fs::metadata(&file).expect("there").len() < 420_000, "what is not compressed becomes smaller");
    holds("zstd", &["plain.tar.gz", "zstd.tar", "zstd.tar.gz", "zstd.tar.zst"]);
}

#[test]
fn verify_full_looks_into_layers() {
    let lie = format!("sha256:{}", "5".repeat(64));
    for (number, packing) in [Packing::Plain, Packing::Gzip, Packing::Zstd].into_iter().enumerate() {
        let honest = image("amd64").packing(packing);
        honest.push("export/verify", &format!("good{number}"));
        Image { lie: Some(lie.clone()), ..honest }.push("export/verify", &format!("bad{number}"));
        let name = |kind: &str| format!("{}/export/verify:{kind}{number}", plain());
        for file in ["x.tar", "x.tar.gz", "x.tar.zst"] {
            let file = path("verify", file);
            run(&["export", &name("good"), "--verify", "full", "-o", &file]).good();
            fs::remove_file(&file).expect("there");
            let says = ["does not hold what its image says: expected sha256:5555", "was not changed"];
            run(&["export", &name("bad"), "--verify", "full", "-o", &file]).bad(&says);
            let piped = run_piped(&["export", &name("bad"), "--verify", "full"]);
            assert_eq!(piped.code, Some(1), "{}", piped.stderr);
            holds("verify", &[]);
        }
    }
}

/// Runs it with a pipe that nobody looks into.
fn run_piped(arguments: &[&str]) -> Run {
    let output = splitbuild(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).output().expect("it runs");
    Run { code: output.status.code(), stdout: String::new(), stderr: String::from_utf8(output.stderr).expect("text") }
}

/// The smallest image.
fn odd(repository: &str) -> String {
    let host = plain();
    let config =
        json!({ "architecture": "amd64", "os": "linux", "rootfs": { "type": "layers", "diff_ids": [digest(b"x")] } });
    let config = config.to_string().into_bytes();
    blob(host, repository, &config);
    blob(host, repository, b"x");
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": described("application/vnd.oci.image.config.v1+json", &config),
        "layers": [described("application/vnd.oci.image.layer.v1.tar", b"x")],
    });
    put(host, repository, "v1", MANIFEST, &manifest);
    format!("{host}/{repository}:v1")
}

#[test]
fn manifests_of_malice() {
    let file = path("malice", "x.tar");
    let refused = |source: &str, says: &[&str]| {
        run(&["export", source, "-o", &file]).bad(says);
        holds("malice", &[]);
    };
    let elsewhere = Relay::new(plain(), nothing());
    let urls = json!([format!("http://{}/v2/export/urls/blobs/{}", elsewhere.host, digest(b"y"))]);
    blob(plain(), "export/urls", b"y");
    let foreign = move |manifest: &mut Value| {
        manifest["layers"][0] = described("application/vnd.oci.image.layer.nondistributable.v1.tar", b"y");
        manifest["layers"][0]["urls"] = urls.clone();
    };
    let source = altered("export/foreign", foreign);
    refused(&source, &["has the layer", "which has to be fetched from another address", "--foreign-layers"]);
    run(&["copy", &source, &format!("{}/export/foreign-copy:v1", plain())])
        .bad(&["to be fetched from another address"]);
    assert_eq!(elsewhere.seen().len(), 0, "nobody was asked");
    run(&["export", &source, "-o", &file, "--foreign-layers"]).good();
    assert_eq!(elsewhere.count("GET"), 1);
    assert!(elsewhere.seen().iter().all(|seen| seen.authorization.is_none()));
    let files = files(&fs::read(&file).expect("there"));
    assert_eq!(files[&of_blob(&digest(b"y"))], b"y");
    fs::remove_file(&file).expect("there");

    let size = |manifest: &mut Value| manifest["layers"][0]["size"] = json!(u64::MAX - 5);
    refused(&altered("export/size", size), &["too large for one tarball"]);
    let larger = |manifest: &mut Value| manifest["layers"][0]["size"] = json!(2);
    refused(&altered("export/larger", larger), &["other bytes", "expected 2 bytes, found 1 bytes"]);
    let config = |manifest: &mut Value| manifest["config"]["size"] = json!(1_u64 << 40);
    refused(&altered("export/config", config), &["sends more than", "refused"]);
    let escape = |manifest: &mut Value| manifest["layers"][0]["digest"] = json!("sha256:../../../../etc/passwd");
    refused(&altered("export/escape", escape), &["is not a digest"]);
    let more = |manifest: &mut Value| manifest["layers"] = json!([manifest["layers"][0], manifest["layers"][0]]);
    refused(&altered("export/more", more), &["it has 2 layers, but its configuration lists 1"]);
    let kind = |manifest: &mut Value| manifest["layers"][0]["mediaType"] = json!("application/x-evil");
    refused(&altered("export/kind", kind), &["is application/x-evil, which cannot be loaded"]);
    let chart =
        |manifest: &mut Value| manifest["config"]["mediaType"] = json!("application/vnd.cncf.helm.config.v1+json");
    refused(&altered("export/chart", chart), &["not that of a container image"]);

    let image = image("arm64").push("export/mixed", "arm64");
    let entry = json!({ "mediaType": MANIFEST, "digest": image.digest, "size": image.size,
                        "platform": { "architecture": "amd64", "os": "linux" } });
    let list = json!({ "schemaVersion": 2, "mediaType": crate::image::INDEX, "manifests": [entry] });
    put(plain(), "export/mixed", "v1", crate::image::INDEX, &list);
    let mixed = format!("{}/export/mixed:v1", plain());
    refused(&mixed, &["the index says linux/amd64, but the image's configuration says linux/arm64"]);
    run(&["export", &mixed, "--platform", "linux/s390x", "-o", &file]).bad(&["has 0 images for linux/s390x"]);
    run(&["export", &format!("{}/export/mixed:none", plain()), "-o", &file]).bad(&["export/mixed:none is not in"]);
}

/// A manifest that no registry would take, told by one that does.
fn altered(repository: &str, change: impl Fn(&mut Value) + Send + Sync + 'static) -> String {
    let source = odd(repository);
    let rule: Rule = Box::new(move |request: &Message, _| match request.path().ends_with("/manifests/v1") {
        true => {
            let host = plain();
            let mut answer = crate::http::ask(host, "GET", request.path());
            let mut manifest: Value = serde_json::from_slice(&answer.body).expect("JSON");
            change(&mut manifest);
            answer.body = manifest.to_string().into_bytes();
            answer.remove("docker-content-digest");
            answer.remove("content-length");
            Fault::Answer(answer)
        }
        false => Fault::Pass,
    });
    let relay = Relay::new(plain(), rule);
    source.replace(plain(), &relay.host)
}

#[test]
fn a_device_and_a_folder_that_is_not_there() {
    let source = index("export/places");
    run(&["export", &source, "-o", "/dev/null"]).good();
    assert!(!fs::metadata("/dev/null").expect("there").is_file(), "a device stays one");
    run(&["export", &source, "-o", "/dev/full"]).bad(&["No space left on device"]);
    let nowhere = path("places", "none/x.tar");
    run(&["export", &source, "-o", &nowhere]).bad(&["cannot write", "No such file or directory"]);
    assert!(!Path::new(&nowhere).exists());
    let docker = Image { media_type: DOCKER, ..image("amd64") }.push("export/docker", "v1");
    let told = run(&["export", &format!("{}/export/docker:v1", plain()), "-o", &path("places", "d.tar")]).good();
    assert!(told.stdout.contains(&docker.digest), "Docker's own kind of manifest stays as it is");
}
