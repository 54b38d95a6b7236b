//! Which indexes are asked for, and where their architectures are.

use std::path::{Path, PathBuf};

use super::super::Failure;
use super::super::arguments::Manifest as Arguments;
use crate::file;
use crate::handover::{self, Handover, HandoverError};
use crate::link::{Source, Tag, Target};
use crate::platform::Platform;
use crate::reference::{Place, Reference};
use crate::template::Template;

/// What is built for where nothing else is said.
const PLATFORMS: [&str; 2] = ["linux/amd64", "linux/arm64"];

pub(super) fn of(arguments: &Arguments) -> Result<Vec<Target>, Failure> {
    let mut platforms = arguments.platform.clone();
    if platforms.is_empty() {
        platforms = PLATFORMS.iter().map(|platform| platform.parse().expect("a platform")).collect();
    }
    unique(&platforms)?;
    unique(&arguments.references.iter().map(full).collect::<Vec<_>>())?;
    let mut targets = if !arguments.digests.is_empty() {
        handed_over(arguments, &platforms)?
    } else if !arguments.source.is_empty() {
        vec![sourced(arguments)?]
    } else {
        named(arguments, &platforms)?
    };
    for target in &mut targets {
        further_tags(target, arguments);
        one_place(target)?;
    }
    Ok(targets)
}

/// Targets whose architectures go by the usual names.
fn named(arguments: &Arguments, platforms: &[Platform]) -> Result<Vec<Target>, Failure> {
    let template = &arguments.arch_image;
    if platforms.len() > 1 && !template.mentions("arch") && !template.mentions("platform") {
        return Err(Failure::Asked(format!(
            "--arch-image {template} gives all platforms one name: it needs ${{arch}} or ${{platform}}"
        )));
    }
    let of = |reference: &Reference| {
        let source = |platform: &Platform| {
            let at = arch_image(template, reference, platform)?;
            Ok(Source { platform: platform.clone(), at, revision: None })
        };
        let sources = platforms.iter().map(source).collect::<Result<_, Failure>>()?;
        Ok(target(reference, arguments, sources))
    };
    arguments.references.iter().map(of).collect()
}

fn arch_image(template: &Template, target: &Reference, platform: &Platform) -> Result<Reference, Failure> {
    let filled = template.fill(|name| {
        Some(Template::literal(&match name {
            "image" => target.name().to_owned(),
            "tag" => target.tag().unwrap_or_default().to_owned(),
            "arch" => platform.word(),
            _ => platform.to_string(),
        }))
    });
    let text = filled.as_literal().expect("every name has a value");
    text.parse().map_err(|e| {
        let is_in_tag = template.rsplit_once(":").is_some_and(|(_, tag)| tag.mentions("platform"));
        Failure::Asked(match is_in_tag {
            true => format!(
                "--arch-image {template}: a tag has no `/`, and ${{platform}} is {platform}; write ${{arch}}, which is {}",
                platform.word()
            ),
            false => format!("--arch-image {template}: {e}"),
        })
    })
}

/// The one target whose architectures are named one by one.
fn sourced(arguments: &Arguments) -> Result<Target, Failure> {
    let [reference] = &arguments.references[..] else {
        return Err(Failure::Asked("--source is for exactly one REF".into()));
    };
    unique(&arguments.source.iter().map(|(platform, _)| platform.clone()).collect::<Vec<_>>())?;
    let source =
        |(platform, at): &(Platform, Reference)| Source { platform: platform.clone(), at: at.clone(), revision: None };
    Ok(target(reference, arguments, arguments.source.iter().map(source).collect()))
}

/// What the build jobs handed over: all of it, or what is asked for.
fn handed_over(arguments: &Arguments, platforms: &[Platform]) -> Result<Vec<Target>, Failure> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in &arguments.digests {
        for file in files_of(path)? {
            if !files.contains(&file) {
                files.push(file);
            }
        }
    }
    let mut problems = Vec::new();
    let mut read = Vec::new();
    for path in &files {
        let file = path.display().to_string();
        match bytes(path) {
            Err(Failure::File { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
                problems.push(HandoverError::Absent { file });
            }
            bytes => match Handover::parse(&file, &bytes?) {
                Ok(file) => read.push(file),
                Err(problem) => problems.push(problem),
            },
        }
    }
    if !problems.is_empty() {
        return Err(Failure::Handover(problems));
    }
    let combined = handover::combine(&read, platforms).map_err(Failure::Handover)?;
    if let Some(unknown) =
        arguments.references.iter().find(|asked| !combined.iter().any(|it| is_same(it.target, asked)))
    {
        let known: Vec<String> = combined.iter().map(|it| it.target.to_string()).collect();
        return Err(Failure::Asked(format!(
            "the hand-over files tell nothing of {unknown}, but of {}",
            known.join(", ")
        )));
    }
    let is_asked = |it: &&handover::Pushes| {
        arguments.references.is_empty() || arguments.references.iter().any(|asked| is_same(it.target, asked))
    };
    let made = combined.iter().filter(is_asked).map(|it| {
        let sources = it.sources.iter().map(|(file, pushed)| Source {
            platform: file.platform.clone(),
            at: pushed.source.clone(),
            revision: file.revision.clone(),
        });
        let mut target = target(it.target, arguments, sources.collect());
        target.tags[0].is_fixed |= it.is_fixed;
        target
    });
    Ok(made.collect())
}

/// The files of a folder, in the order of their names, or the one file.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let failed = |cause| Failure::File { action: "read", path: path.to_owned(), cause };
    let entries = std::fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(failed)?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    if files.is_empty() {
        return Err(failed(std::io::Error::other("there is no hand-over file (*.json) in it")));
    }
    Ok(files)
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    /// Far more than the pushes of one job take, in bytes.
    const LONGEST: u64 = 4 << 20;
    file::read(path, LONGEST).map_err(|cause| Failure::File { action: "read", path: path.to_owned(), cause })
}

fn target(reference: &Reference, arguments: &Arguments, sources: Vec<Source>) -> Target {
    let tag = reference.tag().unwrap_or_default().to_owned();
    let is_fixed = arguments.fixed_tag.contains(&tag);
    Target { name: reference.name().to_owned(), tags: vec![Tag { tag, is_fixed }], sources }
}

fn further_tags(target: &mut Target, arguments: &Arguments) {
    for tag in &arguments.tag {
        if !target.tags.iter().any(|known| known.tag == *tag) {
            target.tags.push(Tag { tag: tag.clone(), is_fixed: arguments.fixed_tag.contains(tag) });
        }
    }
}

fn one_place(target: &Target) -> Result<(), Failure> {
    let registry = |place: Place| match place {
        Place::Repository(repository) => Some(repository.registry),
        Place::Layout(_) => None,
    };
    // What lies in a folder is brought to where it is to be; from one registry to another goes `splitbuild copy`.
    let Some(home) = registry(Place::of(&target.name)) else { return Ok(()) };
    let is_elsewhere = |source: &&Source| registry(source.at.place()).is_some_and(|registry| registry != home);
    match target.sources.iter().find(is_elsewhere) {
        Some(other) => Err(Failure::Asked(format!(
            "{} is in another registry than {}: an index and its images are in one registry; copy it there first, by `splitbuild copy {} {}:{}-{}`, and then name the copy",
            other.at,
            target.name,
            other.at,
            target.name,
            target.tags[0].tag,
            other.platform.word()
        ))),
        None => Ok(()),
    }
}

fn full(reference: &Reference) -> String {
    format!("{}:{}", reference.place(), reference.tag().unwrap_or_default())
}

fn is_same(one: &Reference, other: &Reference) -> bool {
    full(one) == full(other)
}

fn unique<T: PartialEq + std::fmt::Display>(all: &[T]) -> Result<(), Failure> {
    let twice = all.iter().enumerate().find(|(at, one)| all[..*at].contains(one));
    twice.map_or(Ok(()), |(_, one)| Err(Failure::Asked(format!("{one} is named twice"))))
}
