//! What of the environment a job needs: by every run, or by those of some workflows only.

use std::collections::{BTreeMap, BTreeSet};

use super::Values;
use crate::plan::{Build, Recipe, Tag, Work};
use crate::template::Template;

/// Names of the environment, each with the places of the workflows whose runs need it.
pub(in crate::provider) type Sometimes = Vec<(String, Vec<usize>)>;

impl<'p> Values<'p> {
    /// The vars that differ between the job's workflows, and that a script or a value of it uses.
    pub(in crate::provider) fn used_vars(&self) -> Vec<&'p str> {
        let has_scripts = self.job.setup.is_some()
            || matches!(
                &self.job.work,
                Work::Build(Build { recipe: Recipe::Script(_), .. } | Build { test: Some(_), .. })
            );
        let mentioned = self.job.work.names();
        self.varying_vars().filter(|var| has_scripts || mentioned.contains(*var)).collect()
    }

    /// The names that every run needs: those of these values, and what the tags and vars of all workflows have in common.
    pub(in crate::provider) fn always(&self, values: &[Template]) -> BTreeSet<String> {
        let mut names = self.environment(values.iter());
        let all = self.runs.len();
        names.extend(self.by_run().into_iter().filter(|(_, places)| places.len() == all).map(|(name, _)| name));
        names
    }

    /// The names that the tags and vars of some workflows need, and those of others do not.
    pub(in crate::provider) fn sometimes(&self) -> Sometimes {
        let all = self.runs.len();
        self.by_run().into_iter().filter(|(_, places)| places.len() < all).collect()
    }

    fn by_run(&self) -> BTreeMap<String, Vec<usize>> {
        let used = self.used_vars();
        let has_tags = matches!(self.job.work, Work::Build(_) | Work::Copy(_));
        let mut names: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for place in self.runs {
            let workflow = &self.plan.workflows[*place];
            let tags = self.job.tags[*place].iter().chain(&*self.job.moving[*place]);
            let tags: Vec<Template> = tags.filter(|_| has_tags).map(Tag::full).collect();
            let vars = used.iter().filter_map(|var| workflow.vars.get(*var));
            for name in self.environment(tags.iter().chain(vars)) {
                names.entry(name).or_default().push(*place);
            }
        }
        names
    }
}
