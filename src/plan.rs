//! What the matrix means for one provider: workflows, jobs and what each waits for, every default filled in. Which provider
//! that is makes no difference here.
//!
//! A `Plan` that exists is valid: only [`resolve()`] makes one.

mod environment;
mod graph;
mod order;
mod path;
mod request;
mod resolve;
mod settings;

use std::collections::BTreeMap;

use crate::pattern::Pattern;
use crate::platform::Platform;
use crate::template::Template;

pub use environment::{Datum, INSTALL, LONGEST_VALUE, REGISTRIES, VERSION, Variable};
pub use graph::{Graph, Seen, Vertex};
pub use path::{Path, Times, Waits};
pub use request::{Foreign, Request};
pub use resolve::resolve;
pub use settings::{Setting, Settings};

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
    /// The most characters of a tag that is made from a late name.
    pub tag_room: usize,
    /// The provider that it is for, by name.
    pub provider: &'static str,
    /// What the matrix says for that provider beside the jobs.
    pub settings: Settings,
}

/// A job's place in [`Plan::jobs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(usize);

impl JobId {
    /// The place.
    pub fn place(self) -> usize {
        self.0
    }
}

/// A workflow.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// Its name.
    pub name: String,
    /// What starts it.
    pub trigger: Trigger,
    /// Its tags, in order; the first is `${tag}`.
    pub tags: Vec<Template>,
    /// What each var is in it, with late names left as references.
    pub vars: BTreeMap<String, Template>,
    /// Its jobs, each after what it waits for.
    pub jobs: Vec<JobId>,
}

/// What starts a workflow: a name that matches one of the first lists and none of the second.
#[derive(Clone, Debug, Default)]
pub struct Trigger {
    /// Branches.
    pub branches: Vec<Pattern>,
    /// Branches of earlier workflows that would match as well.
    pub not_branches: Vec<Pattern>,
    /// Tags.
    pub tags: Vec<Pattern>,
    /// Tags of earlier workflows that would match as well.
    pub not_tags: Vec<Pattern>,
    /// Five cron fields; then it runs by the clock on the branches, and never for a push.
    pub schedule: Option<String>,
}

/// A job.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its name, unique in the plan.
    pub name: String,
    /// The key of its image.
    pub key: String,
    /// What it waits for, in the order of the matrix.
    pub needs: Vec<Need>,
    /// Where it runs, in the provider's words; empty if the provider is to choose.
    pub runner: Vec<String>,
    /// What it does.
    pub work: Work,
    /// Shell of the project that runs first.
    pub setup: Option<String>,
    /// The vars that its environment holds.
    pub vars: Vec<String>,
    /// The names of the run that its environment holds.
    pub run_names: Vec<RunName>,
}

/// Something a job waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Another job of the plan.
    Job(JobId),
    /// A hand-written job, by its name.
    Foreign(String),
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
    /// How often a failed build is run again.
    pub retry: u8,
    /// Variables of the job's environment that must be set although no value refers to them.
    pub required: Vec<String>,
}

/// Where an image's sources are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Context {
    /// A folder of this repository; empty for its root.
    Folder(Template),
    /// Another git repository.
    Git {
        /// Its URL.
        repository: Template,
        /// A branch, a tag, a commit or a full ref; the default branch if empty.
        reference: Template,
        /// A folder in it; empty for its root.
        folder: Template,
    },
}

/// How an image is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// `docker build` with these arguments.
    Docker(Vec<Template>),
    /// The project's own script.
    Script(String),
}

/// The work of a manifest job.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The platforms of the index with their words in names, in the order of the matrix.
    pub platforms: Vec<(Platform, String)>,
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
    /// The image.
    pub image: Template,
    /// The platform.
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
    /// The variable of the job's environment that holds the password.
    pub password: String,
}

/// How jobs get splitbuild.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tool {
    /// They run in this image.
    Image(String),
    /// This shell installs it where builds run.
    Install(String),
}

/// What is known when a run starts and handed in by the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RunName {
    /// The commit.
    GitSha,
    /// The branch; empty in a run for a tag.
    GitBranch,
    /// The tag; empty in a run for a branch.
    GitTag,
    /// The number of the run.
    Pipeline,
}

impl RunName {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::GitSha, Self::GitBranch, Self::GitTag, Self::Pipeline];

    /// The name in the language.
    pub fn name(self) -> &'static str {
        match self {
            Self::GitSha => "git_sha",
            Self::GitBranch => "git_branch",
            Self::GitTag => "git_tag",
            Self::Pipeline => "pipeline",
        }
    }
}

impl Plan {
    /// The job.
    pub fn job(&self, id: JobId) -> &Job {
        &self.jobs[id.0]
    }

    /// Every job with its id, in order.
    pub fn ids(&self) -> impl Iterator<Item = JobId> + use<> {
        (0..self.jobs.len()).map(JobId)
    }

    /// For every job, the places of the workflows that run it.
    pub fn runs(&self) -> Vec<Vec<usize>> {
        let mut runs = vec![Vec::new(); self.jobs.len()];
        for (place, workflow) in self.workflows.iter().enumerate() {
            workflow.jobs.iter().for_each(|id| runs[id.0].push(place));
        }
        runs
    }

    /// The job of that name.
    pub fn find(&self, name: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.name == name)
    }

    /// The name of what is waited for.
    pub fn need_name<'a>(&'a self, need: &'a Need) -> &'a str {
        match need {
            Need::Job(id) => &self.job(*id).name,
            Need::Foreign(name) => name,
        }
    }

    /// The number of images, by key.
    pub fn image_count(&self) -> usize {
        let mut keys: Vec<&str> = self.jobs.iter().map(|job| job.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.len()
    }
}

impl Workflow {
    /// Whether the job runs in it.
    pub fn runs(&self, id: JobId) -> bool {
        self.jobs.contains(&id)
    }
}

impl Work {
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
