//! The emitted steps, executed: POSIX shells run them as CircleCI would, with recording tools in place of the real ones.

mod handover;
mod hostile;
mod hysds;
mod job;
mod late;
mod login;
mod recorder;
