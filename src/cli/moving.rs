//! What is said of moving tags, by `manifest` and by `copy`.

use serde_json::{Value, json};

use super::screen::Screen;
use crate::digest::Digest;
use crate::link::{Evidence, Intent, MoveState, MovingTag, Progress};
use crate::reference::Reference;
use crate::store::Error;

/// A moving tag of an image.
#[derive(Clone, Copy)]
pub(super) struct Moved<'a> {
    /// The image's name, as it was written.
    pub(super) name: &'a str,
    pub(super) tag: &'a MovingTag,
    pub(super) state: &'a MoveState,
    /// The digest of this run's index.
    pub(super) own: &'a Digest,
}

impl Moved<'_> {
    fn reference(&self, tag: &str) -> Reference {
        Reference::tagged(self.name, tag)
    }

    /// What it means in this run, for hand-over files: `moving acme/app:latest acme/app:1.1.9 sha256:…`.
    pub(super) fn line(&self) -> String {
        format!("moving {} {} {}", self.reference(&self.tag.tag), self.reference(&self.tag.fixed), self.own)
    }

    /// Says where it leads now, on standard error. `version` is the release's.
    pub(super) fn show(&self, (version, intent): (&str, Intent), screen: &Screen) {
        let at = self.reference(&self.tag.tag);
        let would = |word: &str, done: &str| if intent == Intent::Show { format!("would {word}") } else { done.into() };
        match self.state {
            MoveState::Leads { fixed, digest, is_moved: true } => {
                screen.note(&format!("{} {at} to {fixed}: {}", would("move", "moved"), at.at(digest.clone())));
            }
            MoveState::Leads { digest, .. } if digest == self.own => {
                screen.note(&format!("unchanged {}", at.at(digest.clone())));
            }
            MoveState::Leads { fixed, digest, .. } => screen.note(&format!(
                "{} {at} at {fixed}, the highest version that it may lead: {}",
                would("leave", "left"),
                at.at(digest.clone())
            )),
            MoveState::Left(higher) => {
                screen.note(&format!("{} {at} to the higher version {higher}", would("leave", "left")));
            }
            MoveState::Unstable(why) => {
                screen.note(&format!("{} {at} as it is: {version} {why}", would("leave", "left")));
            }
            MoveState::Withheld => screen.line(&format!("splitbuild: {at} was not changed")),
            MoveState::Interrupted => screen.line(&format!(
                "splitbuild: {at} may or may not lead to the highest version: interrupted while it was moved"
            )),
            MoveState::Unsettled => screen.line(&format!(
                "splitbuild: {at} does not stay at the highest version: something else moves it all the time\n  help: \
                 let the other jobs that publish {at} end, and run the same command again"
            )),
            MoveState::Failed(error) | MoveState::Unconfirmed(error) | MoveState::Unknown(error) => {
                let state = match self.state {
                    MoveState::Failed(_) => "was not moved",
                    MoveState::Unconfirmed(_) => "was moved, and may or may not lead to the highest version",
                    _ => "may or may not be moved, and the registry does not say",
                };
                screen.line(&format!("splitbuild: {at} {state}: {error}"));
                if let Some(help) = error.help() {
                    screen.line(&format!("  help: {help}"));
                }
            }
        }
    }

    pub(super) fn json(&self) -> Value {
        let leads = match self.state {
            MoveState::Leads { digest, .. } => Some(self.reference(&self.tag.tag).at(digest.clone()).to_string()),
            _ => None,
        };
        let version = match self.state {
            MoveState::Leads { fixed, .. } => Some(fixed.clone()),
            MoveState::Left(version) => Some(version.to_string()),
            _ => None,
        };
        json!({
            "tag": self.tag.tag,
            "reference": self.reference(&self.tag.tag).at(self.own.clone()).to_string(),
            "state": word(self.state),
            "leads": leads,
            "version": version,
            "error": self.state.error().map(Error::to_string),
        })
    }
}

fn word(state: &MoveState) -> &'static str {
    match state {
        MoveState::Leads { is_moved: true, .. } => "moved",
        MoveState::Leads { .. } => "unchanged",
        MoveState::Left(_) | MoveState::Unstable(_) => "left",
        MoveState::Withheld => "withheld",
        MoveState::Failed(_) => "failed",
        MoveState::Unsettled | MoveState::Unconfirmed(_) | MoveState::Unknown(_) | MoveState::Interrupted => "unknown",
    }
}

/// Says that a registry does not list its tags, and what decides instead.
pub(super) fn show_unlisted(progress: &Progress<'_>, screen: &Screen) {
    let Progress::Unlisted(place, why, evidence) = progress else { return };
    let why = why.map(|error| format!(" ({error})")).unwrap_or_default();
    let instead = match evidence {
        Evidence::Annotation => {
            "the version in the index under each moving tag decides, which is right for one job at a time"
        }
        Evidence::Nothing => "nothing says whether a moving tag leads to a higher version, which would be replaced",
    };
    screen.note(&format!("warning: the tags of {place} are not listed{why}; {instead}"));
}
