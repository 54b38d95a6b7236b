//! Names that a stranger gives, in every place where a run has them. One with an expression in it act fills in, which
//! GitHub does with no value of a run.

use crate::event::Event;
use crate::project::{Project, images_of};
use crate::published::Published;

const MATRIX: &str = r#"version: 1
images:
  base: { image: "IMAGES/base", context: base, args: { BRANCH: "${git_branch}" } }
  app: { image: "IMAGES/app", context: app, needs: [base], args: { BASE: "IMAGES/base:${tag}" } }
workflows:
  main: { on: { branches: ["**"] }, tags: ["${git_branch}"] }
tool: { image: acme/tool }
"#;

#[test]
fn a_branch_is_text_whatever_it_is_called() {
    let project = Project::of_matrix("hostile", &MATRIX.replace("IMAGES", &images_of("hostile")));
    project.write("base/Dockerfile", "FROM scratch\nARG BRANCH\nENV BRANCH=$BRANCH\nCOPY Dockerfile /\n");
    project.write("app/Dockerfile", "ARG BASE\nFROM $BASE\nCOPY Dockerfile /app\n");
    for (branch, tag) in [("$(touch${IFS}pwned)", "_-touch--IFS-pwned-"), ("'\"&;|`id`#--push", "_-----id----push")] {
        let tag = &tag.to_owned();
        let ran = project.run("main", Event::Branch(branch)).green();
        assert!(project.has("app", tag), "{tag}: {}", ran.log);
        let told = project.environment("app", tag, "arm64");
        let shown = serde_json::to_string(&format!("BRANCH={branch}")).expect("text");
        // Go's JSON escapes a few more.
        assert!(told.contains(&shown) || told.contains(&shown.replace('&', "\\u0026")), "{shown} is not in {told}");
        assert!(!project.has_file("pwned"), "{}", ran.log);
    }
}
