//! Checks that what is written reads back as it was.

use super::{block, node, scalar};
use crate::yaml::read::{Budget, read};
use crate::yaml::{Node, Value};

const NASTY: &[&str] = &[
    "",
    " ",
    "  ",
    " a",
    "a ",
    "\t",
    "\ta",
    "a\t",
    "a b  c",
    "'",
    "\"",
    "'x'",
    "\"x\"",
    "it's",
    "say \"hi\"",
    "a\\b",
    "\\n",
    "$(date)",
    "${tag}",
    "$GIT",
    "`ls`",
    "a\nb",
    "a\n",
    "\n",
    "\n\n",
    "\r\n",
    "a\r\nb",
    "<<",
    "=",
    "#",
    "# a",
    "a #b",
    "a#b",
    ": ",
    "a: b",
    "a:b",
    ":a",
    ":",
    "a:",
    "no",
    "on",
    "Yes",
    "y",
    "true",
    "null",
    "~",
    "~/x",
    "012",
    "0x1F",
    "0o7",
    "0b1",
    "1e3",
    "1.10",
    "1_000",
    "1,000",
    "+1.5",
    ".5",
    ".inf",
    ".NaN",
    "12:30",
    "2026-11-21",
    "2026-11-21T10:00:00Z",
    "- a",
    "-",
    "--",
    "---",
    "--- a",
    "...",
    "... a",
    "-a",
    "--file=docker/Dockerfile",
    "? x",
    "?",
    "?x",
    "!x",
    "!",
    "&x",
    "*x",
    "%x",
    "@x",
    "|",
    "|-",
    ">",
    "> x",
    "[a]",
    "{a}",
    "a]",
    "a, b",
    ",a",
    "a=b,c",
    "hysds/base:develop",
    "a [b] {c}",
    "é",
    "naïve: é",
    "日本語",
    "🦀",
    "🦀: # x",
    "\0",
    "\u{1}",
    "\u{7}",
    "\u{1b}[0m",
    "\u{7f}",
    "\u{80}",
    "\u{85}",
    "a\u{85}b",
    "\u{9f}",
    "\u{a0}",
    "\u{2028}",
    "a\u{2029}b",
    "\u{feff}",
    "\u{feff}a",
    "\u{fffe}",
    "\u{fdd0}",
    "\u{1ffff}",
    "\u{200b}",
    "a\n b\n",
    "a\n\nb\n\n",
    "-1",
    "1-2",
    "1.2.3",
    "key: [",
    "/a/*",
    "^a$",
];

fn text_of(yaml: &str) -> Node {
    let document = read(yaml, Budget::default()).unwrap_or_else(|e| panic!("{yaml:?}: {e}"));
    assert_eq!(document.problems, [], "{yaml:?}");
    document.root
}

#[test]
fn scalars_round_trip_in_every_position() {
    for text in NASTY {
        let written = scalar(text);
        let yaml = format!("- {written}\n- a: {written}\n  {written}: b\n");
        let root = text_of(&yaml);
        let items = root.as_sequence().expect("a list");
        assert_eq!(items[0].as_str(), Some(*text), "{yaml}");
        assert_eq!(items[0].kind(), "text", "{yaml}");
        let map = items[1].as_mapping().expect("a map");
        assert_eq!(map.entries[0].value.as_str(), Some(*text), "{yaml}");
        assert_eq!(map.entries[1].key.text, *text, "{yaml}");
        assert!(!written.contains('\n'), "{written}");
        assert_eq!(text_of(&written).as_str(), Some(*text), "{written}");

        let other: serde_json::Value = serde_yaml::from_str(&yaml).expect(&yaml);
        assert_eq!(other[0], **text, "{yaml}");
        assert_eq!(other[1]["a"], **text, "{yaml}");
        assert_eq!(other[1][*text], "b", "{yaml}");
    }
}

#[test]
fn plain_only_when_obviously_safe() {
    for text in [
        "hysds/base:develop",
        "--file=docker/Dockerfile",
        "${tag}",
        "$GIT",
        "a=b,c",
        "a [b] {c}",
        "a plain sentence.",
        "1.2.3",
        "./run.sh",
        "say \"hi\"",
        "a#b",
    ] {
        assert_eq!(scalar(text), text);
    }
    for (text, written) in [
        ("no", "\"no\""),
        ("1.10", "\"1.10\""),
        ("-x", "\"-x\""),
        ("é", "\"é\""),
        ("a\u{85}\t\\\"", "\"a\\x85\\t\\\\\\\"\""),
        ("\u{2028}\u{feff}\u{1ffff}", "\"\\u2028\\uFEFF\\U0001FFFF\""),
    ] {
        assert_eq!(scalar(text), written);
    }
}

#[test]
fn blocks_round_trip() {
    let texts = [
        "a\n",
        "a\nb\n",
        "a\nb",
        "a\n\nb\n\n\n",
        "\na\n",
        "\n\na",
        " a\nb\n",
        "\n  a\n b\n",
        "\ta\n",
        "a \nb  \n",
        "# a\n- b: c\n",
        "---\n...\n",
        "é\n🦀\n",
        "\"q\" 'q' \\ $(x) `y`\n",
        "a\n  \tb\n",
        "if x; then\n\ty\nfi\n",
        "a\n b\n  c",
    ];
    for text in texts.iter().chain(NASTY) {
        let Some(written) = block(text, 4) else {
            continue;
        };
        assert!(written.lines().all(|line| line != "    "), "{written:?}");
        let yaml = format!("x:\n  k: {written}\n  z: 1\n");
        let root = text_of(&yaml);
        let map = root.as_mapping().and_then(|m| m.get("x")?.as_mapping());
        let read_back = map.and_then(|m| m.get("k")?.as_str());
        assert_eq!(read_back, Some(*text), "{yaml}");
        let other: serde_json::Value = serde_yaml::from_str(&yaml).expect(&yaml);
        assert_eq!(other["x"]["k"], **text, "{yaml}");

        let last = format!("- - {written}\n");
        assert_eq!(text_of(&last).as_sequence().and_then(|s| s[0].as_sequence()?[0].as_str()), Some(*text));
    }
    assert!(texts.iter().all(|text| block(text, 4).is_some()));
    for text in ["", "\n", " ", "a\r\n", "a\n \nb", "a\n\t\n", "a\u{85}", "a\u{1}", "\u{feff}a"] {
        assert_eq!(block(text, 2), None, "{text:?}");
    }
    assert_eq!(block("a\n\nb\n", 2).as_deref(), Some("|\n  a\n\n  b"));
    assert_eq!(block("a", 2).as_deref(), Some("|-\n  a"));
    assert_eq!(block("a\n\n", 2).as_deref(), Some("|+\n  a\n"));
    assert_eq!(block(" a\n", 2).as_deref(), Some("|2\n   a"));
}

/// The tree without spans, and with nothing of the styles but whether plain text is typed.
fn meaning(node: &Node) -> String {
    match &node.value {
        Value::Scalar(scalar) => format!("{:?}{:?}", scalar.text, scalar.looks_typed()),
        Value::Sequence(items) => format!("{:?}", items.iter().map(meaning).collect::<Vec<_>>()),
        Value::Mapping(mapping) => {
            let entry = |e: &crate::yaml::Entry| (e.key.text.clone(), meaning(&e.value));
            format!("{{{:?}}}", mapping.entries.iter().map(entry).collect::<Vec<_>>())
        }
    }
}

#[test]
fn trees_round_trip() {
    let nested = "a: 1.10\nb: '1.10'\nc: !!str 012\nd: ~\ne:\nf: [x, {y: [], z: {}}, [[1], []], ~, ]\n\
        g: |\n  one\n\n   two\nh: >-\n  folded\n  text\ni: \"a\\nb\"\nj: |+\n  x\n\n\
        k:\n- - a\n  -\n  - p: q\n    r:\n    - |2\n       s\n    t: é\n- {}\n- key: |\n    v\n\
        on: true\n'no': \"no\"\n'<<': x\n'': y\n? long key\n: [a: b]\nl: a:b\nm: -x\nn: :x\no: 'a: b'\n\
        p: several\n  plain\n\n  lines\nq: {'#a': '#b', ? : c}\nr: !!int '7'\n";
    for yaml in [nested, "text", "|\n  a\n  b\n", "[]", "- a\n- b: c\n", "{a: {b: {c: [d]}}}"] {
        let before = text_of(yaml);
        for indent in [0, 4] {
            let written = node(&before, indent);
            let after = if indent == 0 {
                text_of(&written)
            } else {
                let root = text_of(&format!("x:\n  y:{written}\n"));
                let inner = root.as_mapping().and_then(|m| m.get("x")?.as_mapping()?.get("y"));
                inner.expect("the tree").clone()
            };
            assert_eq!(meaning(&after), meaning(&before), "{written}");
            assert!(written.lines().all(|line| line.trim_end() == line), "{written}");
        }
    }
}

#[test]
fn tree_layout() {
    let root = text_of(
        "a: [1, {b: c, d: []}, [e]]\nf: {g: ~, h: , i: |-\n  x\n  y\n}\n"
            .replace("|-\n  x\n  y\n", "\"x\\ny\"")
            .as_str(),
    );
    let written = node(&root, 2);
    let expected = "\n  a:\n    - 1\n    - b: c\n      d: []\n    - - e\n  f:\n    g: ~\n    h:\n    i: \"x\\ny\"";
    assert_eq!(written, expected);
    assert_eq!(node(&text_of("[]"), 2), " []");
    assert_eq!(node(&text_of("'no'"), 2), " \"no\"");
    assert_eq!(node(&text_of("é"), 2), " é");
    assert_eq!(node(&text_of(""), 2), "");
    assert_eq!(node(&text_of("|\n  a\n  b\n"), 2), " |\n  a\n  b");
}

#[test]
fn long_keys_are_explicit() {
    let long = "k".repeat(2000);
    let root = text_of(&format!("? {long}\n: [v]\n"));
    let written = node(&root, 0);
    assert!(written.starts_with("\n? k"), "{written}");
    assert_eq!(meaning(&text_of(&written)), meaning(&root));
}
