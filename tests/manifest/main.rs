//! `splitbuild manifest` and `splitbuild inspect` against a real registry; faults are put in by a proxy before it.

mod auth;
mod checks;
mod clients;
mod command;
mod copy;
#[path = "../support/daemon.rs"]
mod daemon;
mod faults;
mod handover;
mod http;
mod image;
mod inspect;
mod publish;
#[path = "../support/registry.rs"]
mod registry;
mod relay;
mod second;
mod secrets;
mod token;
mod trips;
