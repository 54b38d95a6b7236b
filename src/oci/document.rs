//! Bytes to the document that they are, which must be one document and not two.

use serde::Deserialize;
use serde_json::Value;

use super::{DOCKER_MANIFEST, Index, MANIFEST, Manifest, Raw, is_index, shown};

/// What a reference of a registry leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one is read at a time, and taken apart at once")]
pub enum Document {
    Index(Index),
    Manifest(Manifest),
}

/// Why bytes are not the document that their media type says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl From<serde_json::Error> for Malformed {
    fn from(error: serde_json::Error) -> Self {
        Self(format!("it is malformed: {error}"))
    }
}

/// A list of values could pass for an object with the fields in order.
pub(super) fn check_object(bytes: &[u8]) -> Result<(), Malformed> {
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => Ok(()),
        _ => Err(Malformed("it is malformed: it is not a JSON object".into())),
    }
}

/// The fields that distinguish the documents.
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
        check_object(&raw.bytes)?;
        let shape: Shape = serde_json::from_slice(&raw.bytes)?;
        if shape.schema == Some(1) {
            return Err(Malformed("it is a Docker schema 1 image, which no index can hold; build it again".into()));
        }
        if shape.manifests.is_some() && (shape.config.is_some() || shape.layers.is_some()) {
            return Err(Malformed("it claims to be both an index and an image".into()));
        }
        let said = shape.media_type.as_deref().unwrap_or(&raw.media_type);
        if said != raw.media_type {
            let (given, said) = (shown(&raw.media_type), shown(said));
            return Err(Malformed(format!("the registry says that it is {given}, but its mediaType is {said}")));
        }
        match &raw.media_type {
            kind if is_index(kind) => Ok(Self::Index(serde_json::from_slice(&raw.bytes)?)),
            kind if kind == MANIFEST || kind == DOCKER_MANIFEST => {
                let manifest: Manifest = serde_json::from_slice(&raw.bytes)?;
                if let Some(blob) = manifest.blobs().find(|blob| !blob.has_possible_size()) {
                    let blob = blob.digest.short();
                    return Err(Malformed(format!(
                        "it says that {blob} has 0 bytes, but this is not the digest of empty content"
                    )));
                }
                Ok(Self::Manifest(manifest))
            }
            kind => Err(Malformed(format!("it is {}, neither an image nor an index", shown(kind)))),
        }
    }
}
