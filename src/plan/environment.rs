//! A job's data as the variables of its environment: everything of the matrix that its scripts work with.
//!
//! The scripts are the same for every job (`templates/sh`). Values are words of [`Template::word`], lists of values are
//! words with spaces between them.

use super::{Build, Context, Copy, Export, Job, Need, Plan, Recipe, RunName, Tool, Work, Workflow};
use crate::template::Template;

/// How to log in: words `host=user:password`.
pub const REGISTRIES: &str = "SPLITBUILD_REGISTRIES";

/// The version of splitbuild that has generated the job.
pub const VERSION: &str = "SPLITBUILD_VERSION";

/// The shell that installs splitbuild.
pub const INSTALL: &str = "SPLITBUILD_INSTALL";

/// A variable of a job's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub datum: Datum,
}

/// The longest value of a variable, in bytes: Linux gives `NAME=VALUE` 128 KiB with its end
/// (`MAX_ARG_STRLEN`, <https://man7.org/linux/man-pages/man2/execve.2.html>), and no name of ours is longer than 64.
pub const LONGEST_VALUE: usize = (128 << 10) - 64;

/// The value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datum {
    /// Text, the same in every workflow.
    Text(String),
    /// A list, the same in every workflow: its entries with a space between them.
    Words(Vec<String>),
    /// The workflow's tags.
    Tags,
    /// These vars, each as the word `name=value`, with the workflow's values.
    Vars(Vec<String>),
    /// What the provider knows of the run.
    Run(RunName),
}

impl Datum {
    /// How long the value is at least, in bytes.
    pub fn length(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Words(words) => words.iter().map(|word| word.len() + 1).sum(),
            Self::Tags | Self::Vars(_) | Self::Run(_) => 0,
        }
    }
}

impl Plan {
    /// The variables of a job's environment, in the order in which they are written.
    pub fn environment(&self, job: &Job) -> Vec<Variable> {
        let mut list = List(vec![]);
        list.text("SPLITBUILD_KEY", &job.key);
        match &job.work {
            Work::Build(build) => {
                self.build(build, &mut list);
                let parents = self.parents(job);
                if !parents.is_empty() {
                    list.push("SPLITBUILD_PARENTS", Datum::Words(parents));
                }
            }
            Work::Manifest(manifest) => {
                let platforms: Vec<String> =
                    manifest.platforms.iter().map(|(platform, _)| platform.to_string()).collect();
                let arches: Vec<&str> = manifest.platforms.iter().map(|(_, arch)| arch.as_str()).collect();
                list.text("SPLITBUILD_PLATFORMS", &platforms.join(","));
                list.text("SPLITBUILD_ARCHES", &arches.join(" "));
            }
            Work::Copy(copy) => self.copy(copy, &mut list),
            Work::Export(export) => list.push("SPLITBUILD_EXPORTS", Datum::Words(exports(export))),
        }
        if !job.vars.is_empty() {
            list.push("SPLITBUILD_VARS", Datum::Vars(job.vars.clone()));
        }
        if let Some(setup) = &job.setup {
            list.text("SPLITBUILD_SETUP", setup);
        }
        if let Work::Build(Build { recipe: Recipe::Script(script), .. }) = &job.work {
            list.text("SPLITBUILD_RUN", script);
        }
        for name in &job.run_names {
            list.push(name.name(), Datum::Run(*name));
        }
        list.0
    }

    /// The variables that are the same in every job that logs in or runs splitbuild, and so may stand where the provider
    /// says them once.
    pub fn shared_environment(&self, job: &Job) -> Vec<Variable> {
        let mut list = List(vec![]);
        if !self.registries.is_empty() {
            list.text(REGISTRIES, &self.logins());
        }
        if !matches!(job.work, Work::Build(_)) {
            list.text(VERSION, env!("CARGO_PKG_VERSION"));
            if let Tool::Install(script) = &self.tool {
                list.text(INSTALL, script);
            }
        }
        list.0
    }

    /// The files that tell a build by which digests its parents are known: what was pushed for its own architecture; of a
    /// copy, or a parent without that architecture, what was published.
    fn parents(&self, job: &Job) -> Vec<String> {
        let Work::Build(Build { arch, .. }) = &job.work else { return Vec::new() };
        let mut files: Vec<String> = Vec::new();
        for need in &job.needs {
            let Need::Job(id) = need else { continue };
            let parent = self.job(*id);
            match &parent.work {
                Work::Manifest(manifest) if manifest.platforms.iter().any(|(_, other)| other == arch) => {
                    files.push(format!("{}-{arch}.json", parent.key));
                }
                Work::Manifest(_) => files.push(parent.handed_on()),
                Work::Copy(_) | Work::Build(_) => files.push(parent.handed_on()),
                Work::Export(_) => {}
            }
        }
        // An image of several names is one parent.
        let mut seen = std::collections::BTreeSet::new();
        files.retain(|file| seen.insert(file.clone()));
        files
    }

    fn build(&self, build: &Build, list: &mut List) {
        list.text("platform", &build.platform.to_string());
        list.text("arch", &build.arch);
        list.words("SPLITBUILD_IMAGES", &build.images);
        list.push("SPLITBUILD_TAGS", Datum::Tags);
        list.text("SPLITBUILD_TAG_ROOM", &self.tag_room.to_string());
        list.words("SPLITBUILD_ARCH_IMAGE", std::slice::from_ref(&build.arch_image));
        let folder = match &build.context {
            Context::Folder(folder) => folder,
            Context::Git { repository, reference, folder } => {
                list.words("SPLITBUILD_REPOSITORY", std::slice::from_ref(repository));
                list.words("SPLITBUILD_REF", std::slice::from_ref(reference));
                folder
            }
        };
        list.words("SPLITBUILD_FOLDER", std::slice::from_ref(folder));
        if let Recipe::Docker(arguments) = &build.recipe {
            let words: Vec<String> = arguments.iter().map(Template::word).collect();
            if !words.is_empty() {
                list.push("SPLITBUILD_BUILD", Datum::Words(words));
            }
        }
        if build.retry > 0 {
            list.text("SPLITBUILD_RETRY", &build.retry.to_string());
        }
        if !build.required.is_empty() {
            list.text("SPLITBUILD_REQUIRED", &build.required.join(" "));
        }
    }

    fn copy(&self, copy: &Copy, list: &mut List) {
        list.words("SPLITBUILD_COPY", std::slice::from_ref(&copy.source));
        list.words("SPLITBUILD_IMAGES", &copy.images);
        list.push("SPLITBUILD_TAGS", Datum::Tags);
        list.text("SPLITBUILD_TAG_ROOM", &self.tag_room.to_string());
        if !copy.platforms.is_empty() {
            let platforms: Vec<String> = copy.platforms.iter().map(ToString::to_string).collect();
            list.text("SPLITBUILD_PLATFORMS", &platforms.join(","));
        }
    }

    /// The registries' logins, as words `host=user:password`; Docker's configuration knows the Docker Hub by a URL.
    fn logins(&self) -> String {
        let logins: Vec<String> = self
            .registries
            .iter()
            .map(|registry| {
                let host = match registry.host.as_str() {
                    crate::reference::DOCKER_HUB => "https://index.docker.io/v1/",
                    host => host,
                };
                let mut login = Template::literal(&format!("{host}="));
                login.push(&registry.username);
                login.push_literal(":");
                login.push(&Template::name(&registry.password));
                login.word()
            })
            .collect();
        logins.join(" ")
    }
}

impl Job {
    /// Whether it waits for a job of the plan that tells it digests.
    pub fn has_parents(&self, plan: &Plan) -> bool {
        !plan.parents(self).is_empty()
    }

    /// The file in `.splitbuild` by which it tells later jobs what it has pushed or published; empty if it has none.
    pub fn handed_on(&self) -> String {
        match &self.work {
            Work::Build(build) => format!("{}-{}.json", self.key, build.arch),
            Work::Manifest(_) | Work::Copy(_) => format!("{}-manifest.txt", self.key),
            Work::Export(_) => String::new(),
        }
    }
}

impl Workflow {
    /// The workflow's tags as words.
    pub fn tag_words(&self) -> String {
        words(&self.tags)
    }

    /// What a var is in this workflow, as a word.
    pub fn var_word(&self, name: &str) -> String {
        self.vars.get(name).map(Template::word).unwrap_or_default()
    }
}

struct List(Vec<Variable>);

impl List {
    fn push(&mut self, name: &'static str, datum: Datum) {
        self.0.push(Variable { name, datum });
    }

    fn text(&mut self, name: &'static str, text: &str) {
        self.push(name, Datum::Text(text.to_owned()));
    }

    /// Nothing is said of what is empty.
    fn words(&mut self, name: &'static str, templates: &[Template]) {
        let words = words(templates);
        if !words.is_empty() {
            self.push(name, Datum::Text(words));
        }
    }
}

fn words(templates: &[Template]) -> String {
    templates.iter().map(Template::word).collect::<Vec<_>>().join(" ")
}

/// Five words for every file.
fn exports(export: &Export) -> Vec<String> {
    let entry = |file: &super::ExportFile| {
        [file.image.word(), file.platform.to_string(), file.arch.clone(), file.file.word(), file.arch_image.word()]
            .join(" ")
    };
    export.files.iter().map(entry).collect()
}
