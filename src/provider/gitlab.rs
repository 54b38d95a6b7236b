//! GitLab CI (<https://docs.gitlab.com/ci/yaml/>).

mod config;
mod own;
mod read;
mod rules;
mod settings;
mod view;
mod vocabulary;

use super::{Error, Own, Provider};
use crate::diagnostic::Diagnostic;
use crate::plan::{Foreign, Graph, Plan, RunName};
use crate::spec::Vocabulary;
use crate::yaml::{Mapping, Node};

/// The provider.
pub(super) struct GitLab;

/// Where the generated file lies when a hand-written one includes it.
const INCLUDED: &str = ".gitlab/splitbuild.yml";

/// Before the name of every hidden job of ours.
const HIDDEN: &str = ".splitbuild-";

/// Before the name of the hidden job that holds a workflow's rule.
const WORKFLOW: &str = ".splitbuild-on-";

/// Before the name of the variable that holds a var's value in a workflow.
const VAR: &str = "SPLITBUILD_VAR_";

/// The variable by which a schedule names its workflow.
const SCHEDULED: &str = "SPLITBUILD_WORKFLOW";

/// The most bytes of a configuration: 2 MB
/// (<https://docs.gitlab.com/administration/instance_limits/#maximum-size-and-depth-of-cicd-configuration-yaml-files>).
const MOST_BYTES: usize = 2 << 20;

/// How many files may be included (<https://docs.gitlab.com/administration/settings/continuous_integration/#set-maximum-includes>).
const MOST_INCLUDES: usize = 150;

/// The most jobs that one may need (<https://docs.gitlab.com/ci/yaml/#needs>).
const MOST_NEEDS: usize = 50;

impl Provider for GitLab {
    fn vocabulary(&self) -> &'static Vocabulary {
        &vocabulary::VOCABULARY
    }

    fn path(&self, is_included: bool) -> &'static str {
        if is_included { INCLUDED } else { ".gitlab-ci.yml" }
    }

    fn template(&self) -> &'static str {
        include_str!("../../templates/gitlab.yml.j2")
    }

    fn likeness(&self, _top: &Mapping) -> usize {
        // Any key can be the name of a job.
        1
    }

    fn foreign(&self, own: &Own, workflows: &[&str]) -> (Foreign, Vec<Diagnostic>) {
        own::foreign(own, workflows)
    }

    fn view(&self, plan: &Plan, own: Option<&Own>) -> Result<minijinja::Value, Error> {
        view::view(plan, own)
    }

    fn read<'n>(&self, document: &'n Node) -> Result<Graph<'n>, String> {
        read::read(document)
    }

    fn whole(&self, emitted: Node, own: &Own, _plan: &Plan) -> Result<Node, String> {
        Ok(own::whole(emitted, own))
    }

    fn problems(&self, document: &Node, text: &str) -> Vec<Diagnostic> {
        config::problems(document, text)
    }

    fn include(&self, root: &mut Node, read: &mut dyn FnMut(&str) -> Option<Node>) {
        own::include(root, read, MOST_INCLUDES);
    }

    fn most_bytes(&self) -> Option<usize> {
        Some(MOST_BYTES)
    }

    fn notes(&self, plan: &Plan) -> Vec<String> {
        rules::clocks(plan)
    }
}

/// The predefined variable that is a name of the run
/// (<https://docs.gitlab.com/ci/variables/predefined_variables/>).
fn predefined(name: RunName) -> &'static str {
    match name {
        RunName::GitSha => "$CI_COMMIT_SHA",
        RunName::GitBranch => "$CI_COMMIT_BRANCH",
        RunName::GitTag => "$CI_COMMIT_TAG",
        RunName::Pipeline => "$CI_PIPELINE_IID",
    }
}
