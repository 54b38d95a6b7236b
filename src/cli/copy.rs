//! `splitbuild copy`: an image or index, copied as it is.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::arguments::Copy as Arguments;
use super::digests::{Digests, UNPUBLISHED};
use super::network::block_on_or_stop;
use super::screen::Screen;
use super::{Failure, print};
use crate::copy::{Copied, Referrers, Request, TargetState, copy};
use crate::graph::{ForeignLayers, Scope};
use crate::reference::Reference;
use crate::registry::Access;

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
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
    };
    let (copied, stopped) = block_on_or_stop(async |stop| copy(&store, &request, stop).await)?;
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
    if arguments.referrers && stopped.is_none() {
        let noun = if copied.referrers == 1 { "manifest" } else { "manifests" };
        screen.note(&format!("brought {} {noun} that are about it", copied.referrers));
    }
    print(if arguments.json { as_json(&copied) } else { lines(&copied) })?;
    match stopped {
        _ if copied.targets.iter().all(is_there) => Ok(()),
        Some(signal) => Err(Failure::StoppedHalfway(signal)),
        None => Err(Failure::Reported),
    }
}

fn is_there((_, state): &(Reference, TargetState)) -> bool {
    matches!(state, TargetState::Published | TargetState::Unchanged)
}

fn there(copied: &Copied) -> impl Iterator<Item = Reference> {
    copied.targets.iter().filter(|target| is_there(target)).map(|(target, _)| target.at(copied.raw.digest.clone()))
}

fn lines(copied: &Copied) -> String {
    there(copied).fold(String::new(), |mut lines, at| {
        let _ = writeln!(lines, "{at}");
        lines
    })
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
    let (digest, kind) = (&copied.raw.digest, &copied.raw.media_type);
    let text = serde_json::to_string_pretty(
        &json!({ "digest": digest, "mediaType": kind, "referrers": copied.referrers, "targets": targets }),
    );
    text.expect("text, numbers and lists are JSON") + "\n"
}
