//! The small CircleCI of the tests' own, by itself: it does what CircleCI's documentation says, and refuses the rest.
//!
//! It needs `busybox`, `bash` and `git`, and nothing that has to be running.

mod emitted;
mod environment;
mod order;
mod project;
mod refusals;
#[path = "../support/runner/mod.rs"]
mod runner;
mod selection;
mod steps;
mod templates;
mod workspaces;
