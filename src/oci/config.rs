//! The configuration of an image: what it runs on, and what it is made of.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::document::{Malformed, check_object};
use super::{ImagePlatform, null_is_empty};
use crate::digest::Digest;

/// What we need of an image's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Config {
    #[serde(flatten)]
    pub platform: ImagePlatform,
    /// When it was made, as written.
    #[serde(default)]
    pub created: Option<String>,
    #[serde(default)]
    config: Option<RuntimeConfig>,
    #[serde(default)]
    rootfs: Option<RootFs>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct RootFs {
    #[serde(default, deserialize_with = "null_is_empty")]
    diff_ids: Vec<Digest>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct RuntimeConfig {
    #[serde(default, rename = "Labels", deserialize_with = "null_is_empty")]
    labels: BTreeMap<String, String>,
}

impl Config {
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        check_object(bytes)?;
        Ok(serde_json::from_slice(bytes)?)
    }

    /// The digests of its layers as they are without compression, lowest first.
    pub fn diff_ids(&self) -> &[Digest] {
        self.rootfs.as_ref().map_or(&[], |rootfs| &rootfs.diff_ids)
    }

    pub fn label(&self, key: &str) -> Option<&str> {
        self.config.as_ref()?.labels.get(key).map(String::as_str)
    }
}
