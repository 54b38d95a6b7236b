//! The linker: per-architecture images that are in a registry become one index under a tag, right or not at all.
//!
//! First everything is read and checked, for all targets; only then is anything written, and only if nothing was wrong.

mod gather;
mod lead;
mod moving;
mod publish;
mod release;
mod run;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;

pub use lead::Evidence;
pub use moving::{MoveState, Released, lead};
pub use release::{MovingTag, ReleaseError, Version, VersionError};
pub use run::{Run, RunError};

use crate::oci::{Candidate, Document, Format, RUN, Raw, Refusal, Rules, VERSION, assemble, check};
use crate::platform::Platform;
use crate::reference::{Place, Reference};
use crate::registry::Access;
use crate::stop::Stop;
use crate::store::{Error, Store, Use};

/// An index that is to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The image's name, as it was written.
    pub name: String,
    pub tags: Vec<Tag>,
    /// The tags that are to lead to it only if no version that they may lead is higher.
    pub moving: Vec<MovingTag>,
    pub sources: Vec<ArchitectureSource>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub tag: String,
    /// Whether it belongs to this run alone, and is published whatever newer runs did.
    pub is_fixed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchitectureSource {
    pub platform: Platform,
    /// The reference that leads to it, or to an index that holds it.
    pub at: Reference,
    /// The commit that the build's hand-over file reports.
    pub revision: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attestations {
    /// They stand in the index beside their images.
    #[default]
    Keep,
    /// They are left out.
    Drop,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Intent {
    #[default]
    Publish,
    /// It is only put together.
    Show,
}

#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What must hold of the images together.
    pub rules: Rules,
    pub attestations: Attestations,
    pub annotations: BTreeMap<String, String>,
    pub run: Option<Run>,
    /// The version whose release this is.
    pub release: Option<Version>,
    /// How long to wait for architectures that are missing.
    pub wait: Duration,
    pub intent: Intent,
}

/// Something that a person may want to see while it happens.
#[derive(Clone, Debug)]
pub enum Progress<'a> {
    /// An architecture has been read, or found wrong.
    Read(&'a ArchitectureSource),
    /// An architecture is missing and waited for.
    Waiting(&'a ArchitectureSource),
    /// The registry refuses to show what a tag leads to now; it is taken for nothing.
    Hidden(&'a Reference, &'a Tag, &'a Error),
    /// A registry does not list the tags of a repository, for a reason if it gives one; what decides instead.
    Unlisted(&'a Place, Option<&'a Error>, Evidence),
    /// A tag has been dealt with.
    Tagged(&'a Reference),
}

/// Why a target was not published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error(transparent)]
    Refusal(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] Error),
}

impl Problem {
    /// What to do about it, if there is more to say.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Refusal(refusal) => Some(refusal.help()),
            Self::Store(error) => error.help(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagState {
    /// It leads to the index now.
    Published,
    /// It led to the index already.
    Unchanged,
    /// A newer run has published it: it is left as it is, and the index is in the registry by its digest.
    LeftTo(Run),
    /// Nothing was to be written.
    Planned,
    /// Nothing was written, because of problems with this target or another one.
    Withheld,
    /// Writing failed, and it was not changed.
    Failed(Error),
    /// Writing failed, and the registry does not say what it has now.
    Unknown(Error),
    /// A signal came while it was written: it leads to the index, or was not changed.
    Interrupted,
}

#[derive(Clone, Debug)]
pub struct Linked {
    /// The image's name, as it was written.
    pub name: String,
    /// The index, if it could be put together.
    pub index: Option<Raw>,
    pub images: Vec<Candidate>,
    /// Why it was not published.
    pub problems: Vec<Problem>,
    pub tags: Vec<(Tag, TagState)>,
    pub moving: Vec<(MovingTag, MoveState)>,
}

impl Linked {
    /// Whether every tag is as it should be.
    pub fn is_done(&self) -> bool {
        self.is_published() && self.moving.iter().all(|(_, state)| state.is_good())
    }

    /// Whether every tag but for those that only the rule of releases moves is as it should be.
    fn is_published(&self) -> bool {
        let is_good = |state: &TagState| {
            matches!(state, TagState::Published | TagState::Unchanged | TagState::LeftTo(_) | TagState::Planned)
        };
        self.problems.is_empty() && self.tags.iter().all(|(_, state)| is_good(state))
    }
}

impl Target {
    pub fn reference(&self, tag: &Tag) -> Reference {
        Reference::tagged(&self.name, &tag.tag)
    }

    /// What it needs of the places.
    pub fn uses(&self, intent: Intent) -> Vec<Use> {
        let access = if intent == Intent::Publish { Access::Push } else { Access::Pull };
        let mut uses = vec![(Place::of(&self.name), access)];
        uses.extend(self.sources.iter().map(|source| (source.at.place(), Access::Pull)));
        uses
    }
}

/// Links all targets, or none: whatever is wrong with one of them keeps all of them from being published.
///
/// # Returns
/// What became of the targets; nothing, if a signal came before anything was written.
pub async fn link(
    store: &Store,
    targets: &[Target],
    options: &Options,
    (watch, stop): (&dyn Fn(&Progress<'_>), &Stop),
) -> Option<Vec<Linked>> {
    let gathered = join_all(targets.iter().map(|target| gather::gather(store, target, options, watch)));
    let gathered = stop.before(gathered).await?;
    let mut prepared: Vec<publish::PreparedTarget> =
        targets.iter().zip(gathered).map(|(target, gathered)| prepare(target, gathered, options)).collect();
    let is_good = prepared.iter().all(|prepared| prepared.linked.problems.is_empty());
    if is_good && options.intent == Intent::Publish {
        let run = options.run.as_ref();
        join_all(prepared.iter_mut().map(|prepared| publish::publish(store, prepared, run, (watch, stop)))).await;
    } else if is_good {
        prepared.iter_mut().for_each(publish::PreparedTarget::plan);
    }
    let mut linked: Vec<Linked> = prepared.into_iter().map(|prepared| prepared.linked).collect();
    if let Some(version) = &options.release {
        move_tags(store, &mut linked, (version, options), (watch, stop)).await;
    }
    Some(linked)
}

/// Leads the moving tags of all targets, if all their fixed tags are as they should be.
async fn move_tags(
    store: &Store,
    linked: &mut [Linked],
    (version, options): (&Version, &Options),
    how: (&dyn Fn(&Progress<'_>), &Stop),
) {
    if !linked.iter().all(Linked::is_published) {
        return;
    }
    let moving: Vec<Vec<MovingTag>> =
        linked.iter().map(|linked| linked.moving.iter().map(|(tag, _)| tag.clone()).collect()).collect();
    let released: Vec<Released<'_>> = linked
        .iter()
        .zip(&moving)
        .filter_map(|(linked, moving)| Some(Released { name: &linked.name, raw: linked.index.as_ref()?, moving }))
        .collect();
    let evidence = match options.rules.format {
        Format::Oci => Evidence::Annotation,
        Format::Docker => Evidence::Nothing,
    };
    let states = lead(store, &released, (version, evidence, options.intent), how).await;
    for (linked, states) in linked.iter_mut().zip(states) {
        linked.moving.iter_mut().zip(states).for_each(|((_, state), new)| *state = new);
    }
}

/// The version that an index says, if it says one.
fn version_of(raw: &Raw) -> Option<Version> {
    match Document::parse(raw) {
        Ok(Document::Index(index)) => index.annotations.get(VERSION)?.parse().ok(),
        _ => None,
    }
}

/// The index of a target over what was found, and what is to become of its tags.
fn prepare<'t>(target: &'t Target, gathered: gather::Gathered, options: &Options) -> publish::PreparedTarget<'t> {
    let gather::Gathered { images, tags, looked, mut problems } = gathered;
    let candidates: Vec<Candidate> = images.iter().map(|image| image.candidate.clone()).collect();
    problems.extend(check(&candidates, options.rules).into_iter().map(Problem::from));
    let index = (problems.is_empty()).then(|| index_over(&candidates, options));
    let plans = target.tags.iter().zip(tags).map(|(tag, found)| {
        let state = match &index {
            Some(index) => publish::TagPlan::of(index, tag, found, options.run.as_ref()),
            None => publish::TagPlan::Nothing,
        };
        (tag.clone(), state)
    });
    let plans = plans.collect();
    let tags = target.tags.iter().map(|tag| (tag.clone(), TagState::Withheld)).collect();
    let moving = target.moving.iter().map(|tag| (tag.clone(), MoveState::Withheld)).collect();
    let linked = Linked { name: target.name.clone(), index, images: candidates, problems, tags, moving };
    publish::PreparedTarget { target, linked, images, plans, looked }
}

/// The bytes of the index. An annotation that all the indexes in which the images came share is the index's, too.
fn index_over(candidates: &[Candidate], options: &Options) -> Raw {
    let entries: Vec<_> = candidates.iter().map(Candidate::entry).collect();
    let mut annotations = match options.rules.format {
        Format::Oci => shared_annotations(candidates),
        Format::Docker => BTreeMap::new(),
    };
    annotations.extend(options.annotations.clone());
    annotations.extend(options.run.as_ref().map(|run| (RUN.to_owned(), run.to_string())));
    if options.rules.format == Format::Oci {
        annotations.extend(options.release.as_ref().map(|version| (VERSION.to_owned(), version.to_string())));
    }
    let bytes = assemble(&entries, options.rules.format, &annotations);
    Raw::new(bytes, options.rules.format.media_type())
}

fn shared_annotations(candidates: &[Candidate]) -> BTreeMap<String, String> {
    let Some((first, others)) = candidates.split_first() else { return BTreeMap::new() };
    let mut shared = first.index_annotations.clone().unwrap_or_default();
    // They are about how that index was published.
    shared.remove(RUN);
    shared.remove(VERSION);
    shared.retain(|key, value| {
        others.iter().all(|other| other.index_annotations.as_ref().and_then(|all| all.get(key)) == Some(value))
    });
    shared
}
