//! The kinds of requests that are made.

use crate::http::Message;
use crate::scenario::{Scenario, Victim};

/// A kind of request of a call.
#[derive(Clone, Copy)]
pub struct Kind {
    pub scenario: Scenario,
    /// As the table calls it.
    pub name: &'static str,
    pub is: fn(&Message, &Victim) -> bool,
    pub stage: Stage,
}

/// When a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Before anything is written.
    Reads,
    /// When all is known to be good.
    Writes,
}

fn is_manifest(request: &Message, method: &str, victim: &Victim, pointer: &str) -> bool {
    let path = format!("/v2/{}/manifests/{pointer}", victim.repository);
    request.method() == method && request.path() == path
}

fn is_blob(request: &Message, method: &str, victim: &Victim, digest: &str) -> bool {
    request.method() == method && request.path() == format!("/v2/{}/blobs/{digest}", victim.repository)
}

fn is_upload(request: &Message, method: &str, victim: &Victim) -> bool {
    let begin = format!("/v2/{}/blobs/uploads/", victim.repository);
    request.method() == method && request.path().starts_with(&begin) && !request.path().contains("mount=")
}

fn is_mount(request: &Message, victim: &Victim) -> bool {
    let begin = format!("/v2/{}/blobs/uploads/?mount={}", victim.repository, victim.of.layer);
    request.method() == "POST" && request.path().starts_with(&begin)
}

fn is_list(request: &Message, victim: &Victim) -> bool {
    request.method() == "GET" && request.path().starts_with(&format!("/v2/{}/tags/list", victim.repository))
}

fn is_known(request: &Message) -> bool {
    request.header("authorization").is_some()
}

macro_rules! kinds {
    ($($scenario:ident, $name:literal, $stage:ident: |$request:ident, $victim:ident| $is:expr,)*) => {
        &[$(Kind {
            scenario: Scenario::$scenario,
            name: $name,
            is: |$request, $victim| $is,
            stage: Stage::$stage,
        }),*]
    };
}

/// All of them, in the order of the table.
pub const KINDS: &[Kind] = kinds! {
    Manifest, "GET the image's manifest", Reads: |it, of| is_manifest(it, "GET", of, "v1-arm64"),
    Manifest, "GET the tag", Reads: |it, of| is_manifest(it, "GET", of, &of.tag),
    Manifest, "GET the configuration", Reads: |it, of| is_blob(it, "GET", of, &of.of.config),
    Manifest, "PUT the index", Writes: |it, of| is_manifest(it, "PUT", of, &of.tag),
    Manifest, "every request", Writes: |_it, _of| true,
    Run, "HEAD the tag, afterwards", Writes: |it, of| is_manifest(it, "HEAD", of, &of.tag),
    Sources, "HEAD the image", Writes: |it, of| is_manifest(it, "HEAD", of, &of.of.image),
    Sources, "POST a mount", Writes: |it, of| is_mount(it, of),
    Sources, "PUT the image's manifest", Writes: |it, of| is_manifest(it, "PUT", of, &of.of.image),
    Release, "GET the list of tags", Writes: |it, of| is_list(it, of),
    Release, "PUT the moving tag", Writes: |it, of| is_manifest(it, "PUT", of, &of.tag),
    Token, "GET a token", Reads: |it, _of| it.method() == "GET" && it.path().starts_with("/token"),
    Token, "GET the image's manifest", Reads: |it, of| is_manifest(it, "GET", of, "v1-arm64") && is_known(it),
    Token, "PUT the index", Writes: |it, of| is_manifest(it, "PUT", of, &of.tag),
    Token, "every request with a login", Writes: |it, _of| is_known(it),
    Identity, "POST for a token", Reads: |it, _of| it.method() == "POST" && it.path().starts_with("/token"),
    Password, "GET the image's manifest", Reads: |it, of| is_manifest(it, "GET", of, "v1-arm64") && is_known(it),
    Password, "every request with a login", Writes: |it, _of| is_known(it),
    CopyTo, "HEAD the tag", Writes: |it, of| is_manifest(it, "HEAD", of, &of.tag),
    CopyTo, "HEAD the image", Writes: |it, of| is_manifest(it, "HEAD", of, &of.of.image),
    CopyTo, "HEAD the layer", Writes: |it, of| is_blob(it, "HEAD", of, &of.of.layer),
    CopyTo, "POST an upload", Writes: |it, of| is_upload(it, "POST", of),
    CopyTo, "PUT the layer", Writes: |it, of| is_upload(it, "PUT", of),
    CopyTo, "PUT the image's manifest", Writes: |it, of| is_manifest(it, "PUT", of, &of.of.image),
    CopyTo, "PUT the index", Writes: |it, of| is_manifest(it, "PUT", of, &of.tag),
    CopyFrom, "GET the index", Reads: |it, of| is_manifest(it, "GET", of, &of.tag),
    CopyFrom, "GET the image's manifest", Reads: |it, of| is_manifest(it, "GET", of, &of.of.image),
    CopyFrom, "GET the layer", Writes: |it, of| is_blob(it, "GET", of, &of.of.layer),
    Mount, "POST a mount", Writes: |it, of| is_mount(it, of),
    Referrers, "GET the referrers", Reads: |it, of| it.path() == format!("/v2/{}/referrers/{}", of.repository, of.of.new),
    Referrers, "GET the tag that lists them", Reads: |it, of| is_manifest(it, "GET", of, &of.of.new.replace(':', "-")),
    Export, "GET the index", Reads: |it, of| is_manifest(it, "GET", of, &of.tag),
    Export, "GET the image's manifest", Reads: |it, of| is_manifest(it, "GET", of, &of.of.image),
    Export, "GET the configuration", Reads: |it, of| is_blob(it, "GET", of, &of.of.config),
    Export, "GET the layer", Reads: |it, of| is_blob(it, "GET", of, &of.of.layer),
    Inspect, "GET the index", Reads: |it, of| is_manifest(it, "GET", of, &of.tag),
    Inspect, "GET the image's manifest", Reads: |it, of| is_manifest(it, "GET", of, &of.of.image),
    Inspect, "GET the configuration", Reads: |it, of| is_blob(it, "GET", of, &of.of.config),
};

impl Kind {
    /// How often the same is asked for where nothing fails: tags are listed again after one was moved.
    pub fn usual(&self) -> usize {
        if self.name == "GET the list of tags" { 2 } else { 1 }
    }

    /// What it is called in the list of cells.
    pub fn title(&self) -> String {
        format!("{}: {}", self.scenario.name(), self.name)
    }
}
