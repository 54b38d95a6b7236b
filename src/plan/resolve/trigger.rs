//! What starts each workflow: the first that matches runs, so a later one excludes what earlier ones match.

use super::Problems;
use crate::diagnostic::Diagnostic;
use crate::pattern::{Pattern, TooLarge, leftover, overlap};
use crate::plan::Trigger;
use crate::spec::{Matcher, Spec, Workflow};

/// The most patterns of earlier workflows that are shown with one that they leave nothing for.
const SHOWN: usize = 5;

/// What starts the workflow at `index`.
pub(super) fn trigger(spec: &Spec, index: usize, problems: &mut Problems) -> Trigger {
    let workflow = &spec.workflows[index].1;
    let mut excluded = |side: Side| {
        if workflow.schedule.is_some() {
            return Vec::new();
        }
        exclusions(spec, index, side).unwrap_or_else(|problem| {
            problems.push(*problem);
            Vec::new()
        })
    };
    Trigger {
        branches: patterns(&workflow.branches),
        not_branches: excluded(Side::Branches),
        tags: patterns(&workflow.on_tags),
        not_tags: excluded(Side::Tags),
        forks: workflow.forks,
        pull_requests: patterns(&workflow.pull_requests),
        not_pull_requests: excluded(Side::Requests),
        manual: workflow.manual.is_some(),
        schedule: workflow.schedule.as_ref().map(|schedule| schedule.text.clone()),
    }
}

#[derive(Clone, Copy)]
enum Side {
    Branches,
    Tags,
    Requests,
}

impl Side {
    fn of(self, workflow: &Workflow) -> &[Matcher] {
        match self {
            Self::Branches => &workflow.branches,
            Self::Tags => &workflow.on_tags,
            Self::Requests => &workflow.pull_requests,
        }
    }

    fn called(self) -> &'static str {
        match self {
            Self::Branches => "branch",
            Self::Tags => "tag",
            Self::Requests => "pull request",
        }
    }
}

fn patterns(matchers: &[Matcher]) -> Vec<Pattern> {
    matchers.iter().map(|matcher| matcher.pattern.clone()).collect()
}

/// The patterns of earlier workflows that match something that this one matches, too.
fn exclusions(spec: &Spec, index: usize, side: Side) -> Result<Vec<Pattern>, Box<Diagnostic>> {
    let (name, workflow) = &spec.workflows[index];
    let mine = patterns(side.of(workflow));
    let Some(first) = side.of(workflow).first() else { return Ok(Vec::new()) };
    let too_large = |TooLarge { text }: TooLarge| {
        let message = format!("the pattern `{text}` is too large to be compared with others");
        Box::new(Diagnostic::new("pattern", first.span, message).help("write it with fewer repetitions"))
    };
    let mut excluded: Vec<Pattern> = Vec::new();
    let mut excluding = Vec::new();
    // What is for forks and what is not never meet.
    let meets = |earlier: &Workflow| earlier.forks.is_none_or(|forks| workflow.forks.is_none_or(|own| own == forks));
    let earlier = spec.workflows[..index].iter().filter(|(_, earlier)| earlier.schedule.is_none() && meets(earlier));
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
    if excluded.is_empty() || leftover(&mine, &excluded).map_err(too_large)?.is_some() {
        return Ok(excluded);
    }
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
    Err(Box::new(problem.help("workflows are tried in order: put the special one first, or change its patterns")))
}
