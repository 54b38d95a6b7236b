//! The hooks for pre-commit: they run for the files that they are about, and say what is wrong with them.

#[allow(dead_code, reason = "each test uses some of it")]
#[path = "support/command.rs"]
mod command;

use std::fs;
use std::path::Path;

use command::splitbuild;
use regex::Regex;
use serde_json::Value;
use splitbuild::provider::ALL;
use tempfile::TempDir;

fn hook(id: &str) -> Value {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml")).expect("text");
    let hooks: Vec<Value> = serde_yaml::from_str(&text).expect("YAML");
    hooks.into_iter().find(|hook| hook["id"] == id).unwrap_or_else(|| panic!("there is no hook {id}"))
}

fn files(id: &str) -> Regex {
    Regex::new(hook(id)["files"].as_str().expect("a pattern")).expect("a pattern")
}

/// What a hook runs, without the program's name.
fn arguments(id: &str) -> Vec<String> {
    let entry = hook(id)["entry"].as_str().expect("a command").to_owned();
    entry.split(' ').skip(1).map(str::to_owned).collect()
}

#[test]
fn hooks_run_for_the_files_of_every_provider() {
    let (generated, checked) = (files("splitbuild-gen"), files("splitbuild-check"));
    assert!(generated.is_match("splitbuild.yml") && !generated.is_match("docs/splitbuild.yml"));
    for provider in ALL {
        let name = |path: &str| if provider.has_files() { format!("{path}/main.yml") } else { path.to_owned() };
        for path in [provider.path(false), provider.path(true)] {
            assert!(generated.is_match(&name(path)), "{path}");
        }
        assert!(checked.is_match(&name(provider.path(false))), "{}", provider.path(false));
    }
    assert!(!checked.is_match(".github/dependabot.yml") && !checked.is_match("splitbuild.yml"));
}

#[test]
fn hooks_fail_for_what_is_stale_or_wrong() {
    let folder = TempDir::new().expect("a folder");
    let matrix = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/minimal/splitbuild.yml");
    let text = fs::read_to_string(matrix).expect("text");
    fs::write(folder.path().join("splitbuild.yml"), &text).expect("written");
    let run = |id: &str, more: &[&str]| {
        let own = arguments(id);
        let all: Vec<&str> = own.iter().map(String::as_str).chain(more.iter().copied()).collect();
        splitbuild(folder.path(), &all).status.code()
    };
    for (provider, path) in [("circleci", ".circleci/config.yml"), ("github", ".github/workflows")] {
        assert!(splitbuild(folder.path(), &["gen", "--provider", provider, "-o", path]).status.success());
        assert_eq!(run("splitbuild-gen", &["--provider", provider]), Some(0));
    }
    let configurations = [".circleci/config.yml", ".github/workflows/main.yml"];
    assert_eq!(run("splitbuild-check", &configurations), Some(0));
    fs::write(folder.path().join("splitbuild.yml"), text.replace("acme/app", "acme/other")).expect("written");
    assert_eq!(run("splitbuild-gen", &[]), Some(1));
    fs::write(folder.path().join(configurations[0]), "version: 2.1\njobs: { a: {} }\n").expect("written");
    assert_eq!(run("splitbuild-check", &configurations), Some(1));
}
