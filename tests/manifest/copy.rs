//! `splitbuild copy`: what others have published, byte for byte, in this registry and in another.

use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::command::{Run, finish, run};
use crate::http::{Message, ask};
use crate::image::{INDEX, Image, digest, entry, get, index, put};
use crate::registry::{folder, plain, start};
use crate::relay::{Fault, Relay, Rule, nothing};

/// A registry with a storage of its own.
fn other() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| start("other", &folder("other-storage"), ""))
}

/// An index with two images, one of them with an attestation.
fn source(repository: &str) -> String {
    Image::new("amd64").content(&format!("{repository} {}", "x".repeat(300_000))).push_attested(repository, "v1-amd64");
    Image::new("arm64").variant("v8").push(repository, "v1-arm64");
    let name = format!("{}/{repository}:v1", plain());
    run(&["manifest", &name]).good();
    name
}

fn digest_of(repository: &str, tag: &str) -> String {
    digest(&get(repository, tag).unwrap_or_else(|| panic!("{repository}:{tag} is there")).1)
}

#[test]
fn an_index_is_published_under_other_names_with_its_digest() {
    let source = source("copy/source");
    let digest = digest_of("copy/source", "v1");
    let [first, second] = ["v1", "latest"].map(|tag| format!("{}/copy/target:{tag}", plain()));
    let copied = run(&["copy", &source, &first, &second]).good();
    assert_eq!(copied.stdout, format!("{first}@{digest}\n{second}@{digest}\n"));
    assert_eq!(index("copy/target", "latest"), index("copy/source", "v1"), "attestations come along");
    assert!(run(&["inspect", &first]).good().stdout.contains("linux/arm64"));
    let again = run(&["copy", &source, &first]).good();
    assert!(again.stderr.contains("unchanged") && again.stdout.contains(&digest), "{}", again.stderr);
    let told: Value = serde_json::from_str(&run(&["copy", "--json", &source, &first]).good().stdout).expect("JSON");
    assert_eq!((&told["digest"], &told["targets"][0]["state"]), (&Value::from(digest), &Value::from("unchanged")));
}

/// Docker's own registry refuses a manifest while it writes the link to one of its layers a second time.
#[test]
fn what_images_share_is_brought_once() {
    for architecture in ["amd64", "arm64"] {
        let contents = ["shared by both".to_owned(), format!("of {architecture}")];
        Image::new(architecture).contents(&contents).push("copy/shared", &format!("v1-{architecture}"));
    }
    run(&["manifest", &format!("{}/copy/shared:v1", plain())]).good();
    let relay = Relay::new(plain(), nothing());
    let source = format!("{}/copy/shared:v1", relay.host);
    run(&["copy", &source, &format!("{}/copy/shared-too:v1", relay.host)]).good();
    // Four layers, two of which are one, and two configurations.
    let mounts = relay.seen().iter().filter(|seen| seen.path.contains("mount=")).count();
    assert_eq!(mounts, 5, "{:#?}", relay.short());
    let relay = Relay::new(plain(), nothing());
    let to = folder("copy-shared");
    run(&["copy", &format!("{}/copy/shared:v1", relay.host), &format!("oci:{}:v1", to.display())]).good();
    let read = relay.seen().iter().filter(|seen| seen.path.contains("/blobs/")).count();
    assert_eq!(read, 5, "{:#?}", relay.short());
    // And so are images of another repository under an index.
    let relay = Relay::new(plain(), nothing());
    let option = |architecture| format!("linux/{architecture}={}/copy/shared:v1-{architecture}", relay.host);
    let target = format!("{}/copy/shared-index:v1", relay.host);
    run(&["manifest", &target, "--source", &option("amd64"), "--source", &option("arm64")]).good();
    let mounts = relay.seen().iter().filter(|seen| seen.path.contains("mount=")).count();
    assert_eq!(mounts, 5, "{:#?}", relay.short());
}

#[test]
fn another_registry_gets_every_blob() {
    let source = source("copy/far");
    let target = format!("{}/copied/far:v1", other());
    run(&["copy", &source, &target]).good();
    // Everything that it refers to is there, and right: the other registry is asked for all of it.
    let shown = run(&["inspect", &target, "--json"]).good();
    assert!(shown.stdout.contains(&digest_of("copy/far", "v1")), "{}", shown.stdout);
    let document = |pointer: &str| -> Value {
        let answer = ask(other(), "GET", &format!("/v2/copied/far/manifests/{pointer}"));
        assert_eq!(answer.status(), 200, "{pointer}");
        serde_json::from_slice(&answer.body).expect("JSON")
    };
    let index = document("v1");
    assert_eq!(index["manifests"].as_array().expect("a list").len(), 3);
    for child in index["manifests"].as_array().expect("a list") {
        let manifest = document(child["digest"].as_str().expect("text"));
        let layers = manifest["layers"].as_array().expect("layers");
        for blob in layers.iter().chain([&manifest["config"]]) {
            let path = format!("/v2/copied/far/blobs/{}", blob["digest"].as_str().expect("text"));
            assert_eq!(ask(other(), "HEAD", &path).status(), 200, "{blob}");
        }
    }
    // An image alone goes as well.
    let alone = format!("{}/copied/alone:v1", other());
    let copied = run(&["copy", &format!("{}/copy/far:v1-arm64", plain()), &alone]).good();
    assert_eq!(copied.stdout.trim(), format!("{alone}@{}", digest_of("copy/far", "v1-arm64")));
}

#[test]
fn platforms_narrow_an_index() {
    let source = source("copy/narrow");
    let target = |tag: &str| format!("{}/copy/narrowed:{tag}", plain());
    run(&["copy", "--platform", "linux/amd64", &source, &target("amd64")]).good();
    let found = index("copy/narrowed", "amd64");
    let entries = found["manifests"].as_array().expect("a list");
    assert_eq!(entries.len(), 2, "the image and its attestation: {found:#}");
    assert_eq!(entries[0]["platform"]["architecture"], "amd64");
    run(&["copy", "--platform", "linux/amd64,linux/arm64", &source, &target("both")]).good();
    assert_eq!(digest_of("copy/narrowed", "both"), digest_of("copy/narrow", "v1"), "nothing was left out");
    let says = ["has 0 images for linux/s390x", "it holds linux/amd64, linux/arm64", "nothing was published"];
    run(&["copy", "--platform", "linux/s390x", &source, &target("none")]).bad(&says);
    let one = format!("{}/copy/narrow:v1-arm64", plain());
    run(&["copy", "--platform", "linux/amd64", &one, &target("none")]).bad(&["has 0 images for linux/amd64"]);
    assert_eq!(get("copy/narrowed", "none"), None);
    run(&["copy", "--platform", "linux/arm64", &one, &target("one")]).good();
}

#[test]
fn what_is_not_there_or_not_right_is_not_published() {
    let source = source("copy/bad");
    let target = format!("{}/copied/bad:v1", other());
    let says = ["copy/none:v1 is not in", "nothing was published"];
    run(&["copy", &format!("{}/copy/none:v1", plain()), &target]).bad(&says);
    let layer = |request: &Message| request.method() == "GET" && request.path().contains("/blobs/");
    let altered = |change: fn(&mut Message)| -> Rule {
        Box::new(move |request, _| if layer(request) { Fault::Alter(change) } else { Fault::Pass })
    };
    for change in [
        |answer: &mut Message| {
            let middle = answer.body.len() / 2;
            answer.body[middle] ^= 1;
        },
        |answer: &mut Message| answer.body.push(0),
    ] {
        let relay = Relay::new(plain(), altered(change));
        let through = source.replace(plain(), &relay.host);
        let refused = run(&["copy", "--timeout", "3s", &through, &target]).bad(&["was not published"]);
        // By us, and not by the registry's own look at what it was sent.
        assert!(!refused.stderr.contains("INVALID"), "{}", refused.stderr);
        assert_eq!(ask(other(), "GET", "/v2/copied/bad/manifests/v1").status(), 404);
    }
    // What passes is tried again.
    let twice: Rule = Box::new(move |request, nth| match layer(request) && nth < 2 {
        true => Fault::Answer(Message::answer(503, &[], b"")),
        false => Fault::Pass,
    });
    let relay = Relay::new(plain(), twice);
    run(&["copy", &source.replace(plain(), &relay.host), &target]).good();
    assert_eq!(ask(other(), "GET", "/v2/copied/bad/manifests/v1").status(), 200);
    run(&["copy", &source]).wrong(&["TARGET"]);
    run(&["copy", &source, &format!("{target}@sha256:{}", "0".repeat(64))]).wrong(&["published under a tag"]);
}

#[test]
fn an_index_that_says_another_media_type_is_not_taken() {
    let (amd64, arm64) = (Image::new("amd64"), Image::new("arm64"));
    let mut lie = entry(&amd64.push("copy/lie", "one"), Some(&amd64));
    lie["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json".into();
    let good = entry(&arm64.push("copy/lie", "two"), Some(&arm64));
    let document = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [lie, good] });
    put(plain(), "copy/lie", "v1", INDEX, &document);
    let (source, target) = (format!("{}/copy/lie:v1", plain()), format!("{}/copied/lie:v1", other()));
    let says = ["the index says that", "manifest.v2+json", "but it is application/vnd.oci.image.manifest.v1+json"];
    run(&["copy", &source, &target]).bad(&says);
    run(&["export", &source, "-o", "/dev/null"]).bad(&says);
    let shown = run(&["inspect", &source]).bad(&says);
    assert!(shown.stdout.contains("linux/arm64  sha256:"), "what is good is shown: {}", shown.stdout);
    run(&["copy", "--platform", "linux/arm64", &source, &target]).good();
}

/// One target lacks everything, and the place of the other one has no need of that.
#[test]
fn a_target_that_is_there_does_not_fail_with_another() {
    let source = source("copy/partly");
    let there = format!("{}/copied/partly:v1", other());
    run(&["copy", &source, &there]).good();
    let lost: Rule = Box::new(|request, _| match request.method() == "GET" && request.path().contains("/blobs/") {
        true => Fault::Answer(Message::answer(400, &[], b"")),
        false => Fault::Pass,
    });
    let relay = Relay::new(plain(), lost);
    let missing = format!("{}/copied/partly-more:v1", other());
    let more = format!("{}/copied/partly:more", other());
    // In the same place, a manifest that is there brings no blob.
    run(&["copy", &source.replace(plain(), &relay.host), &there, &more]).good();
    let partly = run(&["copy", &source.replace(plain(), &relay.host), &there, &missing]);
    let partly = partly.bad(&[&format!("{missing} was not published"), &format!("unchanged {there}@")]);
    assert!(partly.stdout.starts_with(&there) && !partly.stdout.contains("more"), "{}", partly.stdout);
    // The layers of a target that is gone cannot be brought, and the tag that is there stays unchanged beside it.
    let digest = digest_of("copy/partly", "v1");
    let gone: Rule = Box::new(move |request, _| match (request.method(), request.path()) {
        ("HEAD", path) if path.contains("/manifests/sha256:") => Fault::Answer(Message::answer(404, &[], b"")),
        ("HEAD" | "POST", path) if path.contains("/blobs/") => Fault::Answer(Message::answer(400, &[], b"")),
        _ => Fault::Pass,
    });
    let second = Relay::new(other(), gone);
    let [there, more] = ["v1", "later"].map(|tag| format!("{}/copied/partly:{tag}", second.host));
    let partly = run(&["copy", &source, &there, &more]).bad(&[&format!("{more} was not published")]);
    assert_eq!(partly.stdout, format!("{there}@{digest}\n"));
}

/// An index may name one image for thousands of platforms.
#[test]
fn what_a_digest_names_is_asked_for_once() {
    let image = Image::new("amd64").push("copy/once", "image");
    let named = |number: usize| {
        let mut entry = entry(&image, Some(&Image::new("amd64")));
        // The same again, and the same under other names.
        if number.is_multiple_of(2) {
            entry["platform"]["variant"] = format!("v{}", number + 2).into();
        }
        entry
    };
    let entries: Vec<Value> = (0..300).map(named).collect();
    let document = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries });
    put(plain(), "copy/once", "v1", INDEX, &document);
    let relay = Relay::new(plain(), nothing());
    let source = format!("{}/copy/once:v1", relay.host);
    let asked = |arguments: &[&str], expected: usize| {
        let before = relay.seen().len();
        let done = run(arguments);
        assert_eq!(relay.seen().len() - before, expected, "{arguments:?}: {}\n{:#?}", done.stderr, relay.short());
    };
    asked(&["inspect", &source], 3);
    let file = folder("copy/once").join("x.tar").display().to_string();
    asked(&["export", &source, "-o", &file], 3);
    asked(&["copy", &source, &format!("oci:{}:v1", folder("copy/once").join("layout").display())], 4);
    // Of the other registry: the tag, the image, its blobs and what they need, the index.
    let target = Relay::new(other(), nothing());
    asked(&["copy", &source, &format!("{}/copied/once:v1", target.host)], 4);
    let heads = target.short().iter().filter(|line| line.starts_with("HEAD") && line.contains("/manifests/")).count();
    assert_eq!((heads, target.short().iter().filter(|line| line.contains("/manifests/")).count()), (2, 4));
}

/// A layer's file is opened when it is its turn, however many there are.
#[test]
fn more_layers_than_files_may_be_open() {
    let contents: Vec<String> = (0..200).map(|number| format!("layer {number}")).collect();
    Image::new("amd64").contents(&contents).push("copy/layers", "v1");
    let place = folder("copy/layers");
    let layout = |name: &str| format!("oci:{}:v1", place.join(name).display());
    let tarball = place.join("x.tar").display().to_string();
    let source = format!("{}/copy/layers:v1", plain());
    let (one, other) = (layout("one"), layout("other"));
    for arguments in [["copy", &source, &one], ["copy", &one, &other]] {
        limited(&arguments).good();
    }
    limited(&["export", &other, "-o", &tarball]).good();
    limited(&["copy", &other, &format!("{}/copy/layers-back:v1", plain())]).good();
}

/// Runs it where 128 files may be open, more than there are connections.
fn limited(arguments: &[&str]) -> Run {
    let mut command = Command::new("sh");
    let script = "ulimit -n 128; exec \"$@\"";
    command.env_clear().args(["-c", script, "sh", env!("CARGO_BIN_EXE_splitbuild")]).args(arguments);
    finish(&mut command)
}
