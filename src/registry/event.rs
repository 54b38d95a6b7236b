//! What happens between us and registries, for who wants to watch.

use std::time::Duration;

use super::error::Error;
use crate::transfer;

/// Something that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// A request was answered, or was not.
    Request {
        /// `GET`
        method: &'a str,
        /// Where it went, without what may be secret in the address.
        address: &'a str,
        /// The status, and the length of the body in bytes if it was read; else what broke.
        outcome: Result<(u16, Option<usize>), &'a str>,
        /// From the request to the end of what was read of the answer.
        took: Duration,
    },
    /// A token is asked for.
    Token {
        /// The host of the service.
        service: &'a str,
        /// What the token is to allow.
        scopes: &'a [String],
    },
    /// Something failed and is tried again.
    Retry {
        /// The registry's host.
        registry: &'a str,
        /// How often it was tried so far.
        attempts: u32,
        /// What failed.
        error: &'a Error,
        /// When it is tried again.
        wait: Duration,
    },
}

/// Who watches.
pub struct Watch {
    /// What is asked, and what is tried again.
    pub events: Box<dyn Fn(&Event<'_>)>,
    /// The blobs on their way.
    pub transfers: transfer::Watch,
}
