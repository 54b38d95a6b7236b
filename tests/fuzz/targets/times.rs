//! How long jobs take: what `plan --times` reads, be it lines, an object or what a provider exports.

use splitbuild::cli::times::{Wanted, read_text};
use splitbuild::plan::{Plan, Request, Waits, Workflow, resolve};
use splitbuild::provider::{Provider, find, vocabularies};
use splitbuild::spec::decode;
use splitbuild::yaml::read::Form;

use super::{places, yaml};

/// The jobs that must have times: those of one image.
const MATRIX: &str = "version: 1
images: { app: { image: acme/app } }
workflows: { main: { on: { branches: [main] }, tags: [latest] } }
tool: { image: acme/tool }
";

pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for name in ["circleci", "gitlab", "github"] {
        let provider = find(name).expect("it is in the list");
        read(text, &plan(provider), provider);
    }
}

fn plan(provider: &dyn Provider) -> Plan {
    let matrix = yaml::parsed(MATRIX, Form::Core).expect("a matrix");
    let (spec, _) = decode(&matrix.root, MATRIX, &vocabularies());
    resolve(&spec, &Request::of(provider.vocabulary())).expect("a plan")
}

fn read(text: &str, plan: &Plan, provider: &dyn Provider) {
    let workflows: Vec<&Workflow> = plan.workflows.iter().collect();
    match read_text(text, Wanted { plan, own: None, provider, workflows: &workflows }) {
        Ok((times, warnings)) => {
            places::check(text, &warnings);
            for workflow in &workflows {
                let whole = plan.critical_path(workflow, &times, Waits::Planned).length();
                let longest = plan.timed_jobs(workflow).into_iter().filter_map(|job| times.get(job)).max();
                assert!(longest.is_none_or(|longest| whole >= *longest), "{whole:?} is less than {longest:?}");
            }
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "a refusal has a reason");
            places::check(text, &problems);
        }
    }
}
