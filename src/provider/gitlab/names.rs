//! How GitLab's jobs learn what differs between workflows: functions that all of them share have assigned it already.

use std::collections::BTreeSet;

use super::item::Item;
use super::script::Functions;
use super::{DIALECT, SCHEDULED, UNKNOWN};
use crate::plan::{PLAIN, Plan, TAG, Tag, Work, Workflow, is_fixed};
use crate::provider::script::{self, Names, Sometimes, Values};
use crate::shell;
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
    let mut lines =
        vec![std::iter::once("names".to_owned()).chain(each.iter().map(word)).collect::<Vec<_>>().join(" ")];
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

impl Functions<'_> {
    /// Whether a workflow's tags are versions.
    pub(super) fn has_versions(&self) -> bool {
        self.plan.workflows.iter().any(|workflow| workflow.version.is_some())
    }

    /// Whether tags move to the highest version.
    pub(super) fn moves(&self) -> bool {
        self.values.iter().any(Values::moves)
    }

    /// What sets the version of a run.
    pub(super) fn version(&self) -> Option<Item> {
        let has_version = |workflow: &Workflow| workflow.version.is_some();
        if !self.plan.workflows.iter().any(has_version) && !self.values.iter().any(Values::has_version) {
            return None;
        }
        let mut text = String::from("# The version of a release.\ncase $SPLITBUILD_WORKFLOW in\n");
        for (place, workflow) in self.plan.workflows.iter().enumerate() {
            let (Some(id), Some(version)) = (workflow.jobs.first(), &workflow.version) else { continue };
            let runs = [place];
            let here = Values { runs: &runs, ..self.values[id.place()] };
            text.push_str(&format!("  {}) git_version={} ;;\n", shell::literal(&workflow.name), here.word(version)));
        }
        text.push_str("  *) git_version= ;;\nesac\nif [ -n \"$git_version\" ]; then\n");
        text.push_str(&script::indented(script::VERSION, 2));
        text.push_str("  export git_version git_version_minor git_version_major\nfi\n");
        Some(Item::Block(text))
    }

    /// The function that tells the names of a run.
    pub(super) fn names(&self) -> Item {
        let has_templates = self.plan.jobs.iter().any(|job| !job.tag_templates.is_empty());
        let prefixes = self.plan.jobs.iter().flat_map(|job| &job.tag_templates).any(|it| it.mentions("tag_prefix"));
        let mut text = match has_templates {
            false => {
                "# names: sets $tags to the tags of this run, and $fixed to those that are its alone.\n".to_owned()
            }
            true => {
                "# names [TEMPLATE...]: sets $tags to what the image makes of the tags of this run, and $fixed to\n\
                     # those that are its alone.\n"
                    .to_owned()
            }
        };
        if self.cleans() {
            text.push_str(script::CLEAN);
        }
        if has_templates {
            text.push_str(&script::own(prefixes));
        }
        text.push_str(&format!("names() {{\n  case ${SCHEDULED} in\n"));
        let varying = self.varying_vars();
        for (place, workflow) in self.plan.workflows.iter().enumerate() {
            let Some(id) = workflow.jobs.first() else { continue };
            let runs = [place];
            let here = Values { runs: &runs, ..self.values[id.place()] };
            let tag = |tag: &Template| Tag::new(&Template::name(TAG), &if_set(&here, tag));
            let (pushed, moving): (Vec<&Template>, Vec<&Template>) =
                workflow.tags.iter().partition(|tag| workflow.version.is_none() || is_fixed(tag));
            let all = |tags: &[&Template]| here.tags(&tags.iter().map(|it| tag(it)).collect::<Vec<_>>());
            let fixed: Vec<&Template> = pushed.iter().copied().filter(|tag| is_fixed(tag)).collect();
            let assigned = |name: &str, value: String| match value.as_str() {
                "" => format!("{name}="),
                _ => format!("{name}=\"{value}\""),
            };
            let mut words = vec![format!("tags=\"{}\"", all(&pushed)), assigned("fixed", all(&fixed))];
            words.extend(self.moves().then(|| assigned("moving", all(&moving))));
            let is_plain = workflow.tags.iter().any(|tag| tag.as_literal() == Some(PLAIN));
            words.extend(prefixes.then(|| if is_plain { format!("plain={PLAIN}") } else { "plain=".into() }));
            for var in varying.iter().filter(|var| self.is_late(var)) {
                words
                    .extend(workflow.vars.get(*var).map(|value| format!("{var}={}", here.word(&if_set(&here, value)))));
            }
            text.push_str(&format!("    {}) {} ;;\n", shell::literal(&workflow.name), words.join(" ")));
        }
        text.push_str(&format!("    {UNKNOWN}\n  esac\n"));
        self.own_tags((has_templates, prefixes), &mut text);
        text.push_str(&format!(
            "  tag=${{tags%% *}}\n  \
             echo \"workflow: ${SCHEDULED}, tag: $tag, all tags: $tags, of this run alone: ${{fixed:-none}}\"\n}}\n"
        ));
        Item::Block(text)
    }

    /// What comes of the workflow's tags for one image.
    fn own_tags(&self, (has_templates, prefixes): (bool, bool), text: &mut String) {
        let late: BTreeSet<&str> = self.values.iter().flat_map(Values::workflow_tags).collect();
        if !late.is_empty() {
            text.push_str("  workflow_tag=${tags%% *}\n");
        }
        if late.contains("workflow_tag_prefix") {
            let plain = if prefixes { "\"$plain\"" } else { PLAIN };
            text.push_str(&format!(
                "  [ \"$workflow_tag\" = {plain} ] && workflow_tag_prefix= || workflow_tag_prefix=$workflow_tag-\n"
            ));
        }
        if !late.is_empty() {
            text.push_str(&format!("  export {}\n", late.into_iter().collect::<Vec<_>>().join(" ")));
        }
        if has_templates {
            let moving = if self.moves() { " moving=$(own \"$moving\" \"$@\")" } else { "" };
            text.push_str(&format!(
                "  if [ $# -gt 0 ]; then\n    tags=$(own \"$tags\" \"$@\") fixed=$(own \"$fixed\" \"$@\"){moving}\n  fi\n"
            ));
        }
    }
}

/// The value, whether or not the environment has all that it needs: not every job does.
fn if_set(values: &Values<'_>, value: &Template) -> Template {
    let name = |name: &str| is_upper_name(name).then(|| Template::name(&format!("${{{name}-}}")));
    values.filled(value).fill(name)
}
