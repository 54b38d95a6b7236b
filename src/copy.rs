//! Copies an image or an index as it is: to other names, in the same place or another.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use crate::digest::Digest;
use crate::graph::{GraphError, ImageGraph, ManifestNode, Scope};
use crate::link::{Evidence, Intent, MoveState, MovingTag, Progress, Released, Version, lead};
use crate::oci::{Descriptor, Raw};
use crate::reference::{Place, Reference};
use crate::stop::Stop;
use crate::store::{Error, Store, Written};

#[derive(Clone, Debug)]
pub struct Request {
    pub source: Reference,
    /// The names to publish it under, each with a tag.
    pub targets: Vec<Reference>,
    pub scope: Scope,
    /// Whether its referrers, such as signatures, are copied.
    pub referrers: Referrers,
    pub release: Option<Release>,
}

/// The release that the copy is part of.
#[derive(Clone, Debug)]
pub struct Release {
    pub version: Version,
    /// The names of images, without tags, and the tags of each that the release may move.
    pub images: Vec<(String, Vec<MovingTag>)>,
}

/// Manifests with a `subject`, such as signatures
/// (<https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Referrers {
    #[default]
    Skip,
    /// They are copied, and their own referrers with them.
    Copy,
}

/// How deep referrers of referrers may be nested, before it is taken for a mistake.
const DEEPEST: usize = 8;

#[derive(Clone, Debug)]
pub struct Copied {
    /// What the targets lead to: the source byte for byte, unless platforms were left out.
    pub raw: Raw,
    pub referrers: usize,
    /// Every target, and what became of it.
    pub targets: Vec<(Reference, TargetState)>,
    /// The images of the release, each with its moving tags and what became of them.
    pub moving: Vec<(String, Vec<(MovingTag, MoveState)>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetState {
    /// It leads to the copy now.
    Published,
    /// It did before.
    Unchanged,
    /// It does not.
    Failed(Error),
    /// A signal came before it was written: it was not changed.
    Withheld,
    /// A signal came while it was written: it leads to the copy, or was not changed.
    Interrupted,
    /// Writing failed, and the registry does not say what it has now.
    Unknown(Error),
}

/// Copies: everything that an image is made of before its manifest, manifests before their index, referrers
/// after them, tags last. A target that leads to the copy already is left alone.
///
/// # Returns
/// What became of the targets; nothing, if a signal came before anything was written.
///
/// # Errors
/// Why nothing could be published; what fails for one target only is its [`TargetState`].
pub async fn copy(
    store: &Store,
    request: &Request,
    (watch, stop): (&dyn Fn(&Progress<'_>), &Stop),
) -> Result<Option<Copied>, GraphError> {
    let source = &request.source;
    let read = async {
        let graph = ImageGraph::read(store, source, &request.scope).await?;
        let referrers = match request.referrers {
            Referrers::Skip => Vec::new(),
            Referrers::Copy => read_referrers(store, source, &graph).await?,
        };
        Ok::<_, GraphError>((graph, referrers))
    };
    let Some(read) = stop.before(read).await else { return Ok(None) };
    let (graph, referrers) = read?;
    let mut places: Vec<(Place, Vec<&Reference>)> = Vec::new();
    for target in &request.targets {
        let to = target.place();
        match places.iter_mut().find(|(known, _)| *known == to) {
            Some((_, targets)) => targets.push(target),
            None => places.push((to, vec![target])),
        }
    }
    let from = source.place();
    let published =
        places.iter().map(|(to, targets)| publish((store, stop), (&from, to), targets, (&graph, &referrers)));
    let targets: Vec<(Reference, TargetState)> = join_all(published).await.into_iter().flatten().collect();
    let is_done = targets.iter().all(|(_, state)| matches!(state, TargetState::Published | TargetState::Unchanged));
    let moving = match &request.release {
        Some(release) => move_tags(store, release, (&graph.raw, is_done), (watch, stop)).await,
        None => Vec::new(),
    };
    Ok(Some(Copied { raw: graph.raw, referrers: referrers.len(), targets, moving }))
}

/// Leads the moving tags of all images, if all copies are there. What is copied is as it is, and says no version of ours.
async fn move_tags(
    store: &Store,
    release: &Release,
    (raw, is_done): (&Raw, bool),
    how: (&dyn Fn(&Progress<'_>), &Stop),
) -> Vec<(String, Vec<(MovingTag, MoveState)>)> {
    let released: Vec<Released<'_>> =
        release.images.iter().map(|(name, moving)| Released { name, raw, moving }).collect();
    let states = match is_done {
        true => lead(store, &released, (&release.version, Evidence::Nothing, Intent::Publish), how).await,
        false => released.iter().map(|image| vec![MoveState::Withheld; image.moving.len()]).collect(),
    };
    let each = release.images.iter().zip(states);
    each.map(|((name, tags), states)| (name.clone(), tags.iter().cloned().zip(states).collect())).collect()
}

/// The referrers of the images and of their index, each after its subject.
async fn read_referrers(
    store: &Store,
    source: &Reference,
    graph: &ImageGraph,
) -> Result<Vec<ManifestNode>, GraphError> {
    let place = source.place();
    let mut seen: BTreeSet<Digest> = graph.nodes().map(|node| node.raw.digest.clone()).collect();
    seen.insert(graph.raw.digest.clone());
    let mut subjects: Vec<Digest> = seen.iter().cloned().collect();
    let mut found = Vec::new();
    for _ in 0..DEEPEST {
        let lists = join_all(subjects.iter().map(|subject| store.referrers(&place, subject))).await;
        let lists: Vec<Vec<Descriptor>> = lists.into_iter().collect::<Result<_, Error>>()?;
        subjects.clear();
        for entry in lists.into_iter().flatten().filter(|entry| seen.insert(entry.digest.clone())) {
            let at = source.at(entry.digest.clone());
            let ImageGraph { images, is_index: false, .. } = ImageGraph::read(store, &at, &Scope::default()).await?
            else {
                let why = format!("its referrer {} is an index", entry.digest.short());
                return Err(GraphError::Malformed { source_name: source.clone(), why });
            };
            subjects.push(entry.digest);
            found.extend(images);
        }
        if subjects.is_empty() {
            return Ok(found);
        }
    }
    let why = format!("its referrers are nested more than {DEEPEST} deep");
    Err(GraphError::Malformed { source_name: source.clone(), why })
}

/// Publishes the targets of one place, until a signal comes: what they refer to once, and then every tag.
async fn publish(
    (store, stop): (&Store, &Stop),
    (from, to): (&Place, &Place),
    targets: &[&Reference],
    (graph, referrers): (&ImageGraph, &[ManifestNode]),
) -> Vec<(Reference, TargetState)> {
    let raw = &graph.raw;
    let withheld = || targets.iter().map(|target| ((*target).clone(), TargetState::Withheld)).collect();
    let found = join_all(targets.iter().map(|target| store.look(target)));
    let Some(found) = stop.before(found).await else { return withheld() };
    let is_there = |found: &Result<Option<Digest>, Error>| matches!(found, Ok(Some(digest)) if *digest == raw.digest);
    let is_needed = !referrers.is_empty() || found.iter().any(|found| !is_there(found));
    let copied = match targets.first().filter(|_| is_needed) {
        Some(target) => stop.before(ensure_content(store, (from, to), target, (graph, referrers))).await,
        None => Some(Ok(())),
    };
    let tags = targets.iter().zip(found).map(async |(target, found)| {
        let put = async || match (found, &copied) {
            (found, _) if is_there(&found) && referrers.is_empty() => Ok(TargetState::Unchanged),
            (_, None) => Ok(TargetState::Withheld),
            (_, Some(Err(error))) => Err(error.clone()),
            (found, _) if is_there(&found) => Ok(TargetState::Unchanged),
            (Err(error), _) => Err(error),
            _ => match stop.before(store.publish(target, raw)).await {
                Some(Written::Yes) => Ok(TargetState::Published),
                Some(Written::No(error)) => Ok(TargetState::Failed(error)),
                Some(Written::Unknown(error)) => Ok(TargetState::Unknown(error)),
                None => Ok(TargetState::Interrupted),
            },
        };
        ((*target).clone(), put().await.unwrap_or_else(TargetState::Failed))
    });
    join_all(tags).await
}

/// Makes sure that a place has everything that the graph refers to, and the referrers.
async fn ensure_content(
    store: &Store,
    (from, to): (&Place, &Place),
    target: &Reference,
    (graph, referrers): (&ImageGraph, &[ManifestNode]),
) -> Result<(), Error> {
    let mut known = BTreeSet::new();
    let nodes = graph.nodes().filter(|node| known.insert(&node.raw.digest));
    let copied = nodes.map(async |node| {
        let by_digest = target.at(node.raw.digest.clone());
        if store.look(&by_digest).await?.is_some() {
            return Ok(());
        }
        ensure_blobs(store, (from, to), node).await?;
        // The one image is what the tags are for.
        if node.raw.digest == graph.raw.digest { Ok(()) } else { store.put_manifest(&by_digest, &node.raw).await }
    });
    join_all(copied).await.into_iter().collect::<Result<Vec<()>, Error>>()?;
    if referrers.is_empty() {
        return Ok(());
    }
    // The subject is written first, for registries that look; referrers are written one at a time, for those that keep a
    // list of them.
    store.put_manifest(&target.at(graph.raw.digest.clone()), &graph.raw).await?;
    for node in referrers {
        let by_digest = target.at(node.raw.digest.clone());
        if store.look(&by_digest).await?.is_none() {
            ensure_blobs(store, (from, to), node).await?;
            store.put_manifest(&by_digest, &node.raw).await?;
        }
    }
    Ok(())
}

/// Makes sure that a place has the blobs of one manifest.
async fn ensure_blobs(store: &Store, (from, to): (&Place, &Place), node: &ManifestNode) -> Result<(), Error> {
    if from == to {
        return Ok(());
    }
    let mut blobs: Vec<&Descriptor> = Vec::new();
    for blob in node.manifest.blobs() {
        if !blobs.iter().any(|known| known.digest == blob.digest) {
            blobs.push(blob);
        }
    }
    let copied = join_all(blobs.iter().map(|blob| store.bring(from, to, blob))).await;
    copied.into_iter().collect::<Result<Vec<()>, Error>>().map(|_| ())
}
