//! What becomes of tags and files when registries fail: every kind of request with every fault, random ones, rivals, and
//! signals at random moments. `docs/faults.md` is made here.
//!
//! Of the whole tier: it needs Debian's registry. A tenth is done unless `FAULTS=whole`, as `just full` does; most of that
//! time is waiting, so more tests at a time (`--test-threads 4`) take less of it. What is random has a seed, which is told
//! when it fails.

mod cell;
mod chance;
#[allow(dead_code, reason = "the suite of `manifest` uses all of it")]
#[path = "../manifest/command.rs"]
mod command;
mod downgrade;
mod fault;
#[allow(dead_code, reason = "the suite of `manifest` uses all of it")]
#[path = "../manifest/front.rs"]
mod front;
mod ground;
#[allow(dead_code, reason = "the suite of `manifest` uses all of it")]
#[path = "../manifest/http.rs"]
mod http;
#[allow(dead_code, reason = "the suite of `manifest` uses all of it")]
#[path = "../manifest/image.rs"]
mod image;
mod kind;
mod page;
mod pool;
mod random;
#[path = "../support/registry.rs"]
mod registry;
#[allow(dead_code, reason = "the suite of `manifest` uses all of it")]
#[path = "../manifest/relay.rs"]
mod relay;
mod scale;
mod scenario;
mod signals;
mod table;
mod tally;
mod together;
#[allow(dead_code, reason = "the suite of `manifest` uses all of it")]
#[path = "../manifest/token.rs"]
mod token;
mod writers;
