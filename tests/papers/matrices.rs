//! The matrices that the manual shows are good: each piece, with what it leaves out, is generated.

use std::fs;

use serde_json::{Value, json};

use crate::{command, pages};

#[test]
fn the_matrix_for_movers_is_the_one_of_its_fixture() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/github-moved/splitbuild.yml");
    let text = fs::read_to_string(path).expect("text");
    let matrix: Vec<&str> = text.lines().skip(1).collect();
    let page = pages().into_iter().find(|page| page.name == "docs/from-build-push-action.md").expect("it is there");
    assert!(page.parts().1.iter().any(|block| block.lines == matrix), "{text}");
}

/// What a piece may leave out.
fn completed(piece: &str) -> String {
    let mut matrix: Value = serde_yaml::from_str(piece).unwrap_or_else(|error| panic!("{error}\n{piece}"));
    let whole = json!({
        "version": 1,
        "images": { "app": { "image": "acme/app" } },
        "workflows": { "main": { "on": { "branches": ["main"] }, "tags": ["latest"] } },
        "tool": { "image": "acme/tool" },
        "circleci": { "config": "own.yml" },
    });
    for (key, value) in whole.as_object().expect("a map") {
        matrix.as_object_mut().expect("a piece is a map").entry(key.clone()).or_insert_with(|| value.clone());
    }
    serde_yaml::to_string(&matrix).expect("YAML")
}

/// The jobs of their own that pieces name.
const OWN: &str = "version: 2.1
jobs:
  integration: { docker: [{ image: alpine }], steps: [{ run: \"true\" }] }
workflows:
  main: { jobs: [integration] }
";

#[test]
fn what_the_manual_shows_is_a_good_matrix() {
    let (mut seen, mut refused) = (0, String::new());
    let shows = ["docs/matrix.md", "docs/keys.md", "docs/from-build-push-action.md", "docs/github.md"];
    for page in pages().iter().filter(|page| shows.contains(&page.name.as_str())) {
        // What has jobs is a workflow of somebody else's.
        let is_matrix = |lines: &[&str]| !lines.contains(&"jobs:");
        for block in page.parts().1.iter().filter(|block| block.language == "yaml" && is_matrix(&block.lines)) {
            let folder = tempfile::TempDir::new().expect("a folder");
            let matrix = completed(&block.lines.join("\n"));
            fs::write(folder.path().join("own.yml"), OWN).expect("written");
            fs::create_dir(folder.path().join(".github")).expect("a folder");
            fs::write(folder.path().join(".github/jobs.yml"), "jobs: {}").expect("written");
            fs::write(folder.path().join("splitbuild.yml"), &matrix).expect("written");
            let is_github = ["docs/github.md", "docs/from-build-push-action.md"].contains(&page.name.as_str());
            let provider: &[&str] = if is_github { &["--provider", "github", "-o", "files"] } else { &[] };
            let arguments = [&["gen", "splitbuild.yml"], provider].concat();
            let output = command::splitbuild(folder.path(), &arguments);
            let said = String::from_utf8_lossy(&output.stderr);
            if !output.status.success() {
                refused.push_str(&format!("{}:\n{matrix}\n{said}\n", page.name));
            }
            seen += 1;
        }
    }
    assert!(refused.is_empty(), "{refused}");
    assert!(seen >= 15, "{seen}");
}
