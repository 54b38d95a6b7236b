//! Every folder `bake` in a folder of `fixtures`: the bake file of each workflow, to the letter, and what is said beside it.
//!
//! `SNAPSHOTS=overwrite cargo test --test baked` writes the expectations again; read them as a diff.

#[allow(dead_code, reason = "each test uses some of it")]
#[path = "support/command.rs"]
mod command;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use command::splitbuild;
use serde_json::Value;
use snapbox::Data;
use tempfile::TempDir;

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

fn cases() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    entries(&fixtures).into_iter().filter(|case| case.join("bake").is_dir()).collect()
}

fn compare(path: &Path, found: &[u8]) {
    let assert = snapbox::Assert::new().action_env("SNAPSHOTS");
    let expected = Data::read_from(path, Some(snapbox::data::DataFormat::Text)).raw();
    assert.eq(String::from_utf8(found.to_vec()).expect("UTF-8"), expected);
}

#[test]
fn workflows_become_their_bake_files() {
    let (mut files, mut refused) = (0, 0);
    for case in cases() {
        let expected = entries(&case.join("bake"));
        let workflows: BTreeSet<String> =
            expected.iter().map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect();
        for workflow in workflows {
            let output = splitbuild(&case, &["bake", "--workflow", &workflow]);
            let path = |ending: &str| case.join("bake").join(format!("{workflow}.{ending}"));
            let is_whole = path("json").exists();
            assert_eq!(output.status.code(), Some(i32::from(!is_whole)), "{}", path("txt").display());
            assert_eq!(output.stderr.is_empty(), !path("txt").exists(), "{}", String::from_utf8_lossy(&output.stderr));
            if is_whole {
                compare(&path("json"), &output.stdout);
                files += 1;
            } else {
                assert!(output.stdout.is_empty());
                refused += 1;
            }
            if path("txt").exists() {
                compare(&path("txt"), &output.stderr);
            }
        }
    }
    assert!(files >= 7 && refused >= 1, "{files}, {refused}");
}

fn project(matrix: &str) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("splitbuild.yml"), matrix).expect("written");
    folder
}

fn error(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const MATRIX: &str = "\
version: 1
vars: { org: acme }
images: { app: { image: \"${org}/app\" } }
workflows:
  main: { on: { branches: [main] }, tags: [latest] }
  try: { on: { branches: [\"**\"] }, push: false, tags: [try] }
tool: { image: acme/tool }
";

#[test]
fn a_file_is_written_once_and_never_over_the_matrix() {
    let folder = project(MATRIX);
    let bake = |arguments: &[&str]| splitbuild(folder.path(), &[&["bake"], arguments].concat());
    let first = bake(&["-o", "docker-bake.json", "--var", "org=me"]);
    assert!(first.status.success() && first.stdout.is_empty(), "{}", error(&first));
    assert!(error(&first).contains("this is the workflow `main`"), "{}", error(&first));
    assert!(error(&first).contains("wrote docker-bake.json"), "{}", error(&first));
    let text = fs::read_to_string(folder.path().join("docker-bake.json")).expect("written");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(file["target"]["app"]["tags"], serde_json::json!(["me/app:latest"]));
    let made = "Generated from splitbuild.yml by `splitbuild bake --workflow main --var org=me`: change that, and run it again.";
    assert_eq!(file["//"], made);
    let again = bake(&["-o", "docker-bake.json", "--workflow", "main", "--var", "org=me"]);
    assert_eq!(error(&again), "docker-bake.json is up to date\n");
    let over = bake(&["-o", "splitbuild.yml", "--workflow", "main"]);
    assert_eq!(
        (over.status.code(), fs::read_to_string(folder.path().join("splitbuild.yml")).ok().as_deref()),
        (Some(2), Some(MATRIX))
    );
}

#[test]
fn a_workflow_has_a_name() {
    let folder = project(MATRIX);
    let bake = |name: &str| splitbuild(folder.path(), &["bake", "--workflow", name]);
    let output = bake("mian");
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("--workflow mian: the matrix has no such workflow; did you mean `main`?"));
    assert!(error(&bake("nightly")).contains("there is `main` and `try`"), "{}", error(&bake("nightly")));
    let output = bake("try");
    let file: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(file["target"]["app"]["tags"], serde_json::json!(["acme/app:try"]), "what is built is called so");
}

#[test]
fn another_provider_is_asked_for_its_runners() {
    let matrix = MATRIX.replace("image: \"${org}/app\"", "image: acme/app, platforms: [linux/arm/v7]");
    let folder = project(&format!("{matrix}gitlab: {{ runners: {{ linux/arm/v7: [arm] }} }}\n"));
    assert_eq!(splitbuild(folder.path(), &["bake"]).status.code(), Some(1), "the first one has none");
    let output = splitbuild(folder.path(), &["bake", "--provider", "gitlab", "--workflow", "main"]);
    let file: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(file["target"]["app"]["platforms"], serde_json::json!(["linux/arm/v7"]));
    assert!(file["//"].as_str().is_some_and(|made| made.contains("--workflow main --provider gitlab")));
}
