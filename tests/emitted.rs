//! The form of what `gen` emits: short, in block style, without an interpreter.

#[allow(dead_code, reason = "each test uses some of it")]
#[path = "support/command.rs"]
mod command;

use std::fs;
use std::path::{Path, PathBuf};

use command::{generated, generated_files};
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What is emitted for a matrix: all its files, one after the other.
fn emitted(matrix: &Path, provider: &str) -> String {
    match provider {
        "github" => generated_files(matrix, provider).into_iter().map(|(_, text)| text).collect(),
        _ => generated(matrix, provider),
    }
}

fn example(name: &str, provider: &str) -> String {
    emitted(&root().join("examples").join(name).join("splitbuild.yml"), provider)
}

/// Every emitted file that is committed.
fn committed() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("examples"), root().join("fixtures")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if ["config.yml", "splitbuild.yml", "circleci.yml", "gitlab.yml"].contains(&name.as_str())
                || is_of_github(&path)
            {
                let text = fs::read_to_string(&path).unwrap_or_default();
                if text.starts_with("# Made by splitbuild ") {
                    found.push((path, text));
                }
            }
        }
    }
    assert!(found.len() >= 10, "{found:?}");
    found
}

/// Whether a file lies where GitHub's workflows do, here or in the repository of an example.
fn is_of_github(path: &Path) -> bool {
    path.parent().is_some_and(|folder| folder.ends_with(".github/workflows") || folder.ends_with("github"))
}

/// GitHub's of them, as another reader than ours has them.
fn committed_workflows() -> Vec<(PathBuf, Value)> {
    let all = committed().into_iter().filter(|(path, _)| is_of_github(path));
    let all = all.map(|(path, text)| (path, serde_yaml::from_str(&text).expect("YAML")));
    let all: Vec<(PathBuf, Value)> = all.collect();
    assert!(all.len() >= 20, "{}", all.len());
    all
}

/// The matrix of the benchmark.
fn many(images: usize, workflows: usize) -> String {
    let mut text = String::from(
        "version: 1\ntool: { image: acme/tool }\nregistries: { docker.io: { username: \"${U}\", password: \"${P}\" } }\n\
         workflows:\n  main: { on: { branches: [main] }, tags: [latest] }\n",
    );
    if workflows > 1 {
        text.push_str("  release: { on: { tags: [\"v*\"] }, tags: [\"${git_tag}\"] }\n");
    }
    text.push_str("images:\n");
    for number in 0..images {
        let needs = if number == 0 { String::new() } else { format!(", needs: [i{}]", number / 2) };
        text.push_str(&format!(
            "  i{number}: {{ image: acme/i{number}, context: images/i{number}{needs}, \
             args: {{ A: \"1\", B: \"${{arch}}\", TAG: \"${{arch_tag}}\" }} }}\n"
        ));
    }
    text
}

fn of_many(images: usize, workflows: usize, provider: &str) -> String {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("splitbuild.yml");
    fs::write(&path, many(images, workflows)).expect("written");
    emitted(&path, provider)
}

#[test]
fn emitted_files_are_short() {
    for (name, provider, most) in [
        ("minimal", "circleci", 140),
        ("minimal", "gitlab", 170),
        ("hysds", "circleci", 1600),
        ("gitlab", "gitlab", 400),
        ("minimal", "github", 110),
        // A file for each workflow: two and three of them.
        ("hysds", "github", 2000),
        ("github", "github", 1200),
    ] {
        let lines = example(name, provider).lines().count();
        assert!(lines <= most, "{name} for {provider} has {lines} lines; {most} are the most");
    }
}

#[test]
fn one_more_image_adds_little() {
    const ONE_FILE: [(usize, usize, usize); 2] = [(1, 50, 1600), (2, 65, 2100)];
    // Every file has the jobs anew, and no file has what another one says.
    const A_FILE_EACH: [(usize, usize, usize); 2] = [(1, 70, 2200), (2, 140, 4600)];
    for (provider, sizes) in [("circleci", ONE_FILE), ("gitlab", ONE_FILE), ("github", A_FILE_EACH)] {
        for (workflows, most_lines, most_bytes) in sizes {
            let (few, more) = (of_many(10, workflows, provider), of_many(11, workflows, provider));
            let lines = more.lines().count() - few.lines().count();
            let bytes = more.len() - few.len();
            assert!(lines <= most_lines, "{provider}, {workflows} workflows: {lines} lines");
            assert!(bytes <= most_bytes, "{provider}, {workflows} workflows: {bytes} bytes");
        }
    }
}

/// The text outside of block scalars, by lines: what YAML reads as structure.
fn structure(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut block: Option<usize> = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if let Some(column) = block {
            if line.trim().is_empty() || indent > column {
                continue;
            }
            block = None;
        }
        let end = line.trim_end();
        if ["|", "|-", "|+", ">-", "|2"].iter().any(|sign| end.ends_with(&format!(" {sign}"))) {
            // The content of `- |` is further in than the dash, and of `key: |` than the key.
            block = Some(indent);
        }
        lines.push(line);
    }
    lines
}

#[test]
fn lines_are_short_and_collections_in_brackets_are_small() {
    for (path, text) in committed() {
        // The hand-written part is the user's.
        if path.to_string_lossy().contains("own") || path.to_string_lossy().contains("hysds") {
            continue;
        }
        for line in structure(&text) {
            let value = line.trim_start().trim_start_matches("- ");
            let value = value.split_once(": ").map_or(value, |(_, value)| value);
            let is_flow = |open: char, close: char| value.starts_with(open) && value.ends_with(close);
            if is_flow('[', ']') || is_flow('{', '}') {
                let inside = &value[1..value.len() - 1];
                let quoted = inside.split(['"', '\'']).step_by(2).collect::<String>();
                assert!(!quoted.contains(['[', '{']), "{}: {line}", path.display());
                assert!(line.chars().count() <= 100, "{}: {line}", path.display());
            }
        }
        for line in text.lines() {
            // A trigger, or a value of the matrix, may be longer by itself.
            let is_long_by_itself = ["filters:", "if:", "docker build", "--", "tags:", "arguments:", ": "]
                .iter()
                .any(|start| line.trim_start().trim_start_matches("- ").starts_with(start))
                || path.to_string_lossy().contains("fixtures");
            assert!(line.chars().count() <= 140 || is_long_by_itself, "{}: {line}", path.display());
        }
    }
}

#[test]
fn nothing_emitted_interprets_data() {
    let words = regex::Regex::new(r"\beval\b|\bSPLITBUILD_(WORKFLOW|VERSION|INSTALL|REGISTRIES|ROOT|NEEDS|TAGS|VARS)\b|(^|[;&|(]\s*)\.\s+[^\s|\\]|\bsource\s").expect("a pattern");
    for (path, text) in committed() {
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            for found in words.find_iter(line.trim_start().trim_start_matches("- ")) {
                assert_eq!(found.as_str(), "SPLITBUILD_WORKFLOW", "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn two_runs_give_the_same_bytes() {
    for provider in ["circleci", "gitlab", "github"] {
        assert_eq!(of_many(30, 2, provider), of_many(30, 2, provider));
    }
}

/// The jobs of a workflow of GitHub's that we have made, by their ids.
fn generated_jobs(workflow: &Value) -> Vec<(&String, &Value)> {
    let jobs = workflow["jobs"].as_object().expect("jobs").iter();
    jobs.filter(|(id, _)| ["build-", "copy-", "export-"].iter().any(|start| id.starts_with(start))).collect()
}

fn steps(job: &Value) -> impl Iterator<Item = &Value> {
    job["steps"].as_array().into_iter().flatten()
}

/// GitHub fills expressions in before a shell sees the script: one with a branch's name in it would be code
/// (<https://docs.github.com/en/actions/concepts/security/script-injections>).
#[test]
fn no_script_of_githubs_has_an_expression() {
    for (path, workflow) in committed_workflows() {
        for (id, job) in generated_jobs(&workflow) {
            for script in steps(job).filter_map(|step| step["run"].as_str()) {
                // What stands for the two characters themselves is none.
                let script = script.replace("${{ '${{' }}", "");
                assert!(!script.contains("${{"), "{}: {id}: {script}", path.display());
            }
        }
    }
}

/// A tag may be moved, a commit may not
/// (<https://docs.github.com/en/actions/reference/security/secure-use#using-third-party-actions>).
#[test]
fn every_action_of_githubs_is_pinned_by_its_commit() {
    let pinned = regex::Regex::new("^actions/(checkout|upload-artifact|download-artifact)@[0-9a-f]{40}$");
    let pinned = pinned.expect("a pattern");
    for (path, workflow) in committed_workflows() {
        for (id, job) in generated_jobs(&workflow) {
            // What stands in `pre_steps` and `post_steps` is the project's own.
            let ours = |uses: &&str| uses.starts_with("actions/");
            for uses in steps(job).filter_map(|step| step["uses"].as_str()).filter(ours) {
                assert!(pinned.is_match(uses), "{}: {id}: {uses}", path.display());
            }
        }
    }
}

/// Nothing by default, and each job what it cannot do without
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions>).
#[test]
fn jobs_of_githubs_may_do_what_they_need_and_no_more() {
    for (path, workflow) in committed_workflows() {
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{}", path.display());
        for (id, job) in generated_jobs(&workflow) {
            let what = format!("{}: {id}", path.display());
            let text = job.to_string();
            let scopes = job["permissions"].as_object().cloned().unwrap_or_default();
            assert!(
                scopes.keys().all(|scope| ["contents", "packages"].contains(&scope.as_str())),
                "{what}: {scopes:?}"
            );
            let checks_out = text.contains("actions/checkout@");
            let is_build = !text.contains("splitbuild ");
            assert_eq!(scopes.get("contents").is_some(), checks_out || is_build, "{what}: {scopes:?}");
            assert!(scopes.get("contents").is_none_or(|level| level == "read"), "{what}: {scopes:?}");
            let level = scopes.get("packages").and_then(Value::as_str);
            assert!(level.is_none() || text.contains("github.token"), "{what}: {scopes:?}");
            let publishes =
                ["docker push", "splitbuild manifest", "splitbuild copy"].iter().any(|it| text.contains(it));
            assert!(level != Some("write") || publishes, "{what}: {scopes:?}");
        }
    }
}
