//! Emitted CircleCI configurations, run from the first job to the last by a small CircleCI of the tests' own.

mod behaviour;
mod runner;
