//! What will be in the tarball: the images and all that they consist of, and the two lists by which they are found.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::layer::{Layer, Origin, Reason};
use super::stage::{Staged, stage};
use super::{ExportError, Image, Request, Wanted};
use crate::archive::{Content, File, Kind};
use crate::digest::Digest;
use crate::oci::{Config, Descriptor, INDEX, ImagePlatform, REF_NAME, Raw};
use crate::store::Store;
use crate::tree::{Leaf, Tree};

/// The annotation by which containerd, and Docker with its store, name an image that they load
/// (`AnnotationImageName` in <https://github.com/containerd/containerd/blob/main/pkg/labels/labels.go>).
const IMAGE_NAME: &str = "io.containerd.image.name";

/// Everything that will be in the tarball.
pub(super) struct Contents {
    tops: Vec<Top>,
    pictures: Vec<Picture>,
    /// All blobs but configurations, each once.
    layers: Vec<Layer>,
    staged: BTreeMap<Digest, Staged>,
}

/// What stands at the top of what was asked for.
struct Top {
    wanted: Wanted,
    raw: Raw,
    platform: Option<ImagePlatform>,
    /// Attestations, which are only documents here.
    others: Vec<Leaf>,
}

/// An image.
struct Picture {
    /// Whose it is.
    top: usize,
    raw: Raw,
    leaf: Leaf,
    config: Arc<Vec<u8>>,
    platform: ImagePlatform,
    names: Vec<String>,
    converted: usize,
}

impl Contents {
    /// Reads everything but the layers.
    pub(super) async fn read(store: &Store, request: &Request) -> Result<Self, ExportError> {
        let read = request.wanted.iter().map(|wanted| one(store, request, wanted));
        let read: Vec<_> = join_all(read).await.into_iter().collect::<Result<_, ExportError>>()?;
        let mut contents = Self { tops: Vec::new(), pictures: Vec::new(), layers: Vec::new(), staged: BTreeMap::new() };
        for (top, pictures, layers) in read {
            let number = contents.tops.len();
            contents.tops.push(top);
            contents.pictures.extend(pictures.into_iter().map(|picture| Picture { top: number, ..picture }));
            for layer in layers {
                if !contents.layers.iter().any(|known| known.blob.digest == layer.blob.digest) {
                    contents.layers.push(layer);
                }
            }
        }
        Ok(contents)
    }

    /// Gets what must be at hand beforehand, and makes the manifests tell of layers that were converted.
    pub(super) async fn stage(&mut self, store: &Store, request: &Request, aside: &Path) -> Result<(), ExportError> {
        self.staged = stage(store, &self.layers, (request.compression, aside)).await?;
        let converted: BTreeMap<&Digest, &Descriptor> = self
            .staged
            .iter()
            .filter(|(_, staged)| staged.reason == Reason::Convert)
            .map(|(digest, staged)| (digest, &staged.blob))
            .collect();
        if converted.is_empty() {
            return Ok(());
        }
        let mut replaced: BTreeMap<Digest, Raw> = BTreeMap::new();
        for picture in &mut self.pictures {
            let mut document: Value = serde_json::from_slice(&picture.raw.bytes).expect("it was read before");
            for layer in document["layers"].as_array_mut().into_iter().flatten() {
                let known = converted.iter().find(|(old, _)| layer["digest"] == old.as_str());
                if let Some((_, new)) = known {
                    layer["mediaType"] = new.media_type.clone().into();
                    layer["digest"] = new.digest.to_string().into();
                    layer["size"] = new.size.into();
                    picture.converted += 1;
                }
            }
            if picture.converted > 0 {
                let bytes = serde_json::to_vec(&document).expect("JSON stays JSON");
                let raw = Raw::new(bytes, &picture.raw.media_type);
                replaced.insert(picture.raw.digest.clone(), raw.clone());
                picture.raw = raw;
            }
        }
        self.tops.iter_mut().for_each(|top| top.replace(&replaced));
        Ok(())
    }

    /// The files of the tarball, in a fixed order: what tells of others before what it tells of.
    pub(super) fn files(&self) -> Vec<File<Origin>> {
        let mut files = vec![
            file("oci-layout", json!({ "imageLayoutVersion": "1.0.0" }).to_string().into_bytes()),
            file("index.json", self.index().to_string().into_bytes()),
            file("manifest.json", self.list().to_string().into_bytes()),
        ];
        files.extend(["blobs/", "blobs/sha256/"].map(|folder| file(folder, Vec::new())));
        let mut documents: BTreeMap<Digest, &[u8]> = BTreeMap::new();
        for top in &self.tops {
            documents.insert(top.raw.digest.clone(), &top.raw.bytes);
            documents.extend(top.others.iter().map(|leaf| (leaf.raw.digest.clone(), &leaf.raw.bytes[..])));
        }
        for picture in &self.pictures {
            documents.insert(picture.raw.digest.clone(), &picture.raw.bytes);
            documents.insert(picture.leaf.manifest.config.digest.clone(), &picture.config);
        }
        files.extend(documents.iter().map(|(digest, bytes)| file(&path(digest), bytes.to_vec())));
        for layer in self.layers.iter().filter(|layer| !documents.contains_key(&layer.blob.digest)) {
            let (blob, content) = match self.staged.get(&layer.blob.digest) {
                None => (&layer.blob, Content::Stored(Origin::Blob(Arc::new(layer.clone())), layer.blob.size)),
                Some(staged) => {
                    let origin = Origin::Staged(staged.file.clone());
                    match &staged.packed {
                        Some(packed) => (&staged.blob, Content::Packed(origin, packed.clone())),
                        None => (&staged.blob, Content::Stored(origin, staged.blob.size)),
                    }
                }
            };
            files.push(File { path: path(&blob.digest), content });
        }
        files
    }

    /// What was exported, for who asked.
    pub(super) fn told(&self) -> Vec<Image> {
        let told = |picture: &Picture| Image {
            reference: self.tops[picture.top].wanted.reference.clone(),
            platform: platform_name(&picture.platform),
            digest: picture.raw.digest.clone(),
            id: picture.leaf.manifest.config.digest.clone(),
            names: picture.names.clone(),
            converted: picture.converted,
        };
        self.pictures.iter().map(told).collect()
    }

    /// `index.json`: what the layout holds, once for every name.
    fn index(&self) -> Value {
        let entries = self.tops.iter().flat_map(|top| {
            let mut entry = top.raw.descriptor();
            entry.platform = top.platform.clone();
            let mut entries: Vec<Descriptor> = Vec::new();
            for name in &top.wanted.names {
                let mut named = entry.clone();
                let full = name.repository().map(|repository| repository.to_string());
                let tag = name.tag().unwrap_or_default();
                named.annotations.extend(full.map(|full| (IMAGE_NAME.to_owned(), format!("{full}:{tag}"))));
                named.annotations.insert(REF_NAME.to_owned(), tag.to_owned());
                entries.push(named);
            }
            if entries.is_empty() {
                let tag = top.wanted.reference.tag();
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
        let entries = self.pictures.iter().map(|picture| {
            let layers = picture.leaf.manifest.layers.iter().map(|layer| {
                let staged = self.staged.get(&layer.digest);
                path(staged.map_or(&layer.digest, |staged| &staged.blob.digest))
            });
            let names = if picture.names.is_empty() { Value::Null } else { picture.names.clone().into() };
            json!({
                "Config": path(&picture.leaf.manifest.config.digest),
                "RepoTags": names,
                "Layers": layers.collect::<Vec<String>>(),
            })
        });
        entries.collect()
    }
}

impl Top {
    /// Tells of manifests that got other bytes. What is attested of them is not attested of those, and goes.
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
        self.others.retain(|leaf| !gone.contains(&leaf.raw.digest));
        self.raw = Raw::new(serde_json::to_vec(&document).expect("JSON stays JSON"), &self.raw.media_type);
    }
}

/// Reads one of what is wanted: what is at its top, its images, its blobs.
async fn one(
    store: &Store,
    request: &Request,
    wanted: &Wanted,
) -> Result<(Top, Vec<Picture>, Vec<Layer>), ExportError> {
    let Tree { mut raw, images, mut others, is_index } = Tree::read(store, &wanted.reference, &request.scope).await?;
    let read = images.iter().map(|leaf| picture(store, wanted, leaf));
    let mut pictures: Vec<Picture> = join_all(read).await.into_iter().collect::<Result<_, ExportError>>()?;
    let mut platform = None;
    if let ([only], true) = (&pictures[..], !is_index || request.scope.platforms.len() == 1) {
        // One platform of an index is an image by itself.
        (raw, platform) = (only.raw.clone(), Some(only.platform.clone()));
        others.clear();
    }
    let is_alone = pictures.len() == 1;
    for picture in &mut pictures {
        let word = picture.platform.normal().map(|platform| platform.word()).unwrap_or_default();
        let name = |name: &crate::reference::Reference| {
            let tag = name.tag().unwrap_or_default();
            if is_alone { format!("{}:{tag}", name.name()) } else { format!("{}:{tag}-{word}", name.name()) }
        };
        picture.names = wanted.names.iter().map(name).collect();
    }
    let place = wanted.reference.place();
    let mut layers = Vec::new();
    for leaf in &images {
        let config = pictures.iter().find(|picture| picture.raw.digest == leaf.raw.digest).map(|it| &it.config[..]);
        let config = Config::parse(config.unwrap_or_default()).expect("it was read before");
        for (blob, inside) in leaf.manifest.layers.iter().zip(config.diff_ids()) {
            let content = Kind::of(&blob.media_type).map(|kind| (kind, inside.clone()));
            layers.push(Layer { place: place.clone(), blob: blob.clone(), content, verify: request.verify });
        }
    }
    for blob in others.iter().flat_map(|leaf| leaf.manifest.blobs()) {
        layers.push(Layer { place: place.clone(), blob: blob.clone(), content: None, verify: request.verify });
    }
    Ok((Top { wanted: wanted.clone(), raw, platform, others }, pictures, layers))
}

/// Reads the configuration of an image, and sees to it that the image can be loaded.
async fn picture(store: &Store, wanted: &Wanted, leaf: &Leaf) -> Result<Picture, ExportError> {
    let malformed = |why: String| ExportError::Malformed { source_name: wanted.reference.clone(), why };
    let manifest = &leaf.manifest;
    if !manifest.is_image() {
        let kind = crate::oci::shown(&manifest.config.media_type);
        return Err(malformed(format!("its configuration is {kind}, not that of a container image")));
    }
    let bytes = store.blob(&wanted.reference.place(), &manifest.config).await?;
    let config = Config::parse(&bytes).map_err(|error| malformed(format!("its configuration is wrong: {error}")))?;
    if let Some(said) = leaf.entry.platform.as_ref().filter(|said| !said.fits(&config.platform)) {
        let (said, is) = (platform_name(said), platform_name(&config.platform));
        return Err(malformed(format!("the index says {said}, and the image's configuration {is}")));
    }
    let (layers, inside) = (manifest.layers.len(), config.diff_ids().len());
    if layers != inside {
        return Err(malformed(format!("it has {layers} layers, and its configuration tells of {inside}")));
    }
    if let Some(other) = manifest.layers.iter().find(|layer| Kind::of(&layer.media_type).is_none()) {
        let kind = crate::oci::shown(&other.media_type);
        return Err(malformed(format!("its layer {} is {kind}, which cannot be loaded", other.digest.short())));
    }
    Ok(Picture {
        top: 0,
        raw: leaf.raw.clone(),
        leaf: leaf.clone(),
        config: bytes,
        platform: config.platform,
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
