//! Registries that lie: answers without end, other bytes than were asked for, and documents that are none. Nothing of them
//! is published.

use crate::faults::{Kind, first, through};
use crate::http::Message;
use crate::image::get;
use crate::relay::{Fault, Rule};

#[test]
fn bodies_without_end_are_refused_while_they_are_read() {
    let endless = || Fault::Endless;
    let (run, _) = through("faults/huge-manifest", first(9, Kind::Manifest, endless), &[]);
    run.bad(&["sends more than 4194304 bytes when asked to read", "huge-manifest:v1-arm64"]);
    let (run, _) = through("faults/huge-config", first(9, Kind::Config, endless), &[]);
    run.bad(&["bytes when asked to read sha256:", ": refused"]);
    let error = || Fault::Answer(Message::answer(400, &[], &vec![b'x'; 1 << 20]));
    let (run, _) = through("faults/huge-error", first(9, Kind::Manifest, error), &[]);
    assert!(run.bad(&["400"]).stderr.len() < 4000);
}

#[test]
fn a_huge_manifest_is_refused() {
    let huge = |answer: &mut Message| answer.body.resize((4 << 20) + 1, b' ');
    let (run, _) = through("faults/padded", alter(Kind::Manifest, huge), &[]);
    run.bad(&["sends more than 4194304 bytes"]);
}

/// What is done to an answer.
type Change = fn(&mut Message);

fn alter(kind: Kind, change: Change) -> Rule {
    Box::new(move |request, _| if kind.is(request) { Fault::Alter(change) } else { Fault::Pass })
}

#[test]
fn other_bytes_than_asked_for_are_refused() {
    let flip = |answer: &mut Message| {
        let middle = answer.body.len() / 2;
        answer.body[middle] ^= 1;
    };
    for kind in [Kind::Manifest, Kind::Config] {
        let repository = format!("faults/flipped-{kind:?}").to_lowercase();
        let (run, relay) = through(&repository, alter(kind, flip), &[]);
        run.bad(&["sends other bytes when asked to read", "expected sha256:", "do not trust it"]);
        assert_eq!(relay.count("PUT"), 0);
    }
    // The registry's own word for its digest is wrong.
    let (run, _) = through(
        "faults/header",
        alter(Kind::Manifest, |answer| {
            answer.set("Docker-Content-Digest", &format!("sha256:{}", "0".repeat(64)));
        }),
        &[],
    );
    run.bad(&["expected sha256:0000", "header:v1-arm64"]);
    let (run, _) = through(
        "faults/malformed",
        alter(Kind::Manifest, |answer| {
            answer.set("Docker-Content-Digest", "sha256:xyz");
        }),
        &[],
    );
    run.bad(&["is not a digest"]);
    let (run, _) = through(
        "faults/short",
        alter(Kind::Config, |answer| {
            answer.body.pop();
        }),
        &[],
    );
    run.bad(&["sends other bytes", "expected", "bytes, found"]);
}

#[test]
fn a_registry_that_tells_no_digests() {
    let (run, relay) = through(
        "faults/digestless",
        Box::new(|_, _| Fault::Alter(|answer| answer.remove("docker-content-digest"))),
        &[],
    );
    run.good();
    let after: Vec<String> = relay.short().into_iter().skip_while(|line| !line.starts_with("PUT")).collect();
    let methods: Vec<&str> = after.iter().map(|line| line.split(' ').next().expect("a word")).collect();
    assert_eq!(methods, ["PUT", "HEAD", "GET"], "what was written is looked at");
}

#[test]
fn a_registry_that_writes_something_else() {
    let (run, _) = through(
        "faults/other",
        alter(Kind::Put, |answer| {
            answer.set("Docker-Content-Digest", &format!("sha256:{}", "0".repeat(64)));
        }),
        &[],
    );
    // It is looked up afterwards, and is there after all.
    run.good();
    let lie = |request: &Message, _| match (request.method(), request.path()) {
        ("PUT", _) => Fault::Answer(Message::answer(201, &[], b"")),
        _ => Fault::Pass,
    };
    let (run, _) = through("faults/lie", Box::new(lie), &[]);
    run.bad(&["lie:v1 was not published", "it accepted the manifest, but does not have it"]);
    assert_eq!(get("faults/lie", "v1"), None);
}

#[test]
fn documents_that_are_none_are_refused() {
    fn instead(answer: &mut Message, body: &str) {
        answer.body = body.as_bytes().to_vec();
        answer.remove("docker-content-digest");
    }
    let kinds: [(&str, Change, &str); 4] = [
        ("garbage", |answer| instead(answer, "<html>"), "it is malformed"),
        ("array", |answer| instead(answer, "[1]"), "it is malformed: it is not a JSON object"),
        ("html", |answer| answer.set("Content-Type", "text/html; charset=utf-8"), "it is text/html"),
        (
            "both",
            |answer| instead(answer, &answer.text().replacen('{', r#"{"manifests":[],"#, 1)),
            "both an index and an image",
        ),
    ];
    for (name, change, says) in kinds {
        let (run, relay) = through(&format!("faults/{name}"), alter(Kind::Manifest, change), &[]);
        run.bad(&[says, "v1-arm64"]);
        assert_eq!(relay.count("PUT"), 0);
    }
}
