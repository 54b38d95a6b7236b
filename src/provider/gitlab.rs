//! GitLab CI (<https://docs.gitlab.com/ci/yaml/>).

mod config;
mod entries;
mod entry;
mod include;
mod item;
mod keywords;
mod local;
mod names;
mod publish;
mod read;
mod record;
mod rules;
mod run;
mod script;
mod settings;
mod shared;
mod size;
mod tidy;
mod user_config;
mod view;
mod vocabulary;

use super::facts::Facts;
use super::script::{Dialect, login};
use super::{Committed, Error, File, Pipeline, Provider, Record, Size, UserConfig};
use crate::diagnostic::Diagnostic;
use crate::plan::{ExternalJobs, Job, Plan};
use crate::spec::Vocabulary;
use crate::yaml::read::Form;
use crate::yaml::{Mapping, Node};

pub(super) struct GitLab;

/// Where the generated file lies when a hand-written one includes it.
const INCLUDED: &str = ".gitlab/splitbuild.yml";

/// Before the name of every hidden job of ours.
const HIDDEN: &str = ".splitbuild-";

/// The variable by which a rule, or a schedule, names its workflow.
const SCHEDULED: &str = "SPLITBUILD_WORKFLOW";

/// What a workflow that is none comes to.
const UNKNOWN: &str = "*) echo \"there is no workflow '$SPLITBUILD_WORKFLOW'\" >&2; exit 1 ;;";

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

    fn form(&self) -> Form {
        Form::Psych
    }

    fn template(&self) -> &'static str {
        include_str!("../../templates/gitlab.yml.j2")
    }

    fn likeness(&self, _top: &Mapping) -> usize {
        // Any key can be the name of a job.
        1
    }

    fn external_jobs(&self, config: &UserConfig, workflows: &[&str]) -> (ExternalJobs, Vec<Diagnostic>) {
        user_config::external_jobs(config, workflows)
    }

    fn files<'p>(&self, plan: &'p Plan, is_included: bool, _committed: Committed<'_>) -> Vec<File<'p>> {
        vec![File { path: self.path(is_included).to_owned(), pipeline: Box::new(entries::Entries::of(plan)) }]
    }

    fn read<'n>(&self, document: &'n Node) -> Result<Facts<'n>, String> {
        read::read(document)
    }

    fn merged(&self, emitted: Node, config: &UserConfig, _plan: &Plan) -> Result<Node, String> {
        Ok(user_config::merged(emitted, config))
    }

    fn record<'n>(&self, document: &'n Node) -> Option<Record<'n>> {
        record::record(document)
    }

    fn is_run_of(&self, name: &str, job: &str, _config: Option<&UserConfig>) -> bool {
        record::is_run_of(name, job)
    }

    fn problems(&self, document: &Node, text: &str) -> Vec<Diagnostic> {
        config::problems(document, text)
    }

    fn include(&self, root: &mut Node, read: &mut dyn FnMut(&str) -> Option<Node>) {
        include::include(root, read, MOST_INCLUDES);
    }

    fn size(&self, document: &Node, text: &str) -> Option<Size> {
        Some(size::size(document, text))
    }

    fn notes(&self, plan: &Plan) -> Vec<String> {
        let many = |job: &&Job| job.needs.len() + job.gates.len() > MOST_NEEDS;
        let note = |job: &Job| {
            let (name, count) = (&job.name, job.needs.len() + job.gates.len());
            format!(
                "{name} needs {count} jobs, but GitLab allows {MOST_NEEDS} by default: an administrator can set another limit"
            )
        };
        let clocks = rules::clocks(plan).into_iter().chain(rules::starts(plan));
        clocks.chain(plan.jobs.iter().filter(many).map(note)).chain(login::notes(plan)).collect()
    }
}

impl Pipeline for entries::Entries<'_> {
    fn view(&self, config: Option<&UserConfig>) -> Result<minijinja::Value, Error> {
        view::view(self, config)
    }

    fn facts(&self) -> Facts<'_> {
        read::expected(self)
    }
}

/// What a run knows (<https://docs.gitlab.com/ci/variables/predefined_variables/>).
static DIALECT: Dialect = Dialect {
    sha: "CI_COMMIT_SHA",
    short_sha: "CI_COMMIT_SHORT_SHA",
    branch: "CI_COMMIT_BRANCH",
    tag: "CI_COMMIT_TAG",
    reference: "CI_COMMIT_REF_NAME",
    pipeline: "CI_PIPELINE_IID",
    pr: "CI_MERGE_REQUEST_IID",
    source: "CI_PROJECT_URL",
    advice: "set it in the settings of the project",
};
