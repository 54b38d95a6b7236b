//! Small mistakes in matrices, made by a fixed sequence.

use std::fs;
use std::path::{Path, PathBuf};

/// What is written where something else stood.
const WORDS: &[&str] = &[
    "",
    "~",
    "1.10",
    "no",
    "[]",
    "{}",
    "\"",
    "'",
    "${",
    "$x",
    "${tag}",
    "${git_tag}",
    "*",
    "&a",
    "- ",
    ": ",
    "\t",
    "images",
    "needs: [a]",
    "é",
    "\u{0}",
    "linux/arm64",
    "x: 1",
    "|",
    "<<: *x",
    "/[/",
    "${arch}",
    "${tag_prefix}",
    "${git_version}",
    "for: { x: [a, b] }",
    "${git_sha:7}",
    "${tag:7}",
    "timeout: 0",
    "format: docker",
    "annotations: { a: \"${git_ref}\" }",
    "linux/arm/v7",
    "windows/amd64",
    "login: x",
    "push: false",
    "pull_requests",
    "manual: []",
    "download: { linux/amd64: { url: \"https://a/b\", sha256: x } }",
    "https://a.b/c.tar.gz",
    "http://a@b/c",
];

/// Every matrix of the examples and of the fixtures.
pub fn matrices() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["examples", "fixtures"] {
        for entry in fs::read_dir(root.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path().join("splitbuild.yml");
            found.extend(path.is_file().then_some(path));
        }
    }
    found.sort();
    found
}

/// A fixed sequence of numbers (Steele and Vigna's SplitMix64), so that a failure can be found again.
pub struct Sequence(pub u64);

impl Sequence {
    /// A number below the limit.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(limit.max(1)).expect("it fits")).expect("it fits")
    }
}

/// The text with one mistake.
pub fn with_mistake(text: &str, sequence: &mut Sequence) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let line = sequence.below(lines.len());
    let words: Vec<String> =
        lines[line].split_inclusive([' ', ':', ',', '[', ']', '{', '}', '"']).map(str::to_owned).collect();
    let word = sequence.below(words.len());
    match sequence.below(6) {
        0 => drop(lines.remove(line)),
        1 => lines.insert(line, lines[line].clone()),
        2 => lines.swap(line, 0),
        3 => lines[line].insert(0, ' '),
        kind => {
            let mut words = words;
            if let Some(word) = words.get_mut(word) {
                let other = WORDS[sequence.below(WORDS.len())];
                if kind == 4 { *word = other.to_owned() } else { word.push_str(other) }
            }
            lines[line] = words.concat();
        }
    }
    lines.join("\n") + "\n"
}
