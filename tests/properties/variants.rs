//! Several images of one, by `for`, and the same images written one by one.

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::matrix::{Piece, Pieces, pieces, text};

/// Names of `for`, of the language and of a var, as values of the images refer to them.
const NAMES: &[&str] = &["n0", "n1", "n2", "n1", "v0", "tag", "workflow_tag", "arch_tag", "git_sha", "FROM_CONTEXT"];

/// An image that is several: each has a word of its own, and some have other values.
#[derive(Clone, Debug)]
pub struct Variants {
    words: Vec<String>,
    values: Vec<[Option<String>; 2]>,
    targets: Vec<Option<String>>,
    args: Vec<Pieces>,
    dockerfile: Pieces,
    tags: Vec<&'static str>,
    /// Whether every word goes with every other value, rather than with its own.
    is_map: bool,
}

pub fn variants() -> impl Strategy<Value = Variants> {
    let words = btree_set("[a-z0-9]{1,5}", 1..5).prop_map(|words| words.into_iter().collect::<Vec<_>>());
    let values = vec([option::of(text()), option::of(text())], 5);
    let targets = vec(option::weighted(0.3, "[a-z]{1,4}"), 5);
    let tags = select(vec![vec!["${tag}-${n0}"], vec!["${tag_prefix}${n0}", "${tag}-x-${n0}"], vec!["${n0}-${tag}"]]);
    let args = vec(pieces(NAMES), 0..4);
    (words, values, targets, args, pieces(NAMES), tags, any::<bool>()).prop_map(
        |(words, values, targets, args, dockerfile, tags, is_map)| Variants {
            words,
            values,
            targets,
            args,
            dockerfile,
            tags,
            is_map,
        },
    )
}

impl Variants {
    /// The matrix with `for`, and the one without.
    pub fn both(&self) -> [String; 2] {
        let mut entries: Vec<Vec<(&str, String)>> = Vec::new();
        for (word, values) in self.words.iter().zip(&self.values) {
            // A name must be one of an entry's.
            let values = values.clone().map(|value| value.or_else(|| entries.is_empty().then(String::new)));
            let values = ["n1", "n2"].into_iter().zip(values).filter_map(|(name, value)| Some((name, value?)));
            entries.push(std::iter::once(("n0", word.clone())).chain(values).collect());
        }
        let written = |pieces: &Pieces, entry: Option<&[(&str, String)]>| -> Value {
            let write = |piece: &Piece| match (piece, entry) {
                (Piece::Text(text), _) => text.replace('$', "$$"),
                (Piece::Name(name), Some(entry)) if name.starts_with('n') => {
                    let value = entry.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
                    value.replace('$', "$$")
                }
                (Piece::Name(name), _) => format!("${{{name}}}"),
            };
            Value::String(pieces.iter().map(write).collect())
        };
        let image = |entry: Option<&[(&str, String)]>| -> Map<String, Value> {
            let args = self.args.iter().enumerate().map(|(at, value)| (format!("A{at}"), written(value, entry)));
            let word = |tag: &&str| match entry {
                Some(entry) => json!(tag.replace("${n0}", &entry[0].1)),
                None => json!(tag),
            };
            let mut map = Map::new();
            map.insert("image".into(), json!("acme/app"));
            map.insert("args".into(), args.collect::<Map<_, _>>().into());
            map.insert("dockerfile".into(), written(&self.dockerfile, entry));
            map.insert("tags".into(), self.tags.iter().map(word).collect());
            map
        };
        let target =
            |at: usize| self.targets[at].iter().filter(|_| !self.is_map).map(|it| ("target".to_owned(), json!(it)));
        let mut one = image(None);
        let mut several = Map::new();
        if self.is_map {
            one.insert("for".into(), json!({ "n0": self.words, "n1": ["one"], "n2": ["two"] }));
            entries
                .iter_mut()
                .for_each(|entry| *entry = vec![entry[0].clone(), ("n1", "one".into()), ("n2", "two".into())]);
        } else {
            let listed = entries.iter().enumerate().map(|(at, entry)| {
                let names = entry.iter().map(|(name, value)| ((*name).to_owned(), json!(value.replace('$', "$$"))));
                Value::Object(names.chain(target(at)).collect())
            });
            one.insert("for".into(), listed.collect());
        }
        for (at, entry) in entries.iter().enumerate() {
            let mut map = image(Some(entry));
            map.extend(target(at));
            let end = if self.is_map { "-one-two" } else { "" };
            several.insert(format!("app-{}{end}", entry[0].1), map.into());
        }
        // A child says which it is built on.
        let child = |need: &str| json!({ "image": "acme/child", "needs": [need] });
        let need = several.keys().next().expect("there is one").clone();
        let mut first = Map::new();
        first.insert("app".into(), one.into());
        first.insert("child".into(), child(&need));
        several.insert("child".into(), child(&need));
        [first, several].map(|images| {
            json!({
                "version": 1, "vars": { "v0": "x" }, "images": images, "tool": { "image": "acme/tool:1" },
                "workflows": {
                    "main": { "on": { "branches": ["main"] }, "tags": ["latest", "t-${git_short_sha}"] },
                    "other": { "on": { "branches": ["other/*"] }, "tags": ["${git_branch}"], "vars": { "v0": "y" } },
                },
            })
            .to_string()
            .chars()
            .map(|c| match c {
                '\u{7f}' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => format!("\\u{:04x}", u32::from(c)),
                c => c.to_string(),
            })
            .collect()
        })
    }
}
