//! Commands: those in blocks of `sh` succeed, those in blocks of `console` print what stands below them, and options that
//! are named are options.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use regex::Regex;

use crate::images::{pushed, with_folders, with_registries};
use crate::{Page, pages, root};

/// Commands of others that the pages may show, which are not run here.
const OTHERS: [&str; 5] = ["cargo", "docker", "install", "sha256sum", "tar"];

/// Runs a command; what it prints to both, in the order in which it came.
fn run(folder: &Path, command: &str) -> (bool, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_splitbuild"));
    let path = format!("{}:{}", program.parent().expect("a folder").display(), std::env::var("PATH").expect("text"));
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{{ {command}\n}} 2>&1")]).current_dir(folder).env("PATH", path).env("NO_COLOR", "1");
    let output = shell.stdin(std::process::Stdio::null()).output().expect("sh runs");
    (output.status.success(), String::from_utf8(output.stdout).expect("UTF-8"))
}

/// A folder with the smallest matrix and what build jobs have pushed.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for file in ["splitbuild.yml", "Dockerfile"] {
        fs::copy(root().join("examples/minimal").join(file), folder.path().join(file)).expect("a copy");
    }
    pushed(folder.path());
    folder
}

/// Runs one of our commands. What is copied or exported has been published before, and what comes out of a registry is called
/// there as it is loaded.
fn run_ours(folder: &Path, command: &str) -> (bool, String) {
    let mut here = with_folders(command);
    if let [_, verb @ ("copy" | "export"), source, ..] = command.split_whitespace().collect::<Vec<_>>()[..] {
        run(folder, &format!("splitbuild manifest -q {}", with_folders(source)));
        if verb == "export" {
            here.push_str(&format!(" --name {source}"));
        }
    }
    let (is_good, printed) = run(folder, &here);
    (is_good, with_registries(&printed))
}

/// Whether a command that is not run at least exists.
fn exists(command: &str) -> bool {
    let program = command.split_whitespace().next().unwrap_or_default();
    let is_ours = |path: &Path| path.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0);
    OTHERS.contains(&program) || program.contains('/') && is_ours(&root().join(program))
}

/// A pattern for what is printed; `…` is anything, and on a line of its own any lines.
fn pattern(expected: &[&str]) -> Regex {
    let line = |line: &&str| match line.trim() {
        "…" => "(?:.*\n)*?".to_owned(),
        _ => regex::escape(line).replace('…', ".*") + "\n",
    };
    Regex::new(&format!("^{}$", expected.iter().map(line).collect::<String>())).expect("a pattern")
}

/// A command, and what stands below it.
struct Shown<'p> {
    command: &'p str,
    below: Vec<&'p str>,
}

fn shown<'p>(page: &'p Page, lines: &[&'p str]) -> Vec<Shown<'p>> {
    let mut all: Vec<Shown<'_>> = Vec::new();
    for line in lines {
        match (line.strip_prefix("$ "), all.last_mut()) {
            (Some(command), _) => all.push(Shown { command, below: Vec::new() }),
            (None, Some(last)) => last.below.push(line),
            (None, None) => panic!("{}: a block of `console` begins with a command, not `{line}`", page.name),
        }
    }
    all
}

#[test]
fn commands_run_and_print_what_is_shown() {
    let (mut compared, mut ran) = (0, 0);
    for page in pages() {
        // There a stranger begins with nothing.
        let is_start = page.name == "docs/start.md";
        let folder = if is_start { tempfile::tempdir().expect("a folder") } else { project() };
        for block in page.parts().1 {
            if block.language == "console" {
                for Shown { command, below } in shown(&page, &block.lines) {
                    if let Some(file) = command.strip_prefix("cat ") {
                        let path = folder.path().join(file);
                        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
                        fs::write(path, below.join("\n") + "\n").expect("a file");
                    } else if command.starts_with("splitbuild ") {
                        let (_, printed) = run_ours(folder.path(), command);
                        let is_as_shown = pattern(&below).is_match(&printed);
                        assert!(is_as_shown, "{}: `{command}` prints\n{printed}", page.name);
                        compared += 1;
                    } else {
                        assert!(exists(command), "{}: what is `{command}`?", page.name);
                    }
                }
            } else if block.language == "sh" {
                for line in block.lines {
                    let command = line.split(" #").next().unwrap_or_default().trim();
                    if command.starts_with("splitbuild ") {
                        let fresh = project();
                        // It writes what is not there yet.
                        let is_first = command == "splitbuild init";
                        if is_first {
                            fs::remove_file(fresh.path().join("splitbuild.yml")).expect("it was there");
                        }
                        let place = if is_first { &fresh } else { &folder };
                        let (is_good, printed) = run_ours(place.path(), command);
                        assert!(is_good, "{}: `{command}` fails:\n{printed}", page.name);
                        ran += 1;
                    } else {
                        assert!(command.is_empty() || exists(command), "{}: what is `{command}`?", page.name);
                    }
                }
            }
        }
    }
    assert!(compared >= 8 && ran >= 10, "{compared}, {ran}");
}

/// The help of a verb, once for all.
fn help<'h>(helps: &'h mut BTreeMap<String, String>, verb: &str) -> &'h str {
    let ask = || {
        let (is_good, printed) = run(root(), &format!("splitbuild {verb} --help"));
        assert!(is_good, "there is no command {verb}: {printed}");
        printed
    };
    helps.entry(verb.to_owned()).or_insert_with(ask)
}

/// Whether the help has an option, with this letter or this long name.
fn has(help: &str, option: &str) -> bool {
    let named = Regex::new(&format!(r"(?m)^\s+(?:-\w, )?{0}(?:[ ,\n]|$)", regex::escape(option))).expect("a pattern");
    named.is_match(help)
}

#[test]
fn options_that_are_named_are_options() {
    let call = Regex::new(r"`splitbuild ([a-z]+)\b([^`]*)`").expect("a pattern");
    let option = Regex::new(r"(?:^|[\s`])(--[a-z][a-z-]*)").expect("a pattern");
    let row = Regex::new(r"^\| ([^|]*(?:\\\|[^|]*)*) \|").expect("a pattern");
    let mut helps = BTreeMap::new();
    let mut seen = 0;
    for page in pages() {
        let prose = page.parts().0;
        for found in call.captures_iter(&prose.join(" ")) {
            let help = help(&mut helps, &found[1]);
            for option in option.captures_iter(&found[2]) {
                assert!(has(help, &option[1]), "{}: {} has no {}", page.name, &found[1], &option[1]);
                seen += 1;
            }
        }
        // Tables of options.
        let verb = match page.name.as_str() {
            "docs/publishing.md" => "manifest",
            "docs/tarballs.md" => "export",
            _ => continue,
        };
        let rows =
            prose.iter().skip_while(|line| !line.starts_with("| option |")).take_while(|line| line.starts_with('|'));
        for cell in rows.filter_map(|line| row.captures(line)) {
            for option in option.captures_iter(&cell[1]) {
                assert!(has(help(&mut helps, verb), &option[1]), "{}: {verb} has no {}", page.name, &option[1]);
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "{seen}");
}
