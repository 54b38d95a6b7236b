//! The form of what `gen` emits: short, in block style, without an interpreter.

#[allow(dead_code, reason = "each test uses some of it")]
#[path = "support/command.rs"]
mod command;

use std::fs;
use std::path::{Path, PathBuf};

use command::{generated, generated_of};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn example(name: &str, provider: &str) -> String {
    generated(&root().join("examples").join(name).join("splitbuild.yml"), provider)
}

/// Every emitted file that is committed.
fn committed() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("examples"), root().join("fixtures")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if ["config.yml", "splitbuild.yml", "circleci.yml", "gitlab.yml"].contains(&name.as_str()) {
                let text = fs::read_to_string(&path).unwrap_or_default();
                if text.starts_with("# Made by splitbuild ") {
                    found.push((path, text));
                }
            }
        }
    }
    assert!(found.len() >= 10, "{found:?}");
    found
}

/// The matrix of the benchmark.
fn many(images: usize, workflows: usize) -> String {
    let mut text = String::from(
        "version: 1\ntool: { image: acme/tool }\nregistries: { docker.io: { username: \"${U}\", password: \"${P}\" } }\n\
         workflows:\n  main: { on: { branches: [main] }, tags: [latest] }\n",
    );
    if workflows > 1 {
        text.push_str("  release: { on: { tags: [\"v*\"] }, tags: [\"${git_tag}\"] }\n");
    }
    text.push_str("images:\n");
    for number in 0..images {
        let needs = if number == 0 { String::new() } else { format!(", needs: [i{}]", number / 2) };
        text.push_str(&format!(
            "  i{number}: {{ image: acme/i{number}, context: images/i{number}{needs}, \
             args: {{ A: \"1\", B: \"${{arch}}\", TAG: \"${{arch_tag}}\" }} }}\n"
        ));
    }
    text
}

fn of_many(images: usize, workflows: usize, provider: &str) -> String {
    generated_of(&many(images, workflows), provider)
}

#[test]
fn emitted_files_are_short() {
    for (name, provider, most) in [
        ("minimal", "circleci", 140),
        ("minimal", "gitlab", 170),
        ("hysds", "circleci", 1600),
        ("gitlab", "gitlab", 400),
    ] {
        let lines = example(name, provider).lines().count();
        assert!(lines <= most, "{name} for {provider} has {lines} lines; {most} are the most");
    }
}

#[test]
fn one_more_image_adds_little() {
    for provider in ["circleci", "gitlab"] {
        for (workflows, most_lines, most_bytes) in [(1, 50, 1600), (2, 65, 2100)] {
            let (few, more) = (of_many(10, workflows, provider), of_many(11, workflows, provider));
            let lines = more.lines().count() - few.lines().count();
            let bytes = more.len() - few.len();
            assert!(lines <= most_lines, "{provider}, {workflows} workflows: {lines} lines");
            assert!(bytes <= most_bytes, "{provider}, {workflows} workflows: {bytes} bytes");
        }
    }
}

/// The text outside of block scalars, by lines: what YAML reads as structure.
fn structure(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut block: Option<usize> = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if let Some(column) = block {
            if line.trim().is_empty() || indent > column {
                continue;
            }
            block = None;
        }
        let end = line.trim_end();
        if ["|", "|-", "|+", ">-", "|2"].iter().any(|sign| end.ends_with(&format!(" {sign}"))) {
            // The content of `- |` is further in than the dash, and of `key: |` than the key.
            block = Some(indent);
        }
        lines.push(line);
    }
    lines
}

#[test]
fn lines_are_short_and_collections_in_brackets_are_small() {
    for (path, text) in committed() {
        // The hand-written part is the user's.
        if path.to_string_lossy().contains("own") || path.to_string_lossy().contains("hysds") {
            continue;
        }
        for line in structure(&text) {
            let value = line.trim_start().trim_start_matches("- ");
            let value = value.split_once(": ").map_or(value, |(_, value)| value);
            let is_flow = |open: char, close: char| value.starts_with(open) && value.ends_with(close);
            if is_flow('[', ']') || is_flow('{', '}') {
                let inside = &value[1..value.len() - 1];
                let quoted = inside.split(['"', '\'']).step_by(2).collect::<String>();
                assert!(!quoted.contains(['[', '{']), "{}: {line}", path.display());
                assert!(line.chars().count() <= 100, "{}: {line}", path.display());
            }
        }
        for line in text.lines() {
            // A trigger, or a value of the matrix, may be longer by itself.
            let is_long_by_itself = ["filters:", "if:", "docker build", "--", "tags:", "arguments:", ": "]
                .iter()
                .any(|start| line.trim_start().trim_start_matches("- ").starts_with(start))
                || path.to_string_lossy().contains("fixtures");
            assert!(line.chars().count() <= 140 || is_long_by_itself, "{}: {line}", path.display());
        }
    }
}

#[test]
fn nothing_emitted_interprets_data() {
    let words = regex::Regex::new(r"\beval\b|\bSPLITBUILD_(WORKFLOW|VERSION|INSTALL|REGISTRIES|ROOT|NEEDS|TAGS|VARS)\b|(^|[;&|(]\s*)\.\s+[^\s|\\]|\bsource\s").expect("a pattern");
    for (path, text) in committed() {
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            for found in words.find_iter(line.trim_start().trim_start_matches("- ")) {
                assert_eq!(found.as_str(), "SPLITBUILD_WORKFLOW", "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn two_runs_give_the_same_bytes() {
    for provider in ["circleci", "gitlab"] {
        assert_eq!(of_many(30, 2, provider), of_many(30, 2, provider));
    }
}
