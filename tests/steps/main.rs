//! The emitted steps, executed: shells run them as the providers would, with recording tools in place of the real ones.

mod by_hand;
mod circleci;
#[allow(dead_code, reason = "each test uses some of it")]
#[path = "../support/command.rs"]
mod command;
mod download;
mod field;
mod github;
mod gitlab;
mod handover;
mod hostile;
mod hysds;
mod job;
mod late;
mod login;
mod made_passwords;
mod outputs;
mod overridden;
mod parents;
#[allow(dead_code, reason = "each test uses some of it")]
#[path = "../support/planned.rs"]
mod planned;
mod planted;
mod platforms;
mod publish;
mod recorder;
mod requests;
#[allow(dead_code, unused_imports, reason = "the tests of the runner itself use all of it")]
#[path = "../support/runner/mod.rs"]
mod runner;
mod small_keys;
mod sources;
mod tested;
mod variants;
