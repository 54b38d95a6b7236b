//! A matrix that a program drafts, to be read and mended by a person: what is written in it, with comments, and its text.
//!
//! ```
//! use splitbuild::draft::{Draft, Map, Value};
//! use splitbuild::template::Template;
//!
//! let mut draft = Draft::default();
//! draft.comment("Drafted from compose.yml.");
//! let mut app = Map::default();
//! app.put("image", "acme/app");                         // text: its dollars mean dollars
//! app.put("args", Map::of([("PRICE", "$5"), ("SIZE", "1.10")]));
//! app.put("needs", Value::texts(["base"])).behind("guessed: FROM acme/base");
//! app.put("tags", Value::from(vec![Value::from(Template::name("tag"))]));
//! draft.section("images").put("app", app).above("the program");
//! let mut main = Map::default();
//! main.map("on").put("branches", Value::list([Value::verbatim("release-*")]));
//! draft.section("workflows").put("main", main);
//! assert_eq!(draft.text(), r##"# Drafted from compose.yml.
//! version: 1
//!
//! images:
//!   ## the program
//!   app:
//!     image: acme/app
//!     tags: ["${tag}"]
//!     needs: [base]                                       # guessed: FROM acme/base
//!     args: { PRICE: $$5, SIZE: "1.10" }
//!
//! workflows:
//!   main: { on: { branches: [release-*] } }
//! "##);
//! ```
//!
//! - [`Draft::section`] is a key at the top; whatever order they are made in, they are written in that of the manual, and so
//!   are the keys of images. Everything else keeps the order in which it was put.
//! - [`Value`] is a value. Text from elsewhere is `Value::from("…")`, in which nothing refers to anything; what refers is a
//!   [`Template`]. Scripts and patterns, in which the matrix leaves dollars alone, are [`Value::verbatim`].
//! - [`Entry::above`] and [`Entry::behind`] are comments. They are one line each, whatever they quote, and are wrapped.
//!
//! It knows neither what a matrix means nor whether it is right; who drafts one reads it back and plans it.

mod comment;
mod layout;
#[cfg(test)]
mod tests;

use crate::template::Template;

/// The keys at the top, in the order in which they are written; those of providers stand before the last.
const TOP: [&str; 7] = ["vars", "registries", "secrets", "defaults", "images", "workflows", "tool"];

/// The keys of an image in the order in which they are written: what it is, what it is made of, how, and what comes after.
const IMAGE: [&str; 36] = [
    "enabled",
    "image",
    "for",
    "tags",
    "copy",
    "context",
    "dockerfile",
    "target",
    "run",
    "needs",
    "additional_contexts",
    "args",
    "labels",
    "annotations",
    "secrets",
    "ssh",
    "cache_from",
    "cache_to",
    "no_cache",
    "pull",
    "network",
    "extra_hosts",
    "shm_size",
    "ulimits",
    "provenance",
    "sbom",
    "format",
    "arch",
    "arch_image",
    "platforms",
    "setup",
    "test",
    "gate",
    "export",
    "retry",
    "timeout",
];

/// A matrix.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    comments: Vec<String>,
    top: Map,
}

/// Keys with their values and comments, each key once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    key: String,
    value: Value,
    above: Vec<String>,
    behind: Option<String>,
}

/// A value of a matrix.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text with references.
    Text(Template),
    /// Text that is taken as it stands: scripts, patterns, what the provider reads.
    Verbatim(String),
    Flag(bool),
    Number(u64),
    /// What is left to the job's environment: a build argument without a value.
    Nothing,
    List(Vec<Value>),
    Map(Map),
}

impl Draft {
    /// Adds a line to the comment at the top of the file.
    pub fn comment(&mut self, line: impl Into<String>) {
        self.comments.push(line.into());
    }

    /// The map under a key at the top, such as `images`, which is there from now on. One that stays empty is not written.
    pub fn section(&mut self, key: &str) -> &mut Map {
        self.top.map(key)
    }

    /// The entry of a key at the top, for its comments, if there is one.
    pub fn entry(&mut self, key: &str) -> Option<&mut Entry> {
        self.top.entry(key)
    }

    /// The map under a key at the top, if there is one.
    pub fn get(&self, key: &str) -> Option<&Map> {
        self.top.get(key).and_then(Value::as_map)
    }

    /// The matrix as YAML, as a person would write it.
    pub fn text(&self) -> String {
        layout::matrix(&self.comments, &self.top)
    }
}

impl Map {
    /// The same kind of value under each of several keys.
    pub fn of<K: AsRef<str>, V: Into<Value>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut map = Self::default();
        for (key, value) in entries {
            map.put(key.as_ref(), value);
        }
        map
    }

    /// Puts a value under a key; one that is there already keeps its place and its comments.
    pub fn put(&mut self, key: &str, value: impl Into<Value>) -> &mut Entry {
        let at = self.place(key).unwrap_or_else(|| {
            let (key, value) = (key.to_owned(), Value::Nothing);
            self.entries.push(Entry { key, value, above: Vec::new(), behind: None });
            self.entries.len() - 1
        });
        let entry = &mut self.entries[at];
        entry.value = value.into();
        entry
    }

    /// The map under a key, which is there from now on; another kind of value gives way to it.
    pub fn map(&mut self, key: &str) -> &mut Map {
        let is_map = self.get(key).is_some_and(|value| value.as_map().is_some());
        let at = self.place(key).filter(|_| is_map);
        let entry = match at {
            Some(at) => &mut self.entries[at],
            None => self.put(key, Map::default()),
        };
        match &mut entry.value {
            Value::Map(map) => map,
            _ => unreachable!("it is a map, or was made one"),
        }
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        self.place(key).map(|at| &self.entries[at].value)
    }

    /// The map under a key, to be changed, if there is one.
    pub fn get_map_mut(&mut self, key: &str) -> Option<&mut Map> {
        match self.entry(key).map(Entry::value_mut) {
            Some(Value::Map(map)) => Some(map),
            _ => None,
        }
    }

    pub fn entry(&mut self, key: &str) -> Option<&mut Entry> {
        self.place(key).map(|at| &mut self.entries[at])
    }

    /// Takes a key away, with its comments.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.place(key).map(|at| self.entries.remove(at).value)
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn entries_mut(&mut self) -> &mut [Entry] {
        &mut self.entries
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Keeps only those entries.
    pub fn retain(&mut self, is_kept: impl Fn(&Entry) -> bool) {
        self.entries.retain(is_kept);
    }

    fn place(&self, key: &str) -> Option<usize> {
        self.entries.iter().position(|entry| entry.key == key)
    }

    /// The entries, first those that `order` has, in its order; `last` of `order` stand behind those that it has not.
    fn ordered(&self, order: &[&str], last: usize) -> Vec<&Entry> {
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        let split = order.len() - last;
        entries.sort_by_key(|entry| match order.iter().position(|key| *key == entry.key) {
            Some(at) if at >= split => at + 1,
            Some(at) => at,
            None => split,
        });
        entries
    }
}

impl Entry {
    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn value(&self) -> &Value {
        &self.value
    }

    pub fn value_mut(&mut self) -> &mut Value {
        &mut self.value
    }

    /// Whether it has no comment.
    pub fn is_bare(&self) -> bool {
        self.above.is_empty() && self.behind.is_none()
    }

    /// Adds a comment above it.
    pub fn above(&mut self, comment: impl Into<String>) -> &mut Self {
        self.above.push(comment.into());
        self
    }

    /// Puts a comment behind it, or above it if there is no room; one that is there already stands before this.
    pub fn behind(&mut self, comment: impl Into<String>) -> &mut Self {
        let comment = comment.into();
        self.behind = Some(match self.behind.take() {
            Some(first) => format!("{first}; {comment}"),
            None => comment,
        });
        self
    }
}

impl Value {
    /// Text that the matrix takes as it stands: a script, a pattern, a cron line.
    pub fn verbatim(text: impl Into<String>) -> Self {
        Self::Verbatim(text.into())
    }

    /// A list of texts, in which nothing refers to anything.
    pub fn texts<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(|text| Self::from(text.as_ref())).collect())
    }

    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().collect())
    }

    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// What stands in a YAML scalar for it; `None` for lists and maps.
    fn scalar(&self) -> Option<String> {
        match self {
            Self::Text(template) => Some(template.to_string()),
            Self::Verbatim(text) => Some(text.clone()),
            Self::Flag(flag) => Some(flag.to_string()),
            Self::Number(number) => Some(number.to_string()),
            Self::Nothing => Some("null".into()),
            Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Whether YAML is to read it as something else than text.
    fn is_typed(&self) -> bool {
        matches!(self, Self::Flag(_) | Self::Number(_) | Self::Nothing)
    }
}

/// Text in which nothing refers to anything.
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Template::literal(text))
    }
}

/// Text in which nothing refers to anything.
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Template> for Value {
    fn from(template: Template) -> Self {
        Self::Text(template)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::List(items)
    }
}
