//! `splitbuild inspect`: what a reference leads to, checked.

use serde_json::{Value, json};

use crate::command::run;
use crate::http::Message;
use crate::image::{INDEX, Image, entry, get, pair, put};
use crate::registry::plain;
use crate::relay::{Fault, Relay};

#[test]
fn an_index_as_a_table() {
    Image::new("amd64").content("table a").push_attested("inspect/index", "v1-amd64");
    Image::new("arm64").content("table b").push_attested("inspect/index", "v1-arm64");
    let target = format!("{}/inspect/index:v1", plain());
    run(&["manifest", &target, "--annotation", "org.example.note=hello"]).good();
    let shown = run(&["inspect", &target]).good();
    let lines: Vec<&str> = shown.stdout.lines().collect();
    assert_eq!(lines[0], target);
    assert!(lines[1].starts_with("index sha256:") && lines[1].ends_with(&format!("({INDEX})")), "{}", lines[1]);
    assert_eq!(lines[3], "org.example.note: hello");
    let words: Vec<Vec<&str>> = lines[5..].iter().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(words[0], ["PLATFORM", "DIGEST", "SIZE", "CREATED", "REVISION", "ATTESTATIONS"]);
    assert_eq!((words[1][0], words[2][0]), ("linux/amd64", "linux/arm64"));
    for words in &words[1..] {
        assert_eq!(words[3..], ["kB", "2026-01-02T03:04:05Z", "c0ffee", "provenance"]);
    }
}

#[test]
fn an_image_as_json() {
    let pushed = Image::new("arm64").variant("v8").push("inspect/image", "v1");
    let shown = run(&["inspect", &format!("{}/inspect/image@{}", plain(), pushed.digest), "--json"]).good();
    let json: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    assert_eq!(json["digest"], pushed.digest);
    assert_eq!(json["images"][0]["platform"], "linux/arm64");
    assert_eq!(json["images"][0]["layers"], 1);
    assert!(json["images"][0]["compressedSize"].as_u64().expect("a number") > 2048);
}

#[test]
fn a_document_as_it_is() {
    pair("inspect/raw", "v1");
    let target = format!("{}/inspect/raw:v1", plain());
    run(&["manifest", &target]).good();
    let shown = run(&["inspect", &target, "--raw"]).good();
    assert_eq!(shown.stdout.as_bytes(), get("inspect/raw", "v1").expect("the index").1);
}

#[test]
fn what_is_not_there() {
    run(&["inspect", &format!("{}/inspect/nothing:v1", plain())]).bad(&["inspect/nothing:v1 is not in 127.0.0.1"]);
}

#[test]
fn what_is_wrong_with_an_index_is_told() {
    let image = Image::new("arm64");
    let pushed = image.push("inspect/wrong", "one");
    let gone = Image::new("amd64").push("inspect/wrong", "two");
    let lie = entry(&pushed, Some(&Image::new("s390x")));
    let document = json!({
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [entry(&pushed, Some(&image)), lie, entry(&gone, Some(&Image::new("amd64")))],
    });
    put(plain(), "inspect/wrong", "v1", INDEX, &document);
    let digest = gone.digest.clone();
    let relay = Relay::new(
        plain(),
        Box::new(move |request, _| match request.path().ends_with(&digest) {
            true => Fault::Answer(Message::answer(404, &[], b"")),
            false => Fault::Pass,
        }),
    );
    let shown = run(&["inspect", &format!("{}/inspect/wrong:v1", relay.host)]);
    let shown = shown
        .bad(&["the index says linux/s390x, but the image's configuration says linux/arm64", "which is not there"]);
    assert!(shown.stdout.contains("linux/arm64  sha256:"), "what is good is shown: {}", shown.stdout);
}

#[test]
fn altered_bytes_are_not_shown() {
    pair("inspect/altered", "v1");
    let relay = Relay::new(
        plain(),
        Box::new(|request, _| match request.path().contains("/manifests/") {
            true => Fault::Alter(|answer| answer.body[20] ^= 1),
            false => Fault::Pass,
        }),
    );
    for how in ["--raw", "--json"] {
        let shown = run(&["inspect", &format!("{}/inspect/altered:v1-arm64", relay.host), how]);
        assert_eq!(shown.bad(&["sends other bytes"]).stdout, "");
    }
}
