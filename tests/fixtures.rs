//! Every folder of `fixtures`: what splitbuild says of its matrix, or generates from it, to the letter.
//!
//! `SNAPSHOTS=overwrite cargo test --test fixtures` writes the expectations again; read them as a diff.

#[allow(dead_code, reason = "each test uses some of it")]
#[path = "support/command.rs"]
mod command;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use command::splitbuild;
use snapbox::Data;
use splitbuild::provider::ALL;
use tempfile::TempDir;

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let folders = fs::read_dir(root).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut cases: Vec<PathBuf> = folders.filter(|path| path.join("splitbuild.yml").is_file()).collect();
    cases.sort();
    cases
}

fn generate(case: &Path, provider: &str) -> Output {
    splitbuild(case, &["gen", "splitbuild.yml", "--provider", provider])
}

/// A case that is about one provider begins with its name; the others are for the first.
fn provider_of(case: &Path) -> &'static str {
    let name = case.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let mut names = ALL.iter().map(|provider| provider.name());
    names.find(|provider| name.starts_with(&format!("{provider}-"))).unwrap_or_else(|| ALL[0].name())
}

fn compare(case: &Path, name: &str, found: &[u8]) {
    let assert = snapbox::Assert::new().action_env("SNAPSHOTS");
    let expected = Data::read_from(&case.join(name), Some(snapbox::data::DataFormat::Text)).raw();
    assert.eq(String::from_utf8(found.to_vec()).expect("UTF-8"), expected);
}

#[test]
fn matrices_with_mistakes_are_refused_with_what_to_do() {
    let wrong: Vec<PathBuf> = cases().into_iter().filter(|case| case.join("error.txt").is_file()).collect();
    assert!(wrong.len() > 80, "{}", wrong.len());
    for case in wrong {
        let output = generate(&case, provider_of(&case));
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{}: {error}", case.display());
        assert!(output.stdout.is_empty(), "{}: nothing is written", case.display());
        assert!(error.contains("= help: "), "{} says what to do: {error}", case.display());
        compare(&case, "error.txt", &output.stderr);
    }
}

#[test]
fn doubtful_matrices_are_generated_with_a_warning() {
    let doubtful: Vec<PathBuf> = cases().into_iter().filter(|case| case.join("warning.txt").is_file()).collect();
    assert!(!doubtful.is_empty());
    for case in doubtful {
        let output = generate(&case, provider_of(&case));
        assert!(output.status.success() && !output.stdout.is_empty(), "{}", case.display());
        compare(&case, "warning.txt", &output.stderr);
    }
}

#[test]
fn good_matrices_become_their_configurations() {
    for provider in ALL.iter().filter(|provider| !provider.has_files()).map(|provider| provider.name()) {
        let file = format!("{provider}.yml");
        let good: Vec<PathBuf> = cases().into_iter().filter(|case| case.join(&file).is_file()).collect();
        assert!(good.len() >= 3, "{provider}: {}", good.len());
        for case in good {
            let output = generate(&case, provider);
            assert!(output.status.success(), "{}: {}", case.display(), String::from_utf8_lossy(&output.stderr));
            compare(&case, &file, &output.stdout);
        }
    }
}

/// Files by their names.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let file = |path: PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        (name, fs::read(path).expect("a file"))
    };
    entries.map(file).collect()
}

#[test]
fn good_matrices_become_a_file_for_each_workflow() {
    for provider in ALL.iter().filter(|provider| provider.has_files()).map(|provider| provider.name()) {
        let good: Vec<PathBuf> = cases().into_iter().filter(|case| case.join(provider).is_dir()).collect();
        assert!(good.len() >= 3, "{provider}: {}", good.len());
        for case in good {
            let out = TempDir::new().expect("a folder");
            let folder = out.path().to_string_lossy();
            // Their pins stay.
            let pins = files(&case.join(provider));
            pins.iter().for_each(|(name, text)| fs::write(out.path().join(name), text).expect("written"));
            let output = splitbuild(&case, &["gen", "splitbuild.yml", "--provider", provider, "-o", &folder]);
            assert!(output.status.success(), "{}: {}", case.display(), String::from_utf8_lossy(&output.stderr));
            let found = files(out.path());
            found.iter().for_each(|(name, text)| compare(&case.join(provider), name, text));
            assert_eq!(found.keys().collect::<Vec<_>>(), files(&case.join(provider)).keys().collect::<Vec<_>>());
        }
    }
}

/// Configurations that `splitbuild check` reads, with what it says of them beside.
fn checked() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checked");
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|it| it == "yml")).collect();
    files.sort();
    files
}

#[test]
fn whole_configurations_are_checked() {
    let files = checked();
    assert!(files.len() >= 8, "{}", files.len());
    for file in files {
        let name = file.file_name().expect("a name").to_string_lossy();
        let folder = file.parent().expect("a folder");
        let output = splitbuild(folder, &["check", &name]);
        let error = String::from_utf8_lossy(&output.stderr);
        let expected = i32::from(error.contains("error["));
        assert_eq!(output.status.code(), Some(expected), "{}: {error}", file.display());
        assert_eq!(error.matches("= help: ").count() > 0, error.contains("["), "{}: {error}", file.display());
        assert!(output.stdout.is_empty());
        compare(folder, &file.with_extension("txt").file_name().expect("a name").to_string_lossy(), &output.stderr);
    }
}

#[test]
fn a_newcomer_is_told_in_one_screen() {
    let newcomers: Vec<PathBuf> = cases()
        .into_iter()
        .filter(|case| case.file_name().is_some_and(|n| n.to_string_lossy().starts_with("newcomer-")))
        .collect();
    assert!(newcomers.len() >= 10);
    for case in newcomers {
        let error = fs::read_to_string(case.join("error.txt")).expect("text");
        assert!(error.lines().count() <= 24, "{}:\n{error}", case.display());
    }
}

/// The codes of problems that are written in the source.
fn codes() -> BTreeSet<String> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut codes = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("text");
            let code = text.split("#[cfg(test)]").next().expect("a first part");
            for call in code.split("Diagnostic::new(").skip(1) {
                if let Some(word) = call.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                    codes.insert(word.to_owned());
                }
            }
        }
    }
    codes
}

/// What is printed for problems, wherever tests have it.
fn shown() -> String {
    let of_matrices = cases().into_iter().flat_map(|case| ["error.txt", "warning.txt"].map(|file| case.join(file)));
    let of_configurations = checked().into_iter().map(|file| file.with_extension("txt"));
    // What takes a matrix larger than one would read, or another file than a matrix, is shown there.
    let of_limits = [
        "tests/limits.rs",
        "tests/cli/times.rs",
        "tests/cli/exports.rs",
        "tests/cli/formats.rs",
        "tests/init/output.rs",
    ]
    .map(|file| Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
    // What is imported is shown by what is said of it.
    let imported = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    let imported =
        fs::read_dir(imported).expect("a folder").map(|entry| entry.expect("an entry").path().join("told.txt"));
    let folders = cases().into_iter().map(|case| case.join("bake")).filter(|folder| folder.is_dir());
    let of_bake_files = folders.flat_map(|folder| files(&folder).into_keys().map(move |name| folder.join(name)));
    of_matrices
        .chain(of_configurations)
        .chain(of_limits)
        .chain(of_bake_files)
        .chain(imported)
        .filter_map(|file| fs::read_to_string(file).ok())
        .collect()
}

#[test]
fn every_kind_of_problem_has_a_fixture() {
    let (codes, shown) = (codes(), shown());
    assert!(codes.len() > 50, "{codes:?}");
    let missing: Vec<&String> = codes
        .iter()
        .filter(|code| !shown.contains(&format!("error[{code}]")) && !shown.contains(&format!("warning[{code}]")))
        .collect();
    assert!(missing.is_empty(), "no fixture shows {missing:?}");
}

#[test]
fn every_kind_of_problem_has_its_paragraph_and_a_link_to_it() {
    // Some codes are words of a table in the source; those are shown.
    let mut codes = codes();
    for level in ["error[", "warning["] {
        let found = shown();
        let words = found.split(level).skip(1).filter_map(|rest| rest.split_once(']').map(|(word, _)| word.to_owned()));
        codes.extend(words.filter(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let index = fs::read_to_string(docs.join("errors.md")).expect("text");
    let mut explained = BTreeSet::new();
    for page in ["matrix-errors.md", "configuration-errors.md", "bake.md", "import-errors.md"] {
        let text = fs::read_to_string(docs.join(page)).expect("text");
        for section in text.split("\n### `").skip(1) {
            let (code, paragraph) = section.split_once("`\n").expect("a heading of its own");
            let paragraph = paragraph.split("\n\n").next().unwrap_or_default();
            assert!(paragraph.len() > 40, "{page}: `{code}` is explained: {paragraph}");
            assert!(paragraph.contains('`'), "{page}: `{code}` has an example: {paragraph}");
            assert!(explained.insert(code.to_owned()), "{page}: `{code}` is explained twice");
            assert!(index.contains(&format!("[`{code}`]({page}#{code})")), "errors.md leads to `{code}`");
        }
    }
    assert_eq!(explained, codes);
}
