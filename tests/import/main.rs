//! `splitbuild import`: every folder here holds a file of another tool, what it becomes, and what is said of it, to the letter.
//!
//! `SNAPSHOTS=overwrite cargo test --test import` writes the expectations again; read them as a diff.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use snapbox::Data;
use splitbuild::provider::ALL;
use tempfile::TempDir;

/// The names of files of another tool.
const INPUTS: [&str; 5] = ["bake.json", "docker-bake.json", "docker-bake.hcl", "compose.yaml", "config.yml"];

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    let paths = fs::read_dir(root).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut cases: Vec<PathBuf> = paths.filter(|path| path.is_dir()).collect();
    cases.sort();
    cases
}

fn input(case: &Path) -> &'static str {
    INPUTS.into_iter().find(|name| case.join(name).is_file()).unwrap_or_else(|| panic!("{}", case.display()))
}

fn splitbuild(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_splitbuild"));
    command.args(arguments).current_dir(folder).env("NO_COLOR", "1").stdin(Stdio::null());
    command.output().expect("splitbuild runs")
}

fn with_input(arguments: &[&str], text: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_splitbuild"));
    command.args(arguments).env("NO_COLOR", "1").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("splitbuild runs");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn compare(path: &Path, found: &[u8]) {
    let expected = Data::read_from(path, Some(snapbox::data::DataFormat::Text)).raw();
    snapbox::Assert::new().action_env("SNAPSHOTS").eq(text(found), expected);
}

#[test]
fn each_file_becomes_its_matrix_with_what_is_to_be_said_of_it() {
    let cases = cases();
    assert!(cases.len() >= 8, "{}", cases.len());
    for case in cases {
        let output = splitbuild(&case, &["import", input(&case)]);
        let told = text(&output.stderr);
        let is_good = case.join("splitbuild.yml").is_file();
        assert_eq!(output.status.code(), Some(i32::from(!is_good)), "{}: {told}", case.display());
        assert_eq!(output.stdout.is_empty(), !is_good, "{}", case.display());
        let (problems, helped) =
            (told.matches("\n  -->").count() + told.matches("\n -->").count(), told.matches("= help: ").count());
        assert!(helped >= problems, "{}: each says what to do: {told}", case.display());
        compare(&case.join("told.txt"), &output.stderr);
        if is_good {
            compare(&case.join("splitbuild.yml"), &output.stdout);
        }
    }
}

#[test]
fn every_provider_takes_what_comes_out() {
    for case in cases().into_iter().filter(|case| case.join("splitbuild.yml").is_file()) {
        let folder = TempDir::new().expect("a folder");
        fs::copy(case.join("splitbuild.yml"), folder.path().join("splitbuild.yml")).expect("a copy");
        for provider in ALL {
            let output = splitbuild(folder.path(), &["gen", "--provider", provider.name(), "-o", "out"]);
            assert!(output.status.success(), "{}: {}", case.display(), text(&output.stderr));
            // The next one has a folder, or a file.
            let out = folder.path().join("out");
            let _ = fs::remove_file(&out).or_else(|_| fs::remove_dir_all(&out));
        }
    }
}

/// What bake prints comes in by a pipe.
#[test]
fn standard_input_and_a_folder() {
    let bake = r#"{ "target": { "app": { "context": "app", "tags": ["acme/app:1"], "platforms": ["linux/amd64"] } } }"#;
    let output = with_input(&["import", "-", "--folder", "docker/"], bake);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("context: docker/app"), "{}", text(&output.stdout));
    let output = with_input(&["import", "-", "--folder", "../x"], bake);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn no_file_is_overwritten_unless_it_is_asked_for() {
    let folder = TempDir::new().expect("a folder");
    let compose = "services: { app: { image: acme/app, build: . } }\n";
    fs::create_dir(folder.path().join("deploy")).expect("a folder");
    fs::write(folder.path().join("deploy/compose.yaml"), compose).expect("a file");
    let import = |more: &[&str]| {
        let arguments = [&["import", "deploy/compose.yaml", "-o", "splitbuild.yml"], more].concat();
        splitbuild(folder.path(), &arguments)
    };
    let output = import(&[]);
    assert!(output.status.success() && output.stdout.is_empty(), "{}", text(&output.stderr));
    let written = fs::read_to_string(folder.path().join("splitbuild.yml")).expect("it is there");
    // Paths of a Compose file begin in its folder.
    assert!(written.contains("context: deploy"), "{written}");
    fs::write(folder.path().join("splitbuild.yml"), "mine").expect("a file");
    let output = import(&[]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("is there already"), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(folder.path().join("splitbuild.yml")).expect("it is there"), "mine");
    assert!(import(&["--force"]).status.success());
    assert_eq!(fs::read_to_string(folder.path().join("splitbuild.yml")).expect("it is there"), written);
}

/// Whatever is too large is said to be so, at once.
#[test]
fn what_grows_without_end_is_refused() {
    let mut aliases = String::from("x0: &x0 [a, a, a, a, a, a, a, a]\n");
    for level in 1..12 {
        let inner = vec![format!("*x{}", level - 1); 8].join(", ");
        aliases.push_str(&format!("x{level}: &x{level} [{inner}]\n"));
    }
    let aliases = format!("{aliases}services: {{ a: {{ build: {{ args: *x11 }} }} }}\n");

    let target = |level: usize| format!(r#""t{}": {{ "inherits": ["t{level}", "t{level}"] }}"#, level + 1);
    let targets: Vec<String> = (0..40).map(target).collect();
    let inherits = format!(r#"{{ "target": {{ "t0": {{ "tags": ["a/b:1"] }}, {} }} }}"#, targets.join(", "));

    let service = |level: usize| format!("  s{}: {{ extends: s{level} }}\n", level + 1);
    let extends = format!("services:\n  s0: {{ build: . }}\n{}", (0..2000).map(service).collect::<String>());

    let target = |number: usize| format!(r#""t{number}": {{ "context": ".", "tags": ["a/b:{number}"] }}"#);
    let targets: Vec<String> = (0..3000).map(target).collect();
    let many = format!(r#"{{ "target": {{ {} }} }}"#, targets.join(", "));

    let tags: Vec<String> = (0..2000).map(|tag| format!("\"a/b:{tag}\"")).collect();
    let tags = format!(r#"{{ "target": {{ "t": {{ "context": ".", "tags": [{}] }} }} }}"#, tags.join(", "));

    let arguments: Vec<String> = (0..20_000).map(|name| format!("\"a{name}\": \"\"")).collect();
    let arguments =
        format!(r#"{{ "target": {{ "t": {{ "context": ".", "args": {{ {} }} }} }} }}"#, arguments.join(", "));

    for input in [aliases, inherits, extends, many, tags, arguments] {
        let output = with_input(&["import", "-"], &input);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("error[too-large]") && told.contains("= help: "), "{told}");
    }
}

#[test]
fn a_file_of_a_hundred_megabytes_is_not_read() {
    let folder = TempDir::new().expect("a folder");
    let file = fs::File::create(folder.path().join("bake.json")).expect("a file");
    file.set_len(100 << 20).expect("a hole");
    let output = splitbuild(folder.path(), &["import", "bake.json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("it is larger than the limit"), "{}", text(&output.stderr));
}

/// What is extended lies where the file is, wherever the command runs; paths are those of the repository.
#[test]
fn other_files_are_found_from_everywhere() {
    let folder = TempDir::new().expect("a folder");
    let file = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, text).expect("written");
    };
    file("common/base.yml", "services: { web: { build: { context: web, target: web } } }\n");
    let extends =
        "services: { app: { extends: { file: ../common/base.yml, service: web }, build: {}, image: 'acme/app:1' } }\n";
    file("deploy/compose.yaml", extends);
    let context = |at: &Path, arguments: &[&str]| {
        let output = splitbuild(at, arguments);
        let matrix = text(&output.stdout);
        let after = matrix.split_once("context: ").map(|(_, after)| after.split(',').next().unwrap_or_default());
        after.unwrap_or_else(|| panic!("{arguments:?}: {matrix}{}", text(&output.stderr))).to_owned()
    };
    assert_eq!(context(folder.path(), &["import", "deploy/compose.yaml"]), "common/web");
    assert_eq!(context(folder.path(), &["import", "./deploy/compose.yaml", "--folder", "deploy"]), "common/web");
    let deploy = folder.path().join("deploy");
    // From within, the repository is said to begin above.
    assert_eq!(
        context(&deploy, &["import", &deploy.join("compose.yaml").to_string_lossy(), "--folder", "deploy"]),
        "common/web"
    );
    // Who says nothing has no repository above.
    let output = splitbuild(&deploy, &["import", "compose.yaml"]);
    assert!(
        text(&output.stderr).contains("`../common/base.yml` lies outside of the repository"),
        "{}",
        text(&output.stderr)
    );
    let output = with_input(&["import", "-"], extends);
    assert!(text(&output.stderr).contains("is not read from standard input"), "{}", text(&output.stderr));
}
