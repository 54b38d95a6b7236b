//! How a job of a file knows what a run knows: its file is one workflow, so nothing differs but that.

use std::collections::BTreeSet;

use super::dialect;
use super::script::Scripts;
use crate::plan::{Tag, Work};
use crate::provider::script::{self, Names, READ_VERSION, Sometimes, Values, keeps_tags};

impl Names for Scripts<'_> {
    fn vars(&self, _values: &Values<'_>, _is_late: bool) -> Vec<String> {
        Vec::new()
    }

    fn exports(&self, values: &Values<'_>) -> Vec<String> {
        dialect::exports(values.dialect)
    }

    fn sometimes(&self, _names: &Sometimes) -> Vec<String> {
        Vec::new()
    }

    fn of_vars(&self, values: &Values<'_>) -> BTreeSet<String> {
        let vars = &values.plan.workflows[values.runs[0]].vars;
        let used = vars.iter().filter(|(name, _)| values.job.scripts_mention(name)).map(|(_, value)| value);
        values.environment(used)
    }

    fn resolve(&self, _values: &Values<'_>) -> Vec<String> {
        Vec::new()
    }

    fn version(&self, values: &Values<'_>) -> Vec<String> {
        let has_version = self.values.plan.workflows[values.runs[0]].version.is_some();
        if has_version && (values.has_version() || values.moves()) {
            READ_VERSION.map(str::to_owned).into()
        } else {
            Vec::new()
        }
    }

    fn workflow_tags(&self, values: &Values<'_>) -> Vec<String> {
        let names = values.workflow_tags();
        let line = |name: &&str| format!("{name}=\"{}\"", values.workflow_tag(name, values.runs[0]));
        let mut lines: Vec<String> = names.iter().map(line).collect();
        let exported: Vec<&str> = names.into_iter().filter(|name| values.job.scripts_mention(name)).collect();
        lines.extend((!exported.is_empty()).then(|| format!("export {}", exported.join(" "))));
        lines
    }

    fn tags(&self, values: &Values<'_>) -> Vec<String> {
        let words = |tags: Option<&[Tag]>| values.tags(tags.unwrap_or_default());
        let mut lines = vec![format!("tags=\"{}\"", words(values.same_tags())), "tag=${tags%% *}".into()];
        let is_read = matches!(values.job.work, Work::Copy(_)) || keeps_tags(values);
        lines.extend((is_read && values.moves()).then(|| format!("moving=\"{}\"", words(values.same_moving()))));
        lines
    }

    fn is_one_shell(&self) -> bool {
        false
    }

    fn knows_clean(&self) -> bool {
        false
    }

    fn keep(&self, values: &Values<'_>) -> Vec<String> {
        script::kept(values)
    }
}
