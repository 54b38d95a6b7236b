//! Whether two builds are the same but for their machines, so that they are written down once.

use super::{Pushes, Values};
use crate::plan::Work;

impl Values<'_> {
    /// Whether nothing but the machine can differ between two builds of one image. Told from the plan, which is much less
    /// work than to write both down; of builds that differ in the plan, what is written down may still be the same.
    pub(in crate::provider) fn is_same(&self, other: &Self) -> bool {
        let (Work::Build(build), Work::Build(other_build)) = (&self.job.work, &other.job.work) else { return false };
        build.images == other_build.images
            && build.arch_image == other_build.arch_image
            && build.context == other_build.context
            && build.recipe == other_build.recipe
            && build.test == other_build.test
            && build.retry == other_build.retry
            && build.required == other_build.required
            && self.job.setup == other.job.setup
            && self.runs == other.runs
            && self.job.has_external() == other.job.has_external()
            && self.parents("") == other.parents("")
            && (self.pushes() == Pushes::Always || self.local_parents("") == other.local_parents(""))
    }
}
