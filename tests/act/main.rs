//! The workflows of `examples/github`, run by act from the emitted files: real builds, a real registry, both architectures.
//! A tool before Docker plays the machine that `runs-on` names; not a character of what was generated is changed, unless a
//! test says so.
//!
//! act is not GitHub: it asks no filter of `on` whether an event starts a workflow, knows no permissions and no concurrency,
//! masks no output, and cannot run failed jobs alone again. Of those, tests of the generated text speak.
//!
//! Of the whole tier: it needs act, Docker daemons and root. `./test` sees to them and runs it.

mod actions;
#[path = "../support/daemon.rs"]
mod daemon;
mod event;
mod example;
mod guarantees;
mod harness;
mod hostile;
#[path = "../support/own.rs"]
mod own;
mod own_workflows;
mod project;
#[allow(dead_code, reason = "the tests of GitLab use all of it")]
#[path = "../support/published.rs"]
mod published;
mod ran;
#[allow(dead_code, reason = "the tests of manifest use all of it")]
#[path = "../support/registry.rs"]
mod registry;
mod requests;
mod stranger;
mod tool;
mod workflow;
