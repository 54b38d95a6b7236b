//! GitHub Actions (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax>): a file for each
//! workflow, so that its page shows one graph, and `on` is GitHub's own filter.

mod config;
mod container;
mod dialect;
mod expression;
mod file;
mod filter;
mod handed;
mod ids;
mod job;
mod members;
mod names;
mod pin;
mod publish;
mod read;
mod script;
mod settings;
mod size;
mod step;
mod trigger;
mod user_config;
mod user_job;
mod variables;
mod vocabulary;
mod write;

use std::path::Path;

use super::facts::Facts;
use super::script::login;
use super::{Committed, File, Provider, Size, UserConfig};
use crate::diagnostic::Diagnostic;
use crate::plan::{ExternalJobs, Plan, Workflow};
use crate::spec::Vocabulary;
use crate::yaml::read::Form;
use crate::yaml::{Mapping, Node};

pub(super) struct GitHub;

/// Where workflows lie.
const FOLDER: &str = ".github/workflows";

/// The run's own token, for its jobs (<https://docs.github.com/en/actions/concepts/security/github_token>).
const TOKEN: &str = "GITHUB_TOKEN";

impl Provider for GitHub {
    fn vocabulary(&self) -> &'static Vocabulary {
        &vocabulary::VOCABULARY
    }

    fn path(&self, _is_included: bool) -> &'static str {
        FOLDER
    }

    fn has_files(&self) -> bool {
        true
    }

    fn template(&self) -> &'static str {
        include_str!("../../templates/github.yml.j2")
    }

    fn form(&self) -> Form {
        Form::Plain
    }

    fn likeness(&self, top: &Mapping) -> usize {
        config::likeness(top)
    }

    fn owns(&self, path: &Path) -> bool {
        path.parent().is_some_and(|folder| folder.ends_with(FOLDER))
    }

    fn external_jobs(&self, config: &UserConfig, workflows: &[&str]) -> (ExternalJobs, Vec<Diagnostic>) {
        user_config::external_jobs(config, workflows)
    }

    fn files<'p>(&self, plan: &'p Plan, _is_included: bool, committed: Committed<'_>) -> Vec<File<'p>> {
        let kept = plan.kept();
        let file = |place: usize| {
            let path = file::path(plan, place);
            let name = path.rsplit('/').next().unwrap_or_default();
            let pipeline = file::WorkflowFile::new(plan, place, (&[place], &kept), committed(name).as_deref());
            File { path, pipeline: Box::new(pipeline) }
        };
        (0..plan.workflows.len()).map(file).collect()
    }

    fn read<'n>(&self, document: &'n Node) -> Result<Facts<'n>, String> {
        read::read(document)
    }

    fn merged(&self, mut emitted: Node, config: &UserConfig, _plan: &Plan) -> Result<Node, String> {
        user_config::restore(&mut emitted, config)?;
        Ok(emitted)
    }

    fn problems(&self, document: &Node, text: &str) -> Vec<Diagnostic> {
        config::problems(document, text)
    }

    fn size(&self, document: &Node, text: &str) -> Option<Size> {
        size::size(document, text)
    }

    fn refusals(&self, plan: &Plan) -> Vec<Diagnostic> {
        plan.workflows.iter().filter_map(|workflow| trigger::on(plan, workflow).err()).collect()
    }

    fn notes(&self, plan: &Plan) -> Vec<String> {
        let clock = |workflow: &Workflow| {
            let branch = workflow.trigger.schedule.as_ref().and(workflow.trigger.branches.first())?;
            let name = &workflow.name;
            Some(format!("GitHub runs {name} on the default branch; its jobs fail if that is not {}", branch.text()))
        };
        login::notes(plan).into_iter().chain(plan.workflows.iter().filter_map(clock)).collect()
    }
}
