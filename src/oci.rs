//! The OCI image documents, as they are read: descriptor, manifest, index, configuration; and what Docker calls the same.
//!
//! Fields that are not known here are kept where a document is written again, and ignored where it is only read.

mod config;
mod index;
mod refusal;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

pub use config::Config;
pub use index::{Entry, Format, RUN, assemble};
pub use refusal::{Candidate, Refusal, Revision, Rules, check};

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

/// The label or annotation that tells the commit of an image
/// (<https://github.com/opencontainers/image-spec/blob/main/annotations.md>).
pub const REVISION: &str = "org.opencontainers.image.revision";

/// The annotation of a layout's index that tells the tag of an entry
/// (<https://github.com/opencontainers/image-spec/blob/main/annotations.md>).
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The bytes of a manifest with what a registry says of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    /// The document, byte for byte.
    pub bytes: Vec<u8>,
    /// Its digest, computed over the bytes.
    pub digest: Digest,
    /// Its media type.
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

/// What a document says that it is, for where nobody else says it.
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

/// What a manifest is about, if it is about another one.
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
    /// The kind of the content.
    #[serde(rename = "mediaType")]
    pub media_type: String,
    /// The digest of the content.
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImagePlatform {
    /// The architecture: `arm64`.
    #[serde(default)]
    pub architecture: String,
    /// The operating system: `linux`.
    #[serde(default)]
    pub os: String,
    /// The version of the operating system, which Windows needs.
    #[serde(default, rename = "os.version", skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// Features of the operating system.
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
    /// The platform in its normal form, if the words are words.
    pub fn normal(&self) -> Option<Platform> {
        Platform::of_image(&self.os, &self.architecture, self.variant.as_deref())
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

    /// Whether it refers to an index.
    pub fn is_index(&self) -> bool {
        is_index(&self.media_type)
    }
}

/// Whether the media type is that of an index.
pub fn is_index(media_type: &str) -> bool {
    media_type == INDEX || media_type == LIST
}

/// An index: one image for each of several platforms.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Index {
    /// The images and what belongs to them.
    pub manifests: Vec<Descriptor>,
    /// Annotations of the index itself.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl Index {
    /// The one image for a platform, else how many there are.
    pub fn image_for(&self, platform: &Platform) -> Result<&Descriptor, usize> {
        let fits = |image: &&Descriptor| match &image.platform {
            Some(described) => described.normal().as_ref() == Some(platform),
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

    /// The attestations of an image.
    pub fn attestations<'a>(&'a self, image: &'a Digest) -> impl Iterator<Item = &'a Descriptor> {
        self.manifests.iter().filter(|entry| entry.is_attestation() && entry.attested() == Some(image.as_str()))
    }

    /// The platforms of the images, for a person.
    pub fn platforms(&self) -> Vec<String> {
        let told = |image: &Descriptor| match image.platform.as_ref().map(ImagePlatform::normal) {
            Some(Some(platform)) => platform.to_string(),
            _ => "an image without a platform".to_owned(),
        };
        self.images().map(told).collect()
    }
}

/// The manifest of one image.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Manifest {
    /// The configuration.
    pub config: Descriptor,
    /// The layers, lowest first.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub layers: Vec<Descriptor>,
    /// Annotations of the manifest.
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

/// What a reference of a registry leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one is read at a time, and taken apart at once")]
pub enum Document {
    /// Several images.
    Index(Index),
    /// One image.
    Manifest(Manifest),
}

/// Why some bytes are not the document that they are said to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl From<serde_json::Error> for Malformed {
    fn from(error: serde_json::Error) -> Self {
        Self(format!("it is malformed: {error}"))
    }
}

/// A list of values could pass for an object with the fields in order.
fn is_object(bytes: &[u8]) -> Result<(), Malformed> {
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => Ok(()),
        _ => Err(Malformed("it is malformed: it is no JSON object".into())),
    }
}

/// The fields by which documents are told apart.
#[derive(Deserialize)]
struct Shape {
    #[serde(default, rename = "schemaVersion")]
    schema: Option<u64>,
    #[serde(default, rename = "mediaType")]
    media_type: Option<String>,
    #[serde(default)]
    manifests: Option<Value>,
    #[serde(default)]
    config: Option<Value>,
    #[serde(default)]
    layers: Option<Value>,
}

impl Document {
    /// Reads the document. Two readers must not take it for two things, so one that says it is something else than the
    /// registry says, or that could be both, is refused (CVE-2021-41190).
    pub fn parse(raw: &Raw) -> Result<Self, Malformed> {
        is_object(&raw.bytes)?;
        let shape: Shape = serde_json::from_slice(&raw.bytes)?;
        if shape.schema == Some(1) {
            return Err(Malformed(
                "it is an image of Docker's first schema, which has no index; build it again".into(),
            ));
        }
        if shape.manifests.is_some() && (shape.config.is_some() || shape.layers.is_some()) {
            return Err(Malformed("it says that it is both an index and an image".into()));
        }
        let said = shape.media_type.as_deref().unwrap_or(&raw.media_type);
        if said != raw.media_type {
            let (given, said) = (shown(&raw.media_type), shown(said));
            return Err(Malformed(format!("the registry says that it is {given}, and it says itself {said}")));
        }
        match &raw.media_type {
            kind if is_index(kind) => Ok(Self::Index(serde_json::from_slice(&raw.bytes)?)),
            kind if kind == MANIFEST || kind == DOCKER_MANIFEST => {
                Ok(Self::Manifest(serde_json::from_slice(&raw.bytes)?))
            }
            kind => Err(Malformed(format!("it is {}, neither an image nor an index", shown(kind)))),
        }
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
