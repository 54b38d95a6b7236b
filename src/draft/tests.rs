//! What is drafted is read back as it was drafted, whatever it holds, and looks as a person would write it.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{Draft, IMAGE, Map, Value};
use crate::spec::{self, KEYS, Settings, TextOrFlag};
use crate::template::Template;
use crate::yaml::read::{Budget, read};
use crate::yaml::{Node, Scalar};

const NASTY: &[&str] = &[
    "",
    " ",
    "a ",
    "\t",
    "a b  c",
    "'",
    "\"",
    "it's",
    "say \"hi\"",
    "a\\b",
    "$",
    "$$",
    "${tag}",
    "$(date)",
    "%{x}",
    "`ls`",
    "a\nb",
    "a\n",
    "\n",
    "\n\n",
    " a\nb",
    "a\r\nb",
    "<<",
    "=",
    "#",
    "# a",
    "a #b",
    "a: b",
    "a:b",
    ":",
    "a:",
    "- a",
    "-",
    "? a",
    "no",
    "on",
    "true",
    "null",
    "~",
    "012",
    "1.10",
    "1e3",
    "12:30",
    "2026-11-21",
    "[a]",
    "{a: b}",
    "a,b",
    "a]b",
    "*a",
    "&a",
    "!a",
    "@a",
    "%a",
    "|",
    ">",
    "---",
    "...",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "\u{fffe}",
    "é",
    "名",
    "a\u{1b}[31mb",
    "--build",
    "linux/arm64",
    "type=gha,scope=a",
];

fn text() -> impl Strategy<Value = String> {
    let long = select(vec!["word ", "x", "a,", "é"]).prop_map(|piece| piece.repeat(300));
    prop_oneof![
        4 => select(NASTY).prop_map(str::to_owned),
        2 => any::<String>().prop_map(|text| text.replace('\0', "")),
        1 => "[a-z]{1,9}",
        1 => long,
    ]
}

fn template() -> impl Strategy<Value = Template> {
    let name = select(vec!["tag", "arch", "git_sha:7", "NETRC", "v"]).prop_map(Template::name);
    vec(prop_oneof![2 => text().prop_map(|text| Template::literal(&text)), 1 => name], 0..4).prop_map(|parts| {
        parts.iter().fold(Template::default(), |mut whole, part| {
            whole.push(part);
            whole
        })
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => template().prop_map(Value::Text),
        2 => text().prop_map(Value::Verbatim),
        1 => any::<bool>().prop_map(Value::Flag),
        1 => any::<u64>().prop_map(Value::Number),
        1 => Just(Value::Nothing),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Value::List), map(inner).prop_map(Value::Map)]
    })
}

/// A map with comments here and there.
fn map(value: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Map> {
    let comments = (vec(text(), 0..2), proptest::option::weighted(0.2, text()));
    vec((text(), value, comments), 0..4).prop_map(|entries| {
        let mut map = Map::default();
        for (key, value, (above, behind)) in entries {
            let entry = map.put(&key, value);
            above.into_iter().for_each(|line| {
                entry.above(line);
            });
            behind.into_iter().for_each(|line| {
                entry.behind(line);
            });
        }
        map
    })
}

/// Whether a tree that was read is what was drafted.
fn is_same(node: &Node, value: &Value) -> bool {
    match value {
        Value::Text(template) => {
            node.as_str().is_some_and(|text| Template::parse(text).is_ok_and(|(read, _)| read == *template))
        }
        Value::Verbatim(text) => node.as_str() == Some(text),
        Value::Nothing => node.is_null(),
        Value::Flag(_) | Value::Number(_) => node.as_scalar().is_some_and(|scalar| {
            let typed = scalar.looks_typed();
            (Some(scalar.text.clone()) == value.scalar()) && typed.is_some()
        }),
        Value::List(items) => node.as_sequence().is_some_and(|nodes| {
            nodes.len() == items.len() && nodes.iter().zip(items).all(|(node, item)| is_same(node, item))
        }),
        Value::Map(map) => node.as_mapping().is_some_and(|read| {
            let has = |entry: &super::Entry| read.get(&entry.key).is_some_and(|node| is_same(node, &entry.value));
            read.entries.len() == map.entries.len() && map.entries.iter().all(has)
        }),
    }
}

fn is_text(node: &Node, value: &Value) -> bool {
    let is_string = node.as_scalar().and_then(Scalar::looks_typed).is_none();
    !matches!(value, Value::Text(_) | Value::Verbatim(_)) || is_string
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// Values, keys and comments of any kind are what they were, and no comment is anything else.
    #[test]
    fn a_draft_is_read_as_it_was_made(images in map(value()), other in map(value()), comment in text()) {
        let mut draft = Draft::default();
        draft.comment(comment);
        *draft.section("images") = images.clone();
        draft.section("workflows").put("main", other.clone());
        let text = draft.text();
        let document = read(&text, Budget::default()).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        prop_assert!(document.problems.is_empty(), "{:?}\n{}", document.problems, text);
        if !images.is_empty() {
            let read = document.root.get("images").expect("images");
            prop_assert!(is_same(read, &Value::Map(images.clone())), "{}", text);
            let nodes = read.as_mapping().expect("a map");
            prop_assert!(images.entries.iter().all(|it| is_text(nodes.get(&it.key).expect("it"), &it.value)), "{}", text);
        }
        let main = document.root.get("workflows").and_then(|it| it.get("main")).expect("a workflow");
        prop_assert!(is_same(main, &Value::Map(other)), "{}", text);
    }

    /// Every key of an image, with whatever values, is read by `spec` without a problem and as it was drafted.
    #[test]
    fn a_matrix_reads_every_key(
        texts in vec(template(), 3..6),
        script in text(),
        names in vec(text().prop_filter("a name", |name| is_name(name)), 1..4),
    ) {
        let (image, expected) = image(&texts, &script, &names);
        let mut draft = Draft::default();
        draft.section("images").put("app", image);
        let text = draft.text();
        let document = read(&text, Budget::default()).expect("it is YAML");
        let (spec, problems) = spec::decode(&document.root, &text, &[]);
        prop_assert!(problems.is_empty(), "{:?}\n{}", problems, text);
        let settings = &spec.images[0].1.settings;
        for (name, expected) in &expected {
            prop_assert_eq!(&read_texts(settings, name), expected, "{}\n{}", name, text);
        }
        let scripts: Vec<&str> = settings.scripts().map(|script| script.text.as_str()).collect();
        prop_assert_eq!(scripts, vec![script.as_str(); 3]);
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c == '=' || c.is_whitespace() || c.is_control())
}

/// What a key holds: every text of it.
fn read_texts(settings: &Settings, name: &str) -> Vec<Template> {
    let (_, setting) = settings.entries().find(|(key, _)| key.name == name).unwrap_or_else(|| panic!("no {name}"));
    setting.texts().into_iter().map(|text| text.template.clone()).collect()
}

/// An image with every key there is, and the texts of each.
fn image(texts: &[Template], script: &str, names: &[String]) -> (Map, Vec<(&'static str, Vec<Template>)>) {
    const PAIRS: [&str; 6] = ["additional_contexts", "annotations", "args", "extra_hosts", "labels", "ssh"];
    let (mut image, mut expected) = (Map::default(), Vec::new());
    let list = || Value::list(texts.iter().cloned().map(Value::from));
    let pairs = || Map::of(names.iter().zip(texts).map(|(name, text)| (name, text.clone())));
    let of_pairs: Vec<Template> =
        pairs().entries().iter().filter_map(|it| Template::parse(&it.value().scalar()?).ok()).map(|it| it.0).collect();
    for key in KEYS {
        let one = texts[1].clone();
        match key.name {
            "setup" | "run" | "test" => {
                image.put(key.name, Value::verbatim(script));
            }
            "enabled" | "no_cache" | "pull" => {
                image.put(key.name, true);
            }
            "retry" | "timeout" => {
                image.put(key.name, 2);
            }
            "format" => {
                image.put(key.name, "docker");
            }
            "ulimits" => {
                image.put(key.name, Map::of([("nofile", Map::of([("soft", 1), ("hard", 2)]))]));
            }
            "secrets" => {
                let renamed = Map::of([("source", "netrc"), ("target", "other")]);
                image.put(key.name, Value::list(["pip".into(), renamed.into()]));
            }
            "image" | "needs" | "gate" | "tags" | "cache_from" | "cache_to" => {
                image.put(key.name, list());
                expected.push((key.name, texts.to_vec()));
            }
            // On a platform.
            "arch" => {}
            "provenance" | "sbom" if matches!(one.as_literal(), Some("true" | "false")) => {}
            name if PAIRS.contains(&name) || name == "export" => {
                image.put(name, pairs());
                expected.push((key.name, of_pairs.clone()));
            }
            name => {
                image.put(name, one.clone());
                expected.push((key.name, vec![one]));
            }
        }
    }
    let platform = Map::of([("arch", Value::from("x64")), ("args", Map::of([("A", Value::Nothing)]).into())]);
    image.put("platforms", Map::of([("linux/amd64", platform)]));
    (image, expected)
}

#[test]
fn the_order_has_every_key() {
    let ordered: BTreeSet<&str> = IMAGE.iter().copied().collect();
    let known: BTreeSet<&str> = KEYS.iter().map(|key| key.name).chain(["for", "platforms"]).collect();
    assert_eq!(ordered, known);
}

#[test]
fn flags_are_no_text() {
    let mut draft = Draft::default();
    draft.section("images").put("a", Map::of([("provenance", true)]));
    let text = draft.text();
    let document = read(&text, Budget::default()).expect("YAML");
    let (spec, _) = spec::decode(&document.root, &text, &[]);
    let provenance = spec.images[0].1.settings.provenance.as_ref().expect("it is there");
    assert!(matches!(provenance.value, TextOrFlag::Flag(true)));
}

#[test]
fn it_looks_as_a_person_would_write_it() {
    let mut draft = Draft::default();
    draft.comment("Drafted from a file.\nIt had two lines.");
    draft.section("tool").put("install", Value::verbatim("set -e\nfetch splitbuild\n")).behind("what gets it");
    draft.entry("tool").expect("it was made").above("How manifest jobs get splitbuild.");
    draft.section("registries").put("ghcr.io", Map::of([("username", Template::name("USER"))]));
    draft.section("workflows").map("main").map("on").put("branches", Value::texts(["main"]));
    let images = draft.section("images");
    for key in ["base", "app"] {
        let image = images.map(key);
        image.put("args", Map::of([("A", "1.10"), ("B", "a,b"), ("C", "$x")]));
        image.put("image", "acme/app");
    }
    images.map("app").put("needs", Value::texts(["base"])).behind("guessed");
    images.map("app").put("cache_from", Value::texts([format!("type=registry,ref={}", "a".repeat(80))]));
    images.map("app").put("for", Value::list([Map::of([("v", "1"), ("w", &"long ".repeat(20))]).into()]));
    draft.section("vars");
    let expected = r#"# Drafted from a file. It had two lines.
version: 1

registries:
  ghcr.io: { username: "${USER}" }

images:
  base:
    image: acme/app
    args: { A: "1.10", B: "a,b", C: $$x }

  app:
    image: acme/app
    for:
      - v: "1"
        w: "long long long long long long long long long long long long long long long long long long long long "
    needs: [base]                                       # guessed
    args: { A: "1.10", B: "a,b", C: $$x }
    cache_from:
      - type=registry,ref=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa

workflows:
  main: { on: { branches: [main] } }

# How manifest jobs get splitbuild.
tool:
  # what gets it
  install: |
    set -e
    fetch splitbuild
"#;
    assert_eq!(draft.text(), expected);
}
