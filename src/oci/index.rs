//! Images to the bytes of an index: pure, and the same for the same images in whatever order they come.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Descriptor, INDEX, ImagePlatform, LIST};
use crate::digest::Digest;

/// The annotation of an index with the run that published it, `PROJECT/NUMBER`.
pub const RUN: &str = "io.splitbuild.run";

/// The annotation of an index with the version whose release published it.
pub const VERSION: &str = "io.splitbuild.version";

/// How an index is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Oci,
    /// A Docker manifest list, for clients from before 2017; it holds neither annotations nor attestations.
    Docker,
}

impl Format {
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Oci => INDEX,
            Self::Docker => LIST,
        }
    }
}

/// One image of an index with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The image, with its platform.
    pub image: Descriptor,
    pub attestations: Vec<Descriptor>,
}

/// The document, in the order of fields that most tools write.
#[derive(Serialize)]
struct IndexDocument<'a> {
    #[serde(rename = "schemaVersion")]
    schema: u8,
    #[serde(rename = "mediaType")]
    media_type: &'static str,
    manifests: Vec<Descriptor>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: &'a BTreeMap<String, String>,
}

/// The bytes of the index over `entries`: JSON without spaces; images sorted by operating system, architecture, variant
/// and version, then attestations in the order of their images. An attestation that is named twice is there once, and runs
/// on nothing, whatever was said of it: who looks for a platform must not find it.
pub fn assemble(entries: &[Entry], format: Format, annotations: &BTreeMap<String, String>) -> Vec<u8> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by(|a, b| order(&a.image).cmp(&order(&b.image)));
    let mut manifests: Vec<Descriptor> = sorted.iter().map(|entry| entry.image.clone()).collect();
    for attestation in sorted.iter().flat_map(|entry| &entry.attestations) {
        let attestation = Descriptor { platform: Some(ImagePlatform::unknown()), ..attestation.clone() };
        if !manifests.contains(&attestation) {
            manifests.push(attestation);
        }
    }
    let written = IndexDocument { schema: 2, media_type: format.media_type(), manifests, annotations };
    serde_json::to_vec(&written).expect("text, numbers and lists are JSON")
}

fn order(image: &Descriptor) -> impl Ord {
    let platform = image.platform.clone().unwrap_or_default();
    let digest: Digest = image.digest.clone();
    (platform.os, platform.architecture, platform.variant, platform.os_version, digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::MANIFEST;

    fn entry(architecture: &str, variant: Option<&str>, attested: bool) -> Entry {
        let digest = Digest::of(architecture.as_bytes());
        let platform = ImagePlatform {
            os: "linux".into(),
            architecture: architecture.into(),
            variant: variant.map(str::to_owned),
            ..ImagePlatform::default()
        };
        let image = Descriptor {
            media_type: MANIFEST.into(),
            digest: digest.clone(),
            size: 7,
            platform: Some(platform),
            annotations: BTreeMap::new(),
            rest: serde_json::Map::new(),
        };
        let annotations = [("vnd.docker.reference.digest".to_owned(), digest.to_string())].into();
        let attestation =
            Descriptor { digest: Digest::of(digest.as_str().as_bytes()), platform: None, annotations, ..image.clone() };
        Entry { image, attestations: if attested { vec![attestation] } else { Vec::new() } }
    }

    fn text(entries: &[Entry], annotations: &BTreeMap<String, String>) -> String {
        String::from_utf8(assemble(entries, Format::Oci, annotations)).expect("text")
    }

    #[test]
    fn the_order_of_arguments_does_not_matter() {
        let entries = [entry("arm", Some("v7"), true), entry("amd64", None, true), entry("arm", Some("v6"), false)];
        let mut turned = entries.clone();
        turned.reverse();
        let none = BTreeMap::new();
        assert_eq!(text(&entries, &none), text(&turned, &none));
        let index: crate::oci::Index = serde_json::from_str(&text(&entries, &none)).expect("an index");
        let order: Vec<String> = index
            .manifests
            .iter()
            .map(|image| image.platform.as_ref().and_then(ImagePlatform::normal).map_or("-".into(), |p| p.to_string()))
            .collect();
        let expected = ["linux/amd64", "linux/arm/v6", "linux/arm/v7", "unknown/unknown", "unknown/unknown"];
        assert_eq!(order, expected);
    }

    #[test]
    fn bytes() {
        let digest = Digest::of(b"amd64");
        let annotations = [("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())].into();
        assert_eq!(
            text(&[entry("amd64", None, false)], &annotations),
            format!(
                r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{{"mediaType":"{MANIFEST}","digest":"{digest}","size":7,"platform":{{"architecture":"amd64","os":"linux"}}}}],"annotations":{{"a":"1","b":"2"}}}}"#
            )
        );
    }

    #[test]
    fn an_attestation_stands_once() {
        let mut entries = [entry("amd64", None, true), entry("arm64", None, false)];
        entries[1].attestations = entries[0].attestations.clone();
        let index: crate::oci::Index = serde_json::from_str(&text(&entries, &BTreeMap::new())).expect("an index");
        assert_eq!(index.manifests.len(), 3);
    }

    #[test]
    fn an_attestation_is_of_no_platform() {
        let mut attested = entry("amd64", None, true);
        let platform = ImagePlatform { architecture: "s390x".into(), os: "linux".into(), ..ImagePlatform::default() };
        attested.attestations[0].platform = Some(platform);
        let text = text(&[attested], &BTreeMap::new());
        assert!(text.contains(r#""platform":{"architecture":"unknown","os":"unknown"}"#), "{text}");
        assert!(!text.contains("s390x"), "{text}");
    }
}
