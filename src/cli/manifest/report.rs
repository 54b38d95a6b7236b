//! The messages and the results of `splitbuild manifest`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::super::moving::Moved;
use super::super::screen::Screen;
use crate::link::{Intent, Linked, MoveState, Tag, TagState, Version};
use crate::oci::{DOCKER_MANIFEST, INDEX};
use crate::reference::Reference;
use crate::store::Error;

pub(super) struct Report<'a> {
    pub(super) linked: &'a [Linked],
    pub(super) intent: Intent,
    pub(super) release: Option<&'a Version>,
}

impl Report<'_> {
    /// Whether everything is as it was asked for.
    pub(super) fn is_done(&self) -> bool {
        self.linked.iter().all(Linked::is_done)
    }

    /// The lines for a person: what was found, what was wrong with it, what became of it.
    pub(super) fn show(&self, screen: &Screen) {
        let mut shown = Vec::new();
        let mut advice = Advice::default();
        for linked in self.linked {
            self.show_images(linked, screen);
            for problem in &linked.problems {
                // What is wrong with a registry is wrong with every image in it, and is reported once.
                let text = problem.to_string();
                if shown.contains(&text) {
                    continue;
                }
                advice.before(problem.help(), screen);
                screen.line(&format!("splitbuild: {}: {text}", names(linked)));
                shown.push(text);
            }
        }
        advice.before(None, screen);
        for linked in self.linked {
            for (tag, state) in &linked.tags {
                self.show_tag(linked, (tag, state), screen);
            }
            let version = self.release.map(Version::to_string).unwrap_or_default();
            // What is withheld for problems is said once, of all.
            let is_shown = |moved: &Moved<'_>| !(self.has_problems() && *moved.state == MoveState::Withheld);
            moved(linked).filter(is_shown).for_each(|moved| moved.show((&version, self.intent), screen));
        }
        if self.has_problems() {
            let others = if self.linked.len() > 1 { " of any image" } else { "" };
            screen.line(&format!("splitbuild: nothing{others} was published; every tag is as it was"));
        } else if !self.is_done() {
            let errors = self.linked.iter().flat_map(|linked| &linked.tags).filter_map(|(_, state)| error(state));
            let moving = self.linked.iter().flat_map(|linked| &linked.moving).filter_map(|(_, state)| state.error());
            let next = if errors.chain(moving).all(Error::may_pass) { "" } else { "fix the cause and " };
            screen.line(&format!(
                "splitbuild: not everything was published; {next}run the same command again to complete it"
            ));
        }
    }

    /// Whether one of the targets keeps all of them from being published.
    fn has_problems(&self) -> bool {
        self.linked.iter().any(|linked| !linked.problems.is_empty())
    }

    fn show_images(&self, linked: &Linked, screen: &Screen) {
        if !linked.problems.is_empty() {
            return;
        }
        screen.note(&names(linked));
        let width = linked.images.iter().map(|image| image.asked.to_string().len()).max().unwrap_or_default();
        for image in &linked.images {
            let mut line = format!("  {:width$}  {}", image.asked.to_string(), image.image.digest);
            if let Some(revision) = &image.revision {
                let _ = write!(line, "  revision {}", crate::oci::shown(&revision.commit));
            }
            match image.attestations.len() {
                0 => {}
                1 => line.push_str("  1 attestation"),
                count => {
                    let _ = write!(line, "  {count} attestations");
                }
            }
            screen.note(&line);
        }
    }

    fn show_tag(&self, linked: &Linked, (tag, state): (&Tag, &TagState), screen: &Screen) {
        let Some(at) = reference(linked, tag) else { return };
        match state {
            TagState::Published => screen.note(&format!("published {at}")),
            TagState::Unchanged => screen.note(&format!("unchanged {at}")),
            TagState::Planned => screen.note(&format!("would publish {at}")),
            TagState::LeftTo(run) if self.intent == Intent::Show => {
                screen.note(&format!("would leave {} to the newer run {run}", tag.tag));
            }
            TagState::LeftTo(run) => {
                let (name, tag) = (&linked.name, &tag.tag);
                screen.note(&format!(
                    "left {name}:{tag} to the newer run {run}; this run's index was pushed by digest only"
                ));
            }
            // Said once, of all.
            TagState::Withheld if self.has_problems() => {}
            TagState::Withheld => screen.line(&format!("splitbuild: {}:{} was not changed", linked.name, tag.tag)),
            TagState::Interrupted => screen.line(&format!(
                "splitbuild: {}:{} may or may not be published: interrupted while it was written",
                linked.name, tag.tag
            )),
            TagState::Failed(error) | TagState::Unknown(error) => {
                let state = match state {
                    TagState::Failed(_) => "was not published",
                    _ => "may or may not be published, and the registry does not say",
                };
                screen.line(&format!("splitbuild: {}:{} {state}: {error}", linked.name, tag.tag));
                if let Some(help) = error.help().or_else(|| other_format(linked, error)) {
                    screen.line(&format!("  help: {help}"));
                }
            }
        }
    }

    /// Standard output: the tags with their digests; when only looked at, the indexes themselves.
    pub(super) fn lines(&self) -> String {
        let mut lines = String::new();
        for linked in self.linked.iter().filter(|linked| linked.problems.is_empty()) {
            if self.intent == Intent::Show {
                if let Some(index) = self.shown_index(linked) {
                    lines.push_str(&String::from_utf8_lossy(index));
                    lines.push('\n');
                }
                continue;
            }
            for (tag, state) in &linked.tags {
                if let (TagState::Published | TagState::Unchanged | TagState::LeftTo(_), Some(at)) =
                    (state, reference(linked, tag))
                {
                    let _ = writeln!(lines, "{at}");
                }
            }
            let is_there = |moved: &Moved<'_>| {
                linked.tags.iter().any(|(tag, state)| {
                    tag.tag == moved.tag.fixed && matches!(state, TagState::Published | TagState::Unchanged)
                })
            };
            moved(linked).filter(is_there).for_each(|moved| lines.push_str(&(moved.line() + "\n")));
        }
        lines
    }

    /// The index of a target, if all targets could be put together.
    fn shown_index<'l>(&self, linked: &'l Linked) -> Option<&'l [u8]> {
        linked.index.as_ref().map(|index| index.bytes.as_slice())
    }

    pub(super) fn json(&self) -> String {
        let targets: Vec<Value> = self.linked.iter().map(|linked| self.target(linked)).collect();
        let text = serde_json::to_string_pretty(&json!({ "targets": targets }));
        text.expect("text, numbers and lists are JSON") + "\n"
    }

    fn target(&self, linked: &Linked) -> Value {
        let images = linked.images.iter().map(|image| {
            json!({
                "platform": image.asked.to_string(),
                "from": image.from,
                "digest": image.image.digest,
                "mediaType": image.image.media_type,
                "size": image.image.size,
                "revision": image.revision.as_ref().map(|revision| &revision.commit),
                "attestations": image.attestations.iter().map(|it| it.digest.as_str()).collect::<Vec<_>>(),
            })
        });
        let tags = linked.tags.iter().map(|(tag, state)| {
            json!({
                "tag": tag.tag,
                "reference": reference(linked, tag).map(|at| at.to_string()),
                "state": word(state),
                "newerRun": match state { TagState::LeftTo(run) => Some(run.to_string()), _ => None },
                "error": error(state).map(Error::to_string),
            })
        });
        let problems = linked.problems.iter().map(|it| json!({ "message": it.to_string(), "help": it.help() }));
        let index = linked.index.as_ref().map(|index| {
            let document = match self.intent {
                Intent::Show => serde_json::from_slice(&index.bytes).unwrap_or(Value::Null),
                Intent::Publish => Value::Null,
            };
            json!({
                "digest": index.digest,
                "mediaType": index.media_type,
                "size": index.bytes.len(),
                "document": document,
            })
        });
        json!({
            "image": linked.name,
            "index": index,
            "images": images.collect::<Vec<_>>(),
            "tags": tags.collect::<Vec<_>>(),
            "moving": moved(linked).map(|moved| moved.json()).collect::<Vec<_>>(),
            "problems": problems.collect::<Vec<_>>(),
        })
    }
}

/// What to do about the problems just reported: the same advice is given once, after the last problem that it is for.
#[derive(Default)]
struct Advice(Option<&'static str>);

impl Advice {
    /// To be called before a problem is reported.
    fn before(&mut self, next: Option<&'static str>, screen: &Screen) {
        if let Some(help) = self.0.filter(|_| self.0 != next) {
            screen.line(&format!("  help: {help}"));
        }
        self.0 = next;
    }
}

fn word(state: &TagState) -> &'static str {
    match state {
        TagState::Published => "published",
        TagState::Unchanged => "unchanged",
        TagState::LeftTo(_) => "left",
        TagState::Planned => "planned",
        TagState::Withheld => "withheld",
        TagState::Failed(_) => "failed",
        TagState::Unknown(_) | TagState::Interrupted => "unknown",
    }
}

/// Why a tag was not, or may not have been, published.
fn error(state: &TagState) -> Option<&Error> {
    match state {
        TagState::Failed(error) | TagState::Unknown(error) => Some(error),
        _ => None,
    }
}

/// Some registries take no OCI index over images of Docker's format, such as Quay before May 2026.
fn other_format(linked: &Linked, error: &Error) -> Option<&'static str> {
    let is_oci = linked.index.as_ref().is_some_and(|index| index.media_type == INDEX);
    let is_dockers = linked.images.iter().all(|image| image.image.media_type == DOCKER_MANIFEST);
    (error.is_unwanted() && is_oci && is_dockers).then_some(
        "all images are in Docker's format, and some registries accept no OCI index over those: --format docker makes \
         a Docker manifest list, which cannot hold --run and --annotation",
    )
}

/// The tag with the digest of its index.
fn reference(linked: &Linked, tag: &Tag) -> Option<Reference> {
    Some(Reference::tagged(&linked.name, &tag.tag).at(linked.index.as_ref()?.digest.clone()))
}

/// The moving tags of an image, if its index could be put together.
fn moved(linked: &Linked) -> impl Iterator<Item = Moved<'_>> {
    let own = linked.index.as_ref().map(|index| &index.digest);
    linked.moving.iter().filter_map(move |(tag, state)| Some(Moved { name: &linked.name, tag, state, own: own? }))
}

fn names(linked: &Linked) -> String {
    let tags: Vec<&str> = linked.tags.iter().map(|(tag, _)| tag.tag.as_str()).collect();
    format!("{}:{}", linked.name, tags.join(","))
}
