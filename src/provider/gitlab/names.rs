//! How GitLab's jobs learn what differs between workflows: functions that all of them share have assigned it already.

use super::{DIALECT, SCHEDULED};
use crate::plan::{Plan, Work};
use crate::provider::script::{Names, Sometimes, Values};
use crate::template::Template;

/// The names that GitLab's jobs know.
pub(super) struct SharedNames<'p>(pub(super) &'p Plan);

impl Names for SharedNames<'_> {
    fn vars(&self, values: &Values<'_>, is_late: bool) -> Vec<String> {
        // They are assigned already; scripts want them exported.
        let late = |var: &&str| {
            let value = |place: &usize| values.plan.workflows[*place].vars.get(*var);
            let names = values.runs.iter().filter_map(value).flat_map(Template::names);
            names.into_iter().any(crate::spec::is_upper_name) == is_late
        };
        values.used_vars().into_iter().filter(late).map(str::to_owned).collect()
    }

    fn tags(&self, _values: &Values<'_>) -> Vec<String> {
        Vec::new()
    }

    fn exports(&self, values: &Values<'_>) -> Vec<String> {
        let mut lines = vec![
            "export git_sha=\"$CI_COMMIT_SHA\" git_short_sha=\"$CI_COMMIT_SHORT_SHA\" pipeline=\"$CI_PIPELINE_IID\""
                .into(),
            "export git_branch=\"${CI_COMMIT_BRANCH-}\" git_tag=\"${CI_COMMIT_TAG-}\" git_ref=\"$CI_COMMIT_REF_NAME\""
                .into(),
        ];
        lines.extend(matches!(values.job.work, Work::Build(_)).then(|| "export platform arch".into()));
        lines.extend(super::local::exports(self.0));
        lines
    }

    fn sometimes(&self, names: &Sometimes) -> Vec<String> {
        let check = |(name, places): &(String, Vec<usize>)| {
            let workflows = places.iter().map(|place| crate::shell::literal(&self.0.workflows[*place].name));
            format!(
                "case ${SCHEDULED} in {}) : \"${{{name}:?{}}}\" ;; esac",
                workflows.collect::<Vec<_>>().join(" | "),
                DIALECT.advice
            )
        };
        names.iter().map(check).collect()
    }

    fn resolve(&self, values: &Values<'_>) -> Vec<String> {
        if names_are_late(values) { vec!["names".into()] } else { Vec::new() }
    }

    fn is_one_shell(&self) -> bool {
        true
    }

    fn knows_clean(&self) -> bool {
        true
    }

    fn keep(&self, _values: &Values<'_>) -> Vec<String> {
        Vec::new()
    }
}

/// Whether the names of a run are asked for after the project's preparation: they may need what it exports, and what it
/// calls by their names is its own.
pub(super) fn names_are_late(values: &Values<'_>) -> bool {
    values.job.setup.is_some()
}
