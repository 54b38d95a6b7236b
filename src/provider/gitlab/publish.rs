//! The function that publishes an index, and how the job of each index calls it.

use super::item::Item;
use super::names::{SharedNames, published};
use crate::plan::{Manifest, Plan};
use crate::provider::manifest::{Shared, annotations, arches, format, formats, manifests, platforms, usual_manifest};
use crate::provider::script::{self, Values, login};
use crate::spec::IndexFormat;

/// How indexes are published, and what they have in common.
pub(super) struct Publishing<'p> {
    plan: &'p Plan,
    usual: &'p Manifest,
    format: Shared<&'static str>,
    /// As words of the command.
    annotations: Shared<String>,
}

impl<'p> Publishing<'p> {
    /// `None` if nothing is published.
    pub(super) fn of(plan: &'p Plan, values: &[Values<'p>]) -> Option<Self> {
        let words = |(id, manifest): (crate::plan::JobId, _)| annotations(&values[id.place()], manifest).join(" ");
        let words: Vec<String> = manifests(plan).map(words).collect();
        let (usual, annotations) = (usual_manifest(plan)?, Shared::of(&words)?);
        Some(Self { plan, usual, format: formats(plan), annotations })
    }

    /// What the function needs that no job gives it.
    pub(super) fn before(&self) -> Option<Item> {
        matches!(self.format, Shared::Usual(_)).then(|| Item::line("index_format=oci"))
    }

    pub(super) fn function(&self) -> Item {
        let (platforms, arches) = (platforms(self.usual), arches(self.usual));
        let mut text = String::from("# publish KEY: checks all architectures, and publishes the index over them.\n");
        text.push_str(&format!("publish() (\n  key=$1 platforms=${{2-{platforms}}} arches=${{3-{arches}}}\n"));
        text.push_str(match self.annotations {
            Shared::Same(_) => "  set --\n",
            // What follows are options.
            Shared::Usual(_) => "  shift \"$(($# < 3 ? $# : 3))\"\n",
        });
        text.push_str("  for arch in $arches; do\n    set -- \"$@\" --digests \".splitbuild/$key-$arch\"\n  done\n");
        let run = "--run \"$CI_PROJECT_PATH/$CI_PIPELINE_IID\"";
        let fixed = "  for each in $fixed; do\n    set -- \"$@\" --fixed-tag \"$each\"\n  done\n";
        let mut options = login::logins(self.plan);
        match self.format {
            Shared::Same("docker") => options.push("--format docker".into()),
            Shared::Same(_) => {
                text.push_str(fixed);
                options.push(run.into());
            }
            Shared::Usual(_) => {
                // A Docker manifest list cannot hold the run.
                text.push_str("  if [ \"$index_format\" = oci ]; then\n");
                text.push_str(&script::indented(&format!("  set -- \"$@\" {run}\n{fixed}"), 2));
                text.push_str("  fi\n");
                options.push("--format \"$index_format\"".into());
            }
        }
        if let Shared::Same(words) = &self.annotations {
            options.extend(Some(words.clone()).filter(|words| !words.is_empty()));
        }
        if self.plan.workflows.iter().any(|workflow| workflow.version.is_some()) {
            text.push_str(&script::indented(script::RELEASE, 2));
        }
        text.push_str("  mkdir -p .splitbuild\n  splitbuild manifest");
        options.iter().for_each(|option| text.push_str(&format!(" \\\n    {option}")));
        text.push_str(
            " \\\n    --platform \"$platforms\" \"$@\" >\".splitbuild/$key-index\"\n  cat \".splitbuild/$key-index\"\n)\n",
        );
        Item::Block(text)
    }

    /// The script of the job that publishes an index.
    pub(super) fn call(&self, values: &Values<'_>, manifest: &Manifest) -> Vec<Item> {
        let mut items: Vec<Item> = published(values).into_iter().map(Item::Line).collect();
        items.extend(script::lacking(values, &SharedNames(self.plan), &[]).into_iter().map(Item::Line));
        if manifest.format != IndexFormat::Oci && matches!(self.format, Shared::Usual(_)) {
            items.push(Item::Line(format!("index_format={}", format(manifest))));
        }
        let words = match self.annotations {
            Shared::Same(_) => String::new(),
            Shared::Usual(_) => annotations(values, manifest).join(" "),
        };
        let mut call = format!("publish {}", values.job.key);
        if manifest.platforms != self.usual.platforms || !words.is_empty() {
            call.push_str(&format!(" {} {}", platforms(manifest), crate::shell::literal(&arches(manifest))));
        }
        if !words.is_empty() {
            call.push_str(&format!(" {words}"));
        }
        items.push(if call.contains('\n') { Item::Block(format!("{call}\n")) } else { Item::Line(call) });
        items
    }
}
