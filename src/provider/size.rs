//! How much of what a provider takes a configuration is, as that provider counts it.

use crate::diagnostic::Severity;

/// The size of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// What is counted, as the subject of a sentence.
    pub what: &'static str,
    /// How much of that there is.
    pub counted: u64,
    /// The most that the provider takes.
    pub limit: u64,
    pub unit: Unit,
    /// The jobs that share it.
    pub jobs: usize,
    /// What to do when it is too much.
    pub help: &'static str,
}

/// What a size is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Bytes,
    /// Things that are told apart by what is counted.
    Things,
}

impl Size {
    /// An error beyond the limit, a warning from four fifths of it on.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        match self.counted {
            counted if counted > self.limit => Some(Severity::Error),
            counted if counted >= self.limit / 5 * 4 => Some(Severity::Warning),
            _ => None,
        }
    }

    /// How many fit where this many take what was counted.
    #[must_use]
    pub fn fitting(&self, count: usize) -> usize {
        let fitting = u128::from(self.limit) * count as u128 / u128::from(self.counted.max(1));
        usize::try_from(fitting).unwrap_or(usize::MAX)
    }
}
