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
mod sources;
