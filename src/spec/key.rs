//! The keys of an image: what each may hold, for which kinds of image, and whether a platform may have its own. Every
//! provider has one more.

use super::Vocabulary;

/// What is done to get an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `docker build` with the Compose keys.
    Built,
    /// The project's own script.
    Run,
    /// A foreign image, published as it is.
    Copied,
}

/// What a key may hold.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// One value.
    Text,
    /// One value or several.
    TextOrList,
    /// Several values.
    List,
    /// Names with values: a map, or a list of `NAME=VALUE`.
    Pairs,
    /// One value, or names with values.
    TextOrMap,
    /// Names with numbers, or with `soft` and `hard` numbers.
    Limits,
    /// Yes or no.
    Flag,
    /// Yes, no, or a value.
    FlagOrText,
    /// A number from 0 to 2.
    Count,
    /// Shell.
    Script,
    /// Names of secrets.
    Secrets,
    /// `runners`, for this provider.
    Runner(&'static Vocabulary),
}

/// A key of an image.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What it may hold.
    pub shape: Shape,
    /// The kinds of image that can use it.
    pub kinds: &'static [Kind],
    /// Whether it may stand under a platform, only there, or never.
    pub level: Level,
}

/// Where a key may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// On the image (and in `defaults`) only.
    Image,
    /// On the image and on a platform.
    Both,
    /// On a platform only.
    Platform,
}

const ALL: &[Kind] = &[Kind::Built, Kind::Run, Kind::Copied];
const BUILDS: &[Kind] = &[Kind::Built, Kind::Run];
const BUILT: &[Kind] = &[Kind::Built];

const fn key(name: &'static str, shape: Shape, kinds: &'static [Kind], level: Level) -> Key {
    Key { name, shape, kinds, level }
}

/// Every key but `platforms` and the providers' names. Those of a build are the Compose build specification's
/// (<https://github.com/compose-spec/compose-spec/blob/main/build.md>).
pub const KEYS: &[Key] = &[
    key("additional_contexts", Shape::Pairs, BUILT, Level::Both),
    key("arch", Shape::Text, BUILDS, Level::Platform),
    key("arch_image", Shape::Text, BUILDS, Level::Both),
    key("args", Shape::Pairs, BUILT, Level::Both),
    key("cache_from", Shape::List, BUILT, Level::Both),
    key("cache_to", Shape::List, BUILT, Level::Both),
    key("context", Shape::Text, BUILDS, Level::Image),
    key("copy", Shape::Text, &[Kind::Copied], Level::Image),
    key("dockerfile", Shape::Text, BUILT, Level::Both),
    key("enabled", Shape::Flag, ALL, Level::Image),
    key("export", Shape::TextOrMap, ALL, Level::Both),
    key("extra_hosts", Shape::Pairs, BUILT, Level::Both),
    key("image", Shape::TextOrList, ALL, Level::Image),
    key("labels", Shape::Pairs, BUILT, Level::Both),
    key("needs", Shape::List, ALL, Level::Image),
    key("network", Shape::Text, BUILT, Level::Both),
    key("no_cache", Shape::Flag, BUILT, Level::Both),
    key("provenance", Shape::FlagOrText, BUILT, Level::Both),
    key("pull", Shape::Flag, BUILT, Level::Both),
    key("retry", Shape::Count, BUILDS, Level::Both),
    key("run", Shape::Script, &[Kind::Run], Level::Both),
    key("sbom", Shape::FlagOrText, BUILT, Level::Both),
    key("secrets", Shape::Secrets, BUILT, Level::Both),
    key("setup", Shape::Script, ALL, Level::Both),
    key("shm_size", Shape::Text, BUILT, Level::Both),
    key("ssh", Shape::Pairs, BUILT, Level::Both),
    key("target", Shape::Text, BUILT, Level::Both),
    key("ulimits", Shape::Limits, BUILT, Level::Both),
];

/// Keys of Compose that mean something else here or nothing, each with what to do instead.
pub const FOREIGN: &[(&str, &str)] = &[
    (
        "build",
        "the keys of a build stand on the image itself: `context`, `dockerfile`, `args`; a script of your own is `run`",
    ),
    ("tags", "tags belong to a workflow: `workflows: { main: { tags: [...] } }`; they hold for all its images"),
    ("dockerfile_inline", "write the Dockerfile to a file and name it with `dockerfile`"),
    ("isolation", "builds run on the daemon of the job; set it there"),
    ("privileged", "`docker build` on the daemon's own builder cannot grant it; use `run` with a script of your own"),
    (
        "entitlements",
        "`docker build` on the daemon's own builder cannot grant them; use `run` with a script of your own",
    ),
    ("runners", "runners belong to a provider: `PROVIDER: { runners: ... }`, with its name on the command line"),
    ("depends_on", "images wait for others with `needs`"),
    ("script", "a script of your own is `run`"),
    ("platform", "platforms are a list: `platforms: [linux/amd64, linux/arm64]`"),
];

/// A provider's key.
pub fn of_provider(provider: &'static Vocabulary) -> Key {
    key(provider.name, Shape::Runner(provider), ALL, Level::Both)
}
