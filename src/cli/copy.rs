//! `splitbuild copy`: somebody else's image or index, published as it is.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::arguments::Copy as Arguments;
use super::network::block_on;
use super::screen::Screen;
use super::{Failure, print};
use crate::copy::{Copied, Request, State, copy};
use crate::reference::Reference;
use crate::registry::Access;

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let screen = Screen::new(&arguments.network);
    let mut uses = vec![(arguments.source.repository(), Access::Pull)];
    uses.extend(arguments.targets.iter().map(|target| (target.repository(), Access::Push)));
    let client = arguments.network.client(&[uses], &screen)?;
    let request = Request {
        source: arguments.source.clone(),
        targets: arguments.targets.clone(),
        platforms: arguments.platform.clone(),
    };
    let copied = match block_on(copy(&client, &request)) {
        Ok(copied) => copied,
        Err(error) => {
            screen.line(&format!("splitbuild: {error}"));
            if let Some(help) = error.help() {
                screen.line(&format!("  help: {help}"));
            }
            screen.line("splitbuild: nothing was published; every tag is as it was");
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
    let text = serde_json::to_string_pretty(&json!({ "digest": digest, "mediaType": kind, "targets": targets }));
    text.expect("text, numbers and lists are JSON") + "\n"
}
