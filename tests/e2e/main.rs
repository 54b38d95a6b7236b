//! Emitted CircleCI configurations, run from the first job to the last by a small CircleCI of the tests' own.
//!
//! Of the whole tier: it needs Docker daemons, a registry, programs of arm64 and root. `./test` and
//! `tests/e2e/run` see to them and run it.

#[path = "../support/daemon.rs"]
mod daemon;
mod guarantees;
#[allow(dead_code, reason = "the tests of the verbs use all of it")]
#[path = "../manifest/http.rs"]
mod http;
mod hysds;
mod ill;
mod meeting;
#[path = "../support/own.rs"]
mod own;
mod own_pipeline;
mod planted;
#[allow(dead_code, reason = "the tests of the verbs use all of it")]
#[path = "../support/registry.rs"]
mod registry;
#[allow(dead_code, reason = "the tests of the verbs use all of it")]
#[path = "../manifest/relay.rs"]
mod relay;
#[allow(dead_code, unused_imports, reason = "the tests of the runner itself use all of it")]
#[path = "../support/runner/mod.rs"]
mod runner;
mod tool;
mod variants;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Waits for the daemons: the jobs of one test share them, and names of several tests would get in each other's way.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}
