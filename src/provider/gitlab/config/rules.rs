//! Lists of rules, and whether a job with them is in a run
//! (<https://docs.gitlab.com/ci/yaml/#rules>).

use std::collections::{BTreeSet, HashMap};

use super::condition::{Condition, Run};
use crate::provider::gitlab::SCHEDULED;
use crate::yaml::Node;

/// Every list of rules that differs from the others.
#[derive(Default)]
pub(super) struct Rules<'n> {
    places: HashMap<String, usize>,
    known: Vec<Vec<Rule<'n>>>,
    /// The rules of `workflow`, which say whether there is a pipeline.
    workflow: Option<Workflow>,
}

#[derive(Clone, Copy)]
enum Workflow {
    /// The place of its rules.
    Rules(usize),
    Unknown,
}

struct Rule<'n> {
    /// `None` if it is of a form that is not known here.
    condition: Option<Condition<'n>>,
    /// Whether it has no condition at all.
    is_always: bool,
    /// Whether it depends on files, too.
    is_doubtful: bool,
    runs: bool,
}

/// A kind of run, for a person, and what is set in it.
pub(super) type Kind = (String, Run);

/// A kind of run in which a job is and another is not.
#[derive(Clone)]
pub(super) struct Exclusion {
    pub(super) kind: String,
    /// Whether it is known that there are such runs.
    pub(super) is_certain: bool,
}

impl<'n> Rules<'n> {
    /// The rules of `workflow`; without a node it is not known whether there are any.
    pub(super) fn set_workflow(&mut self, rules: Option<&'n Node>) {
        self.workflow =
            Some(rules.and_then(|rules| self.place(Some(rules))).map_or(Workflow::Unknown, Workflow::Rules));
    }

    /// The place of a job's rules; a job without rules runs in every pipeline for a branch or a tag.
    pub(super) fn place(&mut self, rules: Option<&'n Node>) -> Option<usize> {
        let items = match rules {
            Some(node) => node.as_sequence()?,
            None => &[],
        };
        let mut text = String::from(if rules.is_some() { "rules" } else { "" });
        let mut parsed = Vec::new();
        for item in items {
            let map = item.as_mapping()?;
            let part = |key: &str| map.get(key).and_then(Node::as_str).unwrap_or_default();
            let is_doubtful = map.get("changes").is_some() || map.get("exists").is_some();
            let is_always = map.get("if").is_none();
            text.push_str(&format!("\n{}\n{}\n{is_doubtful}{is_always}", part("if"), part("when")));
            let condition = Condition::parse(part("if"));
            parsed.push(Rule { condition, is_always, is_doubtful, runs: part("when") != "never" });
        }
        if rules.is_none() {
            parsed.push(Rule { condition: None, is_always: true, is_doubtful: false, runs: true });
        }
        Some(*self.places.entry(text).or_insert_with(|| {
            self.known.push(parsed);
            self.known.len() - 1
        }))
    }

    /// Runs that may differ for some rules: one for every branch, tag and schedule that a condition names.
    pub(super) fn runs(&self) -> Vec<Kind> {
        let conditions = || self.known.iter().flatten().filter_map(|rule| rule.condition.as_ref());
        let values = |variables: &[&str]| -> BTreeSet<String> {
            let mut values = Vec::new();
            conditions().for_each(|one| variables.iter().for_each(|variable| one.values(variable, &mut values)));
            values.into_iter().collect()
        };
        // A name that nobody names stands for all others.
        let other = "some-other-name".to_owned();
        let branches: BTreeSet<String> =
            values(&["CI_COMMIT_BRANCH", "CI_COMMIT_REF_NAME"]).into_iter().chain([other.clone()]).collect();
        let tags: BTreeSet<String> =
            values(&["CI_COMMIT_TAG", "CI_COMMIT_REF_NAME"]).into_iter().chain([other]).collect();
        let scheduled = values(&[SCHEDULED]);
        let mut runs = Vec::new();
        for branch in branches {
            runs.push((format!("the branch `{branch}`"), run(Some(&branch), None, None)));
            for workflow in &scheduled {
                let kind = format!("the branch `{branch}` by the schedule `{workflow}`");
                runs.push((kind, run(Some(&branch), None, Some(workflow))));
                let mut by_hand = run(Some(&branch), None, Some(workflow));
                by_hand.insert("CI_PIPELINE_SOURCE", Some("web".to_owned()));
                runs.push((format!("the branch `{branch}`, started by hand as `{workflow}`"), by_hand));
            }
        }
        for base in values(&["CI_MERGE_REQUEST_TARGET_BRANCH_NAME"]) {
            let mut run = run(None, None, None);
            let set = [
                ("CI_PIPELINE_SOURCE", "merge_request_event"),
                ("CI_COMMIT_REF_NAME", "some-other-name"),
                ("CI_MERGE_REQUEST_IID", "1"),
                ("CI_MERGE_REQUEST_ID", "1"),
                ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", base.as_str()),
            ];
            run.extend(set.map(|(name, value)| (name, Some(value.to_owned()))));
            runs.push((format!("merge requests to `{base}`"), run));
        }
        runs.extend(tags.into_iter().map(|tag| (format!("the tag `{tag}`"), run(None, Some(&tag), None))));
        runs
    }

    /// A kind of run in which a job with the first rules is, by one of the rules that `counts` says, and one with the second
    /// is not; the first that is certain.
    pub(super) fn exclusion(
        &self,
        (first, counts): (usize, impl Fn(Option<usize>) -> bool),
        second: usize,
        runs: &[Kind],
    ) -> Option<Exclusion> {
        let mut doubtful = None;
        for (kind, run) in runs {
            let is_made = match self.workflow {
                None => Some(true),
                Some(Workflow::Unknown) => None,
                Some(Workflow::Rules(place)) => self.decision(place, run).map(|rule| self.is_run(place, rule)),
            };
            if is_made == Some(false) {
                continue;
            }
            let Some(rule) = self.decision(first, run) else { continue };
            let is_left_out = || self.decision(second, run).is_some_and(|rule| !self.is_run(second, rule));
            if self.is_run(first, rule) && counts(rule) && is_left_out() {
                let found = Exclusion { kind: kind.clone(), is_certain: is_made == Some(true) };
                if found.is_certain {
                    return Some(found);
                }
                doubtful = doubtful.or(Some(found));
            }
        }
        doubtful
    }

    /// The first rule that holds in a run, which decides; `None` if that is not known.
    fn decision(&self, place: usize, run: &Run) -> Option<Option<usize>> {
        for (number, rule) in self.known[place].iter().enumerate() {
            let holds = if rule.is_always { Some(true) } else { rule.condition.as_ref()?.holds(run) };
            match holds? {
                false => {}
                true if rule.is_doubtful => return None,
                true => return Some(Some(number)),
            }
        }
        Some(None)
    }

    fn is_run(&self, place: usize, rule: Option<usize>) -> bool {
        rule.is_some_and(|number| self.known[place][number].runs)
    }
}

fn run(branch: Option<&str>, tag: Option<&str>, scheduled: Option<&str>) -> Run {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Run::from([
        ("CI_COMMIT_BRANCH", owned(branch)),
        ("CI_COMMIT_TAG", owned(tag)),
        ("CI_COMMIT_REF_NAME", owned(branch.or(tag))),
        ("CI_COMMIT_SHA", Some("0".repeat(40))),
        ("CI_PIPELINE_SOURCE", Some(if scheduled.is_some() { "schedule" } else { "push" }.to_owned())),
        ("CI_MERGE_REQUEST_IID", None),
        ("CI_MERGE_REQUEST_ID", None),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", None),
        (SCHEDULED, owned(scheduled)),
    ])
}
