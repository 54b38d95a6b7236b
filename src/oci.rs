//! The OCI image documents, as they are read: descriptor, manifest, index, configuration; and what Docker calls the same.
//!
//! Fields that are not known here are kept where a document is written again, and ignored where it is only read.

mod config;
mod document;
mod index;
mod refusal;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

pub use config::Config;
pub use document::{Document, Malformed};
pub use index::{Entry, Format, RUN, VERSION, assemble};
pub use refusal::{Candidate, Extra, Refusal, Revision, Rules, check, listed};

use crate::digest::Digest;
use crate::platform::Platform;

/// The media type of an index, by the
/// [OCI image spec](https://github.com/opencontainers/image-spec/blob/main/media-types.md).
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Docker's name of an index, by
/// [image manifest version 2, schema 2](https://distribution.github.io/distribution/spec/manifest-v2-2/).
pub const LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// The media type of one image's manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Docker's name of one image's manifest.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// The longest manifest or index that is read, in bytes, wherever it is: what every registry must take at least
/// ([distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests)).
pub const LONGEST_MANIFEST: u64 = 4 << 20;
/// The longest configuration that is read, in bytes, wherever it is; real ones have some thousands.
pub const LONGEST_CONFIG: u64 = 8 << 20;

/// All that a registry is asked for.
pub const MANIFESTS: &[&str] = &[INDEX, LIST, MANIFEST, DOCKER_MANIFEST];

/// The configurations of container images; others belong to charts, signatures and the like.
const CONFIGS: &[&str] =
    &["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];

/// The annotation by which BuildKit ties an attestation to its image, and the one that says what it is
/// (<https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md>).
const ATTESTED: &str = "vnd.docker.reference.digest";
const KIND: &str = "vnd.docker.reference.type";
const ATTESTATION: &str = "attestation-manifest";

/// The label or annotation with the commit of an image
/// (<https://github.com/opencontainers/image-spec/blob/main/annotations.md>).
pub const REVISION: &str = "org.opencontainers.image.revision";

/// The annotation of a layout's index with the tag of an entry
/// (<https://github.com/opencontainers/image-spec/blob/main/annotations.md>).
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The bytes of a manifest with what a registry says of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    pub bytes: Vec<u8>,
    /// Its digest, computed over the bytes.
    pub digest: Digest,
    pub media_type: String,
}

impl Raw {
    /// A document that was made here.
    pub fn new(bytes: Vec<u8>, media_type: &str) -> Self {
        Self { digest: Digest::of(&bytes), bytes, media_type: media_type.to_owned() }
    }

    /// How an index refers to it.
    pub fn descriptor(&self) -> Descriptor {
        Descriptor {
            media_type: self.media_type.clone(),
            digest: self.digest.clone(),
            size: self.bytes.len() as u64,
            platform: None,
            annotations: BTreeMap::new(),
            rest: Map::new(),
        }
    }
}

/// The media type by a document itself, for where nothing else says it.
pub fn own_type(bytes: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Kind {
        #[serde(default, rename = "mediaType")]
        media_type: Option<String>,
        #[serde(default)]
        manifests: Option<serde::de::IgnoredAny>,
    }
    match serde_json::from_slice(bytes) {
        Ok(Kind { media_type: Some(kind), .. }) => kind,
        Ok(Kind { manifests: Some(_), .. }) => INDEX.to_owned(),
        Ok(_) => MANIFEST.to_owned(),
        Err(_) => String::new(),
    }
}

/// The digest of a manifest's subject, if it is a referrer.
pub fn subject_of(bytes: &[u8]) -> Option<Digest> {
    #[derive(Deserialize)]
    struct About {
        subject: Option<Descriptor>,
    }
    serde_json::from_slice::<About>(bytes).ok()?.subject.map(|subject| subject.digest)
}

/// What a document refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Descriptor {
    #[serde(rename = "mediaType")]
    pub media_type: String,
    pub digest: Digest,
    /// The length of the content in bytes.
    pub size: u64,
    /// In an index: what the image runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<ImagePlatform>,
    /// Annotations, sorted by their keys.
    #[serde(default, deserialize_with = "null_is_empty", skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Every other field, as it was.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The platform in a descriptor or a configuration, in all its detail.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ImagePlatform {
    #[serde(default)]
    pub architecture: String,
    #[serde(default)]
    pub os: String,
    /// The version of the operating system, which Windows needs.
    #[serde(default, rename = "os.version", skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    #[serde(
        default,
        rename = "os.features",
        deserialize_with = "null_is_empty",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub os_features: Vec<String>,
    /// The variant of the architecture: `v8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl ImagePlatform {
    /// That of what runs on nothing, as BuildKit writes it.
    pub fn unknown() -> Self {
        Self { architecture: "unknown".into(), os: "unknown".into(), ..Self::default() }
    }

    /// The platform in its normal form, if the words are words.
    pub fn normal(&self) -> Option<Platform> {
        Platform::of_image(&self.os, &self.architecture, self.variant.as_deref(), self.os_version.as_deref())
    }

    /// Whether one image can have both.
    pub fn fits(&self, other: &Self) -> bool {
        match (self.normal(), other.normal()) {
            (Some(one), Some(other)) => one.fits(&other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }
}

impl Descriptor {
    /// Whether it is BuildKit's attestation of an image beside it.
    pub fn is_attestation(&self) -> bool {
        self.annotations.get(KIND).is_some_and(|kind| kind == ATTESTATION)
    }

    /// The image that it attests.
    pub fn attested(&self) -> Option<&str> {
        self.annotations.get(ATTESTED).map(String::as_str)
    }

    /// Whether such content can exist: content without bytes has one digest only.
    fn has_possible_size(&self) -> bool {
        self.size > 0 || self.digest.matches(&[])
    }

    pub fn is_index(&self) -> bool {
        is_index(&self.media_type)
    }
}

pub fn is_index(media_type: &str) -> bool {
    media_type == INDEX || media_type == LIST
}

/// An index: one image for each of several platforms.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Index {
    /// The images and what belongs to them.
    pub manifests: Vec<Descriptor>,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl Index {
    /// The one image for a platform, else how many there are.
    pub fn image_for(&self, platform: &Platform) -> Result<&Descriptor, usize> {
        let fits = |image: &&Descriptor| match &image.platform {
            Some(described) => described.normal().is_some_and(|described| described.fits(platform)),
            // An image that is not described may be the one; its configuration decides.
            None => true,
        };
        let found: Vec<&Descriptor> = self.images().filter(fits).collect();
        match found[..] {
            [one] => Ok(one),
            _ => Err(found.len()),
        }
    }

    /// The images, without what only belongs to them.
    pub fn images(&self) -> impl Iterator<Item = &Descriptor> {
        let is_unknown = |image: &Descriptor| image.platform.as_ref().is_some_and(|platform| platform.os == "unknown");
        self.manifests.iter().filter(move |image| !image.is_attestation() && !is_unknown(image))
    }

    pub fn attestations<'a>(&'a self, image: &'a Digest) -> impl Iterator<Item = &'a Descriptor> {
        self.manifests.iter().filter(|entry| entry.is_attestation() && entry.attested() == Some(image.as_str()))
    }

    /// The platforms of the images, for a person.
    pub fn platforms(&self) -> Vec<String> {
        let name = |image: &Descriptor| match image.platform.as_ref().map(ImagePlatform::normal) {
            Some(Some(platform)) => platform.to_string(),
            _ => "an image without a platform".to_owned(),
        };
        self.images().map(name).collect()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Manifest {
    pub config: Descriptor,
    /// The layers, lowest first.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub layers: Vec<Descriptor>,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// What it is, if it is no image.
    #[serde(default, rename = "artifactType")]
    pub artifact_type: Option<String>,
}

impl Manifest {
    /// Whether it is the manifest of a container image, by the kind of its configuration.
    pub fn is_image(&self) -> bool {
        CONFIGS.contains(&self.config.media_type.as_str())
    }

    /// Everything that it refers to: the configuration and the layers.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        std::iter::once(&self.config).chain(&self.layers)
    }
}

/// Text from a registry, safe to be shown: without control characters, and no longer than a line.
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 200;
    let clean = |c: char| if c.is_control() || is_bidirectional(c) { '\u{fffd}' } else { c };
    let mut shown: String = text.chars().take(LONGEST).map(clean).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// The characters that reorder what a terminal shows.
fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}')
}

/// Go writes an empty list or map as `null`.
fn null_is_empty<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests;
