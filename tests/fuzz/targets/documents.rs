//! Manifests, indexes and configurations as a registry sends them: the media type on the first line, then the body.

use std::collections::BTreeMap;

use splitbuild::oci::{
    Config, DOCKER_MANIFEST, Document, Entry, Format, INDEX, Index, LIST, MANIFEST, Raw, assemble, own_type, subject_of,
};
use splitbuild::platform::Platform;

pub fn target(data: &[u8]) {
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (first, body) = (&data[..at], data.get(at + 1..).unwrap_or_default());
    let Ok(media_type) = std::str::from_utf8(first) else { return };
    let media_type = match media_type {
        "index" => INDEX,
        "list" => LIST,
        "manifest" => MANIFEST,
        "docker" => DOCKER_MANIFEST,
        other => other,
    };
    let raw = Raw::new(body.to_vec(), media_type);
    assert!(raw.digest.matches(body), "the digest is of the bytes");
    if let Some(subject) = subject_of(body) {
        assert_eq!(subject.as_str().parse().as_ref(), Ok(&subject));
    }
    own_type(body);
    match Document::parse(&raw) {
        Ok(Document::Index(index)) => again(&index),
        Ok(Document::Manifest(manifest)) => {
            assert!(manifest.blobs().count() > manifest.layers.len(), "the configuration is a blob as well");
            manifest.is_image();
        }
        Err(malformed) => assert!(!malformed.to_string().contains('\n'), "one line: {malformed}"),
    }
    match Config::parse(body) {
        Ok(config) => {
            if let Some(platform) = config.platform.normal() {
                assert!(platform.fits(&platform) && !platform.word().is_empty(), "{platform}");
            }
            config.label("org.opencontainers.image.revision");
        }
        Err(malformed) => assert!(!malformed.to_string().contains('\n'), "one line: {malformed}"),
    }
}

/// An index of the images of another one, with their attestations, is one, and has them.
fn again(index: &Index) {
    for asked in ["linux/amd64", "linux/arm64", "linux/arm/v7"] {
        let asked: Platform = asked.parse().expect("a platform");
        if let Ok(image) = index.image_for(&asked) {
            assert!(index.manifests.contains(image), "{image:?}");
        }
    }
    index.platforms();
    let entry = |image: &splitbuild::oci::Descriptor| Entry {
        image: image.clone(),
        attestations: index.attestations(&image.digest).cloned().collect(),
    };
    let entries: Vec<Entry> = index.images().map(entry).collect();
    for format in [Format::Oci, Format::Docker] {
        let bytes = assemble(&entries, format, &BTreeMap::new());
        let reversed: Vec<Entry> = entries.iter().rev().cloned().collect();
        assert_eq!(bytes.len(), assemble(&reversed, format, &BTreeMap::new()).len(), "the order means nothing");
        let document = Document::parse(&Raw::new(bytes, format.media_type())).expect("an index");
        let Document::Index(made) = document else { panic!("an index") };
        let images: Vec<_> = entries.iter().map(|entry| &entry.image).collect();
        assert!(images.iter().all(|image| made.manifests.contains(image)), "{made:?} has not all of {images:?}");
    }
}
