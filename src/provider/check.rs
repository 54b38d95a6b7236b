//! The emitted text, read back into a job graph and compared with the plan: the last thing before it is written.

use super::{Error, Provider};
use crate::plan::Plan;
use crate::yaml::read::{Budget, read};

/// Refuses a text that does not mean what the plan says.
///
/// # Errors
/// The first difference.
pub(super) fn check(provider: &dyn Provider, plan: &Plan, text: &str) -> Result<(), Error> {
    // What we emit has no aliases, so it cannot hold more values than bytes; a fixed budget would stop large plans.
    let budget = Budget { nodes: text.len() + 1, ..Budget::default() };
    let document = read(text, budget).map_err(|error| Error::Check(error.to_string()))?;
    if let Some(problem) = document.problems.first() {
        return Err(Error::Check(format!("{:?}", problem.kind)));
    }
    let found = provider.read(&document.root).map_err(Error::Check)?;
    match plan.graph().first_difference(&found) {
        Some(difference) => Err(Error::Check(difference)),
        None => Ok(()),
    }
}
