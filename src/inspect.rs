//! What a reference leads to, as a person wants to know it; all of it checked by digest.

use futures_util::future::{join, join_all};

use crate::digest::Digest;
use crate::oci::{Config, Descriptor, Document, Index, Manifest, REVISION, Raw, shown};
use crate::reference::Reference;
use crate::store::{Error, Store};

/// The annotation of an attestation's layer that says what it attests
/// (<https://github.com/in-toto/attestation/blob/main/spec/v1/predicate.md>).
const PREDICATE: &str = "in-toto.io/predicate-type";

/// An index or an image.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// The document itself.
    pub raw: Raw,
    /// The annotations of an index.
    pub annotations: Vec<(String, String)>,
    /// The images: those of the index, or the one.
    pub images: Vec<Image>,
    /// Whether it is an index.
    pub is_index: bool,
}

/// One image.
#[derive(Clone, Debug)]
pub struct Image {
    /// The digest of its manifest.
    pub digest: Digest,
    /// The media type of its manifest.
    pub media_type: String,
    /// The platform that the index says, else the configuration.
    pub platform: String,
    /// What it is, or why that cannot be told.
    pub content: Result<Content, String>,
}

/// What an image is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The bytes of configuration and layers, as they are in the registry.
    pub size: u64,
    /// How many layers it has.
    pub layers: usize,
    /// When it was made, as written.
    pub created: Option<String>,
    /// The commit that its label or annotation tells.
    pub revision: Option<String>,
    /// What is attested of it: `provenance`, `sbom`, or the type of the statement.
    pub attestations: Vec<String>,
}

/// Why nothing can be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InspectError {
    /// There is nothing.
    #[error("{reference} is not in {holder}")]
    Missing {
        /// The reference.
        reference: Reference,
        /// The registry's host, or the folder.
        holder: String,
    },
    /// It is not what it should be.
    #[error("{reference}: {why}")]
    Malformed {
        /// The reference.
        reference: Reference,
        /// What is wrong with it.
        why: String,
    },
    /// The place did not do what it was asked.
    #[error(transparent)]
    Store(#[from] Error),
}

/// The document that a reference leads to, and nothing of what it refers to.
pub async fn raw(store: &Store, reference: &Reference) -> Result<Raw, InspectError> {
    let missing = || InspectError::Missing { reference: reference.clone(), holder: reference.place().holder() };
    store.manifest(reference).await?.ok_or_else(missing)
}

/// Everything that a reference leads to. What is wrong with one image of an index is told of that image.
pub async fn inspect(store: &Store, reference: &Reference) -> Result<Inspected, InspectError> {
    let raw = raw(store, reference).await?;
    let malformed = |why: String| InspectError::Malformed { reference: reference.clone(), why };
    match Document::parse(&raw).map_err(|e| malformed(e.to_string()))? {
        Document::Index(index) => {
            let images = join_all(index.images().map(|named| member(store, reference, (&index, named)))).await;
            let annotations = index.annotations.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
            Ok(Inspected { raw, annotations, images, is_index: true })
        }
        Document::Manifest(manifest) => {
            let (content, platform) = content(store, reference, &manifest).await.map_err(malformed)?;
            let image = Image {
                digest: raw.digest.clone(),
                media_type: raw.media_type.clone(),
                platform,
                content: Ok(content),
            };
            Ok(Inspected { raw, annotations: Vec::new(), images: vec![image], is_index: false })
        }
    }
}

/// One image of an index.
async fn member(store: &Store, reference: &Reference, (index, named): (&Index, &Descriptor)) -> Image {
    let attestations = join_all(index.attestations(&named.digest).map(|it| attested(store, reference, it)));
    let (content, attestations) = join(whole(store, reference, named), attestations).await;
    let said = named.platform.as_ref().map(|platform| match platform.normal() {
        Some(normal) => normal.to_string(),
        None => "malformed".to_owned(),
    });
    let (content, found) = match content {
        Ok((content, platform)) => (Ok(content), Some(platform)),
        Err(why) => (Err(why), None),
    };
    let content = content.and_then(|content| match (&said, &found) {
        (Some(said), Some(found)) if said != found => {
            Err(format!("the index says {said}, and the image's configuration {found}"))
        }
        _ => Ok(Content { attestations: attestations.into_iter().flatten().collect(), ..content }),
    });
    let platform = said.or(found).unwrap_or_else(|| "-".into());
    Image { digest: named.digest.clone(), media_type: named.media_type.clone(), platform, content }
}

async fn whole(store: &Store, reference: &Reference, named: &Descriptor) -> Result<(Content, String), String> {
    match document(store, reference, named).await? {
        Document::Manifest(manifest) => content(store, reference, &manifest).await,
        Document::Index(_) => Err("it is an index within an index".into()),
    }
}

async fn document(store: &Store, reference: &Reference, named: &Descriptor) -> Result<Document, String> {
    let raw = store.manifest(&reference.at(named.digest.clone())).await.map_err(|e| e.to_string())?;
    let raw = raw.ok_or("it is gone from the registry")?;
    if raw.bytes.len() as u64 != named.size {
        return Err(format!("it has {} bytes, and the index says {}", raw.bytes.len(), named.size));
    }
    Document::parse(&raw).map_err(|e| e.to_string())
}

/// The content and the platform of an image.
async fn content(store: &Store, reference: &Reference, manifest: &Manifest) -> Result<(Content, String), String> {
    let size = manifest.blobs().map(|blob| blob.size).fold(0, u64::saturating_add);
    let mut content = Content {
        size,
        layers: manifest.layers.len(),
        created: None,
        revision: manifest.annotations.get(REVISION).cloned(),
        attestations: Vec::new(),
    };
    if !manifest.is_image() {
        return Ok((content, shown(&manifest.config.media_type)));
    }
    let config = store.blob(&reference.place(), &manifest.config).await.map_err(|e| e.to_string())?;
    let config = Config::parse(&config).map_err(|e| format!("its configuration is wrong: {e}"))?;
    content.revision = config.label(REVISION).map(str::to_owned).or(content.revision);
    content.created = config.created.clone();
    let platform = config.platform.normal().map_or_else(|| "-".into(), |platform| platform.to_string());
    Ok((content, platform))
}

/// What an attestation attests.
async fn attested(store: &Store, reference: &Reference, named: &Descriptor) -> Vec<String> {
    match document(store, reference, named).await {
        Ok(Document::Manifest(manifest)) => {
            let kinds = manifest.layers.iter().filter_map(|layer| layer.annotations.get(PREDICATE));
            kinds.map(|kind| kind_of_statement(kind)).collect()
        }
        Ok(Document::Index(_)) => vec!["malformed".into()],
        Err(why) => vec![format!("unreadable ({})", shown(&why))],
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
