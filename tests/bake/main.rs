//! Bake files as buildx takes them: what it makes of each is what the jobs would tell `docker build`, and what it builds
//! holds together.
//!
//! Of the whole tier: it needs Debian 13's Docker, an old buildx and a new one, and root for the daemon. `./test` sees to
//! them and runs it.

mod agreement;
mod buildx;
mod built;
#[allow(dead_code, reason = "each test uses some of it")]
#[path = "../support/command.rs"]
mod command;
#[path = "../support/daemon.rs"]
mod daemon;
mod job;
mod made_up;
#[allow(dead_code, reason = "the properties of what is emitted use all of it")]
#[path = "../properties/matrix.rs"]
mod matrix;
#[allow(dead_code, reason = "each test uses some of it")]
#[path = "../support/planned.rs"]
mod planned;
mod printed;
#[allow(dead_code, reason = "the tests of manifest use all of it")]
#[path = "../support/registry.rs"]
mod registry;
mod round_trip;
