//! `--release`: which tags of which targets are moving.

use super::super::Failure;
use super::super::arguments::Manifest as Arguments;
use crate::digest::Digest;
use crate::handover::{HandoverError, Pushes};
use crate::link::{MovingTag, ReleaseError, Target, Version};
use crate::reference::{Place, Reference};

/// An index of hand-over files that only a release may move.
pub(super) struct Handed {
    target: Reference,
    /// What was pushed for each platform.
    digests: Vec<Digest>,
    /// A file that says so.
    file: String,
}

impl Handed {
    pub(super) fn of(pushes: &Pushes<'_>) -> Self {
        let digests = pushes.sources.iter().map(|(_, pushed)| digest(&pushed.source)).collect();
        let file = pushes.sources.first().map(|(file, _)| file.file.clone()).unwrap_or_default();
        Self { target: pushes.target.clone(), digests, file }
    }

    pub(super) fn problem(&self) -> HandoverError {
        HandoverError::Released { file: self.file.clone(), target: self.target.clone() }
    }
}

fn digest(source: &Reference) -> Digest {
    source.digest().expect("what is handed on has a digest").clone()
}

/// Gives the moving tags to the targets: those of the options to each image that is named, and those of the hand-over files
/// to an index over the same images. The tags that the targets have are fixed.
pub(super) fn assign(targets: &mut [Target], arguments: &Arguments, handed: &[Handed]) -> Result<(), Failure> {
    let Some(version) = &arguments.release else { return Ok(()) };
    targets.iter_mut().flat_map(|target| &mut target.tags).for_each(|tag| tag.is_fixed = true);
    let mut wanted: Vec<(String, String, Vec<usize>)> = Vec::new();
    for handed in handed {
        let is_same = |target: &Target| {
            let sources: Option<Vec<&Digest>> = target.sources.iter().map(|source| source.at.digest()).collect();
            Place::of(&target.name) == handed.target.place()
                && sources.is_some_and(|sources| sources.into_iter().eq(&handed.digests))
        };
        let over: Vec<usize> = (0..targets.len()).filter(|at| is_same(&targets[*at])).collect();
        // Of images that are not asked for, the moving tags are not asked for either.
        if arguments.references.is_empty() || !over.is_empty() {
            let tag = handed.target.tag().unwrap_or_default();
            wanted.push((handed.target.name().to_owned(), tag.to_owned(), over));
        }
    }
    for (at, target) in targets.iter().enumerate() {
        let place = Place::of(&target.name);
        if targets[..at].iter().any(|other| Place::of(&other.name) == place) {
            continue;
        }
        let over: Vec<usize> = (at..targets.len()).filter(|at| Place::of(&targets[*at].name) == place).collect();
        for tag in &arguments.moving_tag {
            let is_known = |(name, known, _): &(String, String, Vec<usize>)| Place::of(name) == place && known == tag;
            if !wanted.iter().any(is_known) {
                wanted.push((target.name.clone(), tag.clone(), over.clone()));
            }
        }
    }
    for (name, tag, over) in wanted {
        let (at, moving) = moving(targets, (&name, &tag), &over, version).map_err(|e| Failure::Usage(e.to_string()))?;
        targets[at].moving.push(moving);
    }
    Ok(())
}

/// The moving tag, and the first target of `over` whose series it belongs to.
fn moving(
    targets: &[Target],
    (name, tag): (&str, &str),
    over: &[usize],
    version: &Version,
) -> Result<(usize, MovingTag), ReleaseError> {
    let fixed: Vec<(usize, &str)> =
        over.iter().flat_map(|at| targets[*at].tags.iter().map(|tag| (*at, &*tag.tag))).collect();
    let tags: Vec<&str> = fixed.iter().map(|(_, tag)| *tag).collect();
    let moving = MovingTag::of((name, tag), &tags, version)?;
    let at = fixed.iter().find(|(_, tag)| *tag == moving.fixed).map_or(0, |(at, _)| *at);
    Ok((at, moving))
}
