//! Images, their defaults and what differs on a platform.

use std::sync::Arc;

use super::decode::{Decoder, is_plain_word, is_upper_name};
use super::key::{FOREIGN, KEYS, Level};
use super::value::{Pairs, Setting};
use super::{Image, Name, Platforms, Text};
use crate::diagnostic::Diagnostic;
use crate::platform::Platform;
use crate::template::Template;
use crate::yaml::{Entry, Node};

/// Which keys may stand where an image is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Image,
    Platform,
}

impl Decoder<'_> {
    pub(super) fn defaults(&mut self, node: &Node) -> Image {
        self.image(node, "`defaults`", Place::Image)
    }

    pub(super) fn images(&mut self, node: &Node) -> Vec<(Name, Image)> {
        let Some(map) = self.map(node, "`images`") else { return Vec::new() };
        let mut images = Vec::new();
        for entry in &map.entries {
            let key = &entry.key.text;
            if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) {
                let problem = Diagnostic::new(
                    "image-key",
                    entry.key.span,
                    format!("`{key}` cannot be an image's key: jobs are named after it"),
                );
                self.report(
                    problem.help("use letters, digits, `_` and `-`; the image's own name stands under `image`"),
                );
            }
            let image = self.image(&entry.value, &format!("the image `{key}`"), Place::Image);
            images.push((Self::name_of(entry), image));
        }
        images
    }

    fn image(&mut self, node: &Node, what: &str, place: Place) -> Image {
        let mut image = Image::default();
        let Some(map) = self.map(node, what) else { return image };
        for entry in &map.entries {
            if entry.key.text == "platforms" && place == Place::Image {
                image.platforms = self.platforms(entry);
                continue;
            }
            let before = self.diagnostics.len();
            match (KEYS.iter().find(|key| key.name == entry.key.text), self.provider(&entry.key.text)) {
                (Some(key), _) if self.may_stand(key.level, entry, place) => image.settings.read(self, entry),
                (Some(_), _) => {}
                (None, Some(provider)) => {
                    if let Some(value) = self.image_runner(provider, &entry.value) {
                        let setting = Setting { key: entry.key.span, span: entry.value.span, value };
                        image.settings.runners.push((provider.name, Arc::new(setting)));
                    }
                }
                (None, None) => self.unknown_image_key(entry, what, place),
            }
            image.is_doubtful |= self.diagnostics.len() > before;
        }
        image
    }

    fn may_stand(&mut self, level: Level, entry: &Entry, place: Place) -> bool {
        let name = &entry.key.text;
        let problem = match (level, place) {
            (Level::Image, Place::Platform) => {
                Diagnostic::new("misplaced-key", entry.key.span, format!("`{}` is the same on every platform", name))
                    .help("put it on the image itself")
            }
            (Level::Platform, Place::Image) => {
                Diagnostic::new("misplaced-key", entry.key.span, format!("`{}` belongs to a platform", name))
                    .help(format!("put it under one: `platforms: {{ linux/arm64: {{ {}: ... }} }}`", name))
            }
            _ => return true,
        };
        self.report(problem);
        false
    }

    fn unknown_image_key(&mut self, entry: &Entry, what: &str, place: Place) {
        let word = entry.key.text.as_str();
        if let Some((_, help)) = FOREIGN.iter().find(|(name, _)| *name == word) {
            return self.report(
                Diagnostic::new("unknown-key", entry.key.span, format!("{what} has no key `{word}`")).help(*help),
            );
        }
        let providers = self.providers.iter().map(|provider| provider.name);
        let mut known: Vec<&str> = KEYS
            .iter()
            .filter(|key| key.level == Level::Both || (key.level == Level::Platform) == (place == Place::Platform))
            .map(|key| key.name)
            .chain(providers)
            .collect();
        known.sort_unstable();
        if place == Place::Image {
            known.push("platforms");
        }
        self.unknown_key(entry, what, &known);
    }

    fn platforms(&mut self, entry: &Entry) -> Option<Platforms> {
        let mut platforms = Platforms { key: entry.key.span, entries: Vec::new() };
        if let Some(map) = entry.value.as_mapping() {
            for inner in &map.entries {
                let name = Name { text: inner.key.text.clone(), span: inner.key.span };
                let image = if inner.value.is_null() {
                    Image::default()
                } else {
                    self.image(&inner.value, &format!("the platform `{}`", name.text), Place::Platform)
                };
                self.add_platform(&mut platforms, &name, image);
            }
        } else {
            for text in self.texts(&entry.value, "`platforms`") {
                let Some(word) = text.template.as_literal() else {
                    let problem = Diagnostic::new(
                        "late-name",
                        text.references[0],
                        "platforms are known when generating, so they have no references",
                    );
                    self.report(problem.help("write the platform itself: linux/amd64"));
                    continue;
                };
                let name = Name { text: word.to_owned(), span: text.span };
                self.add_platform(&mut platforms, &name, Image::default());
            }
        }
        if platforms.entries.is_empty() && entry.value.kind() != "text" {
            let empty = entry.value.as_sequence().is_some_and(<[Node]>::is_empty)
                || entry.value.as_mapping().is_some_and(|m| m.entries.is_empty());
            if empty {
                let problem = Diagnostic::new("no-platform", entry.key.span, "`platforms` is empty");
                self.report(problem.help("name at least one: `platforms: [linux/amd64, linux/arm64]`"));
            }
            return None;
        }
        Some(platforms)
    }

    fn add_platform(&mut self, platforms: &mut Platforms, name: &Name, image: Image) {
        let platform: Platform = match name.text.parse() {
            Ok(platform) => platform,
            Err(crate::platform::PlatformError { found, help }) => {
                return self
                    .report(Diagnostic::new("platform", name.span, format!("`{found}` is not a platform")).help(help));
            }
        };
        if let Some((_, first, _)) = platforms.entries.iter().find(|(known, ..)| *known == platform) {
            let problem = Diagnostic::new("platform", name.span, format!("`{}` stands here twice", name.text));
            return self.report(problem.related(*first, "here as well").help("keep one of them"));
        }
        platforms.entries.push((platform, name.span, image));
    }

    /// A map, where a name without a value is taken from the environment, or a list of `NAME=VALUE`.
    pub(super) fn pairs(&mut self, node: &Node, what: &str) -> Option<Pairs> {
        let item = format!("a value of {what}");
        if let Some(map) = node.as_mapping() {
            let mut entries = Vec::new();
            for entry in &map.entries {
                self.pair_name(&entry.key.text, entry.key.span, what);
                if entry.value.is_null() {
                    entries.push((Self::name_of(entry), None));
                } else if let Some(text) = self.text(&entry.value, &item) {
                    entries.push((Self::name_of(entry), Some(text)));
                }
            }
            return Some(Pairs { entries, is_map: true });
        }
        if node.as_sequence().is_none() {
            self.wrong_shape(node, what, "a map, or a list of `NAME=VALUE`");
            return None;
        }
        let texts = self.texts(node, what);
        let entries = texts.into_iter().filter_map(|text| self.pair(&text, what)).collect();
        Some(Pairs { entries, is_map: false })
    }

    fn pair(&mut self, text: &Text, what: &str) -> Option<(Name, Option<Text>)> {
        let (name, value) = match text.template.split_once("=") {
            Some((name, value)) => (name, Some(Text { template: value, ..text.clone() })),
            None => (text.template.clone(), None),
        };
        let Some(name) = name.as_literal() else {
            let problem = Diagnostic::new(
                "reference",
                text.span,
                format!("a name in {what} holds a reference; only its value can"),
            );
            self.report(problem.help("write the name itself"));
            return None;
        };
        self.pair_name(name, text.span, what);
        Some((Name { text: name.to_owned(), span: text.span }, value))
    }

    /// Names end where the first `=` stands, so they hold none, and nothing that a shell or Docker would cut.
    fn pair_name(&mut self, name: &str, span: crate::span::Span, what: &str) {
        let bad = name.is_empty() || name.contains(|c: char| c == '=' || c.is_whitespace() || c.is_control());
        if bad {
            let shown = name.escape_debug();
            let problem = Diagnostic::new("wrong-shape", span, format!("`{shown}` cannot be a name in {what}"));
            self.report(problem.help("write NAME or NAME=VALUE, without spaces in the name"));
        }
    }

    /// `nofile: 1024` or `nofile: { soft: 1024, hard: 2048 }`, as values of Docker's `--ulimit`.
    pub(super) fn limits(&mut self, node: &Node, what: &str) -> Option<Pairs> {
        let map = self.map(node, what)?;
        let number =
            |node: Option<&Node>| node.and_then(Node::as_str).filter(|t| t.parse::<i64>().is_ok()).map(str::to_owned);
        let mut entries = Vec::new();
        for entry in &map.entries {
            let limit = match entry.value.as_mapping() {
                Some(fields) => match (number(fields.get("soft")), number(fields.get("hard")), fields.entries.len()) {
                    (Some(soft), Some(hard), 2) => Some(format!("{soft}:{hard}")),
                    _ => None,
                },
                None => number(Some(&entry.value)),
            };
            let good_name = is_plain_word(&entry.key.text);
            let Some(limit) = limit.filter(|_| good_name) else {
                self.wrong_shape(&entry.value, "a limit", "a number, or `{ soft: NUMBER, hard: NUMBER }`");
                continue;
            };
            let text = Text { template: Template::literal(&limit), span: entry.value.span, references: Vec::new() };
            entries.push((Self::name_of(entry), Some(text)));
        }
        Some(Pairs { entries, is_map: true })
    }

    pub(super) fn secret_uses(&mut self, node: &Node) -> Vec<(Name, Option<Name>)> {
        let mut uses = Vec::new();
        for item in self.list(node, "`secrets`") {
            let Some(map) = item.as_mapping() else {
                if let Some(name) = self.word(item, "a secret's name") {
                    uses.push((name, None));
                }
                continue;
            };
            for entry in &map.entries {
                if !["source", "target"].contains(&entry.key.text.as_str()) {
                    self.unknown_key(entry, "a use of a secret", &["source", "target"]);
                }
            }
            let source = map.get("source").and_then(|n| self.word(n, "`source`"));
            let target = map.get("target").and_then(|n| self.word(n, "`target`"));
            match source {
                Some(source) => uses.push((source, target.filter(|t| self.secret_target(t)))),
                None if map.get("source").is_none() => {
                    self.wrong_shape(item, "a use of a secret", "its name, or a map with `source`")
                }
                None => {}
            }
        }
        uses
    }

    fn secret_target(&mut self, target: &Name) -> bool {
        let good = is_plain_word(&target.text);
        if !good {
            let text = format!("`{}` cannot be the id of a secret", target.text);
            self.report(Diagnostic::new("secret", target.span, text).help("use letters, digits, `_`, `.` and `-`"));
        }
        good
    }

    pub(super) fn vars(&mut self, node: &Node) -> Vec<(Name, Text)> {
        let Some(map) = self.map(node, "`vars`") else { return Vec::new() };
        let mut vars = Vec::new();
        for entry in &map.entries {
            let name = &entry.key.text;
            let is_lower = name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            if is_upper_name(name) {
                let problem = Diagnostic::new(
                    "var-name",
                    entry.key.span,
                    format!("`{name}` is the name of a variable of the job's environment"),
                );
                self.report(problem.help("the names of `vars` are lower case"));
            } else if !is_lower {
                let problem =
                    Diagnostic::new("var-name", entry.key.span, format!("`{name}` cannot be the name of a var"));
                self.report(problem.help("use lower-case letters, digits and `_`, and begin with a letter"));
            } else if name.ends_with("_proxy") {
                let problem = Diagnostic::new(
                    "var-name",
                    entry.key.span,
                    format!("`{name}` would change how every tool in the job reaches the network"),
                );
                self.report(problem.help("choose another name"));
            } else if let Some(ours) = crate::names::OURS.iter().find(|ours| *ours == name) {
                let problem =
                    Diagnostic::new("var-name", entry.key.span, format!("`{ours}` is a name of the language"));
                self.report(problem.help("choose another name"));
            } else if crate::names::SCRIPTS.contains(&name.as_str()) {
                let message = format!("`{name}` is a name that the scripts of generated jobs use themselves");
                self.report(Diagnostic::new("var-name", entry.key.span, message).help("choose another name"));
            } else {
                // One that cannot be read is still there for those who refer to it.
                let unknown = || Text { template: Template::name("_"), span: entry.value.span, references: Vec::new() };
                let text = self.text(&entry.value, &format!("the var `{name}`")).unwrap_or_else(unknown);
                vars.push((Self::name_of(entry), text));
            }
        }
        vars
    }
}
