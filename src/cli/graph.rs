//! `splitbuild graph`: a picture of a workflow's jobs.

use std::path::Path;

use super::arguments::graph::{Form, Graph};
use super::generate::{source, write};
use super::times::{self, Wanted};
use super::{Failure, input, log_line, print};
use crate::diagnostic::{Allowed, list};
use crate::drawing::{Drawing, Rows};
use crate::plan::{Plan, Workflow};
use crate::provider;
use crate::similar::closest;

pub(super) fn run(arguments: &Graph) -> Result<(), Failure> {
    let provider = provider::find(&arguments.provider).expect("clap lets through only what is in the list");
    let input = input::load(&arguments.matrix, provider, Allowed::default())?;
    let workflow = workflow(&input.plan, arguments.workflow.as_deref())?;
    let wanted = Wanted { plan: &input.plan, own: input.own.as_ref(), provider, workflows: &[workflow] };
    let times = arguments.times.as_deref().map(|path| times::read(path, wanted)).transpose()?;
    let rows = if arguments.all { Rows::Image } else { Rows::Family };
    let drawing = Drawing::of(&input.plan, workflow, times.as_ref(), rows);
    let text = match arguments.format {
        Form::Svg => drawing.svg(),
        Form::Mermaid => drawing.mermaid(),
        Form::Dot => drawing.dot(),
    };
    if arguments.workflow.is_none() && input.plan.workflows.len() > 1 {
        let others: Vec<&str> = input.plan.workflows.iter().skip(1).map(|other| other.name.as_str()).collect();
        log_line(&format!("this is `{}`; `--workflow NAME` draws another: {}", workflow.name, others.join(", ")));
    }
    match arguments.output.as_deref() {
        None => print(text),
        Some(output) => write(output, &text, &|output: &Path| source(output, &arguments.matrix.path, &input, provider)),
    }
}

/// The workflow of this name, or the first.
fn workflow<'p>(plan: &'p Plan, name: Option<&str>) -> Result<&'p Workflow, Failure> {
    let Some(name) = name else {
        return Ok(plan.workflows.first().expect("a plan has workflows"));
    };
    plan.workflows.iter().find(|workflow| workflow.name == name).ok_or_else(|| {
        let names: Vec<&str> = plan.workflows.iter().map(|workflow| workflow.name.as_str()).collect();
        let help = match closest(name, names.iter().copied()) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("there is {}", list(&names)),
        };
        Failure::Usage(format!("--workflow: there is no workflow `{name}`; {help}"))
    })
}
