//! What starts each workflow: the first that matches runs, so a later one excludes what earlier ones match.

use crate::diagnostic::Diagnostic;
use crate::pattern::{Pattern, TooLarge, leftover, overlap};
use crate::plan::Trigger;
use crate::spec::{Matcher, Name, Spec, Workflow};

/// The most patterns of earlier workflows that are shown with one that they leave nothing for.
const SHOWN: usize = 5;

/// The triggers of every workflow, in order.
pub(super) fn triggers(spec: &Spec, diagnostics: &mut Vec<Diagnostic>) -> Vec<Trigger> {
    let mut triggers: Vec<Trigger> = Vec::new();
    for (index, (name, workflow)) in spec.workflows.iter().enumerate() {
        let mut trigger = Trigger {
            branches: patterns(&workflow.branches),
            tags: patterns(&workflow.on_tags),
            schedule: workflow.schedule.as_ref().map(|schedule| schedule.text.clone()),
            ..Trigger::default()
        };
        if trigger.schedule.is_none() {
            let earlier = || spec.workflows[..index].iter().filter(|(_, w)| w.schedule.is_none());
            let mut side = |what: Side| match exclusions(what, (name, workflow), earlier()) {
                Ok(excluded) => excluded,
                Err(problem) => {
                    diagnostics.push(*problem);
                    Vec::new()
                }
            };
            trigger.not_branches = side(Side::Branches);
            trigger.not_tags = side(Side::Tags);
        }
        triggers.push(trigger);
    }
    triggers
}

#[derive(Clone, Copy)]
enum Side {
    Branches,
    Tags,
}

impl Side {
    fn of(self, workflow: &Workflow) -> &[Matcher] {
        match self {
            Self::Branches => &workflow.branches,
            Self::Tags => &workflow.on_tags,
        }
    }

    fn called(self) -> &'static str {
        match self {
            Self::Branches => "branch",
            Self::Tags => "tag",
        }
    }
}

fn patterns(matchers: &[Matcher]) -> Vec<Pattern> {
    matchers.iter().map(|matcher| matcher.pattern.clone()).collect()
}

/// The patterns of earlier workflows that match something that this one matches, too.
fn exclusions<'s>(
    side: Side,
    (name, workflow): (&Name, &Workflow),
    earlier: impl Iterator<Item = &'s (Name, Workflow)>,
) -> Result<Vec<Pattern>, Box<Diagnostic>> {
    let mine = patterns(side.of(workflow));
    let Some(first) = side.of(workflow).first() else { return Ok(Vec::new()) };
    let too_large = |TooLarge { text }: TooLarge| {
        let problem = Diagnostic::new(
            "pattern",
            first.span,
            format!("the pattern `{text}` is too large to be compared with others"),
        );
        Box::new(problem.help("write it with fewer repetitions"))
    };
    let mut excluded: Vec<Pattern> = Vec::new();
    let mut excluding = Vec::new();
    for (other, earlier) in earlier {
        for matcher in side.of(earlier) {
            if excluded.contains(&matcher.pattern) {
                continue;
            }
            if overlap(&mine, std::slice::from_ref(&matcher.pattern)).map_err(too_large)?.is_some() {
                excluded.push(matcher.pattern.clone());
                excluding.push((matcher.span, format!("`{}` is tried first", other.text)));
            }
        }
    }
    if !excluded.is_empty() && leftover(&mine, &excluded).map_err(too_large)?.is_none() {
        let message =
            format!("no {} can ever start the workflow `{}`: earlier ones match all of them", side.called(), name.text);
        let mut problem = Diagnostic::new("unreachable-workflow", first.span, message);
        let count = excluding.len();
        for (span, label) in excluding.into_iter().take(SHOWN) {
            problem = problem.related(span, label);
        }
        if count > SHOWN {
            problem = problem.help(format!("{count} patterns of earlier workflows match some; {SHOWN} are shown here"));
        }
        return Err(Box::new(
            problem.help("workflows are tried in order: put the special one first, or change its patterns"),
        ));
    }
    Ok(excluded)
}
