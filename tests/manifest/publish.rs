//! What is published: the bytes of the index, what is kept in it, the tags that lead to it.

use serde_json::Value;

use crate::command::{finish, run, splitbuild};
use crate::image::{DOCKER, INDEX, Image, LIST, MANIFEST, digest, entry, get, index, pair, platforms, put};
use crate::registry::plain;
use crate::relay::{Fault, Relay, nothing};

fn name(repository: &str) -> String {
    format!("{}/{repository}", plain())
}

#[test]
fn the_index_over_two_architectures() {
    let [amd64, arm64] = pair("publish/two", "v1");
    let done = run(&["manifest", &name("publish/two:v1")]).good();
    let (kind, bytes) = get("publish/two", "v1").expect("the index");
    assert_eq!(kind, INDEX);
    assert_eq!(done.stdout, format!("{}@{}\n", name("publish/two:v1"), digest(&bytes)));
    let expected = format!(
        r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{{"mediaType":"{MANIFEST}","digest":"{}","size":{},"platform":{{"architecture":"amd64","os":"linux"}}}},{{"mediaType":"{MANIFEST}","digest":"{}","size":{},"platform":{{"architecture":"arm64","os":"linux"}}}}]}}"#,
        amd64.digest, amd64.size, arm64.digest, arm64.size
    );
    assert_eq!(String::from_utf8(bytes).expect("text"), expected);
    assert!(done.stderr.contains("published") && done.stderr.contains("revision c0ffee"), "{}", done.stderr);
}

#[test]
fn the_order_of_arguments_changes_nothing() {
    let pushed: Vec<String> = [("amd64", None), ("arm64", Some("v8")), ("arm", Some("v7"))]
        .iter()
        .map(|(architecture, variant)| {
            let image = Image { variant: *variant, ..Image::new(architecture) };
            let tag = format!("any-{architecture}");
            image.push("publish/order", &tag);
            let variant = variant.map(|variant| format!("/{variant}")).unwrap_or_default();
            format!("linux/{architecture}{variant}={}:{tag}", name("publish/order"))
        })
        .collect();
    let mut outputs = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let target = name("publish/order:v1");
        let mut arguments = vec!["manifest", &target];
        order.iter().for_each(|at| arguments.extend(["--source", &pushed[*at]]));
        outputs.push(run(&arguments).good());
    }
    assert!(outputs[0].stderr.contains("published"), "{}", outputs[0].stderr);
    for later in &outputs[1..] {
        assert_eq!(later.stdout, outputs[0].stdout);
        assert!(later.stderr.contains("unchanged") && !later.stderr.contains("published"), "{}", later.stderr);
    }
    assert_eq!(platforms("publish/order", "v1"), ["linux/amd64", "linux/arm/v7", "linux/arm64/v8"]);
}

#[test]
fn attestations_are_kept_with_their_annotations_and_nothing_is_nested() {
    let (amd64, of_amd64) = Image::new("amd64").content("att a").push_attested("publish/att", "v1-amd64");
    let (arm64, of_arm64) = Image::new("arm64").content("att b").push_attested("publish/att", "v1-arm64");
    run(&["manifest", &name("publish/att:v1")]).good();
    let index = index("publish/att", "v1");
    let digests: Vec<&str> = entries(&index).iter().map(|entry| entry["digest"].as_str().expect("text")).collect();
    assert_eq!(digests, [&amd64.digest, &arm64.digest, &of_amd64, &of_arm64]);
    let kinds: Vec<&str> = entries(&index).iter().map(|entry| entry["mediaType"].as_str().expect("text")).collect();
    assert_eq!(kinds, [MANIFEST; 4]);
    for (at, image) in [(2, &amd64), (3, &arm64)] {
        let annotations = &entries(&index)[at]["annotations"];
        assert_eq!(annotations["vnd.docker.reference.digest"], image.digest);
        assert_eq!(annotations["vnd.docker.reference.type"], "attestation-manifest");
    }
    assert_eq!(index["annotations"], serde_json::json!({ "org.example.both": "same" }), "what the sources share");
    run(&["manifest", &name("publish/att:v1"), "--attestations", "drop"]).good();
    assert_eq!(platforms("publish/att", "v1"), ["linux/amd64", "linux/arm64"]);
}

#[test]
fn docker_oci_and_mixed_images_keep_their_kinds_and_get_nothing_else() {
    let images = [("amd64", true), ("arm64", false)];
    for (architecture, is_docker) in images {
        let image = Image::new(architecture).content(&format!("mixed {architecture}"));
        let image = if is_docker { image.docker() } else { image };
        image.push("publish/mixed", &format!("v1-{architecture}"));
    }
    run(&["manifest", &name("publish/mixed:v1")]).good();
    let index = index("publish/mixed", "v1");
    let kinds: Vec<&str> = entries(&index).iter().map(|entry| entry["mediaType"].as_str().expect("text")).collect();
    assert_eq!(kinds, [DOCKER, MANIFEST]);
    for entry in entries(&index) {
        let keys: Vec<&String> = entry.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["mediaType", "digest", "size", "platform"]);
    }
    run(&["manifest", &name("publish/mixed:v1"), "--format", "docker"]).good();
    assert_eq!(get("publish/mixed", "v1").expect("the list").0, LIST);
}

#[test]
fn variants_and_versions_of_systems_are_kept() {
    let windows = Image { os: "windows", os_version: Some("10.0.20348.1"), ..Image::new("amd64") };
    windows.push("publish/kinds", "v1-windows-amd64");
    Image::new("arm64").variant("v8").push("publish/kinds", "v1-arm64");
    run(&["manifest", &name("publish/kinds:v1"), "--platform", "windows/amd64", "--platform", "linux/arm64"]).good();
    let index = index("publish/kinds", "v1");
    assert_eq!(entries(&index)[0]["platform"]["variant"], "v8");
    assert_eq!(entries(&index)[1]["platform"]["os.version"], "10.0.20348.1");
}

#[test]
fn an_arm_without_a_variant_is_v7() {
    Image::new("arm").push("publish/arm", "v1-armv7");
    Image::new("amd64").push("publish/arm", "v1-amd64");
    let target = name("publish/arm:v1");
    for platform in ["linux/arm", "linux/arm/v7"] {
        run(&["manifest", &target, "--platform", "linux/amd64", "--platform", platform]).good();
    }
    assert_eq!(platforms("publish/arm", "v1"), ["linux/amd64", "linux/arm"], "as the image says it");
    run(&["copy", "--platform", "linux/arm/v7", &target, &name("publish/arm:copy")]).good();
    assert!(run(&["inspect", &target]).good().stdout.contains("linux/arm/v7  sha256:"));
}

#[test]
fn several_versions_of_windows() {
    let pushed =
        [("old", Some("10.0.17763.1")), ("new", Some("10.0.20348.2")), ("none", None)].map(|(tag, os_version)| {
            Image { os: "windows", os_version, ..Image::new("amd64") }.content(tag).push("publish/windows", tag)
        });
    let at = |tag: &str| name(&format!("publish/windows:{tag}"));
    let link = |target: &str, new: &str| {
        let sources = [("10.0.17763.1", "old"), ("10.0.20348.2", new)]
            .map(|(version, tag)| format!("windows/amd64:{version}={}", at(tag)));
        run(&["manifest", &at(target), "--source", &sources[1], "--source", &sources[0]]).good();
        let index = index("publish/windows", target);
        let version = |entry: &Value| entry["platform"]["os.version"].as_str().expect("text").to_owned();
        assert_eq!(entries(&index).iter().map(version).collect::<Vec<_>>(), ["10.0.17763.1", "10.0.20348.2"]);
    };
    link("v1", "new");
    // The configuration of this one does not tell its version, so the command line does.
    link("v2", "none");
    let shown = run(&["inspect", &at("v2")]).good().stdout;
    assert!(shown.contains("windows/amd64:10.0.20348.2  sha256:"), "{shown}");

    // An index that holds both is one to choose from, here and elsewhere.
    let of = |platform: &str| run(&["copy", "--platform", platform, &at("v1"), &at("copy")]);
    let says = ["has 2 images for windows/amd64", "windows/amd64:10.0.17763.1, windows/amd64:10.0.20348.2"];
    of("windows/amd64").bad(&says);
    of("windows/amd64:10.0.20348,windows/amd64:10.0.20348.2").good();
    let copied = index("publish/windows", "copy");
    assert_eq!(entries(&copied).iter().map(|entry| &entry["digest"]).collect::<Vec<_>>(), [&pushed[1].digest]);
    let source = |platform: &str| format!("{platform}={}", at("v1"));
    run(&["manifest", &at("v3"), "--source", &source("windows/amd64")]).bad(&["with 2 images for windows/amd64"]);
    run(&["manifest", &at("v3"), "--source", &source("windows/amd64:10.0.17763")]).good();
    assert_eq!(entries(&index("publish/windows", "v3"))[0]["digest"], pushed[0].digest);
}

/// Whoever looks for an image of that platform would be given the attestation.
#[test]
fn an_attestation_is_of_no_platform_whatever_its_index_says() {
    let repository = "publish/labelled";
    for architecture in ["amd64", "arm64"] {
        Image::new(architecture).content(architecture).push_attested(repository, &format!("v1-{architecture}"));
    }
    let mut wrong = index(repository, "v1-amd64");
    wrong["manifests"][1]["platform"] = serde_json::json!({ "architecture": "s390x", "os": "linux" });
    put(plain(), repository, "v1-amd64", INDEX, &wrong);
    run(&["manifest", &name("publish/labelled:v1")]).good();
    let expected = ["linux/amd64", "linux/arm64", "unknown/unknown", "unknown/unknown"];
    assert_eq!(platforms(repository, "v1"), expected);
    // What is made anew when platforms are left out is put right as well; what is copied whole is as it was.
    put(plain(), repository, "wrong", INDEX, &{
        let mut both = index(repository, "v1");
        both["manifests"][2]["platform"] = wrong["manifests"][1]["platform"].clone();
        both
    });
    let copy = |tag: &str, more: &[&str]| {
        let [source, target] = [name("publish/labelled:wrong"), name(&format!("publish/labelled:{tag}"))];
        run(&[&["copy", &source, &target], more].concat()).good();
    };
    copy("whole", &[]);
    assert_eq!(get(repository, "whole"), get(repository, "wrong"));
    copy("narrow", &["--platform", "linux/amd64"]);
    assert_eq!(platforms(repository, "narrow"), ["linux/amd64", "unknown/unknown"]);
    let shown = run(&["inspect", &name("publish/labelled:wrong")]).good().stdout;
    assert!(shown.contains("provenance, (wrongly listed as an image for linux/s390x)"), "{shown}");
}

#[test]
fn several_tags_and_annotations() {
    pair("publish/tags", "v1");
    let target = name("publish/tags:v1");
    let done =
        run(&["manifest", &target, "--tag", "latest", "--tag", "v1", "--annotation", "b=2", "--annotation", "a=x=y"])
            .good();
    assert_eq!(done.stdout.lines().count(), 2, "{}", done.stdout);
    assert_eq!(get("publish/tags", "v1"), get("publish/tags", "latest"));
    assert_eq!(index("publish/tags", "v1")["annotations"], serde_json::json!({ "a": "x=y", "b": "2" }));
}

#[test]
fn other_names_of_the_architectures() {
    Image::new("amd64").push("publish/x-amd64", "v1");
    Image::new("arm64").push("publish/x-arm64", "v1");
    let target = name("publish/x:v1");
    let done = run(&["manifest", &target, "--arch-image", "${image}-${arch}:${tag}"]).good();
    assert_eq!(platforms("publish/x", "v1").len(), 2, "{}", done.stderr);
}

#[test]
fn images_of_another_repository_are_mounted() {
    let (amd64, _) = Image::new("amd64").content("mount a").push_attested("publish/from", "x86");
    let arm64 = Image::new("arm64").content("mount b").push("publish/from", "arm");
    let relay = Relay::new(plain(), nothing());
    let [target, from] = ["publish/to", "publish/from"].map(|repository| format!("{}/{repository}", relay.host));
    let sources = [format!("linux/amd64={from}:x86"), format!("linux/arm64={from}@{}", arm64.digest)];
    run(&["manifest", &format!("{target}:v1"), "--source", &sources[0], "--source", &sources[1]]).good();
    assert_eq!(platforms("publish/to", "v1").len(), 3);
    assert!(get("publish/to", &amd64.digest).is_some(), "the image itself is there");
    let read = relay.seen().iter().filter(|seen| seen.method == "GET" && seen.path.contains("/blobs/")).count();
    assert_eq!(read, 2, "only the configurations are read: {:#?}", relay.short());
}

/// The fault is one that a real registry has: it takes no mounts, and opens an upload instead.
#[test]
fn images_of_another_repository_are_carried_over_where_nothing_is_mounted() {
    let layer = "carried ".repeat(100_000);
    for architecture in ["amd64", "arm64"] {
        Image::new(architecture).content(&format!("{layer}{architecture}")).push("publish/afar", architecture);
    }
    let relay = Relay::new(
        plain(),
        Box::new(|request, _| {
            if request.path().contains("mount=") {
                // As a registry answers that does not know the parameter.
                return Fault::Answer(crate::http::Message::answer(202, &[("Location", "/v2/x/blobs/uploads/1")], b""));
            }
            Fault::Pass
        }),
    );
    let [target, from] = ["publish/near", "publish/afar"].map(|repository| format!("{}/{repository}", relay.host));
    let sources = [format!("linux/amd64={from}:amd64"), format!("linux/arm64={from}:arm64")];
    run(&["manifest", &format!("{target}:v1"), "--source", &sources[0], "--source", &sources[1]]).good();
    assert_eq!(platforms("publish/near", "v1"), ["linux/amd64", "linux/arm64"]);
    let first = index("publish/near", "v1")["manifests"][0]["digest"].as_str().expect("text").to_owned();
    assert!(get("publish/near", &first).is_some());
}

#[test]
fn a_dry_run_prints_the_index_and_writes_nothing() {
    pair("publish/dry", "v1");
    let relay = Relay::new(plain(), nothing());
    let target = format!("{}/publish/dry:v1", relay.host);
    let dry = run(&["manifest", &target, "--dry-run"]).good();
    assert_eq!(get("publish/dry", "v1"), None);
    assert_eq!(relay.seen().iter().filter(|seen| seen.method != "GET").count(), 0);
    let done = run(&["manifest", &target]).good();
    let (_, bytes) = get("publish/dry", "v1").expect("the index");
    assert_eq!(dry.stdout.trim_end().as_bytes(), bytes);
    assert!(dry.stderr.contains(&format!("would publish {}", done.stdout.trim_end())), "{}", dry.stderr);
    let again = run(&["manifest", &target, "--dry-run"]).good();
    assert!(again.stderr.contains("unchanged"), "{}", again.stderr);
}

#[test]
fn json_for_programs() {
    pair("publish/json", "v1");
    let done = run(&["manifest", &name("publish/json:v1"), "--json"]).good();
    let json: Value = serde_json::from_str(&done.stdout).expect("JSON");
    let target = &json["targets"][0];
    let (_, bytes) = get("publish/json", "v1").expect("the index");
    assert_eq!(target["index"]["digest"], digest(&bytes));
    assert_eq!(target["tags"][0]["state"], "published");
    assert_eq!(target["images"][1]["platform"], "linux/arm64");
    assert_eq!(target["images"][1]["revision"], "c0ffee");
    let bad = run(&["manifest", &name("publish/json:v2"), "--json"]).bad(&[]);
    let json: Value = serde_json::from_str(&bad.stdout).expect("JSON");
    assert_eq!(json["targets"][0]["tags"][0]["state"], "withheld");
    assert_eq!(json["targets"][0]["problems"].as_array().expect("problems").len(), 2);
}

#[test]
fn quiet_says_nothing_and_verbose_every_request() {
    pair("publish/quiet", "v1");
    let target = name("publish/quiet:v1");
    let loud = run(&["manifest", &target, "--verbose", "--plain-http", plain()]).good();
    assert_eq!(loud.stderr.lines().filter(|line| line.contains(" http://")).count(), 6, "{}", loud.stderr);
    assert_eq!(run(&["manifest", &target, "--quiet"]).good().stderr, "");
}

#[test]
fn a_newer_run_keeps_its_tag() {
    let target = name("publish/runs:develop");
    let publish = |run_number: &str, content: &str, more: &[&str]| {
        for architecture in ["amd64", "arm64"] {
            let image = Image::new(architecture).content(&format!("{content} {architecture}"));
            image.push("publish/runs", &format!("develop-{architecture}"));
        }
        let mut arguments = vec!["manifest", &target, "--run", run_number];
        arguments.extend(more);
        finish(&mut splitbuild(&arguments)).good()
    };
    publish("gh/acme/app/7", "seven", &[]);
    assert_eq!(index("publish/runs", "develop")["annotations"]["io.splitbuild.run"], "gh/acme/app/7");
    let seven = get("publish/runs", "develop");
    let late = publish("gh/acme/app/6", "six", &["--tag", "v6", "--fixed-tag", "v6"]);
    assert_eq!(get("publish/runs", "develop"), seven, "the newer run's");
    assert!(late.stderr.contains("to the newer run gh/acme/app/7"), "{}", late.stderr);
    let fixed = get("publish/runs", "v6").expect("a fixed tag is always published");
    let lines: Vec<&str> = late.stdout.lines().collect();
    assert!(lines.iter().all(|line| line.ends_with(&digest(&fixed.1))), "{lines:?}");
    assert!(get("publish/runs", &digest(&fixed.1)).is_some(), "what is printed can be had");
    publish("gh/acme/app/8", "eight", &[]);
    assert_ne!(get("publish/runs", "develop"), seven);
    publish("gh/acme/other/1", "other", &[]);
    assert_eq!(index("publish/runs", "develop")["annotations"]["io.splitbuild.run"], "gh/acme/other/1");
}

#[test]
fn wait_for_what_is_still_built() {
    let [amd64, _] = pair("publish/wait", "v1");
    let relay = Relay::new(
        plain(),
        Box::new(|request, nth| match request.path().ends_with("v1-arm64") && nth < 2 {
            true => Fault::Answer(crate::http::Message::answer(404, &[], b"")),
            false => Fault::Pass,
        }),
    );
    let target = format!("{}/publish/wait:v1", relay.host);
    run(&["manifest", &target]).bad(&["v1-arm64 (linux/arm64) is not in"]);
    let done = run(&["manifest", &target, "--wait", "1m"]).good();
    assert!(done.stderr.contains("waiting for") && done.stderr.contains("v1-arm64 (linux/arm64)"), "{}", done.stderr);
    assert_eq!(index("publish/wait", "v1")["manifests"][0]["digest"], amd64.digest);
}

/// An index that a tool without platforms made.
#[test]
fn an_image_that_its_index_does_not_describe() {
    for architecture in ["amd64", "arm64"] {
        let image = Image::new(architecture).push("publish/bare", &format!("bare-{architecture}"));
        let document =
            serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry(&image, None)] });
        put(plain(), "publish/bare", &format!("v1-{architecture}"), INDEX, &document);
    }
    run(&["manifest", &name("publish/bare:v1")]).good();
    assert_eq!(platforms("publish/bare", "v1"), ["linux/amd64", "linux/arm64"]);
}

fn entries(index: &Value) -> &Vec<Value> {
    index["manifests"].as_array().expect("entries")
}
