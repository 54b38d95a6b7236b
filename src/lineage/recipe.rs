//! The images that a build names: in its Dockerfile, with the arguments and contexts that the matrix gives it.

use std::collections::BTreeMap;

use super::symbol::{Symbols, is_open};
use super::value::In;
use crate::dockerfile::{Base, Dockerfile};
use crate::plan::{Build, Context, Job, Recipe};

/// What replaces an image in a build by one of a registry
/// (<https://docs.docker.com/reference/cli/docker/buildx/build/#build-context>).
const DOCKER_IMAGE: &str = "docker-image://";

/// The images that a build names.
pub(super) struct Named {
    /// Its Dockerfile.
    pub(super) path: String,
    /// Those that it may be built on, in full.
    pub(super) all: Vec<String>,
    /// Whether it may be built on any other.
    pub(super) is_open: bool,
    /// Those that it is built on, each with the line that says so.
    pub(super) used: Vec<(String, usize)>,
    /// Those of its Dockerfile, as far as they are known, else as they are written there.
    pub(super) written: Vec<String>,
}

/// What a build is told.
#[derive(Default)]
struct Options {
    file: Option<String>,
    target: Option<String>,
    arguments: BTreeMap<String, String>,
    contexts: Vec<(String, String)>,
}

/// What stands for an image of a Dockerfile.
enum Meant {
    Image(String),
    /// A folder, a stage, or a build of another day by its digest.
    Other,
    Unknown,
}

/// Reads the Dockerfile of a build; `None` where that is not here, or something else decides what is built.
pub(super) fn named(
    on: In<'_>,
    (job, build): (&Job, &Build),
    symbols: &mut Symbols,
    read: &mut dyn FnMut(&str) -> Option<String>,
) -> Option<Named> {
    // A script may change the Dockerfile first.
    let is_plain = job.setup.is_none() && matches!(build.context, Context::Folder(_));
    let options = options(on, (job, build), symbols).filter(|_| is_plain)?;
    let folder = on.text(&build.context.path(), (job, build), symbols);
    let beside = |name: &str| format!("{}/{name}", folder.trim_end_matches('/'));
    let path = options.file.clone().unwrap_or_else(|| beside("Dockerfile"));
    let path = path.strip_prefix("./").unwrap_or(&path).to_owned();
    let text = read(&path).filter(|_| !is_open(&path))?;
    // Not every builder takes the same of the two.
    if options.file.is_none() && read(&beside("Containerfile")).is_some() {
        return None;
    }
    let dockerfile = Dockerfile::parse_with(&text, &|name| argument(&options, build, name)).ok()?;
    let mut named =
        Named { path, all: Vec::new(), is_open: false, used: Vec::new(), written: written(&dockerfile.bases) };
    for base in &dockerfile.bases {
        match meant(base, &options.contexts, symbols) {
            Meant::Image(image) => named.all.push(image),
            Meant::Other => {}
            Meant::Unknown => named.is_open = true,
        }
    }
    let of_contexts = options.contexts.iter().filter_map(|(_, to)| to.strip_prefix(DOCKER_IMAGE));
    named.all.extend(of_contexts.map(|image| symbols.full(image)));
    named.is_open |= options.contexts.iter().any(|(_, to)| is_open(to) && !to.starts_with(DOCKER_IMAGE));
    // A context that is called as a stage replaces it.
    let is_stage = |name: &str| dockerfile.stages.iter().any(|stage| stage.name.as_deref() == Some(name));
    let is_replaced = options.contexts.iter().any(|(name, _)| is_stage(&name.to_lowercase()));
    let target = options.target.as_deref().filter(|target| !target.is_empty());
    if !is_replaced && !target.is_some_and(is_open) {
        for base in dockerfile.bases_of(target)? {
            if let Meant::Image(image) = meant(base, &options.contexts, symbols) {
                named.used.push((image, base.line));
            }
        }
    }
    Some(named)
}

/// The options of a build that say what it is built on; `None` of a script.
fn options(on: In<'_>, (job, build): (&Job, &Build), symbols: &mut Symbols) -> Option<Options> {
    let Recipe::Docker(all) = &build.recipe else { return None };
    let mut options = Options::default();
    for option in all {
        let Some(value) = &option.value else { continue };
        let text = on.text(value, (job, build), symbols);
        match option.flag {
            "--file" => options.file = Some(text).filter(|file| !file.is_empty()),
            "--target" => options.target = Some(text),
            "--build-arg" => {
                let (name, value) = match text.split_once('=') {
                    Some((name, value)) => (name.to_owned(), value.to_owned()),
                    // It is a variable of the job.
                    None => (text.clone(), symbols.text(&crate::template::Template::name(&text))),
                };
                options.arguments.insert(name, value);
            }
            "--build-context" => {
                options.contexts.extend(text.split_once('=').map(|(name, to)| (name.to_owned(), to.to_owned())));
            }
            _ => {}
        }
    }
    Some(options)
}

/// An argument of the build: of the matrix, or one that every build has
/// (<https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope>).
fn argument(options: &Options, build: &Build, name: &str) -> Option<String> {
    if let Some(value) = options.arguments.get(name) {
        return Some(value.clone());
    }
    let platform = build.platform.to_string();
    let mut words = platform.split('/');
    let (os, architecture, variant) = (words.next(), words.next(), words.next());
    match name {
        "TARGETPLATFORM" => Some(platform),
        "TARGETOS" => os.map(str::to_owned),
        "TARGETARCH" => architecture.map(str::to_owned),
        "TARGETVARIANT" => Some(variant.unwrap_or_default().to_owned()),
        // The machine's.
        "BUILDPLATFORM" | "BUILDOS" | "BUILDARCH" | "BUILDVARIANT" => Some(Symbols::unknown()),
        _ => None,
    }
}

/// What an image of a Dockerfile means where contexts have names.
fn meant(base: &Base, contexts: &[(String, String)], symbols: &Symbols) -> Meant {
    let Some(image) = &base.image else { return Meant::Unknown };
    if image.contains('@') {
        return Meant::Other;
    }
    let full = symbols.full(image);
    for (name, to) in contexts {
        let name = symbols.full(name);
        match (name == full, to.strip_prefix(DOCKER_IMAGE)) {
            (true, Some(to)) if !to.contains('@') => return Meant::Image(symbols.full(to)),
            (true, None) if is_open(to) => return Meant::Unknown,
            (true, _) => return Meant::Other,
            (false, _) if symbols.may_be(&name, &full) => return Meant::Unknown,
            (false, _) => {}
        }
    }
    Meant::Image(full)
}

/// What is shown of a Dockerfile: each image once, in a line.
fn written(bases: &[Base]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for base in bases {
        let image = base.image.as_ref().filter(|image| !is_open(image)).unwrap_or(&base.written);
        let text: String = image.chars().filter(|c| !c.is_control()).take(100).collect();
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}
