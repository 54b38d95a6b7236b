//! Checks spans, merging, reporting and limits.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::{Budget, Document, Form, ProblemKind, SyntaxError, SyntaxErrorKind, read, read_as};
use crate::span::Span;
use crate::yaml::{Node, Style, Value};

fn parse(text: &str) -> Document {
    read(text, Budget::default()).unwrap_or_else(|e| panic!("{text:?}: {e:?}"))
}

fn fail(text: &str) -> SyntaxError {
    read(text, Budget::default()).expect_err(text)
}

fn at(text: &str, span: Span) -> &str {
    &text[span.start..span.end]
}

fn get<'node>(root: &'node Node, path: &[&str]) -> &'node Node {
    path.iter().fold(root, |node, part| match &node.value {
        Value::Sequence(items) => &items[part.parse::<usize>().expect("an index")],
        _ => node.as_mapping().and_then(|m| m.get(part)).unwrap_or_else(|| panic!("no {part}")),
    })
}

fn outline(node: &Node) -> String {
    match &node.value {
        Value::Scalar(scalar) => scalar.text.clone(),
        Value::Sequence(items) => format!("[{}]", items.iter().map(outline).collect::<Vec<_>>().join(",")),
        Value::Mapping(map) => {
            let entry = |e: &crate::yaml::Entry| format!("{}:{}", e.key.text, outline(&e.value));
            format!("{{{}}}", map.entries.iter().map(entry).collect::<Vec<_>>().join(","))
        }
    }
}

#[test]
fn spans_are_byte_offsets() {
    let plain = "é: 'ü' # ö\nlist:\n  - \"日\"\n  - k: v\n    w: 🦀 x\n\n# c\nlast: [a, {b: ç}]  \n";
    let texts = [plain.to_owned(), plain.replace('\n', "\r\n"), format!("\u{feff}{plain}")];
    for text in &texts {
        let root = parse(text).root;
        let covers = |path: &[&str]| at(text, get(&root, path).span).replace("\r\n", "\n");
        assert_eq!(covers(&["é"]), "'ü'");
        assert_eq!(covers(&["list"]), "- \"日\"\n  - k: v\n    w: 🦀 x");
        assert_eq!(covers(&["list", "0"]), "\"日\"");
        assert_eq!(covers(&["list", "1"]), "k: v\n    w: 🦀 x");
        assert_eq!(covers(&["list", "1", "w"]), "🦀 x");
        assert_eq!(covers(&["last"]), "[a, {b: ç}]");
        assert_eq!(covers(&["last", "1"]), "{b: ç}");
        assert_eq!(covers(&["last", "1", "b"]), "ç");
        assert_eq!(covers(&[]), plain.trim_end());
        for entry in &root.as_mapping().expect("a map").entries {
            assert_eq!(at(text, entry.key.span), entry.key.text);
        }
    }
}

#[test]
fn spans_of_lists_beside_their_key() {
    for (text, list) in [
        ("a:\n- b\n- c\nd: e", "- b\n- c"),
        ("a:\n-\n- b", "-\n- b"),
        ("a:\n- &q b\n", "- &q b"),
        ("a:\n- - b\n", "- - b"),
        ("a:\n  - - b\n", "- - b"),
        ("? x\n: - b\na:\n  -  - b\n", "-  - b"),
    ] {
        assert_eq!(at(text, get(&parse(text).root, &["a"]).span), list, "{text:?}");
    }
    let text = "a:\n- - b\n";
    assert_eq!(at(text, get(&parse(text).root, &["a", "0"]).span), "- b");
}

#[test]
fn spans_of_missing_values() {
    let text = "a:\nb: # c\n\nc: &x\nd: !!str\ne: {f: , g}\n? h\n";
    let root = parse(text).root;
    for (path, before) in [
        (vec!["a"], "a"),
        (vec!["b"], "b"),
        (vec!["c"], "&x"),
        (vec!["d"], "!!str"),
        (vec!["e", "f"], "f"),
        (vec!["e", "g"], "g"),
        (vec!["h"], "h"),
    ] {
        let span = get(&root, &path).span;
        assert_eq!(span.start, span.end);
        assert!(text[..span.start].ends_with(before), "{path:?} {span:?}");
    }
    assert!(get(&root, &["a"]).is_null());
    assert_eq!(get(&root, &["d"]).kind(), "text");
}

#[test]
fn spans_of_blocks() {
    let text = "a: |\r\n\r\n    é\r\n  y \r\n\r\nb: >+\n  x\n\nc: |-\nd: |+\n\n\ne: |2\n   x\n".replace("    é", "  é");
    let root = parse(&text).root;
    let covers = |key: &str| at(&text, get(&root, &[key]).span);
    assert_eq!(covers("a"), "é\r\n  y");
    assert_eq!(get(&root, &["a"]).as_str(), Some("\né\ny \n"));
    assert_eq!(covers("b"), "x");
    assert_eq!(covers("c"), "");
    assert!(text[..get(&root, &["c"]).span.start].ends_with("c: |-"));
    assert_eq!(covers("d"), "");
    assert_eq!(covers("e").trim_start(), "x");
}

#[test]
fn empty_documents() {
    for text in ["", "\n", "# c\n", "---\n", "\u{feff}", "--- # c\n...\n"] {
        let root = parse(text).root;
        assert!(root.is_null() && root.kind() == "nothing", "{text:?}");
        assert_eq!(root.span, Span::default());
    }
    assert_eq!(parse("''").root.kind(), "text");
    assert_eq!(parse("~").root.as_str(), Some("~"));
}

#[test]
fn of_duplicates_the_last_counts() {
    let text = "é: 1\nb: {c: 1, 'c': 2, c: {d: d}}\né: {}\n";
    let document = parse(text);
    assert_eq!(outline(&document.root), "{é:{},b:{c:{d:d}}}");
    let reported: Vec<_> = document
        .problems
        .iter()
        .map(|problem| match &problem.kind {
            ProblemKind::DuplicateKey { key, first } => (key.as_str(), at(text, problem.span), first.start),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(reported, [("c", "'c'", 10), ("c", "c", 16), ("é", "é", 0)]);
    assert_eq!(at(text, Span { start: 10, end: 11 }), "c");
}

#[test]
fn merges() {
    let base = "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\n";
    for (merge, expected) in [
        ("c: {<<: *a}", "{x:1,y:2}"),
        ("c: {<<: *a, y: 0}", "{y:0,x:1}"),
        ("c: {y: 0, <<: [*a, *b], w: 9}", "{y:0,w:9,x:1,z:4}"),
        ("c: {<<: [*b, *a]}", "{y:3,z:4,x:1}"),
        ("c: {<<: {p: 1, <<: *a}}", "{p:1,x:1,y:2}"),
        ("c: {'<<': *a}", "{<<:{x:1,y:2}}"),
        ("c: {<<: *b, <<: *a}", "{y:3,z:4,x:1}"),
    ] {
        let document = parse(&format!("{base}{merge}"));
        assert_eq!(outline(get(&document.root, &["c"])), expected, "{merge}");
        assert_eq!(document.problems, []);
    }
    let text = format!("{base}c:\n  <<: *a\n");
    let root = parse(&text).root;
    assert_eq!(at(&text, get(&root, &["c", "x"]).span), "1");
    assert_eq!(get(&root, &["c", "x"]).span, get(&root, &["a", "x"]).span);
    assert_eq!(at(&text, get(&root, &["c"]).span), "<<: *a");
}

/// Tried with Psych 4.0.3.
#[test]
fn ruby_takes_what_comes_last() {
    let base = "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\n";
    for (merge, expected) in [
        ("c: {y: 0, <<: *a}", "{y:2,x:1}"),
        ("c: {<<: *a, y: 0}", "{x:1,y:0}"),
        ("c: {<<: *a, <<: *b}", "{x:1,y:3,z:4}"),
        ("c: {<<: [*a, *b], w: 9}", "{y:2,z:4,x:1,w:9}"),
    ] {
        let document = read_as(&format!("{base}{merge}"), Budget::default(), Form::Psych).expect("YAML");
        assert_eq!(outline(get(&document.root, &["c"])), expected, "{merge}");
        assert_eq!(document.problems, []);
    }
    let twice = read_as("a: {b: 1, b: 2}", Budget::default(), Form::Psych).expect("YAML");
    assert_eq!((outline(&twice.root).as_str(), twice.problems.len()), ("{a:{b:2}}", 1));
    let header = read_as("spec: {inputs: {}}\n---\na: 1\n", Budget::default(), Form::Psych).expect("YAML");
    assert_eq!(outline(&header.root), "{a:1}");
    for more in ["a: 1\n---\nb: 1\n", "spec: 1\n---\na: 1\n---\nb: 1\n"] {
        assert!(read_as(more, Budget::default(), Form::Psych).is_err(), "{more}");
    }
}

#[test]
fn without_merges_their_sign_is_a_key() {
    let document = read_as("a: &a {x: 1}\nb: {<<: *a, x: 2}\n", Budget::default(), Form::Plain).expect("YAML");
    assert_eq!((outline(&document.root).as_str(), document.problems.len()), ("{a:{x:1},b:{<<:{x:1},x:2}}", 0));
}

#[test]
fn reports_bad_merges_keys_and_tags() {
    let text = "a: {<<: text, b: 1}\nc: {<<: [{d: 1}, e]}\n? [f]\n: g\nh: !env X\ni: !!str 1\nj: !!binary aGk=\n";
    let document = parse(text);
    assert_eq!(outline(&document.root), "{a:{b:1},c:{d:1},h:X,i:1,j:aGk=}");
    let reported: Vec<_> = document.problems.iter().map(|p| (at(text, p.span), p.kind.clone())).collect();
    assert_eq!(
        reported,
        [
            ("text", ProblemKind::BadMerge),
            ("[{d: 1}, e]", ProblemKind::BadMerge),
            ("[f]", ProblemKind::KeyNotText),
            ("!env", ProblemKind::Tag("!env".to_owned())),
            ("!!binary", ProblemKind::Tag("!!binary".to_owned())),
        ]
    );
    let typed = get(&document.root, &["i"]).as_scalar().expect("a scalar");
    assert_eq!((typed.style, typed.looks_typed()), (Style::DoubleQuoted, None));
}

#[test]
fn aliases_are_copies() {
    let text = "a: &k key\n*k : &m [1, *k]\nc: *m\n*k : 2\n";
    let document = parse(text);
    assert_eq!(outline(&document.root), "{a:key,key:2,c:[1,key]}");
    assert_eq!(at(text, get(&document.root, &["c"]).span), "[1, *k]");
    assert_eq!(at(text, document.problems[0].span), "*k");
    assert_eq!(parse("[&a 1, *a, &a 2, *a]").root.as_sequence().map(<[_]>::len), Some(4));
}

#[test]
fn syntax_errors() {
    for (text, covered, message) in [
        ("é: *nope\n", "*nope", "the alias `*nope` has no anchor before it"),
        ("a: &x [1, *x]\n", "*x", "the alias `*x` is inside the value that it refers to"),
        ("a\n---\nb\n", "---", "more than one document"),
        ("é: [", "[", "unclosed bracket '['"),
        ("a: b: c\n", ":", "mapping values are not allowed in this context"),
        ("a: \"é\u{1}\"", "\u{1}", "unexpected character: `\\u{1}'"),
    ] {
        let error = fail(text);
        assert_eq!((at(text, error.span), error.message.as_str()), (covered, message));
        assert_eq!(error.kind, SyntaxErrorKind::Parser);
    }
    let unclosed = "a: 'x";
    assert!(fail(unclosed).span.end <= unclosed.len());
}

fn assert_over_budget(text: &str) {
    let start = Instant::now();
    assert_eq!(fail(text).kind, SyntaxErrorKind::Budget);
    let limit = Duration::from_secs(2);
    assert!(start.elapsed() < limit, "{:?}", start.elapsed());
}

#[test]
fn alias_bombs_fail_fast() {
    let mut wide = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        let below = format!("*a{}", level - 1);
        let items = vec![below; 10].join(", ");
        writeln!(wide, "a{level}: &a{level} [{items}]").expect("a string");
    }
    assert_over_budget(&wide);
    let small = Budget { nodes: 100_000, ..Budget::default() };
    let start = Instant::now();
    let error = read(&wide, small).expect_err("a bomb");
    assert_eq!(error.kind, SyntaxErrorKind::Budget);
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());

    // Few nodes, but each copy is large.
    let long = "x".repeat(1_000_000);
    assert_over_budget(&format!("a: &a {long}\nb: [{}]\n", vec!["*a"; 10_000].join(", ")));

    // Few nodes, but each level copies the depth of the one before.
    let mut deep = String::from("a0: &a0 [x]\n");
    for level in 1..200 {
        writeln!(deep, "a{level}: &a{level} [*a{}]", level - 1).expect("a string");
    }
    assert_over_budget(&deep);
}

#[test]
fn depth_is_bounded() {
    for opener in ["[", "{a: ", "- ", "? ", "[{a: "] {
        assert_over_budget(&opener.repeat(10_000));
    }
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(parse(&nested(100)).root.kind(), "a list");
    assert_over_budget(&nested(101));
    assert!(read(&"- ".repeat(100), Budget::default()).is_ok());
    assert_over_budget(&"- ".repeat(101));
    assert_over_budget(&("- ".repeat(60) + &nested(50)));
    assert!(read(&("- ".repeat(50) + &nested(50)), Budget::default()).is_ok());
}

#[test]
fn nodes_are_counted() {
    let budget = |nodes| Budget { nodes, ..Budget::default() };
    assert!(read("a: [b, c]", budget(5)).is_ok());
    assert!(read("a: [b, c]", budget(4)).is_err());
    assert!(read("[&a b, *a]", budget(4)).is_ok());
    assert!(read("[&a b, *a]", budget(3)).is_err());
}
