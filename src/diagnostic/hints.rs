//! Suggestions for names that do not exist, as many as somebody reads.

use std::cell::Cell;

use super::Diagnostic;

/// The most names of one file for which a similar one is sought: each is compared with all that are known.
const MOST: usize = 100;

/// How many more suggestions are worth their work.
pub struct Hints(Cell<usize>);

impl Default for Hints {
    fn default() -> Self {
        Self(Cell::new(MOST))
    }
}

impl Hints {
    /// [`Diagnostic::did_you_mean`], while it is worth its work.
    pub fn did_you_mean<'a, I: IntoIterator<Item = &'a str>>(
        &self,
        problem: Diagnostic,
        word: &str,
        known: impl FnOnce() -> I,
    ) -> Diagnostic {
        let Some(left) = self.0.get().checked_sub(1) else { return problem };
        self.0.set(left);
        problem.did_you_mean(word, known())
    }
}
