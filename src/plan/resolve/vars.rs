//! The values of `vars`, per workflow: who beats whom, who refers to whom, and which are the same everywhere.

use std::collections::BTreeMap;

use super::Resolver;
use crate::diagnostic::{Diagnostic, chain};
use crate::names::Place;
use crate::plan::LONGEST_WORD;
use crate::spec::{Name, Text};
use crate::template::Template;

/// Every var, in every workflow.
#[derive(Clone, Debug, Default)]
pub(super) struct Vars {
    declared: Vec<String>,
    by_workflow: Vec<BTreeMap<String, Template>>,
    constants: BTreeMap<String, Template>,
    /// Whether some could not be read or filled in, which is already reported.
    pub(super) is_doubtful: bool,
}

impl Vars {
    pub(super) fn is_declared(&self, name: &str) -> bool {
        self.declared.iter().any(|declared| declared == name)
    }

    pub(super) fn declared(&self) -> impl Iterator<Item = &str> {
        self.declared.iter().map(String::as_str)
    }

    /// The value, if it is text and the same in every workflow.
    pub(super) fn constant(&self, name: &str) -> Option<&Template> {
        self.constants.get(name)
    }

    /// The values in a workflow.
    pub(super) fn of(&self, workflow: usize) -> &BTreeMap<String, Template> {
        &self.by_workflow[workflow]
    }

    /// A value with what is the same in every workflow filled in.
    pub(super) fn fold(&self, template: &Template) -> Template {
        template.fill(|name| self.constants.get(name).cloned())
    }

    /// A value with a workflow's vars filled in.
    pub(super) fn fill(&self, workflow: usize, template: &Template) -> Template {
        template.fill(|name| self.by_workflow[workflow].get(name).cloned())
    }
}

impl Resolver<'_> {
    pub(super) fn resolve_vars(&mut self) -> Vars {
        let spec = self.spec;
        self.vars.declared = spec.vars.iter().map(|(name, _)| name.text.clone()).collect();
        for (_, text) in &spec.vars {
            self.check_text(text, Place::Var);
        }
        let mut by_workflow = Vec::new();
        for (index, (_, workflow)) in spec.workflows.iter().enumerate() {
            for (name, text) in &workflow.vars {
                if self.vars.is_declared(&name.text) {
                    self.check_text(text, Place::Var);
                } else {
                    let problem = Diagnostic::new(
                        "unknown-var",
                        name.span,
                        format!("there is no var `{}` to give another value", name.text),
                    );
                    let problem = problem.did_you_mean(&name.text, self.vars.declared());
                    self.report(
                        problem.help("declare it under `vars` at the top, with the value that other workflows have"),
                    );
                }
            }
            by_workflow.push(self.values(&workflow.vars));
            for (name, top) in &spec.vars {
                let own = workflow.vars.iter().find(|(own, _)| own.text == name.text).map(|(_, text)| text);
                if self.asked(&name.text).is_none() {
                    self.check_run_names(own.unwrap_or(top), index);
                }
            }
        }
        let everywhere = match by_workflow.first() {
            Some(first) => first.clone(),
            None => self.values(&[]),
        };
        let constants = everywhere
            .into_iter()
            .filter(|(name, value)| {
                value.as_literal().is_some() && by_workflow.iter().all(|vars| vars.get(name) == Some(value))
            })
            .collect();
        let is_doubtful = self.spec.doubtful.contains(&"vars")
            || self.diagnostics.iter().any(|d| matches!(d.code, "var-cycle" | "value-too-long"));
        Vars { declared: self.vars.declared.clone(), by_workflow, constants, is_doubtful }
    }

    fn asked(&self, name: &str) -> Option<Template> {
        let (_, value) = self.request.vars.iter().rev().find(|(asked, _)| asked == name)?;
        Some(Template::literal(value))
    }

    /// The values of all vars where `over` replaces the top ones, each with the others filled in.
    fn values(&mut self, over: &[(Name, Text)]) -> BTreeMap<String, Template> {
        let spec = self.spec;
        let mut written: BTreeMap<&str, (Template, crate::span::Span)> = BTreeMap::new();
        for (name, text) in spec.vars.iter().chain(over.iter().filter(|(name, _)| self.vars.is_declared(&name.text))) {
            let value = self.asked(&name.text).unwrap_or_else(|| text.template.clone());
            written.insert(&name.text, (value, text.span));
        }
        let names: Vec<&str> = written.keys().copied().collect();
        let place = |name: &str| names.binary_search(&name).ok();
        let needs: Vec<Vec<usize>> = names
            .iter()
            .map(|name| {
                let mut needs: Vec<usize> = written[name].0.names().filter_map(place).collect();
                needs.dedup();
                needs
            })
            .collect();
        let order = match crate::plan::order::order(&needs) {
            Ok(order) => order,
            Err(cycle) => {
                let path: Vec<&str> = cycle.iter().chain(cycle.first()).map(|at| names[*at]).collect();
                let problem = Diagnostic::new(
                    "var-cycle",
                    written[names[cycle[0]]].1,
                    format!("vars refer to each other in a circle: {}", chain(&path)),
                );
                self.report(problem.help("give one of them a value of its own"));
                return BTreeMap::new();
            }
        };
        let mut values: BTreeMap<String, Template> = BTreeMap::new();
        for at in order {
            let value = written[names[at]].0.fill(|name| values.get(name).cloned());
            // Vars that refer to each other double with every step.
            if value.literal_length() + value.parts().len() > LONGEST_WORD {
                let message = format!(
                    "the var `{}` is longer than the {LONGEST_WORD} bytes that a word of a command can hold",
                    names[at]
                );
                let problem = Diagnostic::new("value-too-long", written[names[at]].1, message);
                self.report(problem.help("put what is so long into a file of the repository"));
                return BTreeMap::new();
            }
            values.insert(names[at].to_owned(), value);
        }
        values
    }
}
