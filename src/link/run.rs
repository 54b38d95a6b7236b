//! Which run of which project publishes, so that an older run does not take a tag back from a newer one.

use std::fmt;
use std::str::FromStr;

use crate::oci::{Document, RUN, Raw};

/// A run of a CI project, `PROJECT/NUMBER`. Numbers of one project grow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    project: String,
    number: u64,
}

/// Why a text names no run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a run is PROJECT/NUMBER, such as github.com/acme/app/1234")]
pub struct RunError;

impl Run {
    /// The run that published an index, if it says so.
    pub fn of(raw: &Raw) -> Option<Self> {
        match Document::parse(raw) {
            Ok(Document::Index(index)) => index.annotations.get(RUN)?.parse().ok(),
            _ => None,
        }
    }

    /// Whether it is a later run of the same project.
    pub fn is_newer_than(&self, other: &Self) -> bool {
        self.project == other.project && self.number > other.number
    }
}

impl FromStr for Run {
    type Err = RunError;

    fn from_str(text: &str) -> Result<Self, RunError> {
        let (project, number) = text.rsplit_once('/').ok_or(RunError)?;
        let number = number.parse().map_err(|_| RunError)?;
        if project.is_empty() || project.len() > 500 || project.contains(|c: char| c.is_control() || c.is_whitespace())
        {
            return Err(RunError);
        }
        Ok(Self { project: project.to_owned(), number })
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.project, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str) -> Run {
        text.parse().expect("a run")
    }

    #[test]
    fn newer_runs() {
        assert!(run("gh/a/b/10").is_newer_than(&run("gh/a/b/9")));
        assert!(!run("gh/a/b/9").is_newer_than(&run("gh/a/b/9")));
        assert!(!run("gh/a/b/9").is_newer_than(&run("gh/a/b/10")));
        assert!(!run("gh/a/c/10").is_newer_than(&run("gh/a/b/9")), "numbers of two projects tell nothing");
        for bad in ["", "9", "/9", "a/", "a/x", "a/-1", "a b/1"] {
            assert!(bad.parse::<Run>().is_err(), "{bad}");
        }
    }
}
