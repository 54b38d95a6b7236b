//! Chance with a seed: the same each time, whatever comes first.

use std::hash::{DefaultHasher, Hash, Hasher};

/// A number below `below` that follows from the seed and what it is for.
pub fn number(seed: u64, of: impl Hash, below: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    (seed, of).hash(&mut hasher);
    usize::try_from(hasher.finish() % below as u64).expect("it is below a usize")
}

/// The seeds of a test: `whole` of them, or a tenth; with `FAULTS_SEED=N` that one alone, as a failure tells it.
pub fn seeds(whole: u64) -> Vec<u64> {
    if let Ok(seed) = std::env::var("FAULTS_SEED") {
        return vec![seed.parse().expect("FAULTS_SEED is a number")];
    }
    (0..if crate::scale::is_whole() { whole } else { whole / 10 }).collect()
}
