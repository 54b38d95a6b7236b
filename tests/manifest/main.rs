//! The verbs that speak to registries, against a real one; faults are put in by a proxy before it.

mod auth;
mod checks;
mod clients;
mod command;
mod copy;
#[path = "../support/daemon.rs"]
mod daemon;
mod deviations;
mod digests;
mod elsewhere;
mod export;
mod faults;
mod handover;
mod helpers;
mod http;
mod image;
mod inspect;
mod interrupted;
mod layouts;
mod lies;
mod loads;
mod publish;
mod referrers;
#[path = "../support/registry.rs"]
mod registry;
mod relay;
mod rivals;
mod second;
mod secrets;
mod silence;
mod stopped;
mod token;
mod trips;
mod whole;
