//! What will be in the tarball: the images and all that they consist of, and the two lists by which they are found.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::layer::{Layer, Origin, Reason};
use super::prefetch::{Prefetched, prefetch};
use super::{ExportError, Image, Request, Selection};
use crate::archive::{Content, File, LayerCompression};
use crate::digest::Digest;
use crate::graph::{ImageGraph, ManifestNode};
use crate::image::{self, ImageError};
use crate::oci::{Config, Descriptor, INDEX, ImagePlatform, REF_NAME, Raw};
use crate::store::Store;

/// The annotation by which containerd, and Docker with its store, name an image that they load
/// (`AnnotationImageName` in <https://github.com/containerd/containerd/blob/main/pkg/labels/labels.go>).
const IMAGE_NAME: &str = "io.containerd.image.name";

pub(super) struct Contents {
    roots: Vec<Root>,
    entries: Vec<ImageEntry>,
    /// All blobs but configurations, each once.
    layers: Vec<Layer>,
    prefetched: BTreeMap<Digest, Prefetched>,
}

/// The document that a selection leads to.
struct Root {
    selection: Selection,
    raw: Raw,
    platform: Option<ImagePlatform>,
    /// Attestations, which are only documents here.
    others: Vec<ManifestNode>,
}

struct ImageEntry {
    /// Of `roots`.
    root: usize,
    raw: Raw,
    node: ManifestNode,
    config_bytes: Arc<Vec<u8>>,
    config: Config,
    names: Vec<String>,
    converted: usize,
}

impl Contents {
    /// Reads everything but the layers.
    pub(super) async fn read(store: &Store, request: &Request) -> Result<Self, ExportError> {
        let read = request.selections.iter().map(|selection| read_selection(store, request, selection));
        let read: Vec<_> = join_all(read).await.into_iter().collect::<Result<_, ExportError>>()?;
        let mut contents =
            Self { roots: Vec::new(), entries: Vec::new(), layers: Vec::new(), prefetched: BTreeMap::new() };
        for (root, entries, layers) in read {
            let number = contents.roots.len();
            contents.roots.push(root);
            contents.entries.extend(entries.into_iter().map(|entry| ImageEntry { root: number, ..entry }));
            for layer in layers {
                if !contents.layers.iter().any(|known| known.blob.digest == layer.blob.digest) {
                    contents.layers.push(layer);
                }
            }
        }
        Ok(contents)
    }

    /// Prefetches layers, and puts those that were converted into the manifests.
    pub(super) async fn prefetch(
        &mut self,
        store: &Store,
        request: &Request,
        scratch: &Path,
    ) -> Result<(), ExportError> {
        self.prefetched = prefetch(store, &self.layers, (request.compression, scratch)).await?;
        let converted: BTreeMap<&Digest, &Descriptor> = self
            .prefetched
            .iter()
            .filter(|(_, prefetched)| prefetched.reason == Reason::Convert)
            .map(|(digest, prefetched)| (digest, &prefetched.blob))
            .collect();
        if converted.is_empty() {
            return Ok(());
        }
        let mut replaced: BTreeMap<Digest, Raw> = BTreeMap::new();
        for entry in &mut self.entries {
            let mut document: Value = serde_json::from_slice(&entry.raw.bytes).expect("it was read before");
            for layer in document["layers"].as_array_mut().into_iter().flatten() {
                let known = converted.iter().find(|(old, _)| layer["digest"] == old.as_str());
                if let Some((_, new)) = known {
                    layer["mediaType"] = new.media_type.clone().into();
                    layer["digest"] = new.digest.to_string().into();
                    layer["size"] = new.size.into();
                    entry.converted += 1;
                }
            }
            if entry.converted > 0 {
                let bytes = serde_json::to_vec(&document).expect("JSON stays JSON");
                let raw = Raw::new(bytes, &entry.raw.media_type);
                replaced.insert(entry.raw.digest.clone(), raw.clone());
                entry.raw = raw;
            }
        }
        self.roots.iter_mut().for_each(|root| root.replace(&replaced));
        Ok(())
    }

    /// The files of the tarball, in a fixed order: documents before what they refer to.
    pub(super) fn files(&self) -> Vec<File<Origin>> {
        let mut files = vec![
            file("oci-layout", json!({ "imageLayoutVersion": "1.0.0" }).to_string().into_bytes()),
            file("index.json", self.index().to_string().into_bytes()),
            file("manifest.json", self.list().to_string().into_bytes()),
        ];
        files.extend(["blobs/", "blobs/sha256/"].map(|folder| file(folder, Vec::new())));
        let mut documents: BTreeMap<Digest, &[u8]> = BTreeMap::new();
        for root in &self.roots {
            documents.insert(root.raw.digest.clone(), &root.raw.bytes);
            documents.extend(root.others.iter().map(|node| (node.raw.digest.clone(), &node.raw.bytes[..])));
        }
        for entry in &self.entries {
            documents.insert(entry.raw.digest.clone(), &entry.raw.bytes);
            documents.insert(entry.node.manifest.config.digest.clone(), &entry.config_bytes);
        }
        files.extend(documents.iter().map(|(digest, bytes)| file(&path(digest), bytes.to_vec())));
        for layer in self.layers.iter().filter(|layer| !documents.contains_key(&layer.blob.digest)) {
            let (blob, content) = match self.prefetched.get(&layer.blob.digest) {
                None => (&layer.blob, Content::Stored(Origin::Blob(Arc::new(layer.clone())), layer.blob.size)),
                Some(prefetched) => {
                    let origin = Origin::Prefetched(prefetched.file.clone());
                    match &prefetched.packed {
                        Some(packed) => (&prefetched.blob, Content::Packed(origin, packed.clone())),
                        None => (&prefetched.blob, Content::Stored(origin, prefetched.blob.size)),
                    }
                }
            };
            files.push(File { path: path(&blob.digest), content });
        }
        files
    }

    /// What was exported, for messages.
    pub(super) fn reported(&self) -> Vec<Image> {
        let image = |entry: &ImageEntry| Image {
            reference: self.roots[entry.root].selection.reference.clone(),
            platform: platform_name(&entry.config.platform),
            digest: entry.raw.digest.clone(),
            id: entry.node.manifest.config.digest.clone(),
            names: entry.names.clone(),
            converted: entry.converted,
        };
        self.entries.iter().map(image).collect()
    }

    /// `index.json`: what the layout holds, once for every name.
    fn index(&self) -> Value {
        let entries = self.roots.iter().flat_map(|root| {
            let mut entry = root.raw.descriptor();
            entry.platform = root.platform.clone();
            let mut entries: Vec<Descriptor> = Vec::new();
            for name in &root.selection.names {
                let mut named = entry.clone();
                let full = name.repository().map(|repository| repository.to_string());
                let tag = name.tag().unwrap_or_default();
                named.annotations.extend(full.map(|full| (IMAGE_NAME.to_owned(), format!("{full}:{tag}"))));
                named.annotations.insert(REF_NAME.to_owned(), tag.to_owned());
                entries.push(named);
            }
            if entries.is_empty() {
                let tag = root.selection.reference.tag();
                entry.annotations.extend(tag.map(|tag| (REF_NAME.to_owned(), tag.to_owned())));
                entries.push(entry);
            }
            entries
        });
        json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries.collect::<Vec<_>>() })
    }

    /// `manifest.json`: the images, as `docker load` reads them
    /// (<https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format>).
    fn list(&self) -> Value {
        let entries = self.entries.iter().map(|entry| {
            let layers = entry.node.manifest.layers.iter().map(|layer| {
                let prefetched = self.prefetched.get(&layer.digest);
                path(prefetched.map_or(&layer.digest, |prefetched| &prefetched.blob.digest))
            });
            let names = if entry.names.is_empty() { Value::Null } else { entry.names.clone().into() };
            json!({
                "Config": path(&entry.node.manifest.config.digest),
                "RepoTags": names,
                "Layers": layers.collect::<Vec<String>>(),
            })
        });
        entries.collect()
    }
}

impl Root {
    /// Refers to the new bytes of manifests. Attestations of the old ones go.
    fn replace(&mut self, replaced: &BTreeMap<Digest, Raw>) {
        if let Some(raw) = replaced.get(&self.raw.digest) {
            self.raw = raw.clone();
            return;
        }
        let mut document: Value = serde_json::from_slice(&self.raw.bytes).expect("it was read before");
        let Some(entries) = document["manifests"].as_array_mut() else { return };
        if !entries.iter().any(|entry| replaced.keys().any(|old| entry["digest"] == old.as_str())) {
            return;
        }
        let mut gone = Vec::new();
        entries.retain(|entry| {
            let Ok(entry) = serde_json::from_value::<Descriptor>(entry.clone()) else { return true };
            let is_stale = entry.is_attestation() && replaced.keys().any(|old| entry.attested() == Some(old.as_str()));
            gone.extend(is_stale.then_some(entry.digest));
            !is_stale
        });
        for entry in entries {
            if let Some((_, raw)) = replaced.iter().find(|(old, _)| entry["digest"] == old.as_str()) {
                entry["digest"] = raw.digest.to_string().into();
                entry["size"] = raw.bytes.len().into();
            }
        }
        self.others.retain(|node| !gone.contains(&node.raw.digest));
        self.raw = Raw::new(serde_json::to_vec(&document).expect("JSON stays JSON"), &self.raw.media_type);
    }
}

/// Reads one selection: what is at its root, its images, its blobs.
async fn read_selection(
    store: &Store,
    request: &Request,
    selection: &Selection,
) -> Result<(Root, Vec<ImageEntry>, Vec<Layer>), ExportError> {
    let ImageGraph { mut raw, images, mut others, is_index } =
        ImageGraph::read(store, &selection.reference, &request.scope).await?;
    let read = images.iter().map(|node| read_entry(store, selection, node));
    let mut entries: Vec<ImageEntry> = join_all(read).await.into_iter().collect::<Result<_, ExportError>>()?;
    let mut platform = None;
    if let ([only], true) = (&entries[..], !is_index || request.scope.platforms.len() == 1) {
        // One platform of an index is an image by itself.
        (raw, platform) = (only.raw.clone(), Some(only.config.platform.clone()));
        others.clear();
    }
    let is_alone = entries.len() == 1;
    for entry in &mut entries {
        let word = entry.config.platform.normal().map(|platform| platform.word()).unwrap_or_default();
        let name = |name: &crate::reference::Reference| {
            let tag = name.tag().unwrap_or_default();
            if is_alone { format!("{}:{tag}", name.name()) } else { format!("{}:{tag}-{word}", name.name()) }
        };
        entry.names = selection.names.iter().map(name).collect();
    }
    let place = selection.reference.place();
    let mut layers = Vec::new();
    for entry in &entries {
        for (blob, inside) in entry.node.manifest.layers.iter().zip(entry.config.diff_ids()) {
            let content = LayerCompression::of(&blob.media_type).map(|kind| (kind, inside.clone()));
            layers.push(Layer { place: place.clone(), blob: blob.clone(), content, verify: request.verify });
        }
    }
    for blob in others.iter().flat_map(|node| node.manifest.blobs()) {
        layers.push(Layer { place: place.clone(), blob: blob.clone(), content: None, verify: request.verify });
    }
    Ok((Root { selection: selection.clone(), raw, platform, others }, entries, layers))
}

/// Reads the configuration of an image, and sees to it that the image can be loaded.
async fn read_entry(store: &Store, selection: &Selection, node: &ManifestNode) -> Result<ImageEntry, ExportError> {
    let malformed = |why: String| ExportError::Malformed { source_name: selection.reference.clone(), why };
    let manifest = &node.manifest;
    let (config_bytes, config) = match image::config(store, &selection.reference.place(), manifest).await {
        Ok(read) => read,
        Err(ImageError::Store(error)) => return Err(error.into()),
        Err(wrong) => return Err(malformed(wrong.to_string())),
    };
    if let Some(said) = node.entry.platform.as_ref().filter(|said| !said.fits(&config.platform)) {
        let (said, is) = (platform_name(said), platform_name(&config.platform));
        return Err(malformed(format!("the index says {said}, but the image's configuration says {is}")));
    }
    let (layers, inside) = (manifest.layers.len(), config.diff_ids().len());
    if layers != inside {
        return Err(malformed(format!("it has {layers} layers, but its configuration lists {inside}")));
    }
    if let Some(other) = manifest.layers.iter().find(|layer| LayerCompression::of(&layer.media_type).is_none()) {
        let kind = crate::oci::shown(&other.media_type);
        return Err(malformed(format!("its layer {} is {kind}, which cannot be loaded", other.digest.short())));
    }
    Ok(ImageEntry {
        root: 0,
        raw: node.raw.clone(),
        node: node.clone(),
        config_bytes,
        config,
        names: Vec::new(),
        converted: 0,
    })
}

fn platform_name(platform: &ImagePlatform) -> String {
    platform.normal().map_or_else(|| "no platform".to_owned(), |platform| platform.to_string())
}

fn path(digest: &Digest) -> String {
    format!("blobs/{}", digest.as_str().replacen(':', "/", 1))
}

fn file(path: &str, bytes: Vec<u8>) -> File<Origin> {
    File { path: path.to_owned(), content: Content::Bytes(bytes) }
}
