//! The keys of an image, in one table: what each holds and what holds without it, for which kinds of image, where it may
//! stand. [`Settings`] has a field for each; every provider has one key more.

use std::sync::Arc;

use super::decode::Decoder;
use super::pairs::Pairs;
use super::scalar::{IndexFormat, Minutes};
use super::schema::Schema;
use super::value::{AnySetting, Limits, OneOrMore, Setting, TextOrFlag, TextOrMap, Value, Written};
use super::{Name, Script, Text};
use crate::names::Position;
use crate::template::Template;
use crate::yaml::Entry;

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

/// A key of an image.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub name: &'static str,
    /// The kinds of image that can use it.
    pub kinds: &'static [Kind],
    /// Whether it may stand under a platform, only there, or never.
    pub level: Level,
    /// What its values may refer to.
    pub position: Position,
    /// What it is for, as an editor shows it.
    pub(super) help: &'static str,
    /// What it may hold, with what its texts may be.
    pub(super) schema: fn(Schema) -> Schema,
    /// Whether it may refer to names.
    pub(super) refers: bool,
    /// What holds where it is not written, if one value does.
    pub(super) default: &'static [fn() -> serde_json::Value],
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
const RUN: &[Kind] = &[Kind::Run];
const COPIED: &[Kind] = &[Kind::Copied];

macro_rules! keys {
    ($(#[doc = $help:literal] $name:ident: $value:ty $(= $default:expr)?, $kinds:ident, $level:ident, $position:ident;)+) => {
        /// Every key but `platforms` and the providers' names, in alphabetical order.
        pub const KEYS: &[Key] = &[$(Key {
            name: stringify!($name),
            kinds: $kinds,
            level: Level::$level,
            position: Position::$position,
            help: $help.trim_ascii(),
            schema: <$value as Value>::schema,
            refers: <$value as Value>::REFERS,
            default: &[$(|| Written::written(&$default))?],
        }),+];

        /// The keys that were written on an image, in the defaults or on a platform, or all that hold for one of them.
        #[derive(Clone, Debug, Default)]
        pub struct Settings {
            $(#[doc = $help] pub $name: Option<Arc<Setting<$value>>>,)+
            /// Runners in a provider's words, by the provider's name.
            pub runners: Vec<(&'static str, Arc<Setting<Vec<Text>>>)>,
        }

        impl Settings {
            $($(#[doc = $help]
            pub fn $name(&self) -> $value {
                self.$name.as_ref().map_or_else(|| $default, |setting| setting.value.clone())
            })?)+

            /// Reads the value of a key of the table.
            pub(super) fn read(&mut self, decoder: &mut Decoder<'_>, entry: &Entry) {
                match entry.key.text.as_str() {
                    $(stringify!($name) => self.$name = <$value>::setting(decoder, entry),)+
                    _ => {}
                }
            }

            /// Puts what is written on a higher level over these: maps are merged name by name, anything else replaces.
            pub fn put(&mut self, higher: &Self) {
                $(<$value>::put(&mut self.$name, higher.$name.as_ref());)+
                for (provider, runner) in &higher.runners {
                    self.runners.retain(|(known, _)| known != provider);
                    self.runners.push((provider, Arc::clone(runner)));
                }
            }

            /// Puts in what `value_of` gives for a name.
            pub fn fill(&mut self, value_of: &dyn Fn(&str) -> Option<Template>) {
                $(<$value>::fill_in(&mut self.$name, value_of);)+
                for (_, runner) in &mut self.runners {
                    let mut filled = Some(Arc::clone(runner));
                    Value::fill_in(&mut filled, value_of);
                    filled.into_iter().for_each(|filled| *runner = filled);
                }
            }

            /// These without what means nothing for the kind.
            pub fn of_kind(mut self, kind: Kind) -> Self {
                $(if !$kinds.contains(&kind) {
                    self.$name = None;
                })+
                self
            }

            /// What the table's keys hold.
            pub fn entries(&self) -> impl Iterator<Item = (&'static Key, &dyn AnySetting)> {
                let all = [$(self.$name.as_deref().map(|setting| setting as &dyn AnySetting)),+];
                KEYS.iter().zip(all).filter_map(|(key, setting)| Some((key, setting?)))
            }
        }
    };
}

// Those of a build are the Compose build specification's
// (<https://github.com/compose-spec/compose-spec/blob/main/build.md>).
keys! {
    /// Further build contexts, by name.
    additional_contexts: Pairs, BUILT, Both, Key;
    /// Annotations of the index.
    annotations: Pairs, BUILDS, Image, Annotation;
    /// The platform's word in the names of tags and jobs.
    arch: Text, BUILDS, Platform, Fixed;
    /// The per-architecture name under which a build is pushed.
    arch_image: Text = Text::known("${image}:${tag}-${arch}"), BUILDS, Both, ArchImage;
    /// Build arguments; one without a value is taken from the job's environment.
    args: Pairs, BUILT, Both, Key;
    /// Where the build cache is read from.
    cache_from: Vec<Text>, BUILT, Both, Key;
    /// Where the build cache is written to: `type=inline`.
    cache_to: Vec<Text>, BUILT, Both, Key;
    /// A folder of the repository, or the URL of another git repository.
    context: Text = Text::known("."), BUILDS, Image, Context;
    /// The foreign image that is published as it is.
    copy: Text, COPIED, Image, Copy;
    /// The Dockerfile, from the context; Docker takes `Dockerfile` where none is named.
    dockerfile: Text, BUILT, Both, Key;
    /// Whether the image has jobs at all.
    enabled: bool = true, ALL, Image, Key;
    /// The file that the published image is saved to, or a map from name to file.
    export: TextOrMap, ALL, Both, Export;
    /// Further hosts, by name.
    extra_hosts: Pairs, BUILT, Both, Key;
    /// Images and jobs that are waited for before the image is published.
    gate: Vec<Text>, ALL, Image, Key;
    /// The format of the index.
    format: IndexFormat = IndexFormat::Oci, BUILDS, Image, Key;
    /// The name in a registry, or several.
    image: OneOrMore, ALL, Image, Image;
    /// Labels of the image.
    labels: Pairs, BUILT, Both, Label;
    /// Images and jobs that are waited for; on a platform, beside those of the image.
    needs: Vec<Text>, ALL, Both, Key;
    /// The network of the build's commands.
    network: Text, BUILT, Both, Key;
    /// Whether the build cache is left aside.
    no_cache: bool = false, BUILT, Both, Key;
    /// The provenance attestation.
    provenance: TextOrFlag, BUILT, Both, Key;
    /// Whether base images are pulled anew.
    pull: bool = false, BUILT, Both, Key;
    /// How often a failed build is run again.
    retry: u8 = 0, BUILDS, Both, Key;
    /// The script that makes the image instead of `docker build`.
    run: Script, RUN, Both, Key;
    /// The bill of materials.
    sbom: TextOrFlag, BUILT, Both, Key;
    /// The secrets that the build may read.
    secrets: Vec<(Name, Option<Name>)>, BUILT, Both, Key;
    /// Shell that runs first.
    setup: Script, ALL, Both, Key;
    /// The size of `/dev/shm`.
    shm_size: Text, BUILT, Both, Key;
    /// SSH agents and keys, by id.
    ssh: Pairs, BUILT, Both, Key;
    /// The tags of the image, made from each of the workflow's.
    tags: Vec<Text>, ALL, Image, ImageTag;
    /// The stage of the Dockerfile that is built.
    target: Text, BUILT, Both, Key;
    /// The script that tries what was built, before it is pushed.
    test: Script, BUILDS, Both, Key;
    /// How long a build may take.
    timeout: Minutes, BUILDS, Both, Key;
    /// Limits of the build's commands.
    ulimits: Limits, BUILT, Both, Key;
}

impl Settings {
    pub fn runner(&self, provider: &str) -> Option<&Setting<Vec<Text>>> {
        self.runners.iter().find(|(known, _)| *known == provider).map(|(_, runner)| &**runner)
    }

    /// Every text.
    pub fn all_texts(&self) -> impl Iterator<Item = &Text> {
        let runners = self.runners.iter().flat_map(|(_, runner)| &runner.value);
        self.entries().flat_map(|(_, setting)| setting.texts()).chain(runners)
    }

    /// Every script.
    pub fn scripts(&self) -> impl Iterator<Item = &Script> {
        [&self.setup, &self.run, &self.test].into_iter().flatten().map(|setting| &setting.value)
    }

    /// Every text, but for what is waited for, with what it may refer to.
    pub fn texts(&self) -> impl Iterator<Item = (&Text, Position)> {
        let own = self.entries().filter(|(key, _)| !["needs", "gate"].contains(&key.name));
        let own = own.flat_map(|(key, setting)| setting.texts().into_iter().map(|text| (text, key.position)));
        own.chain(self.runners.iter().flat_map(|(_, runner)| runner.value.iter().map(|text| (text, Position::Fixed))))
    }
}

/// Keys of Compose that mean something else here or nothing, each with what to do instead.
pub const MISTAKEN: &[(&str, &str)] = &[
    (
        "build",
        "put the keys of a build on the image itself: `context`, `dockerfile`, `args`; a script of your own is `run`",
    ),
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
