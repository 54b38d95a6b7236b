//! What GitLab's jobs ask of the run: its version, and its names.

use std::collections::BTreeSet;

use super::item::Item;
use super::script::Functions;
use super::{SCHEDULED, UNKNOWN};
use crate::plan::{PLAIN, TAG, Tag, Work, Workflow, is_fixed};
use crate::provider::script::{self, Values};
use crate::shell;
use crate::spec::is_upper_name;
use crate::template::Template;

impl Functions<'_> {
    /// Whether jobs of a kind ask for the tags that move to the highest version. What publishes an index is told them by the
    /// builds.
    pub(super) fn moves(&self, is_of_kind: fn(&Work) -> bool) -> bool {
        self.values.iter().any(|values| is_of_kind(&values.job.work) && values.moves())
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

    /// The function that tells the names of a run to jobs of a kind.
    pub(super) fn names(&self, is_of_kind: fn(&Work) -> bool) -> Item {
        let moves = self.moves(is_of_kind);
        let has_templates = self.plan.jobs.iter().any(|job| !job.tag_templates.is_empty());
        let prefixes = self.plan.jobs.iter().flat_map(|job| &job.tag_templates).any(|it| it.mentions("tag_prefix"));
        let mut text = match has_templates {
            false => {
                "# names: sets $tags to the tags of this run, and $fixed to those that are its alone.\n".to_owned()
            }
            true => "# names TEMPLATE...: sets $tags to what the image makes of the tags of this run, and $fixed to\n\
                     # those that are its alone.\n"
                .to_owned(),
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
                workflow.tags.iter().partition(|tag| workflow.version.is_none() || !workflow.push || is_fixed(tag));
            let all = |tags: &[&Template]| here.tags(&tags.iter().map(|it| tag(it)).collect::<Vec<_>>());
            let fixed: Vec<&Template> = pushed.iter().copied().filter(|tag| is_fixed(tag)).collect();
            // A space after an empty value looks like a mistake.
            let is_last = |name: &str| name == "fixed" && !moves && !prefixes;
            let assigned = |name: &str, value: String| match value.as_str() {
                "" if is_last(name) => format!("{name}="),
                "" => format!("{name}=''"),
                _ => format!("{name}=\"{value}\""),
            };
            let mut words = vec![format!("tags=\"{}\"", all(&pushed)), assigned("fixed", all(&fixed))];
            words.extend(moves.then(|| assigned("moving", all(&moving))));
            let is_plain = workflow.tags.iter().any(|tag| tag.as_literal() == Some(PLAIN));
            words.extend(prefixes.then(|| if is_plain { format!("plain={PLAIN}") } else { "plain=''".into() }));
            for var in varying.iter().filter(|var| self.is_late(var)) {
                words
                    .extend(workflow.vars.get(*var).map(|value| format!("{var}={}", here.word(&if_set(&here, value)))));
            }
            text.push_str(&format!("    {}) {} ;;\n", shell::literal(&workflow.name), words.join(" ")));
        }
        text.push_str(&format!("    {UNKNOWN}\n  esac\n"));
        self.own_tags((has_templates, prefixes, moves), &mut text);
        text.push_str(&format!(
            "  tag=${{tags%% *}}\n  \
             echo \"workflow: ${SCHEDULED}, tag: $tag, all tags: $tags, of this run alone: ${{fixed:-none}}\"\n}}\n"
        ));
        Item::Block(text)
    }

    /// What comes of the workflow's tags for one image.
    fn own_tags(&self, (has_templates, prefixes, moves): (bool, bool, bool), text: &mut String) {
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
            let moving = if moves { " moving=$(own \"$moving\" \"$@\")" } else { "" };
            text.push_str(&format!("  tags=$(own \"$tags\" \"$@\") fixed=$(own \"$fixed\" \"$@\"){moving}\n"));
        }
    }
}

/// The value, whether or not the environment has all that it needs: not every job does.
fn if_set(values: &Values<'_>, value: &Template) -> Template {
    let name = |name: &str| is_upper_name(name).then(|| Template::name(&format!("${{{name}-}}")));
    values.filled(value).fill(name)
}
