//! What is there: every architecture of a target, and what its tags lead to. Nothing is written here.

use std::time::Duration;

use futures_util::future::{join, join_all};
use tokio::sync::Barrier;
use tokio::time::{Instant, sleep};

use super::{ArchitectureSource, Attestations, Options, Problem, Progress, Target};
use crate::image::{ImageError, config, member};
use crate::oci::{Candidate, Config, Descriptor, Document, Index, Manifest, REVISION, Raw, Refusal, Revision};
use crate::reference::{Place, Reference};
use crate::store::Store;

/// How long to wait before a missing architecture is looked for again; it doubles, up to the second one.
const LOOK_DELAYS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];

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

/// Reads the images of one target, and its tags.
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
            // Some registries answer so for a tag that does not exist. The write will show whether it is allowed.
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
    source: &ArchitectureSource,
    options: &Options,
    watch: &dyn Fn(&Progress<'_>),
) -> Result<(Candidate, Raw, Manifest), Problem> {
    let found = manifest_within(store, source, options.wait, watch).await?;
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
    let index = match Document::parse(&found).map_err(|e| refuse(e.to_string()))? {
        Document::Manifest(manifest) => return Ok((candidate, found, manifest)),
        Document::Index(index) => index,
    };
    candidate.image = select_image(source, &index)?;
    if options.attestations == Attestations::Keep {
        candidate.attestations = index.attestations(&candidate.image.digest).cloned().collect();
        if candidate.attestations.iter().any(Descriptor::is_index) {
            return Err(refuse("what is attested of it is an index".into()));
        }
    }
    candidate.index_annotations = Some(index.annotations);
    let (raw, manifest) = member(store, &source.at, &candidate.image).await.map_err(|e| problem(source, e))?;
    Ok((candidate, raw, manifest))
}

/// The image with what its configuration says of it.
async fn image(
    store: &Store,
    (source, home): (&ArchitectureSource, &Place),
    (mut candidate, raw, manifest): (Candidate, Raw, Manifest),
) -> Result<Image, Problem> {
    let from = source.at.place();
    let (_, config) = config(store, &from, &manifest).await.map_err(|e| problem(source, e))?;
    candidate.revision = revision(source, &config, &manifest);
    candidate.platform = config.platform;
    let mut manifests = vec![(raw, manifest)];
    if from != *home {
        manifests.extend(attestations(store, source, &candidate.attestations).await?);
    }
    Ok(Image { candidate, from, manifests })
}

/// Reads what a source leads to, again and again while it is missing and there is time.
async fn manifest_within(
    store: &Store,
    source: &ArchitectureSource,
    wait: Duration,
    watch: &dyn Fn(&Progress<'_>),
) -> Result<Raw, Problem> {
    let end = Instant::now() + wait;
    let mut look = LOOK_DELAYS[0];
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
        look = (look * 2).min(LOOK_DELAYS[1]);
    }
}

fn select_image(source: &ArchitectureSource, index: &Index) -> Result<Descriptor, Problem> {
    let image = index.image_for(&source.platform).map_err(|count| Refusal::Choice {
        from: source.at.to_string(),
        platform: source.platform.clone(),
        registry: source.at.place().holder(),
        count,
        found: index.platforms(),
    })?;
    Ok(image.clone())
}

/// The attestations, whole, which only another repository needs.
async fn attestations(
    store: &Store,
    source: &ArchitectureSource,
    named: &[Descriptor],
) -> Result<Vec<(Raw, Manifest)>, Problem> {
    let read = join_all(named.iter().map(|attestation| member(store, &source.at, attestation))).await;
    read.into_iter().collect::<Result<_, ImageError>>().map_err(|e| problem(source, e))
}

/// The commit: what the build reports counts, since an image may have inherited its label from its base.
fn revision(source: &ArchitectureSource, config: &Config, manifest: &Manifest) -> Option<Revision> {
    let of = |commit: &str, reported_by| Some(Revision { commit: commit.to_owned(), reported_by });
    if let Some(commit) = &source.revision {
        return of(commit, "hand-over file");
    }
    if let Some(commit) = config.label(REVISION) {
        return of(commit, "label");
    }
    of(manifest.annotations.get(REVISION)?, "annotation")
}

/// What is wrong with a document is wrong with the image; that it could not be asked for says nothing of it.
fn problem(source: &ArchitectureSource, error: ImageError) -> Problem {
    match error {
        ImageError::Store(error) => error.into(),
        wrong => no_image(source, wrong.to_string()),
    }
}

fn no_image(source: &ArchitectureSource, why: String) -> Problem {
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
