//! Moves tags: does what [`mod@super::lead`] says, in step for all tags of all images, so that those of one repository share
//! its list.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::{join, join_all};
use tokio::time::sleep;

use super::lead::{Action, End, Lead, Observation};
use super::release::{MovingTag, Version};
use super::{Evidence, Intent, Progress, version_of};
use crate::digest::Digest;
use crate::oci::Raw;
use crate::reference::{Place, Reference};
use crate::stop::Stop;
use crate::store::{Error, Store, Written};

/// How long to wait, at least and at most, before a tag that others may move is looked at again.
const PAUSE: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// The moving tags of an image that was released just now.
#[derive(Clone, Copy, Debug)]
pub struct Released<'a> {
    /// The image's name, as it was written.
    pub name: &'a str,
    /// What its fixed tags lead to.
    pub raw: &'a Raw,
    pub moving: &'a [MovingTag],
}

/// What became of a moving tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveState {
    /// It leads to the highest version that it may.
    Leads { fixed: String, digest: Digest, is_moved: bool },
    /// The registry lists no tags, and the index under it says a higher version.
    Left(Version),
    /// It was left alone, because the release is no stable version: why.
    Unstable(&'static str),
    /// It was not changed, because of problems elsewhere, or since a signal came before.
    Withheld,
    /// Whenever it was looked at, it was somewhere else.
    Unsettled,
    /// Something failed, and it was not changed.
    Failed(Error),
    /// It was moved; then something failed, so that it is not known what others have published meanwhile.
    Unconfirmed(Error),
    /// Writing failed, and the registry does not say what it has now.
    Unknown(Error),
    /// A signal came while it was written.
    Interrupted,
}

impl MoveState {
    /// Whether it is as it should be.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Leads { .. } | Self::Left(_) | Self::Unstable(_))
    }

    /// Why it is not, if something failed.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error) | Self::Unconfirmed(error) | Self::Unknown(error) => Some(error),
            _ => None,
        }
    }
}

/// A moving tag on its way.
struct Climb<'a> {
    image: usize,
    released: Released<'a>,
    moving: &'a MovingTag,
    lead: Lead,
    next: Result<Action, MoveState>,
    moves: u32,
}

/// What a step came to: what was seen, or how it ended.
type Step = Result<Observation, MoveState>;

/// Leads the moving tags of images to the highest versions that they may lead. With [`Intent::Show`] nothing is written, and
/// the release's own tags are taken for published.
///
/// # Returns
/// What became of the tags, for each image in the order of its tags.
pub async fn lead(
    store: &Store,
    images: &[Released<'_>],
    (version, evidence, intent): (&Version, Evidence, Intent),
    (watch, stop): (&dyn Fn(&Progress<'_>), &Stop),
) -> Vec<Vec<MoveState>> {
    if let Some(why) = version.unstable() {
        return images.iter().map(|image| vec![MoveState::Unstable(why); image.moving.len()]).collect();
    }
    let each = images.iter().enumerate().flat_map(|(at, image)| image.moving.iter().map(move |tag| (at, *image, tag)));
    let mut climbs: Vec<Climb<'_>> = each
        .map(|(image, released, moving)| {
            let (lead, action) = Lead::new(moving, version, &released.raw.digest, evidence);
            Climb { image, released, moving, lead, next: Ok(action), moves: 0 }
        })
        .collect();
    let mut reported = BTreeSet::new();
    while climbs.iter().any(Climb::is_open) && stop.signal().is_none() {
        let pause = climbs.iter().map(Climb::pause).max().unwrap_or_default();
        let lists = async {
            sleep(pause).await;
            list(store, &climbs).await
        };
        let Some(lists) = stop.before(lists).await else { break };
        for (place, list) in &lists {
            if matches!(listed(list), Ok(Observation::Unlisted)) && reported.insert(place.clone()) {
                watch(&Progress::Unlisted(place, list.as_ref().err().and_then(Option::as_ref), evidence));
            }
        }
        let steps = climbs.iter().map(|climb| climb.step(store, &lists, (intent, stop)));
        let steps = join_all(steps).await;
        climbs.iter_mut().zip(steps).for_each(|(climb, step)| climb.take(step));
    }
    let mut states = vec![Vec::new(); images.len()];
    for climb in climbs {
        states[climb.image].push(climb.state());
    }
    states
}

/// A list of tags; else why there is none, if the registry gives a reason.
type Listed = Result<Vec<String>, Option<Error>>;

/// The lists that are asked for in this step.
async fn list(store: &Store, climbs: &[Climb<'_>]) -> BTreeMap<Place, Listed> {
    let asks = climbs.iter().filter(|climb| climb.next == Ok(Action::List));
    let places: BTreeSet<Place> = asks.map(|climb| Place::of(climb.released.name)).collect();
    let listed = places.into_iter().map(async |place| {
        let listed = match store.tags(&place).await {
            Ok(tags) => tags.ok_or(None),
            Err(error) => Err(Some(error)),
        };
        (place, listed)
    });
    join_all(listed).await.into_iter().collect()
}

impl Climb<'_> {
    fn is_open(&self) -> bool {
        !matches!(self.next, Err(_) | Ok(Action::End(_)))
    }

    /// How long to wait before what is next.
    fn pause(&self) -> Duration {
        let doublings = match self.next {
            // Others move the tag, too; who waits longer each time lets them end.
            Ok(Action::List) if self.moves > 1 => self.moves,
            // Without a list nothing tells of a run that read the tag when we did, and is about to write it.
            Ok(Action::Read) if self.moves > 0 => self.moves + 1,
            _ => return Duration::ZERO,
        };
        (PAUSE[0] * 2_u32.pow(doublings.min(8))).min(PAUSE[1])
    }

    fn reference(&self, tag: &str) -> Reference {
        Reference::tagged(self.released.name, tag)
    }

    /// Does what is next, if something is.
    async fn step(
        &self,
        store: &Store,
        lists: &BTreeMap<Place, Listed>,
        (intent, stop): (Intent, &Stop),
    ) -> Option<Step> {
        let action = self.next.as_ref().ok().filter(|_| self.is_open())?;
        let done = match action {
            Action::End(_) => return None,
            Action::List => return lists.get(&Place::of(self.released.name)).map(listed),
            Action::Look { fixed } => stop.before(self.look(store, fixed, intent)).await,
            Action::Read => stop.before(self.read(store)).await,
            Action::Move { fixed, digest } if intent == Intent::Show => {
                Some(Err(MoveState::Leads { fixed: fixed.clone(), digest: digest.clone(), is_moved: true }))
            }
            Action::Move { fixed, digest } => {
                Some(stop.before(self.write(store, fixed, digest)).await.unwrap_or(Err(MoveState::Interrupted)))
            }
        };
        // A signal has come.
        done
    }

    /// Looks where the tags lead.
    async fn look(&self, store: &Store, fixed: &str, intent: Intent) -> Step {
        let own = (fixed == self.moving.fixed).then(|| self.released.raw.digest.clone());
        let at = self.reference(fixed);
        let fixed = async {
            match own {
                Some(own) if intent == Intent::Show => Ok(Some(own)),
                // Who may not look has written it all the same.
                own => Ok(seen(store.tag_digest(&at).await, own)?),
            }
        };
        let at = self.reference(&self.moving.tag);
        let moving = async { seen(store.tag_digest(&at).await, None) };
        match join(fixed, moving).await {
            (Ok(fixed), Ok(moving)) => Ok(Observation::Seen { fixed, moving }),
            (Err(error), _) | (_, Err(error)) => Err(MoveState::Failed(error)),
        }
    }

    /// Reads what the moving tag leads to, and the version that it says.
    async fn read(&self, store: &Store) -> Step {
        let found = match store.manifest(&self.reference(&self.moving.tag)).await {
            Ok(found) => found,
            Err(error) if error.is_refusal() => None,
            Err(error) => return Err(MoveState::Failed(error)),
        };
        Ok(Observation::Read(found.map(|raw| (raw.digest.clone(), version_of(&raw)))))
    }

    /// Writes under the moving tag what a fixed tag leads to.
    async fn write(&self, store: &Store, fixed: &str, digest: &Digest) -> Step {
        let found = match *digest == self.released.raw.digest {
            true => Some(self.released.raw.clone()),
            false => {
                let found = store.manifest(&self.reference(fixed).at(digest.clone())).await;
                found.map_err(MoveState::Failed)?
            }
        };
        let Some(raw) = found else { return Ok(Observation::Gone) };
        match store.publish(&self.reference(&self.moving.tag), &raw).await {
            Written::Yes => Ok(Observation::Moved),
            Written::No(error) => Err(MoveState::Failed(error)),
            Written::Unknown(error) => Err(MoveState::Unknown(error)),
        }
    }

    /// Goes on by what a step came to.
    fn take(&mut self, step: Option<Step>) {
        let Some(step) = step else { return };
        self.moves += u32::from(matches!(step, Ok(Observation::Moved)));
        self.next = match step {
            Ok(seen) => Ok(self.lead.next(seen)),
            Err(MoveState::Failed(error)) if self.moves > 0 => Err(MoveState::Unconfirmed(error)),
            Err(state) => Err(state),
        };
    }

    /// How it ended, or was ended by a signal.
    fn state(self) -> MoveState {
        match self.next {
            Err(state) => state,
            Ok(Action::End(End::Leads { fixed, digest, is_moved })) => MoveState::Leads { fixed, digest, is_moved },
            Ok(Action::End(End::Left(version))) => MoveState::Left(version),
            Ok(Action::End(End::Unsettled)) => MoveState::Unsettled,
            Ok(_) if self.moves > 0 => MoveState::Interrupted,
            Ok(_) => MoveState::Withheld,
        }
    }
}

/// What a list means for a tag: a refusal is that there is none.
fn listed(listed: &Listed) -> Step {
    match listed {
        Ok(tags) => Ok(Observation::Listed(tags.clone())),
        Err(Some(error)) if !error.is_refusal() => Err(MoveState::Failed(error.clone())),
        Err(_) => Ok(Observation::Unlisted),
    }
}

/// What a tag leads to; `hidden`, if we may not look.
fn seen(found: Result<Option<Digest>, Error>, hidden: Option<Digest>) -> Result<Option<Digest>, Error> {
    match found {
        Err(error) if error.is_refusal() => Ok(hidden),
        found => found,
    }
}
