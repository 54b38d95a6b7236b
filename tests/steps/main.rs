//! The emitted steps, executed: shells run them as CircleCI and GitLab would, with recording tools in place of the real ones.

mod circleci;
mod gitlab;
mod handover;
mod hostile;
mod hysds;
mod job;
mod late;
mod login;
mod overridden;
mod parents;
mod publish;
mod recorder;
#[allow(dead_code, unused_imports, reason = "the tests of the runner itself use all of it")]
#[path = "../support/runner/mod.rs"]
mod runner;
mod sources;
