//! What we ask of container registries: manifests read and written, blobs read and brought into repositories, by the [OCI distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md).
//!
//! Here are the control calls and their rules: who is told a password, what is tried again, how much is read, which
//! other hosts may have a say. What the documents mean is the business of [`crate::oci`].

mod attempt;
mod blob;
mod call;
mod client;
mod credentials;
mod error;
mod event;
mod host;
mod http;
mod judge;
mod manifest;
mod redirect;
mod referrer;
mod retry;
mod route;
mod secrets;
mod session;
mod settings;
mod tags;
mod transport;

pub use blob::Source;
pub use client::Client;
pub use credentials::{CredentialError, Credentials, Environment, Login, Sources};
pub use error::Error;
pub use event::{Event, Watch};
pub use manifest::PutError;
pub use retry::retry_after;
pub use session::{Access, Challenge, challenge};
pub use settings::Settings;
pub use tags::next_target;
