//! How GitLab's jobs learn what differs between workflows: functions that all of them share have assigned it already.

use super::{DIALECT, SCHEDULED};
use crate::plan::{Plan, TAG, Work};
use crate::provider::script::{Names, Sometimes, Values};
use crate::spec::is_upper_name;
use crate::template::{Part, Template};

/// The names that GitLab's jobs know.
pub(super) struct SharedNames<'p>(pub(super) &'p Plan);

impl Names for SharedNames<'_> {
    fn vars(&self, values: &Values<'_>, is_late: bool) -> Vec<String> {
        // They are assigned already; scripts and tags want them exported.
        let late = |var: &&str| {
            let value = |place: &usize| values.plan.workflows[*place].vars.get(*var);
            let names = values.runs.iter().filter_map(value).flat_map(Template::names);
            names.into_iter().any(crate::spec::is_upper_name) == is_late
        };
        used_vars(values).into_iter().filter(late).map(str::to_owned).collect()
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
        if names_are_late(values) { call(values) } else { Vec::new() }
    }

    fn version(&self, _values: &Values<'_>) -> Vec<String> {
        Vec::new()
    }

    fn workflow_tags(&self, _values: &Values<'_>) -> Vec<String> {
        Vec::new()
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

/// The vars that differ between the job's workflows, and that a script, a value or a tag of it uses.
pub(super) fn used_vars<'p>(values: &Values<'p>) -> Vec<&'p str> {
    let mut used = values.used_vars();
    let templates = &values.job.tag_templates;
    used.extend(values.varying_vars().filter(|var| templates.iter().any(|template| template.mentions(var))));
    used.sort_unstable();
    used.dedup();
    used
}

/// The lines that set the tags of an image.
pub(super) fn call(values: &Values<'_>) -> Vec<String> {
    named(values, &values.job.tag_templates)
}

/// The same in the job that publishes what was built: tags that only builds can know have no say there.
pub(super) fn published(values: &Values<'_>) -> Vec<String> {
    let is_late = |name: &str| {
        let vars = values.runs.iter().filter_map(|place| values.plan.workflows[*place].vars.get(name));
        is_upper_name(name) || vars.flat_map(Template::names).any(is_upper_name)
    };
    let known = values.job.tag_templates.iter().filter(|template| !values.filled(template).names().any(is_late));
    named(values, &known.cloned().collect::<Vec<_>>())
}

fn named(values: &Values<'_>, templates: &[Template]) -> Vec<String> {
    let (each, once): (Vec<&Template>, Vec<&Template>) =
        templates.iter().partition(|template| template.mentions(TAG) || template.mentions("tag_prefix"));
    // `names` puts in what stands between braces, which no tag has.
    let word = |template: &&Template| {
        let own = ["tag", "tag_prefix"];
        let marked = template.fill(|name| own.contains(&name).then(|| Template::literal(&format!("{{{name}}}"))));
        quoted(values, &marked)
    };
    let mut words: Vec<String> = std::iter::once("names".to_owned()).chain(each.iter().map(word)).collect();
    // Where some images have tags of their own, the others say that they have just the workflow's.
    let has_templates = values.plan.jobs.iter().any(|job| !job.tag_templates.is_empty());
    words.extend((each.is_empty() && has_templates).then(|| "'{tag}'".to_owned()));
    let mut lines = vec![words.join(" ")];
    let once: Vec<String> = once.iter().map(|tag| values.cleaned(tag, values.plan.tag_room)).collect();
    match (each.is_empty(), once.is_empty()) {
        (_, true) => {}
        (true, false) => lines.push(format!("tags=\"{}\" fixed= tag=${{tags%% *}}", once.join(" "))),
        (false, false) => lines.push(format!("tags=\"$tags {}\"", once.join(" "))),
    }
    lines
}

/// A template as one word, whose late names are cleaned.
fn quoted(values: &Values<'_>, template: &Template) -> String {
    match template.as_literal() {
        Some(literal) => format!("'{literal}'"),
        None => {
            let part = |part: &Part| match part {
                Part::Literal(text) => text.clone(),
                Part::Name(name) => values.cleaned(&Template::name(name), values.plan.tag_room),
            };
            format!("\"{}\"", values.filled(template).parts().iter().map(part).collect::<String>())
        }
    }
}
