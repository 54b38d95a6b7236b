//! GitHub Actions (<https://docs.github.com/en/actions>).

mod config;
mod size;

use std::path::Path;

use super::facts::Facts;
use super::{Pipeline, Provider, Size, UserConfig};
use crate::diagnostic::Diagnostic;
use crate::plan::{ExternalJobs, Plan};
use crate::spec::{Advice, RunnerForm, Vocabulary};
use crate::yaml::read::Form;
use crate::yaml::{Mapping, Node};

pub(super) struct GitHub;

/// Where workflows lie.
const FOLDER: &str = ".github/workflows";

static VOCABULARY: Vocabulary = Vocabulary {
    name: "github",
    title: "GitHub",
    keys: &[],
    runner: RunnerForm::Words("a runner's labels"),
    runners: &[("linux/amd64", "ubuntu-24.04"), ("linux/arm64", "ubuntu-24.04-arm")],
    runs_forks: true,
    advice: Advice { variables: "", own_jobs: "", own_file: "", git_password: "" },
};

impl Provider for GitHub {
    fn vocabulary(&self) -> &'static Vocabulary {
        &VOCABULARY
    }

    fn path(&self, _is_included: bool) -> &'static str {
        ".github/workflows/splitbuild.yml"
    }

    fn template(&self) -> &'static str {
        ""
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

    fn external_jobs(&self, _config: &UserConfig, _workflows: &[&str]) -> (ExternalJobs, Vec<Diagnostic>) {
        Default::default()
    }

    fn pipeline<'p>(&self, _plan: &'p Plan) -> Box<dyn Pipeline + 'p> {
        unimplemented!("another part of this")
    }

    fn read<'n>(&self, _document: &'n Node) -> Result<Facts<'n>, String> {
        Err("another part of this".to_owned())
    }

    fn merged(&self, emitted: Node, _config: &UserConfig, _plan: &Plan) -> Result<Node, String> {
        Ok(emitted)
    }

    fn problems(&self, document: &Node, text: &str) -> Vec<Diagnostic> {
        config::problems(document, text)
    }

    fn size(&self, document: &Node, text: &str) -> Option<Size> {
        size::size(document, text)
    }
}
