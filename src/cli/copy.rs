//! `splitbuild copy`: somebody else's image or index, published as it is.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::arguments::Copy as Arguments;
use super::digests::{Digests, UNPUBLISHED};
use super::network::block_on;
use super::screen::Screen;
use super::{Failure, print};
use crate::copy::{Copied, Referrers, Request, State, copy};
use crate::reference::Reference;
use crate::registry::Access;
use crate::tree::{Foreign, Scope};

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let source = Digests::read(&arguments.digests, UNPUBLISHED)?.pin(&arguments.source)?;
    let screen = Screen::new(&arguments.network);
    let mut uses = vec![(source.place(), Access::Pull)];
    uses.extend(arguments.targets.iter().map(|target| (target.place(), Access::Push)));
    let store = arguments.network.store(&[uses], &screen)?;
    let request = Request {
        source,
        targets: arguments.targets.clone(),
        scope: Scope { platforms: arguments.platform.clone(), foreign: Foreign::Refuse },
        referrers: if arguments.referrers { Referrers::Bring } else { Referrers::Leave },
    };
    let copied = match block_on(copy(&store, &request)) {
        Ok(copied) => copied,
        Err(error) => {
            screen.line(&format!("splitbuild: {error}"));
            if let Some(help) = error.help() {
                screen.line(&format!("  help: {help}"));
            }
            screen.line(&format!("splitbuild: {UNPUBLISHED}"));
            return Err(Failure::Said);
        }
    };
    for (target, state) in &copied.targets {
        let at = target.at(copied.raw.digest.clone());
        match state {
            State::Published => screen.note(&format!("published {at}")),
            State::Unchanged => screen.note(&format!("unchanged {at}")),
            State::Failed(error) => {
                screen.line(&format!("splitbuild: {target} was not published: {error}"));
                if let Some(help) = error.help() {
                    screen.line(&format!("  help: {help}"));
                }
            }
        }
    }
    if arguments.referrers {
        let noun = if copied.referrers == 1 { "manifest" } else { "manifests" };
        screen.note(&format!("brought {} {noun} that are about it", copied.referrers));
    }
    print(&if arguments.json { as_json(&copied) } else { lines(&copied) })?;
    let is_done = copied.targets.iter().all(|(_, state)| !matches!(state, State::Failed(_)));
    if is_done { Ok(()) } else { Err(Failure::Said) }
}

fn there(copied: &Copied) -> impl Iterator<Item = Reference> {
    let is_there = |(_, state): &&(Reference, State)| !matches!(state, State::Failed(_));
    copied.targets.iter().filter(is_there).map(|(target, _)| target.at(copied.raw.digest.clone()))
}

fn lines(copied: &Copied) -> String {
    there(copied).fold(String::new(), |mut lines, at| {
        let _ = writeln!(lines, "{at}");
        lines
    })
}

fn as_json(copied: &Copied) -> String {
    let target = |(target, state): &(Reference, State)| -> Value {
        let word = match state {
            State::Published => "published",
            State::Unchanged => "unchanged",
            State::Failed(_) => "failed",
        };
        let error = if let State::Failed(error) = state { Some(error.to_string()) } else { None };
        json!({ "reference": target.at(copied.raw.digest.clone()).to_string(), "state": word, "error": error })
    };
    let targets: Vec<Value> = copied.targets.iter().map(target).collect();
    let (digest, kind) = (&copied.raw.digest, &copied.raw.media_type);
    let text = serde_json::to_string_pretty(
        &json!({ "digest": digest, "mediaType": kind, "referrers": copied.referrers, "targets": targets }),
    );
    text.expect("text, numbers and lists are JSON") + "\n"
}
