//! Reads the instructions of a Dockerfile, of which `FROM`, `ARG`, `ENV`, `COPY`, `ADD` and the mounts of `RUN` count.

use std::collections::{BTreeMap, BTreeSet};

use parse_dockerfile::{Flag, Instruction, Source, parse_iter};

use super::expand::{expand, sole_name};
use super::{Base, Dockerfile, DockerfileError, Stage, heredoc};
use crate::platform::Platform;

/// What every build is told (<https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope>),
/// as on one of the machines that it runs on.
const AUTOMATIC: &[(&str, &str)] = &[
    ("TARGETPLATFORM", "linux/amd64"),
    ("TARGETOS", "linux"),
    ("TARGETARCH", "amd64"),
    ("TARGETVARIANT", ""),
    ("BUILDPLATFORM", "linux/amd64"),
    ("BUILDOS", "linux"),
    ("BUILDARCH", "amd64"),
    ("BUILDVARIANT", ""),
];

/// Namespaces of Docker Hub whose images are of one architecture
/// (<https://github.com/docker-library/official-images#architectures-other-than-amd64>).
const NAMESPACES: &[(&str, &str)] = &[
    ("amd64/", "linux/amd64"),
    ("arm64v8/", "linux/arm64"),
    ("arm32v5/", "linux/arm/v5"),
    ("arm32v6/", "linux/arm/v6"),
    ("arm32v7/", "linux/arm/v7"),
    ("i386/", "linux/386"),
    ("ppc64le/", "linux/ppc64le"),
    ("s390x/", "linux/s390x"),
    ("riscv64/", "linux/riscv64"),
];

type Values = BTreeMap<String, Option<String>>;

/// What a build is told with `--build-arg`, and which of the automatic arguments it does not take as they stand here.
pub(super) type Arguments<'a> = &'a dyn Fn(&str) -> Option<String>;

struct Reader<'a> {
    arguments: Arguments<'a>,
    /// The arguments before the first `FROM`, with their defaults.
    global: Values,
    /// Arguments and variables of the stage.
    local: Values,
    /// Global arguments that stages use, too.
    shared: BTreeSet<String>,
    stages: Vec<Stage>,
    /// The places of the stages that have a name: of each name the last.
    named: BTreeMap<String, usize>,
    /// The platforms of the stages.
    platforms: Vec<Option<Platform>>,
    found: Dockerfile,
    /// Where each line of the text begins.
    lines: Vec<usize>,
}

/// Instructions of which nothing is asked here.
const OTHERS: &[&str] = &[
    "CMD",
    "ENTRYPOINT",
    "EXPOSE",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// How many of those that the parser does not take are passed over: it refuses `ENTRYPOINT []`, which Docker takes.
const MOST_PASSED_OVER: usize = 32;

pub(super) fn read(text: &str, arguments: Arguments<'_>) -> Result<Dockerfile, DockerfileError> {
    let mut text = heredoc::without(text);
    for _ in 0..MOST_PASSED_OVER {
        match read_once(&text, arguments) {
            Err(error) => match without_other(&text, error.at) {
                Some(without) => text = without,
                None => return Err(error),
            },
            read => return read,
        }
    }
    read_once(&text, arguments)
}

/// The text with an instruction blanked out of which nothing is asked; `None` if another one begins there.
fn without_other(text: &str, at: usize) -> Option<String> {
    let word = text[at..].split_whitespace().next()?.to_ascii_uppercase();
    let is_other = OTHERS.contains(&word.as_str());
    let line = text[at..].split_inclusive('\n').next().filter(|_| is_other)?;
    let blank = heredoc::blank(line);
    let goes_on = line.trim_end().ends_with('\\');
    (!goes_on).then(|| format!("{}{blank}{}", &text[..at], &text[at + line.len()..]))
}

fn read_once(text: &str, arguments: Arguments<'_>) -> Result<Dockerfile, DockerfileError> {
    let mut reader = Reader::new(text, arguments);
    // Paths with backslashes are those of Windows (<https://docs.docker.com/reference/dockerfile/#escape>).
    let directives = text.lines().take_while(|line| line.starts_with('#'));
    reader.found.is_windows = directives.into_iter().any(|line| line.replace(' ', "").contains("escape=`"));
    for instruction in parse_iter(text).map_err(|error| wrong(&error, text))? {
        let instruction = instruction.map_err(|error| wrong(&error, text))?;
        if reader.stages.is_empty() && !matches!(instruction, Instruction::From(_) | Instruction::Arg(_)) {
            return Err(DockerfileError { message: "the first instruction is not FROM".into(), at: 0 });
        }
        reader.take(&instruction);
    }
    match reader.platforms.pop() {
        None => Err(DockerfileError { message: "it has no FROM".into(), at: 0 }),
        Some(platform) => {
            // What is a branch as well, or a release to be fetched, is not only a tag.
            for base in &mut reader.found.bases {
                base.tag_argument = base.tag_argument.take().filter(|name| !reader.shared.contains(name));
            }
            Ok(Dockerfile { platform, stages: reader.stages, ..reader.found })
        }
    }
}

impl<'a> Reader<'a> {
    fn new(text: &str, arguments: Arguments<'a>) -> Self {
        Self {
            arguments,
            global: Values::new(),
            local: Values::new(),
            shared: BTreeSet::new(),
            stages: Vec::new(),
            named: BTreeMap::new(),
            platforms: Vec::new(),
            found: Dockerfile::default(),
            lines: std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect(),
        }
    }

    fn take(&mut self, instruction: &Instruction<'_>) {
        match instruction {
            Instruction::Arg(arg) => {
                for (name, default) in pairs(&arg.arguments.value) {
                    self.declare(name, default);
                }
            }
            Instruction::Env(env) => {
                for (name, value) in pairs(&env.arguments.value) {
                    let value = value.and_then(|value| expand(&value, &|name| self.local_value(name)));
                    self.local.insert(name, value);
                }
            }
            Instruction::From(from) => {
                let name = from.as_.as_ref().map(|(_, name)| name.value.to_lowercase());
                let asked = from.options.iter().find(|flag| flag.name.value == "platform");
                self.from((&from.image.value, self.line(from.image.span.start)), name, asked);
            }
            Instruction::Copy(copy) => self.copy(&copy.options, &copy.src, self.line(copy.dest.span.start)),
            Instruction::Add(add) => self.copy(&add.options, &add.src, self.line(add.dest.span.start)),
            Instruction::Run(run) => {
                for mount in run.options.iter().filter(|flag| flag.name.value == "mount") {
                    self.mount(mount, self.line(mount.span().start));
                }
            }
            _ => {}
        }
    }

    fn declare(&mut self, name: String, default: Option<String>) {
        let given = (self.arguments)(&name);
        if self.stages.is_empty() {
            let default = || default.and_then(|default| expand(&default, &|name| self.global_value(name)));
            let value = given.or_else(default);
            self.global.insert(name, value);
            return;
        }
        self.shared.insert(name.clone());
        // Without a default, it has what stands before the first stage.
        let value = match default {
            _ if given.is_some() => given,
            Some(default) => expand(&default, &|name| self.local_value(name)),
            None => self.global_value(&name),
        };
        self.local.insert(name, value);
    }

    fn from(&mut self, (written, line): (&str, usize), name: Option<String>, asked: Option<&Flag<'_>>) {
        self.local.clear();
        let image = expand(written, &|name| self.global_value(name));
        let known = image.as_deref().unwrap_or(written);
        let earlier = self.stage(known);
        let asked = asked.and_then(|flag| flag.value.as_ref());
        // A platform that is the machine's own is none that it is fixed to.
        let asked = asked.and_then(|value| expand(&value.value, &|name| self.global.get(name).cloned().flatten()));
        let namespace = known.strip_prefix("docker.io/").unwrap_or(known);
        let of_namespace = NAMESPACES.iter().find(|(begin, _)| namespace.starts_with(begin)).map(|(_, it)| *it);
        let platform = asked.as_deref().or(of_namespace).and_then(|platform| platform.parse().ok());
        self.found.is_windows |= is_windows(known) || platform.as_ref().is_some_and(Platform::is_windows);
        let is_image = earlier.is_none() && known != "scratch";
        let of_earlier = earlier.and_then(|stage| self.platforms[stage].clone());
        self.platforms.push(platform.or(of_earlier));
        self.named.extend(name.clone().map(|name| (name, self.stages.len())));
        self.stages.push(Stage { name, uses: earlier.into_iter().collect() });
        if is_image {
            self.base(written, image, line);
        }
    }

    fn base(&mut self, written: &str, image: Option<String>, line: usize) {
        let image = image.filter(|image| !image.trim().is_empty());
        let tag = written.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).and_then(|(_, tag)| sole_name(tag));
        let argument = sole_name(written).map(str::to_owned);
        let tag_argument = tag.filter(|_| argument.is_none()).map(str::to_owned);
        let stage = self.stages.len().saturating_sub(1);
        self.found.bases.push(Base { written: written.to_owned(), image, argument, tag_argument, line, stage });
    }

    fn copy(&mut self, options: &[Flag<'_>], sources: &[Source<'_>], line: usize) {
        if let Some(from) = options.iter().find(|flag| flag.name.value == "from") {
            let from = from.value.as_ref().map(|from| from.value.clone().into_owned()).unwrap_or_default();
            return self.other(&from, line);
        }
        for source in sources {
            if let Source::Path(path) = source {
                self.source(&path.value);
            }
        }
    }

    /// `--mount=type=bind,source=go.mod,target=go.mod`
    fn mount(&mut self, flag: &Flag<'_>, line: usize) {
        let options = flag.value.as_ref().map(|value| value.value.clone().into_owned()).unwrap_or_default();
        let get = |names: &[&str]| {
            options.split(',').filter_map(|option| option.split_once('=')).find(|(name, _)| names.contains(name))
        };
        if get(&["type"]).is_some_and(|(_, kind)| kind != "bind" && kind != "cache") {
            return;
        }
        match (get(&["from"]), get(&["source", "src"])) {
            (Some((_, from)), _) => self.other(from, line),
            (None, Some((_, source))) if get(&["type"]).is_none_or(|(_, kind)| kind == "bind") => self.source(source),
            _ => {}
        }
    }

    /// What files are taken from that are not the context's: a stage, by its name or number, else an image.
    fn other(&mut self, from: &str, line: usize) {
        let is_number = !from.is_empty() && from.bytes().all(|byte| byte.is_ascii_digit());
        let stage = if is_number { from.parse().ok() } else { self.stage(from) };
        if let (Some(stage), Some(own)) = (stage, self.stages.last_mut()) {
            own.uses.push(stage);
        }
        if is_number || stage.is_some() || from.is_empty() {
            return;
        }
        let image = expand(from, &|name| self.global_value(name));
        self.base(from, image, line);
    }

    fn source(&mut self, path: &str) {
        let is_elsewhere = path.contains("://") || path.starts_with("git@");
        let known = expand(path, &|name| self.local_value(name)).or_else(|| {
            // The folder before what is not known.
            let before = &path[..path.find('$')?];
            before.rfind('/').map(|end| before[..end].to_owned())
        });
        self.found.sources.extend(known.filter(|path| !is_elsewhere && !path.is_empty()));
    }

    /// The place of the last stage of that name.
    fn stage(&self, name: &str) -> Option<usize> {
        self.named.get(&name.to_lowercase()).copied()
    }

    /// The line of a place, from one on.
    fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    fn global_value(&self, name: &str) -> Option<String> {
        self.global.get(name).cloned().flatten().or_else(|| self.automatic(name))
    }

    fn local_value(&self, name: &str) -> Option<String> {
        self.local.get(name).cloned().flatten().or_else(|| self.automatic(name))
    }

    fn automatic(&self, name: &str) -> Option<String> {
        let (_, value) = AUTOMATIC.iter().find(|(known, _)| *known == name)?;
        Some((self.arguments)(name).unwrap_or_else(|| (*value).to_owned()))
    }
}

fn is_windows(image: &str) -> bool {
    image.starts_with("mcr.microsoft.com/windows")
        || image.contains("windowsservercore")
        || image.contains("nanoserver")
}

/// `A=1 B="2 3" C`, as names with their values; `A 1` is one pair.
fn pairs(text: &str) -> Vec<(String, Option<String>)> {
    let words = words(text);
    if let [name, value @ ..] = words.as_slice()
        && !value.is_empty()
        && !name.contains('=')
        && value.iter().all(|word| !word.contains('='))
    {
        return vec![(name.clone(), Some(value.join(" ")))];
    }
    let pair = |word: String| match word.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (word, None),
    };
    words.into_iter().map(pair).collect()
}

fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in text.chars() {
        match (c, quote) {
            (_, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (_, None) if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn wrong(error: &parse_dockerfile::Error, text: &str) -> DockerfileError {
    let at = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    // Its line is right, its column is not.
    DockerfileError { message: format!("{error:#}"), at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_over_moves_no_place() {
        let text = "FROM a\nHEALTHCHECK é é\nSHELL é é\nüX y\n";
        let error = read(text, &|_| None).expect_err("an instruction that is none");
        assert_eq!(text.get(error.at..).and_then(|rest| rest.lines().next()), Some("üX y"), "{error:?}");
    }
}
