//! What is there: every architecture of a target, and what its tags lead to. Nothing is written here.

use std::time::Duration;

use futures_util::future::{join, join_all};
use tokio::sync::Barrier;
use tokio::time::{Instant, sleep};

use super::{Attestations, Options, Problem, Progress, Source, Target};
use crate::oci::{Candidate, Config, Descriptor, Document, Index, Manifest, REVISION, Raw, Refusal, Revision};
use crate::reference::{Place, Reference};
use crate::store::Store;

/// How long to wait before a missing architecture is looked for again; it doubles, up to the second one.
const LOOK: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];

/// What was found for a target.
pub(super) struct Gathered {
    pub(super) images: Vec<Image>,
    /// What each tag leads to now.
    pub(super) tags: Vec<Option<Raw>>,
    /// When the tags were looked at.
    pub(super) looked: Instant,
    pub(super) problems: Vec<Problem>,
}

/// One image, with all that is needed to have it in another repository.
pub(super) struct Image {
    pub(super) candidate: Candidate,
    pub(super) from: Place,
    /// The image's manifest, and those of its attestations if they must be carried over.
    pub(super) manifests: Vec<(Raw, Manifest)>,
}

/// Reads everything that one target is about.
pub(super) async fn gather(
    store: &Store,
    target: &Target,
    options: &Options,
    watch: &dyn Fn(&Progress<'_>),
) -> Gathered {
    let home = Place::of(&target.name);
    // What a run finds in a tag decides whether the tag is its own, so it is looked at late: beside the last that is read
    // of the images, which takes no further step. Others look at once.
    let turn = Barrier::new(if options.run.is_some() { target.sources.len() + 1 } else { 1 });
    let images = join_all(target.sources.iter().map(async |source| {
        let found = found(store, source, options, watch).await;
        turn.wait().await;
        let image = match found {
            Ok(found) => image(store, (source, &home), found).await,
            Err(problem) => Err(problem),
        };
        watch(&Progress::Read(source));
        image
    }));
    let tags = async {
        turn.wait().await;
        let looked = Instant::now();
        let tags = target.tags.iter().map(async |tag| store.manifest(&target.reference(tag)).await);
        (looked, join_all(tags).await)
    };
    let (images, (looked, tags)) = join(images, tags).await;
    let mut gathered = Gathered { images: Vec::new(), tags: Vec::new(), looked, problems: Vec::new() };
    for image in images {
        match image {
            Ok(image) => gathered.images.push(image),
            Err(problem) => gathered.problems.push(problem),
        }
    }
    for (tag, found) in target.tags.iter().zip(tags) {
        match found {
            Ok(raw) => gathered.tags.push(raw),
            // Some registries say so of a tag that is not there. Whether it may be written, the write tells.
            Err(error) if error.is_refusal() => {
                watch(&Progress::Hidden(&target.reference(tag), tag, &error));
                gathered.tags.push(None);
            }
            Err(error) => gathered.problems.push(error.into()),
        }
    }
    gathered
}

/// The image of one architecture, before its configuration is read.
async fn found(
    store: &Store,
    source: &Source,
    options: &Options,
    watch: &dyn Fn(&Progress<'_>),
) -> Result<(Candidate, Raw, Manifest), Problem> {
    let found = patiently(store, source, options.wait, watch).await?;
    let refuse = |why: String| no_image(source, why);
    let mut candidate = Candidate {
        asked: source.platform.clone(),
        from: source.at.to_string(),
        image: found.descriptor(),
        attestations: Vec::new(),
        platform: crate::oci::ImagePlatform::default(),
        revision: None,
        index_annotations: None,
    };
    let mut raw = found;
    let mut document = Document::parse(&raw).map_err(|e| refuse(e.to_string()))?;
    if let Document::Index(index) = &document {
        candidate.image = chosen(source, index)?;
        if options.attestations == Attestations::Keep {
            candidate.attestations = index.attestations(&candidate.image.digest).cloned().collect();
            if candidate.attestations.iter().any(Descriptor::is_index) {
                return Err(refuse("what is attested of it is an index".into()));
            }
        }
        candidate.index_annotations = Some(index.annotations.clone());
        raw = member(store, source, &candidate.image).await?;
        document = Document::parse(&raw).map_err(|e| refuse(e.to_string()))?;
    }
    let Document::Manifest(manifest) = document else {
        return Err(refuse("it is an index within an index".into()));
    };
    if !manifest.is_image() {
        let kind = crate::oci::shown(&manifest.config.media_type);
        return Err(refuse(format!("its configuration is {kind}, not that of a container image")));
    }
    Ok((candidate, raw, manifest))
}

/// The image with what its configuration says of it.
async fn image(
    store: &Store,
    (source, home): (&Source, &Place),
    (mut candidate, raw, manifest): (Candidate, Raw, Manifest),
) -> Result<Image, Problem> {
    let from = source.at.place();
    let refuse = |why: String| no_image(source, why);
    let config = store.blob(&from, &manifest.config).await?;
    let config = Config::parse(&config).map_err(|e| refuse(format!("its configuration is wrong: {e}")))?;
    candidate.revision = revision(source, &config, &manifest);
    candidate.platform = config.platform;
    let mut manifests = vec![(raw, manifest)];
    if from != *home {
        manifests.extend(attestations(store, source, &candidate.attestations).await?);
    }
    Ok(Image { candidate, from, manifests })
}

/// Reads what a source leads to, again and again while it is missing and there is time.
async fn patiently(
    store: &Store,
    source: &Source,
    wait: Duration,
    watch: &dyn Fn(&Progress<'_>),
) -> Result<Raw, Problem> {
    let end = Instant::now() + wait;
    let mut look = LOOK[0];
    loop {
        if let Some(raw) = store.manifest(&source.at).await? {
            return Ok(raw);
        }
        if Instant::now() >= end {
            return Err(Problem::Refusal(Refusal::Missing {
                from: source.at.to_string(),
                platform: source.platform.clone(),
                registry: source.at.place().holder(),
            }));
        }
        watch(&Progress::Waiting(source));
        sleep(look.min(end - Instant::now())).await;
        look = (look * 2).min(LOOK[1]);
    }
}

/// The one image of an index for the architecture.
fn chosen(source: &Source, index: &Index) -> Result<Descriptor, Problem> {
    let image = index.image_for(&source.platform).map_err(|count| Refusal::Choice {
        from: source.at.to_string(),
        platform: source.platform.clone(),
        registry: source.at.place().holder(),
        count,
        found: index.platforms(),
    })?;
    if image.is_index() {
        return Err(no_image(source, "it is an index within an index".into()));
    }
    Ok(image.clone())
}

/// A manifest that an index names: it must be there, and be what the index says.
async fn member(store: &Store, source: &Source, named: &Descriptor) -> Result<Raw, Problem> {
    let at = source.at.at(named.digest.clone());
    let gone = || no_image(source, format!("it is an index that names {}, which is gone", named.digest));
    let raw = store.manifest(&at).await?.ok_or_else(gone)?;
    if raw.bytes.len() as u64 != named.size || raw.media_type != named.media_type {
        let (said, is) = (crate::oci::shown(&named.media_type), crate::oci::shown(&raw.media_type));
        let (size, length) = (named.size, raw.bytes.len());
        return Err(no_image(
            source,
            format!("it is an index that names {said} of {size} bytes, and what is there is {is} of {length}"),
        ));
    }
    Ok(raw)
}

/// The attestations, whole, which only another repository needs.
async fn attestations(store: &Store, source: &Source, named: &[Descriptor]) -> Result<Vec<(Raw, Manifest)>, Problem> {
    let read = named.iter().map(async |descriptor| {
        let raw = member(store, source, descriptor).await?;
        match Document::parse(&raw) {
            Ok(Document::Manifest(manifest)) => Ok((raw, manifest)),
            _ => Err(no_image(source, "its attestation is no manifest".into())),
        }
    });
    join_all(read).await.into_iter().collect()
}

/// The commit: what the build told counts, since an image may have inherited its label from its base.
fn revision(source: &Source, config: &Config, manifest: &Manifest) -> Option<Revision> {
    let of = |commit: &str, told_by| Some(Revision { commit: commit.to_owned(), told_by });
    if let Some(commit) = &source.revision {
        return of(commit, "hand-over file");
    }
    if let Some(commit) = config.label(REVISION) {
        return of(commit, "label");
    }
    of(manifest.annotations.get(REVISION)?, "annotation")
}

fn no_image(source: &Source, why: String) -> Problem {
    Problem::Refusal(Refusal::NoImage {
        from: source.at.to_string(),
        platform: source.platform.clone(),
        registry: source.at.place().holder(),
        why,
    })
}

/// The reference by which something of an image is known in its new home.
pub(super) fn at_home(name: &str, raw: &Raw) -> Reference {
    let name: Reference = name.parse().expect("names of targets are good");
    name.at(raw.digest.clone())
}
