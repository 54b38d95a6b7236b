//! `splitbuild bake`: a workflow of a matrix as a bake file.

use std::path::Path;

use super::arguments::bake::Bake;
use super::arguments::format::Format;
use super::generate::write;
use super::input::{self, Input};
use super::report::tell;
use super::{Failure, log_line};
use crate::bake;
use crate::diagnostic::{Allowed, Report, list};
use crate::file;
use crate::plan::{Plan, Workflow};
use crate::provider::{self, Origin};
use crate::shell;

pub(super) fn run(arguments: &Bake) -> Result<(), Failure> {
    let provider = provider::find(&arguments.provider).expect("clap lets through only what is in the list");
    let input = input::load(&arguments.matrix, provider, Allowed::default())?;
    let Input { plan, spec, source, warnings, .. } = &input;
    let place = place(plan, arguments.workflow.as_deref())?;
    let origin = origin(&input.origin, &plan.workflows[place], (arguments, plan));
    let baked = bake::bake(plan, spec, (place, &origin))
        .map_err(|problems| Failure::Problems(Report::of(source, problems).into_iter().collect()))?;
    let warnings = warnings.iter().cloned().chain(Report::of(source, baked.warnings));
    tell(Format::Text, &warnings.collect::<Vec<_>>())?;
    write(&arguments.output, &baked.text, &|output: &Path| {
        file::is_same(output, &arguments.matrix.path).then_some("the matrix itself")
    })
}

/// The place of the workflow of that name, else of the first one.
fn place(plan: &Plan, name: Option<&str>) -> Result<usize, Failure> {
    let names: Vec<&str> = plan.workflows.iter().map(|workflow| workflow.name.as_str()).collect();
    let Some(name) = name else {
        if let [first, _, ..] = names.as_slice() {
            log_line(&format!(
                "splitbuild: this is the workflow `{first}`; --workflow NAME takes one of {}",
                list(&names)
            ));
        }
        return Ok(0);
    };
    names.iter().position(|known| *known == name).ok_or_else(|| {
        let known = match crate::similar::closest(name, names.iter().copied()) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("there is {}", list(&names)),
        };
        Failure::Usage(format!("--workflow {name}: the matrix has no such workflow; {known}"))
    })
}

/// What made the file.
fn origin(origin: &Origin, workflow: &Workflow, (arguments, plan): (&Bake, &Plan)) -> String {
    let mut command = String::from("splitbuild bake");
    if origin.matrix != "splitbuild.yml" {
        command.push_str(&format!(" {}", shell::literal(&origin.matrix)));
    }
    if plan.workflows.len() > 1 {
        command.push_str(&format!(" --workflow {}", shell::literal(&workflow.name)));
    }
    if arguments.provider != provider::ALL[0].name() {
        command.push_str(&format!(" --provider {}", arguments.provider));
    }
    for (name, value) in &origin.vars {
        command.push_str(&format!(" --var {}", shell::literal(&format!("{name}={value}"))));
    }
    format!("Generated from {} by `{command}`: change that, and run it again.", origin.matrix)
}
