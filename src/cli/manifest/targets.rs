//! Which indexes are asked for, and where their architectures are.

use super::super::arguments::Manifest as Arguments;
use super::super::{Failure, digests};
use super::release::{Handed, assign};
use crate::handover::{self, HandoverError, Pushes, Words};
use crate::link::{ArchitectureSource, Tag, Target};
use crate::platform::Platform;
use crate::reference::{Place, Reference};
use crate::template::Template;

/// The default of `--platform`.
const PLATFORMS: [&str; 2] = ["linux/amd64", "linux/arm64"];

pub(super) fn of(arguments: &Arguments) -> Result<Vec<Target>, Failure> {
    let mut platforms = arguments.platform.clone();
    if platforms.is_empty() {
        platforms = PLATFORMS.iter().map(|platform| platform.parse().expect("a platform")).collect();
    }
    unique(&platforms)?;
    // Tags that are known late may come out equal; the words are for each of them.
    if arguments.pushed.is_empty() {
        unique(&arguments.references.iter().map(Reference::in_full).collect::<Vec<_>>())?;
    }
    let (mut targets, moving) = if !arguments.digests.is_empty() {
        handed_over(arguments, &platforms)?
    } else if !arguments.source.is_empty() {
        (vec![sourced(arguments)?], Vec::new())
    } else {
        (named(arguments, &platforms)?, Vec::new())
    };
    for target in &mut targets {
        further_tags(target, arguments);
        one_place(target)?;
    }
    assign(&mut targets, arguments, &moving)?;
    Ok(targets)
}

/// Targets whose architectures go by the usual names.
fn named(arguments: &Arguments, platforms: &[Platform]) -> Result<Vec<Target>, Failure> {
    let template = &arguments.arch_image;
    if platforms.len() > 1 && !template.mentions("arch") && !template.mentions("platform") {
        return Err(Failure::Usage(format!(
            "--arch-image {template} gives all platforms the same name: add ${{arch}} or ${{platform}}"
        )));
    }
    let words = if arguments.pushed.is_empty() { None } else { Some(words(arguments, platforms)?) };
    let of = |(place, reference): (usize, &Reference)| {
        let source = |platform: &Platform| {
            let at = arch_image(template, reference, platform)?;
            let words = words.iter().flatten().find(|words| words.platform == *platform);
            Ok(ArchitectureSource {
                platform: platform.clone(),
                at: words.map_or_else(|| at.clone(), |words| at.at(words.digest(place).clone())),
                revision: words.map(|words| words.revision.clone()),
            })
        };
        let sources = platforms.iter().map(source).collect::<Result<_, Failure>>()?;
        Ok(target(reference, arguments, sources))
    };
    let is_first = |(place, reference): &(usize, &Reference)| {
        !arguments.references[..*place].iter().any(|other| other.in_full() == reference.in_full())
    };
    arguments.references.iter().enumerate().filter(is_first).map(of).collect()
}

/// What the builds of these platforms handed on as words.
fn words(arguments: &Arguments, platforms: &[Platform]) -> Result<Vec<Words>, Failure> {
    unique(&arguments.pushed.iter().map(|(platform, _)| platform.clone()).collect::<Vec<_>>())?;
    if let Some((other, _)) = arguments.pushed.iter().find(|(platform, _)| !platforms.contains(platform)) {
        return Err(Failure::Usage(format!("--pushed {other}: this platform is not requested; add it to --platform")));
    }
    let of = |platform: &Platform| match arguments.pushed.iter().find(|(other, _)| other == platform) {
        Some((_, text)) => Words::parse(platform, text, arguments.references.len()),
        None => Err(HandoverError::Unsaid { platform: platform.clone() }),
    };
    let (words, problems): (Vec<_>, Vec<_>) = platforms.iter().map(of).partition(Result::is_ok);
    let problems: Vec<HandoverError> = problems.into_iter().filter_map(Result::err).collect();
    match problems.is_empty() {
        true => Ok(words.into_iter().filter_map(Result::ok).collect()),
        false => Err(Failure::Handover { problems, outcome: digests::UNPUBLISHED }),
    }
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
        Failure::Usage(match is_in_tag {
            true => format!(
                "--arch-image {template}: a tag cannot contain `/`, and ${{platform}} is {platform}; use ${{arch}}, which \
                 is {}",
                platform.word()
            ),
            false => format!("--arch-image {template}: {e}"),
        })
    })
}

/// The one target whose architectures are named one by one.
fn sourced(arguments: &Arguments) -> Result<Target, Failure> {
    let [reference] = &arguments.references[..] else {
        return Err(Failure::Usage("--source needs exactly one REF".into()));
    };
    unique(&arguments.source.iter().map(|(platform, _)| platform.clone()).collect::<Vec<_>>())?;
    let source = |(platform, at): &(Platform, Reference)| ArchitectureSource {
        platform: platform.clone(),
        at: at.clone(),
        revision: None,
    };
    Ok(target(reference, arguments, arguments.source.iter().map(source).collect()))
}

/// What the build jobs handed over: all of it, or what is asked for; and what of it only a release may move.
fn handed_over(arguments: &Arguments, platforms: &[Platform]) -> Result<(Vec<Target>, Vec<Handed>), Failure> {
    let builds = digests::builds(&arguments.digests)?;
    let refused = |problems| Failure::Handover { problems, outcome: digests::UNPUBLISHED };
    let combined = handover::combine(&builds, platforms).map_err(refused)?;
    let (moving, combined): (Vec<Pushes<'_>>, Vec<Pushes<'_>>) = combined.into_iter().partition(|it| it.is_moving);
    let moving: Vec<Handed> = moving.iter().map(Handed::of).collect();
    if let Some(first) = moving.first().filter(|_| arguments.release.is_none()) {
        return Err(refused(vec![first.problem()]));
    }
    let is_same = |it: &Pushes<'_>, asked: &Reference| it.target.in_full() == asked.in_full();
    if let Some(unknown) = arguments.references.iter().find(|asked| !combined.iter().any(|it| is_same(it, asked))) {
        return Err(digests::unlisted(unknown, combined.iter().map(|it| it.target)));
    }
    let is_asked = |it: &&Pushes<'_>| {
        arguments.references.is_empty() || arguments.references.iter().any(|asked| is_same(it, asked))
    };
    let made = combined.iter().filter(is_asked).map(|it| {
        let sources = it.sources.iter().map(|(file, pushed)| ArchitectureSource {
            platform: file.platform.clone(),
            at: pushed.source.clone(),
            revision: file.revision.clone(),
        });
        target(it.target, arguments, sources.collect())
    });
    Ok((made.collect(), moving))
}

fn target(reference: &Reference, arguments: &Arguments, sources: Vec<ArchitectureSource>) -> Target {
    let tag = reference.tag().unwrap_or_default().to_owned();
    let is_fixed = arguments.fixed_tag.contains(&tag);
    Target { name: reference.name().to_owned(), tags: vec![Tag { tag, is_fixed }], moving: Vec::new(), sources }
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
    // Images in folders are uploaded to the index's registry; from another registry only `splitbuild copy` brings them.
    let Some(home) = registry(Place::of(&target.name)) else { return Ok(()) };
    let is_elsewhere =
        |source: &&ArchitectureSource| registry(source.at.place()).is_some_and(|registry| registry != home);
    match target.sources.iter().find(is_elsewhere) {
        Some(other) => Err(Failure::Usage(format!(
            "{} is not in the registry of {}, and an index must be in one registry with its images; copy it there first \
             (`splitbuild copy {} {}:{}-{}`), and name the copy",
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

fn unique<T: PartialEq + std::fmt::Display>(all: &[T]) -> Result<(), Failure> {
    let twice = all.iter().enumerate().find(|(at, one)| all[..*at].contains(one));
    twice.map_or(Ok(()), |(_, one)| Err(Failure::Usage(format!("{one} is given twice"))))
}
