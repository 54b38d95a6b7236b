//! Refusals, for images that are made up.

use super::*;
use crate::digest::Digest;
use crate::oci::MANIFEST;

fn candidate(asked: &str, found: (&str, Option<&str>), commit: Option<&str>) -> Candidate {
    let platform = ImagePlatform {
        os: "linux".into(),
        architecture: found.0.into(),
        variant: found.1.map(str::to_owned),
        ..ImagePlatform::default()
    };
    Candidate {
        asked: asked.parse().expect("a platform"),
        from: format!("a/b:{asked}"),
        image: Descriptor {
            media_type: MANIFEST.into(),
            digest: Digest::of(format!("{found:?}").as_bytes()),
            size: 1,
            platform: None,
            annotations: BTreeMap::new(),
            rest: serde_json::Map::new(),
        },
        attestations: Vec::new(),
        platform,
        revision: commit.map(|commit| Revision { commit: commit.into(), reported_by: "label" }),
        index_annotations: None,
    }
}

fn refusals(candidates: &[Candidate], rules: Rules) -> Vec<String> {
    check(candidates, rules).iter().map(ToString::to_string).collect()
}

#[test]
fn platforms_come_from_the_configuration() {
    let good = [
        candidate("linux/amd64", ("amd64", None), None),
        candidate("linux/arm64", ("arm64", Some("v8")), None),
        candidate("linux/arm/v7", ("arm", Some("v7")), None),
    ];
    assert_eq!(refusals(&good, Rules::default()), [""; 0]);
    let bad = [candidate("linux/amd64", ("amd64", None), None), candidate("linux/arm64", ("amd64", None), None)];
    assert_eq!(
        refusals(&bad, Rules::default()),
        [
            "a/b:linux/arm64 should be linux/arm64, but its configuration says linux/amd64; it is the same image as a/b:linux/amd64"
        ]
    );
    let arm = |asked: &str, found| check(&[candidate(asked, ("arm", found), None)], Rules::default()).len();
    assert_eq!([arm("linux/arm", Some("v7")), arm("linux/arm/v7", None), arm("linux/arm", None)], [0; 3]);
    assert_eq!([arm("linux/arm/v6", Some("v7")), arm("linux/arm", Some("v6")), arm("linux/arm/v6", None)], [1; 3]);
    assert_eq!(
        refusals(&[candidate("linux/amd64", ("", None), None)], Rules::default()),
        ["a/b:linux/amd64 should be linux/amd64, but its configuration says no platform"]
    );
}

#[test]
fn an_index_that_contradicts_its_image() {
    let mut wrong = candidate("linux/arm64", ("arm64", None), None);
    wrong.image.platform = Some(ImagePlatform { architecture: "amd64".into(), ..wrong.platform.clone() });
    assert!(matches!(&check(&[wrong], Rules::default())[..], [Refusal::Contradiction { .. }]));
}

#[test]
fn one_commit() {
    let pair = |a, b| [candidate("linux/amd64", ("amd64", None), a), candidate("linux/arm64", ("arm64", None), b)];
    assert_eq!(refusals(&pair(Some("x"), Some("x")), Rules::default()), [""; 0]);
    assert_eq!(
        refusals(&pair(Some("x"), Some("y")), Rules::default()),
        ["the architectures are not built from one commit: linux/amd64 from x (label), linux/arm64 from y (label)"]
    );
    assert_eq!(
        refusals(&pair(None, Some("y")), Rules::default()),
        [
            "the architectures are not built from one commit: linux/amd64 from an unknown one, linux/arm64 from y (label)"
        ]
    );
    let mixed = Rules { mixed_revisions: true, ..Rules::default() };
    assert_eq!(refusals(&pair(None, Some("y")), mixed), [""; 0]);
}

#[test]
fn a_docker_list_holds_no_attestation() {
    let mut attested = candidate("linux/amd64", ("amd64", None), None);
    attested.attestations = vec![attested.image.clone()];
    let rules = Rules { format: Format::Docker, ..Rules::default() };
    let refused = check(&[attested], rules);
    assert_eq!(refused[0].to_string(), "a/b:linux/amd64 has attestations, which a Docker manifest list cannot hold");
    assert!(refused[0].help().contains("--attestations drop"));
}

fn windows(asked: &str, found: Option<&str>) -> Candidate {
    let mut windows = candidate("windows/amd64", ("amd64", None), None);
    windows.asked = Platform::with_version(asked).expect("a platform");
    windows.from = format!("a/b:{asked}");
    windows.image.digest = Digest::of(asked.as_bytes());
    windows.platform.os = "windows".into();
    windows.platform.os_version = found.map(str::to_owned);
    windows
}

#[test]
fn an_index_may_hold_several_versions_of_a_system() {
    let pair = |a: (&str, Option<&str>), b: (&str, Option<&str>)| {
        let candidates = [a, b].map(|(version, found)| windows(&format!("windows/amd64{version}"), found));
        refusals(&candidates, Rules::default())
    };
    let old = (":10.0.17763.1", Some("10.0.17763.1"));
    assert_eq!(pair(old, (":10.0.20348", Some("10.0.20348.2"))), [""; 0]);
    assert_eq!(pair(old, ("", Some("10.0.20348.2"))), [""; 0]);
    assert_eq!(pair(old, (":10.0.20348.2", None)), [""; 0], "what the image does not tell is what was asked for");
    let says = "should be windows/amd64:10.0.20348.2, but its configuration says windows/amd64:10.0.17763.1";
    assert!(pair(old, (":10.0.20348.2", Some("10.0.17763.1")))[0].contains(says));
    let twice = "a/b:windows/amd64 and a/b:windows/amd64:10.0.17763.1 are both windows/amd64:10.0.17763.1";
    assert!(pair(old, ("", Some("10.0.17763.1")))[0].starts_with(twice), "{:?}", pair(old, ("", Some("10.0.17763.1"))));
    let mut same = [windows("windows/amd64:10.1", None), windows("windows/amd64:10.2", None)];
    same[1].image.digest = same[0].image.digest.clone();
    assert!(matches!(&check(&same, Rules::default())[..], [Refusal::Twice { .. }]), "one image is not of two versions");

    let mut described = windows("windows/amd64", Some("10.0.17763.1"));
    described.image.platform =
        Some(ImagePlatform { os_version: Some("10.0.20348.2".into()), ..described.platform.clone() });
    assert!(matches!(&check(&[described], Rules::default())[..], [Refusal::Contradiction { .. }]));
    let entry = |asked, found| windows(asked, found).entry().image.platform.and_then(|it| it.os_version);
    assert_eq!(entry("windows/amd64:10.0.1", None).as_deref(), Some("10.0.1"));
    assert_eq!(entry("windows/amd64:10.0.1", Some("10.0.1.7")).as_deref(), Some("10.0.1.7"), "the image knows best");
}

#[test]
fn a_long_list_ends() {
    let many: Vec<String> = (0..500).map(|number| format!("linux/v{number}")).collect();
    assert!(listed(&many).ends_with("linux/v11, and 488 more"), "{}", listed(&many));
    assert_eq!((listed(&[]), listed(&many[..2])), ("none".into(), "linux/v0, linux/v1".into()));
}

#[test]
fn an_entry_keeps_what_is_known() {
    let mut windows = candidate("windows/amd64", ("amd64", None), None);
    windows.platform.os = "windows".into();
    windows.platform.os_version = Some("10.0.1".into());
    windows.image.platform = Some(ImagePlatform { os_version: None, ..windows.platform.clone() });
    let platform = windows.entry().image.platform.expect("a platform");
    assert_eq!((platform.os.as_str(), platform.os_version.as_deref()), ("windows", Some("10.0.1")));
}
