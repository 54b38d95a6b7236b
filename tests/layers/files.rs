//! Which file of the crate refers to which, by the paths that its code names, and the cycles in that.
//!
//! A name that is only re-exported counts as that of the file that defines it. What a module's own file defines belongs to
//! everything in its folder, as the language has it: an arrow from a file to a module around it is none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex::Regex;

/// What stands before `use` or `mod` in an item.
const VISIBILITY: &str = r"(?m)^\s*(?:pub(?:\([^)]*\))? )?";

/// To which modules each module refers.
pub type Arrows = BTreeMap<String, BTreeSet<String>>;

/// The code of one file.
struct File {
    /// What it imports: the paths, and what each is called here.
    imports: Vec<(String, String)>,
    /// Everything but imports.
    rest: String,
}

/// The files by their modules' paths, `a::b`; those of tests are left out.
pub struct Files(BTreeMap<String, File>);

impl Files {
    pub fn of(sources: &[(PathBuf, String)]) -> Self {
        let import = Regex::new(&format!("{VISIBILITY}use ([^;]+);")).expect("an expression");
        let declared = Regex::new(&format!(r"{VISIBILITY}mod \w+;")).expect("an expression");
        let is_code = |path: &Path| {
            let is_test = path.with_extension("").iter().any(|part| part == "tests");
            !is_test && !["lib.rs", "main.rs"].iter().any(|root| path == Path::new(root))
        };
        let files = sources.iter().filter(|(path, _)| is_code(path)).map(|(path, text)| {
            let parts: Vec<String> =
                path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let code = code.join("\n");
            let mut imports = Vec::new();
            for found in import.captures_iter(&code) {
                flatten("", &found[1].split_whitespace().collect::<Vec<_>>().join(" "), &mut imports);
            }
            let rest = declared.replace_all(&import.replace_all(&code, ""), "").into_owned();
            (parts.join("::"), File { imports, rest })
        });
        Self(files.collect())
    }

    pub fn arrows(&self) -> Arrows {
        // Not what follows `::`, which is the rest of a longer path.
        let path = Regex::new(r"(?:^|[^\w:])([a-z_]\w*(?:::\w+)+)").expect("an expression");
        let mut arrows = Arrows::new();
        for (module, file) in &self.0 {
            let mut named: BTreeSet<String> = BTreeSet::new();
            let words: BTreeSet<&str> = file.rest.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            let used = file.imports.iter().filter(|(_, name)| words.contains(name.as_str()) || name == "_");
            // A module that is imported is none of the things in it.
            named.extend(
                used.map(|(path, _)| path.clone()).filter(|path| !self.0.contains_key(&absolute(module, path))),
            );
            for found in path.captures_iter(&file.rest) {
                let (first, rest) = found[1].split_once("::").unwrap_or((&found[1], ""));
                let import = file.imports.iter().find(|(_, name)| name == first);
                named.insert(import.map_or(found[1].to_owned(), |(path, _)| format!("{path}::{rest}")));
            }
            let to = named.iter().filter_map(|path| self.home(module, path, 0));
            let to = to.filter(|to| to != module && !module.starts_with(&format!("{to}::")));
            arrows.insert(module.clone(), to.collect());
        }
        arrows
    }

    /// The module that defines what a path stands for in another one.
    fn home(&self, from: &str, path: &str, depth: usize) -> Option<String> {
        let path = absolute(from, path);
        let parts: Vec<&str> = path.split("::").collect();
        let length = (1..=parts.len()).rev().find(|length| self.0.contains_key(&parts[..*length].join("::")))?;
        let module = parts[..length].join("::");
        let import = parts.get(length).and_then(|name| self.0[&module].imports.iter().find(|(_, known)| known == name));
        match import {
            Some((origin, _)) if depth < 10 => {
                let more: Vec<&str> =
                    std::iter::once(origin.as_str()).chain(parts[length + 1..].iter().copied()).collect();
                self.home(&module, &more.join("::"), depth + 1)
            }
            _ => Some(module),
        }
    }
}

/// A path from the crate's root; without a word for where it begins, it begins in the module itself.
fn absolute(module: &str, path: &str) -> String {
    let mut parts: Vec<&str> = path.split("::").collect();
    let mut base: Vec<&str> = module.split("::").collect();
    match parts[0] {
        "crate" => base.clear(),
        "self" | "super" => {}
        _ => parts.insert(0, "self"),
    }
    while parts.first() == Some(&"super") {
        base.pop();
        parts.remove(0);
    }
    let rest = if matches!(parts.first(), Some(&"crate" | &"self")) { &parts[1..] } else { &parts[..] };
    base.extend(rest);
    base.join("::")
}

/// The single imports of one with braces.
fn flatten(before: &str, tree: &str, imports: &mut Vec<(String, String)>) {
    let tree = tree.trim();
    let Some((head, inner)) = tree.split_once('{') else {
        let (path, name) = tree.split_once(" as ").unwrap_or((tree, ""));
        let path = format!("{before}{path}");
        let path = path.strip_suffix("::self").unwrap_or(&path);
        let last = path.rsplit("::").next().unwrap_or(path);
        if !tree.is_empty() {
            imports.push((path.to_owned(), if name.is_empty() { last } else { name }.to_owned()));
        }
        return;
    };
    let inner = inner.trim_end().strip_suffix('}').unwrap_or(inner);
    let (mut depth, mut start) = (0, 0);
    for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                flatten(&format!("{before}{head}"), &inner[start..at], imports);
                start = at + 1;
            }
            _ => {}
        }
    }
}

fn reached_from<'a>(from: &'a String, arrows: &'a Arrows) -> BTreeSet<&'a String> {
    let (mut reached, mut left) = (BTreeSet::new(), vec![from]);
    while let Some(to) = left.pop().and_then(|module| arrows.get(module)) {
        left.extend(to.iter().filter(|module| reached.insert(*module)));
    }
    reached
}

/// The modules that reach each other, in order.
pub fn cycles(arrows: &Arrows) -> Vec<Vec<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> =
        arrows.keys().map(|from| (from, reached_from(from, arrows))).collect();
    let is_in_one = |from: &&String| reached[*from].contains(*from);
    let cycle = |from: &String| -> Vec<String> {
        reached[from].iter().filter(|to| reached[**to].contains(from)).map(|to| (*to).clone()).collect()
    };
    let found: BTreeSet<Vec<String>> = arrows.keys().filter(is_in_one).map(cycle).collect();
    found.into_iter().collect()
}
