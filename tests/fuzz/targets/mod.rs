//! What is fuzzed: each target takes any bytes, gives them to one of the doors by which foreign text comes in, and panics
//! where what must hold does not. `tests/fuzz/main.rs` replays the corpus through them; `just fuzz` makes new input.

mod credentials;
mod dockerfile;
mod documents;
mod draft;
mod handover;
mod headers;
mod matrix;
mod own;
mod pattern;
mod pipeline;
mod places;
mod platform;
mod reference;
mod template;
mod times;
mod yaml;

/// It panics, or what it was given was no trouble.
pub type Target = fn(&[u8]);

/// The targets by name.
pub const TARGETS: &[(&str, Target)] = &[
    ("check", pipeline::target),
    ("credentials", credentials::target),
    ("dockerfile", dockerfile::target),
    ("documents", documents::target),
    ("handover", handover::target),
    ("headers", headers::target),
    ("import", draft::target),
    ("matrix", matrix::target),
    ("own", own::target),
    ("pattern", pattern::target),
    ("platform", platform::target),
    ("reference", reference::target),
    ("template", template::target),
    ("times", times::target),
    ("yaml", yaml::target),
];

/// The target of a name.
pub fn find(name: &str) -> Option<Target> {
    TARGETS.iter().find(|(known, _)| *known == name).map(|(_, target)| *target)
}
