//! What is refused: exit 1, every tag as it was, and the message names the image, the platform and the cause.

use serde_json::{Value, json};

use crate::command::{Run, run};
use crate::image::{INDEX, Image, LIST, MANIFEST, entry, get, pair, put, put_bytes};
use crate::registry::plain;

/// An index under the tag, and two architectures for the next one; then what `break_it` makes of those is refused.
fn refused(repository: &str, more: &[&str], break_it: impl Fn(&str), says: &[&str]) -> Run {
    let target = format!("{}/{repository}:v1", plain());
    pair(repository, "v1");
    run(&["manifest", &target]).good();
    let before = get(repository, "v1");
    let good = format!("{repository}-good");
    pair(&good, "v1");
    for architecture in ["amd64", "arm64"] {
        Image::new(architecture).content(&format!("next {repository}")).push(repository, &format!("v1-{architecture}"));
    }
    break_it(repository);
    let good_target = format!("{}/{good}:v1", plain());
    let mut arguments = vec!["manifest", &target, &good_target];
    arguments.extend(more);
    let refused = run(&arguments).bad(says).bad(&["was published; every tag is as it was", repository]);
    assert_eq!(get(repository, "v1"), before, "the tag is as it was");
    assert_eq!(get(&good, "v1"), None, "nothing of the others is published");
    assert_eq!(refused.stdout, "");
    refused
}

#[test]
fn an_architecture_is_missing() {
    let remove = |repository: &str| {
        let tags =
            crate::registry::storage().join(format!("docker/registry/v2/repositories/{repository}/_manifests/tags"));
        std::fs::remove_dir_all(tags.join("v1-arm64")).expect("removed");
    };
    refused("checks/missing", &[], remove, &["missing:v1-arm64 (linux/arm64) is not in 127.0.0.1", "help: its build"]);
}

#[test]
fn an_architecture_is_another_one() {
    let swap = |repository: &str| drop(Image::new("amd64").push(repository, "v1-arm64"));
    refused(
        "checks/wrong",
        &[],
        swap,
        &["wrong:v1-arm64 should be linux/arm64, but its configuration says linux/amd64"],
    );
}

#[test]
fn both_architectures_are_one_image() {
    let same = |repository: &str| {
        for architecture in ["amd64", "arm64"] {
            Image::new("amd64").content("same").push(repository, &format!("v1-{architecture}"));
        }
    };
    let says = ["is the same image as", "same:v1-amd64"];
    refused("checks/same", &[], same, &says);
}

#[test]
fn an_arm_of_another_variant() {
    let other = |repository: &str| drop(Image::new("arm").variant("v6").push(repository, "v1-armv7"));
    let says = ["v1-armv7 should be linux/arm/v7, but its configuration says linux/arm/v6"];
    refused("checks/arm", &["--platform", "linux/amd64,linux/arm/v7"], other, &says);
}

#[test]
fn one_platform_twice() {
    let windows = |version| Image { os: "windows", os_version: Some(version), ..Image::new("amd64") };
    let sources = [("a", "10.0.17763.1"), ("b", "10.0.17763.1"), ("c", "10.0.20348.2")].map(|(tag, version)| {
        windows(version).content(tag).push("checks/windows", tag);
        format!("{}/checks/windows:{tag}", plain())
    });
    let target = format!("{}/checks/windows:v1", plain());
    let link = |one: &str, other: &str| run(&["manifest", &target, "--source", one, "--source", other]);
    let of = |version: &str, at: usize| format!("windows/amd64{version}={}", sources[at]);
    let twice = "are both windows/amd64:10.0.17763.1, but an index holds one image per platform";
    link(&of(":10.0.17763.1", 0), &of("", 1)).bad(&[twice, "every tag is as it was"]);
    let other = "windows:c should be windows/amd64:10.0.17763, but its configuration says windows/amd64:10.0.20348.2";
    link(&of(":10.0.17763.1", 0), &of(":10.0.17763", 2)).bad(&[other]);
    link(&of("", 0), &of("", 2)).wrong(&["windows/amd64 is given twice"]);
    assert_eq!(get("checks/windows", "v1"), None);
}

#[test]
fn architectures_of_two_commits() {
    let other = |repository: &str| drop(Image::new("arm64").revision(Some("badc0de")).push(repository, "v1-arm64"));
    let says = ["not built from one commit: linux/amd64 from c0ffee (label), linux/arm64 from badc0de (label)"];
    refused("checks/commits", &[], other, &says);
    let target = format!("{}/checks/commits:v1", plain());
    run(&["manifest", &target, "--allow-mixed-revisions"]).good();
}

#[test]
fn one_architecture_tells_no_commit() {
    let none = |repository: &str| drop(Image::new("arm64").revision(None).push(repository, "v1-arm64"));
    refused("checks/none", &[], none, &["linux/amd64 from c0ffee (label), linux/arm64 from an unknown one"]);
}

#[test]
fn an_index_without_an_image_for_the_platform() {
    let other = |repository: &str| {
        let image = Image::new("amd64");
        let pushed = image.push(repository, "v1-other");
        let document = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry(&pushed, Some(&image))] });
        put(plain(), repository, "v1-arm64", INDEX, &document);
    };
    refused("checks/zero", &[], other, &["is an index with no image for linux/arm64; it holds linux/amd64"]);
}

#[test]
fn an_index_with_several_images_for_the_platform() {
    let two = |repository: &str| {
        let image = Image::new("arm64");
        let [one, other] = ["one", "other"].map(|content| image.clone().content(content).push(repository, content));
        let entries = [entry(&one, Some(&image)), entry(&other, Some(&image))];
        put(
            plain(),
            repository,
            "v1-arm64",
            LIST,
            &json!({ "schemaVersion": 2, "mediaType": LIST, "manifests": entries }),
        );
    };
    refused("checks/several", &[], two, &["is an index with 2 images for linux/arm64", "--source PLATFORM="]);
}

#[test]
fn an_index_that_contradicts_its_image() {
    let lie = |repository: &str| {
        let pushed = Image::new("amd64").push(repository, "v1-other");
        let entry = entry(&pushed, Some(&Image::new("arm64")));
        put(
            plain(),
            repository,
            "v1-arm64",
            INDEX,
            &json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry] }),
        );
    };
    refused("checks/lie", &[], lie, &["says linux/arm64, but the image's configuration says linux/amd64"]);
}

#[test]
fn an_index_within_an_index() {
    let nest = |repository: &str| {
        let image = Image::new("arm64");
        let pushed = image.push(repository, "v1-other");
        let inner = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry(&pushed, Some(&image))] });
        let inner = put(plain(), repository, "inner", INDEX, &inner);
        let outer = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry(&inner, Some(&image))] });
        put(plain(), repository, "v1-arm64", INDEX, &outer);
    };
    refused("checks/nested", &[], nest, &["v1-arm64 (linux/arm64)", "an index within an index"]);
}

#[test]
fn an_attestation_that_is_an_index() {
    let nest = |repository: &str| {
        let image = Image::new("arm64");
        let pushed = image.push(repository, "v1-other");
        let inner = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry(&pushed, Some(&image))] });
        let mut attestation = entry(&put(plain(), repository, "inner", INDEX, &inner), None);
        attestation["annotations"] = json!({
            "vnd.docker.reference.digest": pushed.digest,
            "vnd.docker.reference.type": "attestation-manifest",
        });
        let entries = json!([entry(&pushed, Some(&image)), attestation]);
        let outer = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries });
        put(plain(), repository, "v1-arm64", INDEX, &outer);
    };
    refused("checks/attested", &[], nest, &["v1-arm64 (linux/arm64)", "what is attested of it is an index"]);
}

#[test]
fn what_is_no_image() {
    let chart = |repository: &str| {
        let pushed = Image::new("arm64").push(repository, "v1-other");
        let (_, bytes) = get(repository, "v1-other").expect("the image");
        let mut document: Value = serde_json::from_slice(&bytes).expect("JSON");
        document["config"]["mediaType"] = "application/vnd.cncf.helm.config.v1+json".into();
        put(plain(), repository, "v1-arm64", MANIFEST, &document);
        assert!(pushed.size > 0);
    };
    refused("checks/chart", &[], chart, &["its configuration is application/vnd.cncf.helm.config.v1+json"]);
}

#[test]
fn a_configuration_without_a_platform() {
    let empty = |repository: &str| drop(Image { os: "", ..Image::new("") }.push(repository, "v1-arm64"));
    refused("checks/empty", &[], empty, &["should be linux/arm64, but its configuration says no platform"]);
}

#[test]
fn a_docker_list_cannot_hold_attestations() {
    let attest = |repository: &str| {
        Image::new("amd64").push_attested(repository, "v1-amd64");
    };
    let says = ["has attestations, which a Docker manifest list cannot hold", "--attestations drop"];
    refused("checks/docker", &["--format", "docker"], attest, &says);
}

/// The platform is that of a person who speaks to a terminal through an image.
#[test]
fn text_of_an_image_is_shown_safely() {
    let evil = |repository: &str| {
        let image = Image::new("arm64").revision(Some("\u{1b}[2J\u{202e}evil"));
        image.push(repository, "v1-arm64");
    };
    let refused = refused("checks/evil", &[], evil, &["evil"]);
    assert!(!refused.stderr.contains(['\u{1b}', '\u{202e}']), "{:?}", refused.stderr);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let target = |repository: &str| format!("{}/checks/{repository}:v1", plain());
    pair("checks/all-good", "v1");
    Image::new("amd64").push("checks/all-wrong", "v1-arm64");
    let (good, wrong, missing) = (target("all-good"), target("all-wrong"), target("all-missing"));
    let all = run(&["manifest", &good, &wrong, &missing]);
    let all = all.bad(&["all-wrong:v1-amd64 (linux/amd64) is not in", "all-missing:v1-arm64 (linux/arm64) is not in"]);
    assert!(all.stderr.contains("all-wrong:v1-arm64 should be linux/arm64"), "{}", all.stderr);
    assert_eq!(get("checks/all-good", "v1"), None);
}

#[test]
fn what_the_tag_leads_to_does_not_matter() {
    pair("checks/junk", "v1");
    put_bytes(plain(), "checks/junk", "v1", MANIFEST, get("checks/junk", "v1-amd64").expect("an image").1);
    run(&["manifest", &format!("{}/checks/junk:v1", plain()), "--run", "p/1"]).good();
}

#[test]
fn wrong_usage() {
    for (arguments, says) in [
        (&["manifest"][..], "required"),
        (&["manifest", "a b"], "names no image"),
        (&["manifest", "a:v1", "a:v1"], "is given twice"),
        (&["manifest", "a:v1", "docker.io/library/a:v1"], "is given twice"),
        (&["manifest", "a@sha256:00"], "is not a digest"),
        (&["manifest", "a:v1", "--platform", "linux/arm46"], "did you mean `linux/arm64`"),
        (&["manifest", "a:v1", "--platform", "linux/arm64,linux/arm64/v8"], "linux/arm64 is given twice"),
        (&["manifest", "a:v1", "--platform", "linux/arm,linux/arm/v7"], "linux/arm/v7 is given twice"),
        (&["manifest", "a:v1", "--arch-image", "${image}:${tag}"], "gives all platforms the same name"),
        (&["manifest", "a:v1", "--arch-image", "${image}:${arhc}"], "there is no `arhc` here"),
        (&["manifest", "a:v1", "--arch-image", "r.io/b:${arch}"], "(`splitbuild copy r.io/b:amd64 a:v1-amd64`)"),
        (&["manifest", "a:v1", "--arch-image", "${image}:${tag}-${platform}"], "use ${arch}, which is amd64"),
        (
            &["manifest", "a:v1", "--arch-image", "a/b:${platform}"],
            "a tag cannot contain `/`, and ${platform} is linux/amd64",
        ),
        (&["manifest", "a:v1", "--arch-image", "${image}:${arch}/x"], "names no image"),
        (&["manifest", "a:v1", "b:v1", "--source", "linux/amd64=a:x"], "exactly one REF"),
        (&["manifest", "a:v1", "--source", "linux/amd64=ghcr.io/a:x"], "is not in the registry of"),
        (&["inspect", "256.256.256.256/a:b"], "`256.256.256.256` is neither the name of a registry nor its address"),
        (&["inspect", "127.0.0.999:5000/a:b"], "`127.0.0.999:5000` is neither"),
        (&["inspect", "xn--99999.example/a:b"], "`xn--99999.example` is neither"),
        (&["manifest", "a.1/x:y"], "`a.1` is neither"),
        (&["copy", "r.io:+443/a:b", "oci:x:b"], "`r.io:+443` is neither"),
        (&["manifest", "a:v1", "--source", "a:x"], "PLATFORM=REF"),
        (&["manifest", "a:v1", "--tag", ".x"], "a tag begins with"),
        (&["manifest", "a:v1", "--annotation", "x"], "KEY=VALUE"),
        (&["manifest", "a:v1", "--annotation", "io.splitbuild.run=p/1"], "--run sets this"),
        (&["manifest", "a:v1", "--format", "docker", "--annotation", "a=b"], "cannot hold annotations"),
        (&["manifest", "a:v1", "--run", "7"], "PROJECT/NUMBER"),
        (&["manifest", "a:v1", "--wait", "10"], "a number with its unit"),
        (&["manifest", "a:v1", "--login", "r.io=user:p@ss"], "the names of variables and not their values"),
        (&["manifest", "a:v1", "--plain-http", "http://r.io"], "without a scheme"),
        (&["inspect"], "required"),
    ] {
        run(arguments).wrong(&[says]);
    }
}
