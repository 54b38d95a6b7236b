//! README, ARCHITECTURE, CONTRIBUTING, SECURITY, BENCHMARKS and every page of `docs`: their links lead somewhere, their
//! commands run, and what they name is there.

#[allow(dead_code, reason = "each test uses some of it")]
#[path = "../support/command.rs"]
mod command;
mod commands;
mod figures;
mod images;
mod links;
mod matrices;
mod messages;
mod shown;

use std::fs;
use std::path::{Path, PathBuf};

/// The most lines of the README, and of another page.
const LONGEST: (usize, usize) = (150, 300);

/// A page.
struct Page {
    /// Relative to the root of the repository, with `/`.
    name: String,
    text: String,
}

/// What stands between fences.
struct Block<'p> {
    language: &'p str,
    /// Without the indentation that they share.
    lines: Vec<&'p str>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<Page> {
    let in_docs = fs::read_dir(root().join("docs")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> = in_docs.collect();
    paths.sort();
    let at_the_top = ["README", "ARCHITECTURE", "BENCHMARKS", "CONTRIBUTING", "SECURITY"];
    paths.extend(at_the_top.map(|name| root().join(format!("{name}.md"))));
    let page = |path: &PathBuf| {
        let name = path.strip_prefix(root()).expect("inside").to_string_lossy().replace('\\', "/");
        Page { name, text: fs::read_to_string(path).expect("text") }
    };
    paths.iter().map(page).collect()
}

impl Page {
    /// The lines that are no code, and the blocks of code between them.
    fn parts(&self) -> (Vec<&str>, Vec<Block<'_>>) {
        let (mut prose, mut blocks) = (Vec::new(), Vec::new());
        let mut open: Option<(usize, Block<'_>)> = None;
        for line in self.text.lines() {
            let bare = line.trim_start();
            match (open.take(), bare.strip_prefix("```")) {
                (None, Some(language)) => {
                    open = Some((line.len() - bare.len(), Block { language, lines: Vec::new() }));
                }
                (Some((_, block)), Some(_)) => blocks.push(block),
                (Some((indentation, mut block)), None) => {
                    block.lines.push(line.get(indentation..).unwrap_or_default());
                    open = Some((indentation, block));
                }
                (None, None) => prose.push(line),
            }
        }
        assert!(open.is_none(), "{}: the last block of code ends", self.name);
        (prose, blocks)
    }
}

#[test]
fn pages_stay_short() {
    let pages = pages();
    assert!(pages.len() > 15, "{}", pages.len());
    for page in pages {
        let most = if page.name == "README.md" { LONGEST.0 } else { LONGEST.1 };
        let lines = page.text.lines().count();
        assert!(lines <= most, "{} has {lines} lines", page.name);
    }
}
