//! The arrows between modules point the way that the crate's documentation says: down, never beside or up; and between
//! files they run in no cycle.

#[path = "layers/files.rs"]
mod files;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers, lowest first; a module may use what is in a lower layer, and itself.
const LAYERS: &[&[&str]] = &[
    &["span", "similar", "names", "template", "digest", "difference", "pattern", "file", "stop"],
    &["platform", "reference", "yaml", "diagnostic", "transfer", "archive", "shell"],
    &["spec", "oci", "handover", "source_map", "dockerfile", "repository"],
    &["plan", "registry", "layout", "draft"],
    &["store", "drawing", "import", "lineage"],
    &["image", "proposal"],
    &["provider", "bake", "link", "inspect", "graph"],
    &["copy", "export"],
    &["cli"],
    &["main"],
];

/// Foreign crates, and what of the system is asked for, with the one place that may name them.
const DOORS: &[(&str, &[&str])] = &[
    ("granit_parser", &["yaml/read"]),
    ("minijinja", &["provider"]),
    ("clap", &["cli.rs", "cli/arguments", "cli/completions.rs", "cli/man.rs"]),
    ("clap_complete", &["cli/arguments/completions.rs", "cli/completions.rs"]),
    ("clap_mangen", &["cli/man.rs"]),
    ("annotate_snippets", &["diagnostic.rs"]),
    ("regex_automata", &["pattern"]),
    ("regex_syntax", &["pattern"]),
    ("similar::algorithms", &["difference.rs"]),
    ("indicatif", &["cli/screen"]),
    ("humantime", &["cli/arguments.rs"]),
    ("reqwest", &["registry/http"]),
    ("rustls", &["registry/http.rs"]),
    ("tower_layer", &["registry/http"]),
    ("tower_service", &["registry/http"]),
    ("http_body", &["registry/blob/upload.rs", "registry/http"]),
    ("url::Host", &["reference/name.rs"]),
    ("semver", &["link/release.rs"]),
    ("httpdate", &["registry/retry.rs"]),
    ("base64", &["registry/credentials/file.rs", "registry/secrets.rs", "registry/session/token.rs"]),
    ("nix", &["file.rs", "registry/credentials/helper.rs"]),
    (
        "Command::new",
        &["registry/credentials/helper.rs", "file/tests.rs", "shell.rs", "repository/git.rs", "repository/bake.rs"],
    ),
    ("parse_dockerfile", &["dockerfile/reader.rs"]),
    ("ring", &["digest.rs", "registry/http.rs"]),
    ("tokio", &["registry", "link", "store", "export/prefetch.rs", "cli/network.rs"]),
    ("tar", &["archive.rs", "archive/tests.rs"]),
    ("flate2", &["archive/pack.rs"]),
    ("ruzstd", &["archive/pack.rs", "archive/zstd.rs"]),
    ("crc32fast", &["archive"]),
    ("tempfile", &["file", "export/prefetch.rs", "layout/tests.rs", "registry/credentials/tests.rs"]),
    // Everything else is read and written by way of `file`.
    (
        "std::fs",
        &[
            "file",
            "layout",
            "export",
            "registry/credentials/tests.rs",
            "cli/targets.rs",
            "cli/generate.rs",
            "cli/digests.rs",
            "cli/network.rs",
        ],
    ),
    ("std::env::var", &["cli.rs", "registry/credentials.rs"]),
];

/// Files outside of `provider` that may name a provider, each for its reason; everything else is said in the words of the
/// plan's provider.
const NAMED: &[(&str, &str)] = &[
    ("cli/arguments/generate.rs", "examples in the help, to be copied"),
    ("cli/arguments/init.rs", "examples in the help, to be copied"),
    ("cli/arguments/check.rs", "examples in the help, to be copied"),
    ("cli/arguments/plan.rs", "where times are had from"),
    ("cli/arguments/format.rs", "forms of reports that a provider shows"),
    ("cli/arguments.rs", "where credentials are looked for"),
    ("registry/credentials.rs", "variables that a provider sets in its jobs"),
];

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).expect("text");
                files.push((path.strip_prefix(&root).expect("inside").to_owned(), text));
            }
        }
    }
    files.sort();
    files
}

fn module(path: &Path) -> String {
    let first = path.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The modules that a text names with `crate::`, in braces as well.
fn used(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code: String = code.collect::<Vec<_>>().join("\n");
    let word = |text: &str| text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    assert!(!code.contains("crate::{"), "one module a line, so that the arrows can be read");
    code.split("crate::").skip(1).map(word).filter(|name| !name.is_empty()).collect()
}

#[test]
fn modules_use_only_what_is_below_them() {
    let rank: BTreeMap<&str, usize> =
        LAYERS.iter().enumerate().flat_map(|(rank, names)| names.iter().map(move |name| (*name, rank))).collect();
    let mut seen = 0;
    for (path, text) in sources().iter().filter(|(path, _)| path != Path::new("lib.rs")) {
        let module = module(path);
        let mine = *rank.get(module.as_str()).unwrap_or_else(|| panic!("{} is in no layer", path.display()));
        for other in used(text).iter().filter(|other| **other != module) {
            let its = *rank
                .get(other.as_str())
                .unwrap_or_else(|| panic!("{} uses the unknown module {other}", path.display()));
            assert!(its < mine, "{} uses {other}, which is not below it", path.display());
            seen += 1;
        }
    }
    assert!(seen > 30, "the arrows are found: {seen}");
}

/// The floors of `ARCHITECTURE.md`, highest first, are the layers.
#[test]
fn the_map_has_the_same_floors() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    let text = fs::read_to_string(path).expect("text");
    let floors = text.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block of text");
    let floors: Vec<Vec<&str>> = floors.lines().map(|line| line.split_whitespace().collect()).collect();
    let layers: Vec<Vec<String>> =
        LAYERS.iter().rev().map(|names| names.iter().map(|&name| name.into()).collect()).collect();
    assert_eq!(floors.len(), layers.len());
    for (place, (floor, layer)) in floors.iter().zip(&layers).enumerate() {
        assert_eq!(floor[0], (layers.len() - place).to_string());
        assert_eq!(floor[1..], layer[..], "ARCHITECTURE.md has these on floor {}", floor[0]);
    }
}

#[test]
fn files_refer_to_each_other_in_no_cycle() {
    let arrows = files::Files::of(&sources()).arrows();
    let count: usize = arrows.values().map(|to| to.len()).sum();
    assert!(count > 300, "the arrows are found: {count}");
    let found = files::cycles(&arrows);
    let shown = |cycle: &Vec<String>| {
        let inside = |from: &String| arrows[from].iter().filter(|to| cycle.contains(to)).cloned().collect::<Vec<_>>();
        cycle.iter().map(|from| format!("{from} -> {}\n", inside(from).join(", "))).collect::<String>()
    };
    let shown: String = found.iter().map(shown).collect();
    assert!(found.is_empty(), "files refer to each other in a cycle:\n{shown}");
}

#[test]
fn a_cycle_between_files_is_found() {
    let file = |(path, text): (&str, &str)| (PathBuf::from(path), text.to_owned());
    let texts = [
        ("a.rs", "mod b;\nmod c;\npub use c::C;\nstruct A(b::B);"),
        ("a/b.rs", "use super::{A, C};\nstruct B(C, A);"),
        ("a/c.rs", "use super::b::{self as other};\nstruct C(other::B);"),
        ("d.rs", "use crate::a::C;\nstruct D(C);"),
    ];
    let found = files::cycles(&files::Files::of(&texts.map(file)).arrows());
    assert_eq!(found, [["a::b", "a::c"]], "the re-export is followed, and what is the folder's own may be used");
}

/// Whether a line of code names a crate or a function, and not another one whose name ends like it.
fn names(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let is_whole = !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let rest = &line[at + name.len()..];
        is_whole && (rest.starts_with("::") || rest.starts_with('(') || rest.starts_with("_os("))
    })
}

#[test]
fn each_foreign_crate_has_one_door() {
    for (path, text) in sources() {
        let shown = path.to_string_lossy().into_owned();
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for (name, doors) in DOORS {
            let is_named = code.iter().any(|line| names(line, name));
            let is_door = doors.iter().any(|door| shown.starts_with(door));
            assert!(!is_named || is_door, "{shown} names {name}, whose door is {doors:?}");
        }
    }
}

#[test]
fn providers_are_named_only_by_themselves() {
    let names: Vec<String> = splitbuild::provider::vocabularies()
        .iter()
        .flat_map(|provider| [provider.name, provider.title])
        .map(str::to_lowercase)
        .collect();
    // An address is no message.
    let says = |line: &str, name: &str| {
        let is_address = |rest: &str| [".com", ".io", ".blog"].iter().any(|end| rest.starts_with(end));
        line.match_indices(name).any(|(at, _)| !is_address(&line[at + name.len()..]))
    };
    for (path, text) in sources() {
        let shown = path.to_string_lossy().into_owned();
        if module(&path) == "provider" {
            continue;
        }
        let named = text.lines().find(|line| names.iter().any(|name| says(&line.to_lowercase(), name)));
        let is_excepted = NAMED.iter().any(|(file, _)| *file == shown);
        match named {
            Some(line) => assert!(is_excepted, "{shown} names a provider: {}", line.trim()),
            None => assert!(!is_excepted, "{shown} names no provider any more, and is no exception"),
        }
    }
}

#[test]
fn every_file_says_what_it_is_for_and_stays_small() {
    for (path, text) in sources() {
        assert!(text.starts_with("//! "), "{} begins with what it is for", path.display());
        let lines = text.lines().count();
        assert!(lines <= 400, "{} has {lines} lines: which noun is hiding in it?", path.display());
    }
}
