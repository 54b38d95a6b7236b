//! A request of a registry before it is sent, which is the same for every attempt.

use std::cell::Cell;

use super::http::{Body, BodyUse, Content, HeaderMap, Method, Url};
use super::redirect::Reach;
use crate::reference::Repository;

pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) repository: &'a Repository,
    pub(super) target: Target,
    /// What is to be done, for a person: `read acme/app:v1`.
    pub(super) what: &'a str,
    pub(super) headers: HeaderMap,
    pub(super) payload: Payload,
    pub(super) body_use: BodyUse,
    /// Where an answer may send us.
    pub(super) reach: Reach,
}

pub(super) enum Target {
    /// What follows the repository in the address: `manifests/v1`.
    Path(String),
    /// An address that the registry named.
    Url(Url),
}

/// What is sent.
pub(super) enum Payload {
    None,
    Document(Vec<u8>),
    /// Something long that can be sent once; nothing afterwards.
    Stream(Cell<Option<Body>>),
}

impl Payload {
    pub(super) fn stream(body: Body) -> Self {
        Self::Stream(Cell::new(Some(body)))
    }

    pub(super) fn content(&self) -> Option<Content> {
        match self {
            Self::None => None,
            Self::Document(bytes) => Some(Content::Document(bytes.clone())),
            Self::Stream(body) => body.take().map(Content::Stream),
        }
    }
}

impl<'a> Call<'a> {
    /// A request without a body, whose answer's body does not matter. Only what reads may be sent elsewhere.
    pub(super) fn new(method: Method, repository: &'a Repository, path: String, what: &'a str) -> Self {
        let reach = if matches!(method, Method::GET | Method::HEAD) { Reach::Anywhere } else { Reach::Write };
        Self {
            method,
            repository,
            target: Target::Path(path),
            what,
            headers: HeaderMap::new(),
            payload: Payload::None,
            body_use: BodyUse::None,
            reach,
        }
    }
}
