//! The verbs that speak to registries, against a real one; faults are put in by a proxy before it.
//!
//! Of the whole tier: it needs Debian's registry, two Docker daemons, skopeo and podman. `./test` sees to them and runs it;
//! `cargo test --features whole --test manifest NAME` runs a part of it where they are installed.

mod auth;
mod checks;
mod clients;
mod command;
mod connections;
mod copy;
#[path = "../support/daemon.rs"]
mod daemon;
mod deviations;
mod digests;
mod elsewhere;
mod export;
mod faults;
mod front;
mod handover;
mod helpers;
mod http;
mod image;
mod inspect;
mod interrupted;
mod layouts;
mod lies;
mod loads;
mod passage;
mod publish;
mod pulled;
mod referrers;
#[path = "../support/registry.rs"]
mod registry;
#[allow(dead_code, reason = "the suite of faults uses the rest of it")]
mod relay;
mod release;
mod rivals;
mod second;
mod secrets;
mod silence;
mod stopped;
mod token;
mod trips;
mod unlisted;
mod whole;
mod words;
