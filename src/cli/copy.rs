//! `splitbuild copy`: an image or index, copied as it is.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::arguments::Copy as Arguments;
use super::digests::{Digests, UNPUBLISHED};
use super::moving::{Moved, show_unlisted};
use super::network::block_on_or_stop;
use super::screen::Screen;
use super::{Failure, print};
use crate::copy::{Copied, Referrers, Release, Request, TargetState, copy};
use crate::graph::{ForeignLayers, Scope};
use crate::link::{Intent, MovingTag, Progress};
use crate::reference::{Place, Reference};
use crate::registry::Access;

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let release = release(arguments)?;
    let source = Digests::read(&arguments.digests, UNPUBLISHED)?.pin(&arguments.source)?;
    let screen = Screen::new(&arguments.network);
    let mut uses = vec![(source.place(), Access::Pull)];
    uses.extend(arguments.targets.iter().map(|target| (target.place(), Access::Push)));
    let store = arguments.network.store(&[uses], &screen)?;
    let request = Request {
        source,
        targets: arguments.targets.clone(),
        scope: Scope { platforms: arguments.platform.clone(), foreign: ForeignLayers::Refuse },
        referrers: if arguments.referrers { Referrers::Copy } else { Referrers::Skip },
        release,
    };
    let watch = |progress: &Progress<'_>| show_unlisted(progress, &screen);
    let (copied, stopped) = block_on_or_stop(async |stop| copy(&store, &request, (&watch, stop)).await)?;
    let copied = match copied {
        Ok(Some(copied)) => copied,
        Ok(None) => return Err(stopped.map_or(Failure::Reported, Failure::Stopped)),
        Err(error) => {
            screen.line(&format!("splitbuild: {error}"));
            if let Some(help) = error.help() {
                screen.line(&format!("  help: {help}"));
            }
            screen.line(&format!("splitbuild: {UNPUBLISHED}"));
            return Err(Failure::Reported);
        }
    };
    for (target, state) in &copied.targets {
        let at = target.at(copied.raw.digest.clone());
        match state {
            TargetState::Published => screen.note(&format!("published {at}")),
            TargetState::Unchanged => screen.note(&format!("unchanged {at}")),
            TargetState::Withheld => screen.line(&format!("splitbuild: {target} was not changed")),
            TargetState::Interrupted => {
                screen.line(&format!(
                    "splitbuild: {target} may or may not be published: interrupted while it was written"
                ));
            }
            TargetState::Failed(error) | TargetState::Unknown(error) => {
                let what = match state {
                    TargetState::Failed(_) => "was not published",
                    _ => "may or may not be published, and the registry does not say",
                };
                screen.line(&format!("splitbuild: {target} {what}: {error}"));
                if let Some(help) = error.help() {
                    screen.line(&format!("  help: {help}"));
                }
            }
        }
    }
    let version = arguments.release.as_ref().map(ToString::to_string).unwrap_or_default();
    moved(&copied).for_each(|moved| moved.show((&version, Intent::Publish), &screen));
    if arguments.referrers && stopped.is_none() {
        let noun = if copied.referrers == 1 { "manifest" } else { "manifests" };
        screen.note(&format!("brought {} {noun} that are about it", copied.referrers));
    }
    print(if arguments.json { as_json(&copied) } else { lines(&copied) })?;
    match stopped {
        _ if copied.targets.iter().all(is_there) && moved(&copied).all(|moved| moved.state.is_good()) => Ok(()),
        Some(signal) => Err(Failure::StoppedHalfway(signal)),
        None => Err(Failure::Reported),
    }
}

/// The moving tags of each image, in the order of the targets.
fn release(arguments: &Arguments) -> Result<Option<Release>, Failure> {
    let Some(version) = &arguments.release else { return Ok(None) };
    let mut images: Vec<(String, Vec<MovingTag>)> = Vec::new();
    for target in &arguments.targets {
        let place = target.place();
        if images.iter().any(|(name, _)| Place::of(name) == place) {
            continue;
        }
        let fixed: Vec<&str> =
            arguments.targets.iter().filter(|other| other.place() == place).filter_map(Reference::tag).collect();
        let mut moving: Vec<MovingTag> = Vec::new();
        for tag in &arguments.moving_tag {
            let new = MovingTag::of((target.name(), tag), &fixed, version);
            let new = new.map_err(|error| Failure::Usage(error.to_string()))?;
            if !moving.contains(&new) {
                moving.push(new);
            }
        }
        images.push((target.name().to_owned(), moving));
    }
    Ok(Some(Release { version: version.clone(), images }))
}

fn moved(copied: &Copied) -> impl Iterator<Item = Moved<'_>> {
    let own = &copied.raw.digest;
    let tags = copied.moving.iter().flat_map(|(name, tags)| tags.iter().map(move |tag| (name, tag)));
    tags.map(move |(name, (tag, state))| Moved { name, tag, state, own })
}

fn is_there((_, state): &(Reference, TargetState)) -> bool {
    matches!(state, TargetState::Published | TargetState::Unchanged)
}

fn there(copied: &Copied) -> impl Iterator<Item = Reference> {
    copied.targets.iter().filter(|target| is_there(target)).map(|(target, _)| target.at(copied.raw.digest.clone()))
}

fn lines(copied: &Copied) -> String {
    let mut lines = there(copied).fold(String::new(), |mut lines, at| {
        let _ = writeln!(lines, "{at}");
        lines
    });
    let is_there = |moved: &Moved<'_>| {
        let mut fixed = there(copied).filter(|at| at.tag() == Some(&*moved.tag.fixed));
        fixed.any(|at| at.place() == Place::of(moved.name))
    };
    moved(copied).filter(is_there).for_each(|moved| lines.push_str(&(moved.line() + "\n")));
    lines
}

fn as_json(copied: &Copied) -> String {
    let target = |(target, state): &(Reference, TargetState)| -> Value {
        let word = match state {
            TargetState::Published => "published",
            TargetState::Unchanged => "unchanged",
            TargetState::Failed(_) => "failed",
            TargetState::Withheld => "withheld",
            TargetState::Interrupted | TargetState::Unknown(_) => "unknown",
        };
        let error = match state {
            TargetState::Failed(error) | TargetState::Unknown(error) => Some(error.to_string()),
            TargetState::Published | TargetState::Unchanged | TargetState::Withheld | TargetState::Interrupted => None,
        };
        json!({ "reference": target.at(copied.raw.digest.clone()).to_string(), "state": word, "error": error })
    };
    let targets: Vec<Value> = copied.targets.iter().map(target).collect();
    let moving: Vec<Value> = moved(copied).map(|moved| moved.json()).collect();
    let (digest, kind) = (&copied.raw.digest, &copied.raw.media_type);
    let text = serde_json::to_string_pretty(&json!({
        "digest": digest,
        "mediaType": kind,
        "referrers": copied.referrers,
        "targets": targets,
        "moving": moving,
    }));
    text.expect("text, numbers and lists are JSON") + "\n"
}
