//! What a reference leads to, for a person; all of it checked by digest.

use std::collections::BTreeMap;
use std::fmt;

use futures_util::future::{join, join_all};

use crate::digest::Digest;
use crate::image::{self, ImageError};
use crate::oci::{Descriptor, Document, ImagePlatform, Index, Manifest, REVISION, Raw, shown};
use crate::platform::Platform;
use crate::reference::Reference;
use crate::store::{Error, Store};

/// The annotation of an attestation's layer that says what it attests
/// (<https://github.com/in-toto/attestation/blob/main/spec/v1/predicate.md>).
const PREDICATE: &str = "in-toto.io/predicate-type";

#[derive(Clone, Debug)]
pub struct Inspected {
    pub raw: Raw,
    pub annotations: Vec<(String, String)>,
    /// The images: those of the index, or the one.
    pub images: Vec<Image>,
    pub is_index: bool,
}

#[derive(Clone, Debug)]
pub struct Image {
    pub digest: Digest,
    pub media_type: String,
    /// The platform that the index says, else the configuration.
    pub platform: String,
    /// What it is, or why that cannot be known.
    pub content: Result<Content, String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The bytes of configuration and layers, as they are in the registry.
    pub size: u64,
    pub layers: usize,
    /// When it was made, as written.
    pub created: Option<String>,
    /// The commit, by its label or annotation.
    pub revision: Option<String>,
    /// What is attested of it: `provenance`, `sbom`, or the type of the statement.
    pub attestations: Vec<String>,
}

/// Why nothing can be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InspectError {
    #[error("{reference} is not in {holder}")]
    Missing { reference: Reference, holder: String },
    #[error("{reference}: {why}")]
    Malformed { reference: Reference, why: String },
    #[error(transparent)]
    Store(#[from] Error),
}

/// The document that a reference leads to, and nothing of what it refers to.
pub async fn raw(store: &Store, reference: &Reference) -> Result<Raw, InspectError> {
    let missing = || InspectError::Missing { reference: reference.clone(), holder: reference.place().holder() };
    store.manifest(reference).await?.ok_or_else(missing)
}

/// Everything that a reference leads to. What is wrong with one image of an index is reported of that image.
pub async fn inspect(store: &Store, reference: &Reference) -> Result<Inspected, InspectError> {
    let raw = raw(store, reference).await?;
    let malformed = |why: String| InspectError::Malformed { reference: reference.clone(), why };
    match Document::parse(&raw).map_err(|e| malformed(e.to_string()))? {
        Document::Index(index) => {
            let attested = attested_in(&index);
            let images = index.images().map(|named| {
                let attestations = attested.get(named.digest.as_str()).map(Vec::as_slice).unwrap_or_default();
                member(store, reference, (named, attestations))
            });
            let images = join_all(images).await;
            let annotations = index.annotations.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
            Ok(Inspected { raw, annotations, images, is_index: true })
        }
        Document::Manifest(manifest) => {
            let read = content(store, reference, &manifest).await;
            let (content, platform) = read.map_err(|e| malformed(e.to_string()))?;
            let image = Image {
                digest: raw.digest.clone(),
                media_type: raw.media_type.clone(),
                platform: platform.to_string(),
                content: Ok(content),
            };
            Ok(Inspected { raw, annotations: Vec::new(), images: vec![image], is_index: false })
        }
    }
}

/// What is attested of each image.
fn attested_in(index: &Index) -> BTreeMap<&str, Vec<&Descriptor>> {
    let mut attested: BTreeMap<&str, Vec<&Descriptor>> = BTreeMap::new();
    for entry in index.manifests.iter().filter(|entry| entry.is_attestation()) {
        attested.entry(entry.attested().unwrap_or_default()).or_default().push(entry);
    }
    attested
}

/// What something runs on.
#[derive(PartialEq, Eq)]
enum RunsOn {
    Platform(Platform),
    /// None, or something else than an image.
    Other(String),
}

impl RunsOn {
    fn of(platform: &ImagePlatform, without: &str) -> Self {
        platform.normal().map_or_else(|| Self::Other(without.to_owned()), Self::Platform)
    }

    fn fits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Platform(one), Self::Platform(other)) => one.fits(other),
            _ => self == other,
        }
    }
}

impl fmt::Display for RunsOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform(platform) => platform.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

async fn member(store: &Store, reference: &Reference, (named, attestations): (&Descriptor, &[&Descriptor])) -> Image {
    let attestations = join_all(attestations.iter().map(|it| attested(store, reference, it)));
    let (content, attestations) = join(whole(store, reference, named), attestations).await;
    let said = named.platform.as_ref().map(|platform| RunsOn::of(platform, "malformed"));
    let (content, found) = match content {
        Ok((content, platform)) => (Ok(content), Some(platform)),
        Err(error) => (Err(error.to_string()), None),
    };
    let content = content.and_then(|content| match (&said, &found) {
        (Some(said), Some(found)) if !said.fits(found) => {
            Err(format!("the index says {said}, but the image's configuration says {found}"))
        }
        _ => Ok(Content { attestations: attestations.into_iter().flatten().collect(), ..content }),
    });
    let platform = said.or(found).map_or_else(|| "-".into(), |platform| platform.to_string());
    Image { digest: named.digest.clone(), media_type: named.media_type.clone(), platform, content }
}

async fn whole(store: &Store, index: &Reference, named: &Descriptor) -> Result<(Content, RunsOn), ImageError> {
    let (_, manifest) = image::member(store, index, named).await?;
    content(store, index, &manifest).await
}

/// The content and the platform of an image.
async fn content(store: &Store, reference: &Reference, manifest: &Manifest) -> Result<(Content, RunsOn), ImageError> {
    let size = manifest.blobs().map(|blob| blob.size).fold(0, u64::saturating_add);
    let mut content = Content {
        size,
        layers: manifest.layers.len(),
        created: None,
        revision: manifest.annotations.get(REVISION).cloned(),
        attestations: Vec::new(),
    };
    let config = match image::config(store, &reference.place(), manifest).await {
        Ok((_, config)) => config,
        // A chart is shown as well.
        Err(ImageError::Foreign(kind)) => return Ok((content, RunsOn::Other(shown(&kind)))),
        Err(error) => return Err(error),
    };
    content.revision = config.label(REVISION).map(str::to_owned).or(content.revision);
    content.created = config.created.clone();
    Ok((content, RunsOn::of(&config.platform, "-")))
}

/// What an attestation attests; and whether its index says that it runs on something, for then it is found in the place
/// of an image.
async fn attested(store: &Store, reference: &Reference, named: &Descriptor) -> Vec<String> {
    let is_misplaced = |platform: &&ImagePlatform| platform.os != "unknown";
    let misplaced = named.platform.as_ref().filter(is_misplaced).map(|it| RunsOn::of(it, "a malformed platform"));
    let misplaced = misplaced.map(|platform| format!("(wrongly listed as an image for {platform})"));
    statements(store, reference, named).await.into_iter().chain(misplaced).collect()
}

async fn statements(store: &Store, reference: &Reference, named: &Descriptor) -> Vec<String> {
    match image::member(store, reference, named).await {
        Ok((_, manifest)) => {
            let kinds = manifest.layers.iter().filter_map(|layer| layer.annotations.get(PREDICATE));
            kinds.map(|kind| kind_of_statement(kind)).collect()
        }
        Err(ImageError::Nested) => vec!["malformed".into()],
        Err(error) => vec![format!("unreadable ({})", shown(&error.to_string()))],
    }
}

fn kind_of_statement(predicate: &str) -> String {
    if predicate.starts_with("https://slsa.dev/provenance/") {
        "provenance".into()
    } else if predicate.starts_with("https://spdx.dev/") || predicate.starts_with("https://cyclonedx.org/") {
        "sbom".into()
    } else {
        shown(predicate)
    }
}
