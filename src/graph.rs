//! All that a reference leads to: an image, or an index with its images and what is attested of them; read and checked,
//! but for the layers.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use crate::digest::Digest;
use crate::image::{ImageError, config, member};
use crate::oci::{Descriptor, Document, Entry, Format, ImagePlatform, Index, Manifest, Raw, VERSION, assemble, listed};
use crate::platform::Platform;
use crate::reference::Reference;
use crate::store::{Error, Store};

/// What is taken of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The platforms; all of them, and with them everything, if empty.
    pub platforms: Vec<Platform>,
    /// What becomes of layers that say that they are to be fetched from elsewhere.
    pub foreign: ForeignLayers,
}

/// Layers that say that they are to be fetched from elsewhere
/// ([image spec](https://github.com/opencontainers/image-spec/blob/main/layer.md#non-distributable-layers)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForeignLayers {
    /// An image that has one is refused.
    #[default]
    Refuse,
    /// They are like other layers.
    Take,
}

/// An image, or an index with what it refers to.
#[derive(Clone, Debug)]
pub struct ImageGraph {
    /// The document at the top: as it was found, unless platforms were left out.
    pub raw: Raw,
    pub images: Vec<ManifestNode>,
    /// What else the index holds: attestations.
    pub others: Vec<ManifestNode>,
    /// Whether the document at the top is an index.
    pub is_index: bool,
}

#[derive(Clone, Debug)]
pub struct ManifestNode {
    pub raw: Raw,
    pub manifest: Manifest,
    /// How the index refers to it.
    pub entry: Descriptor,
}

/// Why it cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// There is nothing.
    #[error("{source_name} is not in {holder}")]
    Missing {
        source_name: Reference,
        /// The registry's host, or the folder.
        holder: String,
    },
    /// It is not what it should be.
    #[error("{source_name} cannot be used: {why}")]
    Malformed { source_name: Reference, why: String },
    /// It lacks a platform, or has several images for it.
    #[error("{source_name} has {count} images for {platform}; it holds {}", listed(found))]
    Choice {
        source_name: Reference,
        platform: Platform,
        /// How many images for it there are.
        count: usize,
        found: Vec<String>,
    },
    /// It has a layer that is elsewhere.
    #[error("{source_name} has the layer {layer}, which has to be fetched from another address")]
    Foreign {
        source_name: Reference,
        /// The layer's digest, in short.
        layer: String,
    },
    /// The place did not do what it was asked.
    #[error(transparent)]
    Store(#[from] Error),
}

impl GraphError {
    /// What is wrong with one document is wrong with all of it.
    fn of(source: &Reference, error: ImageError) -> Self {
        match error {
            ImageError::Store(error) => error.into(),
            wrong => Self::Malformed { source_name: source.clone(), why: wrong.to_string() },
        }
    }

    /// What to do about it, if there is more to say than the message does.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Missing { .. } => Some("check the name and the tag; a private image needs a login"),
            Self::Choice { .. } => Some(
                "name platforms that it has, with their versions if there are several, or remove --platform to take \
                 all of it",
            ),
            Self::Foreign { .. } => {
                Some("its publisher does not want it redistributed; `splitbuild export --foreign-layers` fetches it")
            }
            Self::Malformed { .. } => None,
            Self::Store(error) => error.help(),
        }
    }
}

impl ImageGraph {
    /// Reads what a reference leads to.
    ///
    /// # Errors
    /// It is not there, lacks a platform that is asked for, or is not what it should be.
    pub async fn read(store: &Store, source: &Reference, scope: &Scope) -> Result<Self, GraphError> {
        let missing = || GraphError::Missing { source_name: source.clone(), holder: source.place().holder() };
        let raw = store.manifest(source).await?.ok_or_else(missing)?;
        match Document::parse(&raw).map_err(|error| GraphError::of(source, error.into()))? {
            Document::Index(index) => {
                let (raw, selected) = select_platforms(source, scope, raw, &index)?;
                let mut known = BTreeSet::new();
                let entries =
                    selected.iter().filter(|it| known.insert((&it.digest, &it.platform, it.size, &it.media_type)));
                let nodes = join_all(entries.map(|entry| node(store, source, entry))).await;
                let nodes: Vec<ManifestNode> = nodes.into_iter().collect::<Result<_, GraphError>>()?;
                let images: BTreeSet<&Digest> = index.images().map(|image| &image.digest).collect();
                let (images, others) = nodes.into_iter().partition(|node| images.contains(&node.raw.digest));
                let graph = Self { raw, images, others, is_index: true };
                graph.check_foreign_layers(source, scope)?;
                Ok(graph)
            }
            Document::Manifest(manifest) => {
                let node = ManifestNode { entry: raw.descriptor(), raw: raw.clone(), manifest };
                let graph = Self { raw, images: vec![node], others: Vec::new(), is_index: false };
                graph.check_foreign_layers(source, scope)?;
                if !scope.platforms.is_empty() {
                    check_platforms(store, source, (scope, &graph.images[0].manifest)).await?;
                }
                Ok(graph)
            }
        }
    }

    /// The manifests below the top, or at it; an image that the index names for several platforms is there several times.
    pub fn nodes(&self) -> impl Iterator<Item = &ManifestNode> {
        self.images.iter().chain(&self.others)
    }

    /// Layers that name other addresses are refused, unless the scope takes them.
    fn check_foreign_layers(&self, source: &Reference, scope: &Scope) -> Result<(), GraphError> {
        let is_foreign = |blob: &&Descriptor| blob.rest.contains_key("urls") || blob.media_type.contains(".foreign.");
        let foreign = self.nodes().flat_map(|node| node.manifest.blobs()).find(is_foreign);
        match foreign.filter(|_| scope.foreign == ForeignLayers::Refuse) {
            None => Ok(()),
            Some(blob) => {
                let (source_name, layer) = (source.clone(), blob.digest.short().to_owned());
                Err(GraphError::Foreign { source_name, layer })
            }
        }
    }
}

/// The index over the platforms of the scope, and all that it refers to.
fn select_platforms(
    source: &Reference,
    scope: &Scope,
    raw: Raw,
    index: &Index,
) -> Result<(Raw, Vec<Descriptor>), GraphError> {
    if scope.platforms.is_empty() {
        return Ok((raw, index.manifests.clone()));
    }
    let mut entries = Vec::new();
    for platform in &scope.platforms {
        let said = |image: &Descriptor| image.platform.as_ref().and_then(ImagePlatform::normal);
        let is = |image: &&Descriptor| said(image).is_some_and(|said| said.fits(platform));
        let found: Vec<&Descriptor> = index.images().filter(is).collect();
        let [image] = found.as_slice() else {
            let (source_name, platform, count) = (source.clone(), platform.clone(), found.len());
            return Err(GraphError::Choice { source_name, platform, count, found: index.platforms() });
        };
        let attestations = index.attestations(&image.digest).cloned().collect();
        let entry = Entry { image: (*image).clone(), attestations };
        // One image may be asked for twice, as windows/amd64 and with its version.
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    if entries.len() == index.images().count() {
        return Ok((raw, index.manifests.clone()));
    }
    let format = if raw.media_type == Format::Docker.media_type() { Format::Docker } else { Format::Oci };
    let mut annotations = index.annotations.clone();
    // A release published the whole, and not this.
    annotations.remove(VERSION);
    let raw = Raw::new(assemble(&entries, format, &annotations), format.media_type());
    let selected = entries.into_iter().flat_map(|entry| [vec![entry.image], entry.attestations].concat()).collect();
    Ok((raw, selected))
}

async fn node(store: &Store, source: &Reference, entry: &Descriptor) -> Result<ManifestNode, GraphError> {
    let (raw, manifest) = member(store, source, entry).await.map_err(|error| GraphError::of(source, error))?;
    Ok(ManifestNode { raw, manifest, entry: entry.clone() })
}

/// A single image must have every platform of the scope.
async fn check_platforms(
    store: &Store,
    source: &Reference,
    (scope, manifest): (&Scope, &Manifest),
) -> Result<(), GraphError> {
    let found = match config(store, &source.place(), manifest).await {
        Ok((_, config)) => config.platform.normal(),
        // A chart is taken as well, but runs on nothing.
        Err(ImageError::Foreign(_)) => None,
        Err(error) => return Err(GraphError::of(source, error)),
    };
    match scope.platforms.iter().find(|platform| !found.as_ref().is_some_and(|found| found.fits(platform))) {
        None => Ok(()),
        Some(platform) => Err(GraphError::Choice {
            source_name: source.clone(),
            platform: platform.clone(),
            count: 0,
            found: vec![found.map_or_else(|| "no platform".to_owned(), |found| found.to_string())],
        }),
    }
}
