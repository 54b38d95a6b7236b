//! By which files a build knows its parents of this run.

use super::{Job, Need, Plan, Work, Workflow};
use crate::template::Template;

/// A parent of a build: what an earlier job of this run has pushed or published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parent {
    /// What was built of the image of this key for an architecture, by its word in names.
    Build(String, String),
    /// The index of the image of this key: of a copy, or of a parent without the architecture.
    Index(String),
}

impl Parent {
    /// The name of the file that tells of it, in the folder of what jobs hand on.
    pub fn file(&self) -> String {
        match self {
            Self::Build(key, arch) => format!("{key}-{arch}"),
            Self::Index(key) => format!("{key}-index"),
        }
    }
}

impl Plan {
    /// The parents of a build, each once: what was pushed for its own architecture; of a copy, or a parent without that
    /// architecture, what was published. A daemon keeps one image of a name, so the index would do no better.
    pub fn parents(&self, job: &Job) -> Vec<Parent> {
        let Work::Build(build) = &job.work else { return Vec::new() };
        let arch = &build.arch;
        let mut parents = Vec::new();
        for need in &job.needs {
            let Need::Job(id) = need else { continue };
            let parent = self.job(*id);
            let found = match &parent.work {
                Work::Build(other) => Parent::Build(parent.key.clone(), other.arch.clone()),
                Work::Manifest(manifest) if manifest.platforms.iter().any(|(_, other)| other == arch) => {
                    Parent::Build(parent.key.clone(), arch.clone())
                }
                Work::Manifest(_) | Work::Copy(_) => Parent::Index(parent.key.clone()),
                Work::Export(_) => continue,
            };
            if !parents.contains(&found) {
                parents.push(found);
            }
        }
        parents
    }
}

impl Plan {
    /// The key of the image of this run that a copy job copies: one that it waits for, by one of its names and a tag that
    /// this run gives it. Another tag is an older image's.
    pub fn copied_from(&self, job: &Job) -> Option<&str> {
        let Work::Copy(copy) = &job.work else { return None };
        let (name, tag) = copy.source.rsplit_once(":").filter(|(_, tag)| !tag.leading().contains('/'))?;
        let publishers = job.needs.iter().filter_map(|need| match need {
            Need::Job(id) => Some(self.job(*id)).filter(|job| matches!(job.work, Work::Manifest(_) | Work::Copy(_))),
            Need::External(_) => None,
        });
        let key = publishers.map(|publisher| publisher.key.as_str()).find(|key| self.has_name(key, &name))?;
        let has_tag = |workflow: &Workflow| {
            tag.as_name() == Some("tag") || workflow.tags.contains(&tag.fill(|name| workflow.vars.get(name).cloned()))
        };
        let mut runs =
            self.workflows.iter().filter(|workflow| workflow.jobs.iter().any(|id| self.job(*id).name == job.name));
        runs.all(has_tag).then_some(key)
    }

    /// Whether the image of that key has that name.
    fn has_name(&self, key: &str, name: &Template) -> bool {
        self.jobs.iter().filter(|job| job.key == key).any(|job| match &job.work {
            Work::Build(build) => build.images.contains(name),
            Work::Copy(copy) => copy.images.contains(name),
            Work::Manifest(_) | Work::Export(_) => false,
        })
    }
}

impl Job {
    /// Whether it waits for jobs that are hand-written.
    pub fn has_external(&self) -> bool {
        self.needs.iter().any(|need| matches!(need, Need::External(_)))
    }
}
