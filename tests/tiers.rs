//! The two tiers of the tests. `cargo test` runs the fast one, which needs this process and shells: no root, no daemon,
//! no network. The whole one is the fast one and the suites below; `./test` sees to what they need, and runs it all.
//! Where they are not run, they are listed as ignored, and so is a test here and there that takes long.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What stands for a suite where it is not run.
#[cfg(not(feature = "whole"))]
mod left_out {
    #[test]
    #[ignore = "needs root, Docker, a registry and act: `./test` runs it"]
    fn act() {
        panic!("`./test` runs it");
    }

    #[test]
    #[ignore = "needs root, Docker and buildx: `./test` runs it"]
    fn bake() {
        panic!("`./test` runs it");
    }

    #[test]
    #[ignore = "needs root, Docker, a registry and programs of arm64: `./test` runs it"]
    fn e2e() {
        panic!("`./test` runs it");
    }

    /// Of the fast tier's own suites: `SHELLS`, `MISTAKES` and the numbers of cases there.
    #[test]
    #[ignore = "takes minutes: steps in three shells instead of dash, and more made-up input: `./test` runs it"]
    fn thorough() {
        panic!("`./test` runs it");
    }

    #[test]
    #[ignore = "needs a registry: `./test` runs it"]
    fn faults() {
        panic!("`./test` runs it");
    }

    #[test]
    #[ignore = "needs root, Docker, a registry, buildah and gitlab-ci-local: `./test` runs it"]
    fn gitlab() {
        panic!("`./test` runs it");
    }

    #[test]
    #[ignore = "needs root, Docker, a registry, skopeo and podman: `./test` runs it"]
    fn manifest() {
        panic!("`./test` runs it");
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The test targets that Cargo.toml keeps for the whole tier.
fn whole() -> BTreeSet<String> {
    let manifest = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    let sections = manifest.split("\n[").filter(|section| section.starts_with("[test]]"));
    let whole = sections.filter(|section| section.contains("required-features = [\"whole\"]"));
    let name =
        |section: &str| section.split("name = \"").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned);
    whole.filter_map(name).collect()
}

#[test]
fn what_is_left_out_is_listed() {
    let mine = include_str!("tiers.rs");
    for suite in whole() {
        assert!(
            mine.contains(&format!("`./test` runs it\"]\n    fn {suite}() {{")),
            "{suite} is not listed as ignored"
        );
    }
}

#[test]
fn the_fast_tier_starts_no_server() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let (mut fast, mut slow) = (0, BTreeSet::new());
    for entry in fs::read_dir(tests).expect("a folder") {
        let path = entry.expect("an entry").path();
        let file = if path.is_dir() { path.join("main.rs") } else { path.clone() };
        if !file.is_file() {
            continue;
        }
        let starts_one = ["registry", "daemon"].iter().any(|it| read(&file).contains(&format!("support/{it}.rs\"")));
        match starts_one {
            true => drop(slow.insert(path.file_stem().expect("a name").to_string_lossy().into_owned())),
            false => fast += 1,
        }
    }
    assert_eq!(slow, whole());
    assert!(fast > 10, "{fast}");
}
