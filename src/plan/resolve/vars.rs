//! The values of `vars`, per workflow: who beats whom, who refers to whom, and which are the same everywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::{MOVE_INTO_FILE, Problems, text};
use crate::diagnostic::{Diagnostic, chain};
use crate::names::Position;
use crate::plan::{Given, LONGEST_WORD, Request, order::order};
use crate::spec::{Name, Spec, Text};
use crate::template::Template;

/// What each var is in a workflow, with late names left as references.
type Values = BTreeMap<String, Template>;

/// A var that is given by hand, and what refers to that.
type GivenValue<'n> = (&'n Name, Template);

/// Every var, in every workflow.
#[derive(Clone, Debug)]
pub(super) struct Vars {
    by_workflow: Vec<Values>,
    /// Those that are text and the same in every workflow.
    constants: Values,
    /// Those that are declared and not constant; none if some could not be read or filled in, which is already reported.
    late: BTreeSet<String>,
    /// What may be given by hand.
    given: BTreeMap<String, Given>,
}

impl Vars {
    /// Whether its value is not known when generating.
    pub(super) fn is_late(&self, name: &str) -> bool {
        self.late.contains(name)
    }

    /// What may be given by hand, by the name that refers to it.
    pub(super) fn given(&self) -> BTreeMap<String, Given> {
        self.given.clone()
    }

    pub(super) fn in_workflow(&self, index: usize) -> &Values {
        &self.by_workflow[index]
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

pub(super) fn vars(spec: &Spec, request: &Request, problems: &mut Problems) -> Vars {
    spec.vars.iter().for_each(|(_, text)| text::check_late(spec, text, Position::Var, problems));
    let mut by_workflow = Vec::new();
    let mut given = BTreeMap::new();
    for (place, named) in spec.workflows.iter().enumerate() {
        let own = &named.1.vars;
        for (name, text) in own {
            if spec.declares(&name.text) {
                text::check_late(spec, text, Position::Var, problems);
            } else {
                let message = format!("there is no var `{}` to override", name.text);
                let problem =
                    Diagnostic::new("unknown-var", name.span, message).did_you_mean(&name.text, spec.var_names());
                let help = "declare it under `vars` at the top, with the value that other workflows have";
                problems.push(problem.help(help));
            }
        }
        let by_hand = named.1.manual.as_deref().unwrap_or_default();
        let mut all = values(spec, request, own, problems);
        if let Some(own_values) = &all
            && !by_hand.is_empty()
        {
            given.extend(given_by_hand(spec, (place, by_hand), own_values, problems));
            // What refers to them is made of what is given.
            let known = |var: &Name| given.contains_key(&Given::name(place, &var.text));
            let names: Vec<GivenValue<'_>> = by_hand
                .iter()
                .filter(|var| known(var))
                .map(|var| (var, Template::name(&Given::name(place, &var.text))))
                .collect();
            all = values_with(spec, request, (own, &names), problems);
        }
        by_workflow.push(all);
        for (name, top) in spec.vars.iter().filter(|(name, _)| requested(request, &name.text).is_none()) {
            let own = own.iter().find(|(own, _)| own.text == name.text).map(|(_, text)| text);
            text::check_run_names(named, own.unwrap_or(top), problems);
        }
    }
    let everywhere = by_workflow.first().cloned().unwrap_or_else(|| values(spec, request, &[], problems));
    let is_doubtful =
        spec.doubtful.contains(&"vars") || everywhere.is_none() || by_workflow.iter().any(Option::is_none);
    let by_workflow: Vec<Values> = by_workflow.into_iter().map(Option::unwrap_or_default).collect();
    let mut constants = everywhere.unwrap_or_default();
    constants.retain(|name, value| {
        value.as_literal().is_some() && by_workflow.iter().all(|vars| vars.get(name) == Some(value))
    });
    let is_late = |name: &&str| !is_doubtful && !constants.contains_key(*name);
    let late = spec.var_names().filter(is_late).map(str::to_owned).collect();
    Vars { by_workflow, constants, late, given }
}

/// The vars that may be given by hand, with what each is otherwise: a shell has it as it stands, behind `:-`.
fn given_by_hand(
    spec: &Spec,
    (place, by_hand): (usize, &[Name]),
    own: &Values,
    problems: &mut Problems,
) -> Vec<(String, Given)> {
    let mut given = Vec::new();
    for var in by_hand.iter().filter(|var| var.text != "workflow") {
        let Some(value) = own.get(&var.text) else {
            let problem = Diagnostic::new("unknown-var", var.span, format!("there is no var `{}` to give", var.text));
            let problem = problem.did_you_mean(&var.text, spec.var_names());
            problems.push(
                problem.help("declare it under `vars` at the top, with the value that it has if nobody gives one"),
            );
            continue;
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@+,".contains(c);
        match value.as_literal().filter(|text| text.chars().all(is_plain)) {
            Some(text) => {
                let (name, otherwise) = (Given::name(place, &var.text), text.to_owned());
                given.push((name, Given { var: var.text.clone(), otherwise }));
            }
            None => {
                let message = format!("what the var `{}` is if nobody gives a value is not plain: `{value}`", var.text);
                let help = "give it a value of letters, digits and `_-./:@+,`, here or at the top, or an empty one";
                problems.push(Diagnostic::new("manual", var.span, message).help(help));
            }
        }
    }
    given
}

/// The value that beats every other.
fn requested(request: &Request, name: &str) -> Option<Template> {
    let (_, value) = request.vars.iter().rev().find(|(known, _)| known == name)?;
    Some(Template::literal(value))
}

/// The values of all vars where `over` replaces the top ones, each with the others filled in; `None` after a problem.
fn values(spec: &Spec, request: &Request, over: &[(Name, Text)], problems: &mut Problems) -> Option<Values> {
    values_with(spec, request, (over, &[]), problems)
}

/// The same, with other values for some.
fn values_with(
    spec: &Spec,
    request: &Request,
    (over, given): (&[(Name, Text)], &[GivenValue<'_>]),
    problems: &mut Problems,
) -> Option<Values> {
    let mut written = BTreeMap::new();
    for (name, text) in spec.vars.iter().chain(over.iter().filter(|(name, _)| spec.declares(&name.text))) {
        let value = requested(request, &name.text).unwrap_or_else(|| text.template.clone());
        written.insert(name.text.as_str(), (value, text.span));
    }
    for (name, value) in given {
        written.insert(name.text.as_str(), (value.clone(), name.span));
    }
    let names: Vec<&str> = written.keys().copied().collect();
    let index = |name: &str| names.binary_search(&name).ok();
    let needs: Vec<Vec<usize>> = names
        .iter()
        .map(|name| {
            let mut needs: Vec<usize> = written[name].0.names().filter_map(index).collect();
            needs.dedup();
            needs
        })
        .collect();
    let order = match order(&needs) {
        Ok(order) => order,
        Err(cycle) => {
            let path: Vec<&str> = cycle.iter().chain(cycle.first()).map(|at| names[*at]).collect();
            let message = format!("vars refer to each other in a cycle: {}", chain(&path));
            let problem = Diagnostic::new("var-cycle", written[path[0]].1, message);
            problems.push(problem.help("give one of them a value of its own"));
            return None;
        }
    };
    let mut values = Values::new();
    for name in order.into_iter().map(|at| names[at]) {
        let (template, span) = &written[name];
        let value = template.fill(|name| values.get(name).cloned());
        // Vars that refer to each other double with every step.
        if value.literal_length() + value.parts().len() > LONGEST_WORD {
            let message = format!("the var `{name}` is longer than a word of a command can be: {LONGEST_WORD} bytes");
            problems.push(Diagnostic::new("value-too-long", *span, message).help(MOVE_INTO_FILE));
            return None;
        }
        values.insert(name.to_owned(), value);
    }
    Some(values)
}
