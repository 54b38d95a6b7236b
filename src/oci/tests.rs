//! Documents, as registries hold them.

use super::*;

const DIGEST: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn raw(text: &str, media_type: &str) -> Raw {
    Raw { bytes: text.into(), digest: Digest::of(text.as_bytes()), media_type: media_type.into() }
}

fn descriptor(kind: &str) -> String {
    format!(r#"{{"mediaType":"{kind}","digest":"{DIGEST}","size":3}}"#)
}

#[test]
fn documents_are_what_they_say() {
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{}],"annotations":null}}"#, descriptor(MANIFEST));
    assert!(matches!(Document::parse(&raw(&index, INDEX)), Ok(Document::Index(_))));
    assert!(matches!(Document::parse(&raw(&index, LIST)), Ok(Document::Index(_))));
    let manifest = format!(r#"{{"schemaVersion":2,"config":{},"layers":null}}"#, descriptor(CONFIGS[0]));
    let Ok(Document::Manifest(read)) = Document::parse(&raw(&manifest, MANIFEST)) else { panic!("a manifest") };
    assert!(read.is_image() && read.layers.is_empty());
}

#[test]
fn documents_that_could_be_two_things_are_refused() {
    let refused = |text: &str, kind: &str| Document::parse(&raw(text, kind)).expect_err("no document").to_string();
    let both = format!(r#"{{"manifests":[],"config":{}}}"#, descriptor(CONFIGS[0]));
    assert_eq!(refused(&both, INDEX), "it claims to be both an index and an image");
    let other = format!(r#"{{"mediaType":"{MANIFEST}","manifests":[]}}"#);
    assert!(refused(&other, INDEX).contains("the registry says"), "{}", refused(&other, INDEX));
    assert!(refused("{}", MANIFEST).contains("config"), "{}", refused("{}", MANIFEST));
    assert!(refused(r#"{"schemaVersion":1}"#, MANIFEST).contains("schema 1 image"));
    assert!(refused("{}", "text/html").contains("neither"));
    for malformed in ["", "[", "null", "\u{0}", &"[".repeat(100_000)] {
        assert!(refused(malformed, INDEX).contains("malformed"), "{:.9}", malformed);
    }
}

#[test]
fn what_has_no_bytes_has_the_digest_of_nothing() {
    let sized = |digest: &str, size: u64| {
        let layer =
            format!(r#"{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{digest}","size":{size}}}"#);
        let text = format!(r#"{{"schemaVersion":2,"config":{},"layers":[{layer}]}}"#, descriptor(CONFIGS[0]));
        Document::parse(&raw(&text, MANIFEST)).map_err(|error| error.to_string())
    };
    assert!(sized(DIGEST, 3).is_ok() && sized(Digest::of(b"").as_str(), 0).is_ok());
    let refused = sized(DIGEST, 0).expect_err("it cannot be");
    assert_eq!(refused, "it says that ba7816bf8f01 has 0 bytes, but this is not the digest of empty content");
}

#[test]
fn unknown_fields_of_a_descriptor_are_kept() {
    let text = format!(
        r#"{{"mediaType":"{MANIFEST}","digest":"{DIGEST}","size":3,"platform":{{"architecture":"arm64","os":"linux","os.version":"1.2","variant":"v8"}},"annotations":{{"a":"b"}},"urls":["https://x"]}}"#
    );
    let descriptor: Descriptor = serde_json::from_str(&text).expect("a descriptor");
    assert_eq!(serde_json::to_string(&descriptor).expect("JSON"), text);
}

#[test]
fn configurations() {
    let config = Config::parse(
        br#"{"architecture":"arm","os":"linux","variant":"v7","created":"2026-01-01T00:00:00Z",
            "config":{"Labels":{"org.opencontainers.image.revision":"abc"},"Env":null},"rootfs":{}}"#,
    )
    .expect("a configuration");
    assert_eq!(config.platform.normal(), "linux/arm/v7".parse().ok());
    assert_eq!(config.label(REVISION), Some("abc"));
    let bare = Config::parse(br#"{"config":{"Labels":null}}"#).expect("a configuration");
    assert_eq!((bare.platform.normal(), bare.label(REVISION)), (None, None));
}

#[test]
fn text_of_a_registry_cannot_take_over_a_terminal() {
    assert_eq!(shown("a\u{1b}[31m\nb\u{202e}"), "a\u{fffd}[31m\u{fffd}b\u{fffd}");
    assert_eq!(shown(&"x".repeat(500)).chars().count(), 201);
}

fn index(entries: &[(&str, Option<&str>, &str)]) -> Index {
    let one = |(digit, platform, extra): &(&str, Option<&str>, &str)| {
        let digest = DIGEST.replace("sha256:b", &format!("sha256:{digit}"));
        let platform = platform.map(|platform| {
            let (os, architecture) = platform.split_once('/').expect("two words");
            format!(r#","platform":{{"architecture":"{architecture}","os":"{os}"}}"#)
        });
        let platform = platform.unwrap_or_default();
        format!(r#"{{"mediaType":"{MANIFEST}","digest":"{digest}","size":3{platform}{extra}}}"#)
    };
    let entries: Vec<String> = entries.iter().map(one).collect();
    serde_json::from_str(&format!(r#"{{"manifests":[{}]}}"#, entries.join(","))).expect("an index")
}

#[test]
fn the_image_of_an_index() {
    let attested = DIGEST.replace("sha256:b", "sha256:1");
    let attestation = format!(r#","annotations":{{"{KIND}":"{ATTESTATION}","{ATTESTED}":"{attested}"}}"#);
    let arm64 = "linux/arm64".parse().expect("a platform");
    let one = index(&[("1", Some("linux/arm64"), ""), ("2", Some("unknown/unknown"), &attestation)]);
    let image = one.image_for(&arm64).expect("one");
    assert_eq!(image.digest.as_str(), attested);
    assert_eq!(one.attestations(&image.digest).count(), 1);
    assert_eq!(one.platforms(), ["linux/arm64"]);
    assert_eq!(one.image_for(&"linux/amd64".parse().expect("a platform")), Err(0));
    let two = index(&[("1", Some("linux/arm64"), ""), ("2", Some("linux/arm64"), "")]);
    assert_eq!(two.image_for(&arm64), Err(2));
    let [old, new] = ["1.7", "2.8"]
        .map(|it| format!(r#","platform":{{"architecture":"amd64","os":"windows","os.version":"{it}"}}"#));
    let windows = index(&[("1", None, &old), ("2", None, &new)]);
    let of = |text: &str| Platform::with_version(text).expect("a platform");
    assert_eq!(windows.image_for(&of("windows/amd64")), Err(2));
    assert_eq!(windows.image_for(&of("windows/amd64:2")), Ok(&windows.manifests[1]));
    assert_eq!(windows.platforms(), ["windows/amd64:1.7", "windows/amd64:2.8"]);
    let undescribed = index(&[("1", None, "")]);
    assert!(undescribed.image_for(&arm64).is_ok());
}
