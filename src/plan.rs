//! What the matrix means for one provider: workflows, jobs and what each waits for, every default filled in. Which provider
//! that is makes no difference here.
//!
//! A `Plan` that exists is valid: only [`resolve()`] makes one.

mod context;
mod critical_path;
mod given;
mod local;
mod order;
mod parent;
mod provider_settings;
mod request;
mod resolve;
mod step;
mod tag;
mod tool;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::pattern::Pattern;
use crate::platform::Platform;
use crate::span::Span;
use crate::spec::IndexFormat;
use crate::template::Template;

pub use context::{CLONE, Context};
pub use critical_path::{CriticalPath, Times, Waits};
pub use given::Given;
pub use local::{Local, LocalParent, Wait};
pub use parent::Parent;
pub use provider_settings::{ProviderSetting, ProviderSettings};
pub use request::{ExternalJobs, Request};
pub use resolve::resolve;
pub use step::Step;
pub use tag::Tag;
pub(crate) use tag::{PLAIN, TAG, is_fixed, prefix};
pub use tool::{Download, Tool};

/// The longest word of a command, in bytes: Linux gives one 128 KiB with its end
/// (`MAX_ARG_STRLEN`, <https://man7.org/linux/man-pages/man2/execve.2.html>).
pub const LONGEST_WORD: usize = (128 << 10) - 64;

/// A whole matrix, resolved.
#[derive(Clone, Debug)]
pub struct Plan {
    /// In the order in which they are tried.
    pub workflows: Vec<Workflow>,
    /// Every job that a workflow runs, once; each after what it waits for.
    pub jobs: Vec<Job>,
    /// How jobs log in.
    pub registries: Vec<Registry>,
    /// How manifest, copy and export jobs get splitbuild.
    pub tool: Tool,
    /// What those may give who start a workflow by hand, by the name that refers to it.
    pub given: BTreeMap<String, Given>,
    /// The most characters of a tag that is made from a late name.
    pub tag_room: usize,
    /// The provider that it is for, by name.
    pub provider: &'static str,
    /// What the matrix says for that provider beside the jobs.
    pub settings: ProviderSettings,
    /// What is doubtful in the matrix and stops nothing.
    pub warnings: Vec<Diagnostic>,
}

/// A job's index in [`Plan::jobs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(usize);

impl JobId {
    pub fn place(self) -> usize {
        self.0
    }
}

#[derive(Clone, Debug)]
pub struct Workflow {
    pub name: String,
    /// Where the matrix says what starts it.
    pub span: Span,
    /// What starts it.
    pub trigger: Trigger,
    /// Whether it pushes and publishes; else it builds and tests, and its tags are names on the machines of its jobs.
    pub push: bool,
    /// Whether it logs in, where it pushes nothing, to the registries whose variables are set.
    pub login: bool,
    /// Its tags, in order.
    pub tags: Vec<Template>,
    /// Where its version comes from, if its tags are versions.
    pub version: Option<Template>,
    /// What each var is in it, with late names left as references.
    pub vars: BTreeMap<String, Template>,
    /// Its jobs, each after what it waits for.
    pub jobs: Vec<JobId>,
}

/// What starts a workflow: a name that matches one of the first lists and none of the second.
#[derive(Clone, Debug, Default)]
pub struct Trigger {
    pub branches: Vec<Pattern>,
    /// Branches of earlier workflows that would match as well.
    pub not_branches: Vec<Pattern>,
    pub tags: Vec<Pattern>,
    /// Tags of earlier workflows that would match as well.
    pub not_tags: Vec<Pattern>,
    /// The branches that a pull request is to be merged into; then nothing else starts it.
    pub pull_requests: Vec<Pattern>,
    /// Such branches of earlier workflows that would match as well.
    pub not_pull_requests: Vec<Pattern>,
    /// Whether it is for requests from forks alone, or for all others; both, if nothing is said.
    pub forks: Option<bool>,
    /// Whether it is started by hand, and by nothing else.
    pub manual: bool,
    /// Five cron fields; then it runs by the clock on the branches, and never for a push.
    pub schedule: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Job {
    /// Its name, unique in the plan.
    pub name: String,
    /// The key of its image.
    pub key: String,
    /// The key in the matrix, which several images may have in common.
    pub family: String,
    /// What tells these apart, by name.
    pub values: Vec<(String, String)>,
    /// What its image makes of each tag of a workflow, if not just that.
    pub tag_templates: Vec<Template>,
    /// By workflow, the tags under which its image is pushed and published, in order; the first is `${tag}`.
    pub tags: Vec<Arc<[Tag]>>,
    /// By workflow, the tags that move to the highest version, and are published by that alone.
    pub moving: Vec<Arc<[Tag]>>,
    /// What it waits for, in the order of the matrix.
    pub needs: Vec<Need>,
    /// What it waits for beside these, and takes nothing from: what must have gone well before an image is published.
    pub gates: Vec<Need>,
    /// What it waits for where nothing is pushed.
    pub local: Local,
    /// Where it runs, in the provider's words; empty if the provider is to choose.
    pub runner: Vec<String>,
    /// What it does.
    pub work: Work,
    /// Shell of the project that runs first.
    pub setup: Option<String>,
}

/// Something a job waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Another job of the plan.
    Job(JobId),
    /// A hand-written job, by its name.
    External(String),
}

/// What a job does.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "most jobs are builds, so a box would save nothing")]
pub enum Work {
    /// Builds an image for one platform and pushes it under its per-architecture names.
    Build(Build),
    /// Publishes the indexes of an image, or several from one build.
    Manifest(Manifest),
    /// Publishes a foreign image as it is.
    Copy(Copy),
    /// Saves published images as files.
    Export(Export),
}

/// The work of a build job.
#[derive(Clone, Debug)]
pub struct Build {
    /// What it builds for.
    pub platform: Platform,
    /// Whether some platform of the image may be none of its runner's, so that every build of it is told what to build for.
    pub is_foreign: bool,
    /// The platform's word in names.
    pub arch: String,
    /// The names of what is built.
    pub images: Vec<Template>,
    /// The per-architecture name, from `${image}` and `${tag}`.
    pub arch_image: Template,
    /// Where the sources are.
    pub context: Context,
    /// How it is built.
    pub recipe: Recipe,
    /// The project's script that tries what was built, before any of it is pushed.
    pub test: Option<String>,
    /// How often a failed build is run again.
    pub retry: u8,
    /// How many minutes the job may take, if the matrix says so.
    pub timeout: Option<u16>,
    /// Variables of the job's environment that must be set although no value refers to them.
    pub required: Vec<String>,
}

/// How an image is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// `docker build` with these options.
    Docker(Vec<BuildOption>),
    /// The project's own script.
    Script(String),
}

/// An option of `docker build`: `--build-arg VERSION=1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildOption {
    /// The option, with its dashes.
    pub flag: &'static str,
    /// Its value, if it takes one.
    pub value: Option<Template>,
}

/// The work of a manifest job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The platforms of the index with their words in names, in the order of the matrix.
    pub platforms: Vec<(Platform, String)>,
    /// Its annotations, by their keys, in the order of the matrix.
    pub annotations: Vec<(String, Template)>,
    /// Its format.
    pub format: IndexFormat,
}

/// The work of a copy job.
#[derive(Clone, Debug)]
pub struct Copy {
    /// The foreign image.
    pub source: Template,
    /// The names under which it is published.
    pub images: Vec<Template>,
    /// The platforms that are kept; all if empty.
    pub platforms: Vec<Platform>,
}

/// The work of an export job.
#[derive(Clone, Debug)]
pub struct Export {
    /// One entry for every image and platform.
    pub files: Vec<ExportFile>,
}

/// What is saved of one image and platform.
#[derive(Clone, Debug)]
pub struct ExportFile {
    pub image: Template,
    pub platform: Platform,
    /// The platform's word in names.
    pub arch: String,
    /// The file, from `${tag}`.
    pub file: Template,
    /// The per-architecture name that the saved image gets as well.
    pub arch_image: Template,
}

/// A registry's login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// The registry's host.
    pub host: String,
    /// The user's name: text, or one reference to the job's environment.
    pub username: Template,
    pub password: Password,
}

/// Where jobs have the password of a registry from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Password {
    /// A variable of the job's environment.
    Variable(String),
    /// Shell of the project that prints it.
    Script(String),
}

impl Plan {
    pub fn job(&self, id: JobId) -> &Job {
        &self.jobs[id.0]
    }

    /// Every job with its id, in order.
    pub fn ids(&self) -> impl Iterator<Item = JobId> + use<> {
        (0..self.jobs.len()).map(JobId)
    }

    /// For every job, the indices of the workflows that run it.
    pub fn runs(&self) -> Vec<Vec<usize>> {
        let mut runs = vec![Vec::new(); self.jobs.len()];
        for (index, workflow) in self.workflows.iter().enumerate() {
            workflow.jobs.iter().for_each(|id| runs[id.0].push(index));
        }
        runs
    }

    pub fn find(&self, name: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.name == name)
    }

    /// The number of images, by key.
    pub fn image_count(&self) -> usize {
        let mut keys: Vec<&str> = self.jobs.iter().map(|job| job.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.len()
    }
}

impl Job {
    /// The project's scripts that run in it.
    pub fn scripts(&self) -> impl Iterator<Item = &str> {
        let run = match &self.work {
            Work::Build(Build { recipe: Recipe::Script(run), .. }) => Some(run),
            _ => None,
        };
        let test = match &self.work {
            Work::Build(build) => build.test.as_ref(),
            _ => None,
        };
        self.setup.iter().chain(run).chain(test).map(String::as_str)
    }

    /// Whether one of its scripts has the name as a parameter.
    pub fn scripts_mention(&self, name: &str) -> bool {
        let forms = [format!("${name}"), format!("${{{name}")];
        self.scripts().any(|script| forms.iter().any(|form| script.contains(form)))
    }
}

impl Workflow {
    /// Whether the job runs in it.
    pub fn runs(&self, id: JobId) -> bool {
        self.jobs.contains(&id)
    }
}

impl Build {
    /// What follows the colon of the first tag's per-architecture name: the tag under which the image is built.
    pub fn arch_tag(&self) -> Template {
        self.arch_image.rsplit_once(":").map(|(_, tag)| tag).unwrap_or_default()
    }
}

impl Work {
    /// The names that its values refer to.
    pub fn names(&self) -> BTreeSet<&str> {
        let values: Vec<&Template> = match self {
            Self::Build(build) => {
                let sources = match &build.context {
                    Context::Folder(folder) => vec![folder],
                    Context::Git { repository, reference, folder } => vec![repository, reference, folder],
                };
                let options = match &build.recipe {
                    Recipe::Docker(options) => options.iter().filter_map(|option| option.value.as_ref()).collect(),
                    Recipe::Script(_) => Vec::new(),
                };
                build.images.iter().chain([&build.arch_image]).chain(sources).chain(options).collect()
            }
            Self::Copy(copy) => copy.images.iter().chain([&copy.source]).collect(),
            Self::Export(export) => {
                export.files.iter().flat_map(|file| [&file.image, &file.file, &file.arch_image]).collect()
            }
            Self::Manifest(manifest) => manifest.annotations.iter().map(|(_, value)| value).collect(),
        };
        values.into_iter().flat_map(Template::names).collect()
    }

    /// One word for the kind of work.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Build(_) => "build",
            Self::Manifest(_) => "manifest",
            Self::Copy(_) => "copy",
            Self::Export(_) => "export",
        }
    }
}
