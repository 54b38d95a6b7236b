//! Every example's committed configuration is what its matrix generates, and so are the project's own; HySDS' is the real
//! pipeline's graph.

#[allow(dead_code, reason = "each test uses some of it")]
#[path = "support/command.rs"]
mod command;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn examples() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(root().join("examples")).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    folders.sort();
    assert!(folders.len() >= 4, "{folders:?}");
    folders
}

fn splitbuild(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = command::splitbuild(folder, arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned() + &error)
}

/// Those of the project itself among them.
#[test]
fn committed_configurations_are_fresh() {
    for folder in examples().into_iter().chain([root().to_owned()]) {
        let files = [
            ("circleci", ".circleci/config.yml"),
            ("gitlab", ".gitlab/splitbuild.yml"),
            ("github", ".github/workflows"),
        ];
        let files: Vec<_> = files.into_iter().filter(|(_, file)| folder.join(file).exists()).collect();
        assert!(!files.is_empty(), "{}", folder.display());
        for (provider, file) in files {
            let (fresh, said) = splitbuild(&folder, &["gen", "--check", "--provider", provider, "-o", file]);
            assert!(fresh, "`just examples` writes them again, those of the project with them:\n{said}");
        }
    }
}

/// What `./run` shows: the index over what the minimal example's build jobs push.
#[test]
fn what_the_minimal_example_pushes_is_linked() {
    let copy = tempfile::tempdir().expect("a folder");
    let pushed = root().join("examples/minimal/pushed");
    for folder in [pushed.clone(), pushed.join("blobs/sha256")] {
        let to = copy.path().join(folder.strip_prefix(&pushed).expect("inside"));
        fs::create_dir_all(&to).expect("a folder");
        for entry in fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry")) {
            if entry.path().is_file() {
                fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
            }
        }
    }
    let (is_linked, said) = splitbuild(copy.path(), &["manifest", "oci:.:latest"]);
    assert!(is_linked, "{said}");
    // Layers are looked at, too.
    let (is_exported, said) =
        splitbuild(copy.path(), &["export", "oci:.:latest", "--name", "acme/app:latest", "-o", "app.tar"]);
    assert!(is_exported, "{said}");
    let (is_good, shown) = splitbuild(copy.path(), &["inspect", "oci:.:latest"]);
    assert!(is_good && shown.contains("\nlinux/amd64 ") && shown.contains("\nlinux/arm64 "), "{shown}");
}

#[test]
fn the_minimal_example_is_the_one_in_the_help_and_the_readme() {
    let (_, help) = splitbuild(root(), &["gen", "--help"]);
    let readme = fs::read_to_string(root().join("README.md")).expect("text");
    let text = fs::read_to_string(root().join("examples/minimal/splitbuild.yml")).expect("text");
    let shown = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.starts_with('#')).collect()
    };
    let lines = shown(&text);
    for place in [help, readme] {
        assert!(shown(&place).windows(lines.len()).any(|window| window == lines), "{place}");
    }
}

/// A `requires`, `context` or `filters` of the graph or of a configuration, in one form.
fn called_with(called: &Value) -> (BTreeSet<&str>, Vec<&str>, Value) {
    let texts = |key: &str| {
        called.get(key).and_then(Value::as_array).map(|list| list.iter().filter_map(Value::as_str).collect::<Vec<_>>())
    };
    let filters = called.get("filters").cloned().unwrap_or_else(|| Value::Object(Map::new()));
    (texts("requires").unwrap_or_default().into_iter().collect(), texts("context").unwrap_or_default(), filters)
}

/// What a workflow of a configuration calls its jobs with, by the names that they have there.
fn jobs(config: &Value, workflow: &str) -> Map<String, Value> {
    let entries = config["workflows"][workflow]["jobs"].as_array().expect("jobs");
    let named = |entry: &Value| {
        let (name, called) = match entry {
            Value::String(name) => (name.as_str(), Value::Null),
            _ => {
                let (name, called) = entry.as_object().and_then(|map| map.iter().next()).expect("a map with one key");
                (name.as_str(), called.clone())
            }
        };
        (called["name"].as_str().unwrap_or(name).to_owned(), called)
    };
    entries.iter().map(named).collect()
}

/// What of the real graph the configuration does not say in the same way.
fn differences(graph: &Value, config: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (workflow, real) in graph.as_object().expect("workflows") {
        let ours = jobs(config, workflow);
        for (name, real) in real.as_object().expect("jobs") {
            // These two were emulated by hand, and are native triples now; the exports are a job of their own.
            let (requires, name) = match name.as_str() {
                "build-redis" | "build-rabbitmq" => (None, format!("{name}-amd64")),
                "deploy" => (Some(BTreeSet::from(["export-hysds_verdi_pge_base"])), name.clone()),
                _ => (None, name.clone()),
            };
            let Some(our) = ours.get(&name) else {
                found.push(format!("{workflow} has no {name}"));
                continue;
            };
            let (mut wanted, our) = (called_with(real), called_with(our));
            wanted.0 = requires.unwrap_or(wanted.0);
            if our != wanted {
                found.push(format!("{name} in {workflow}: {our:?} instead of {wanted:?}"));
            }
        }
        let of_families = |jobs: &Map<String, Value>| {
            jobs.keys().filter(|name| name.starts_with("build-hysds_")).cloned().collect::<BTreeSet<_>>()
        };
        if of_families(&ours) != of_families(real.as_object().expect("jobs")) {
            found.push(format!("{workflow} has other builds"));
        }
    }
    found
}

fn graph() -> Value {
    serde_json::from_str(&fs::read_to_string(root().join("fixtures/facts/hysds-graph.json")).expect("text"))
        .expect("JSON")
}

fn hysds() -> Value {
    serde_yaml::from_str(&fs::read_to_string(root().join("examples/hysds/.circleci/config.yml")).expect("text"))
        .expect("YAML")
}

#[test]
fn hysds_is_the_real_graph() {
    let (graph, config) = (graph(), hysds());
    assert_eq!(differences(&graph, &config), Vec::<String>::new());
    let names: BTreeSet<&String> = config["workflows"].as_object().expect("workflows").keys().collect();
    assert_eq!(names, graph.as_object().expect("workflows").keys().collect());
    for workflow in ["build-deploy-develop", "build-deploy-release"] {
        let jobs = jobs(&config, workflow);
        for name in ["redis", "rabbitmq"] {
            let builds = BTreeSet::from([format!("build-{name}-amd64"), format!("build-{name}-arm64")]);
            let manifest = &jobs[&format!("build-{name}-manifest")];
            assert_eq!(called_with(manifest).0, builds.iter().map(String::as_str).collect());
        }
        assert_eq!(
            called_with(&jobs["export-hysds_verdi_pge_base"]).0,
            BTreeSet::from(["build-hysds_verdi_pge_base-manifest"])
        );
    }
}

#[test]
fn a_difference_from_the_real_graph_is_seen() {
    for (path, value) in [
        ("/build-deploy-release/build-hysds_dev-arm64/requires", serde_json::json!([])),
        (
            "/build-deploy-develop/build-hysds_dev-arm64/context",
            serde_json::json!(["git-oauth-token", "docker-hub-creds"]),
        ),
        ("/build-deploy-release/deploy/filters", serde_json::json!({})),
        ("/weekly/test/filters", serde_json::json!({})),
    ] {
        let mut graph = graph();
        *graph.pointer_mut(path).expect("it is there") = value;
        assert_eq!(differences(&graph, &hysds()).len(), 1, "{path}");
    }
}

#[test]
fn the_matrix_of_hysds_is_short() {
    let text = fs::read_to_string(root().join("examples/hysds/splitbuild.yml")).expect("text");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).count();
    assert!(lines <= 110, "{lines}");
}
