//! Pull requests whose images are published, unless they come from a fork.

use crate::event::Event;
use crate::project::{Project, images_of};
use crate::published::Published;

const MATRIX: &str = r#"version: 1
images:
  base: { image: "IMAGES/base", context: base }
  app: { image: "IMAGES/app", context: app, needs: [base], args: { BASE: "IMAGES/base:${tag}" } }
workflows:
  requests: { on: { pull_requests: [main] }, tags: ["pr-${pr}", "${git_branch}"] }
tool: { image: acme/tool }
"#;

#[test]
fn a_request_is_published_unless_it_comes_from_a_fork() {
    let project = Project::of_matrix("forks", &MATRIX.replace("IMAGES", &images_of("forks")));
    project.write("base/Dockerfile", "FROM scratch\nCOPY motd /etc/motd\n");
    project.write("base/motd", "built natively\n");
    project.write("app/Dockerfile", "ARG BASE\nFROM $BASE\nCOPY Dockerfile /\n");
    let request = |is_fork| Event::PullRequest { branch: "feat/$(touch pwned)", is_fork };
    for (workflow, is_fork) in [("requests", true), ("requests-forks", false)] {
        let ran = project.run(workflow, request(is_fork)).green();
        assert_eq!(ran.ended("build-base-amd64"), None, "{workflow} is for the others: {}", ran.log);
    }
    let ran = project.run("requests-forks", request(true)).green();
    assert_eq!(ran.ended("build-app-arm64"), Some("success"), "{}", ran.log);
    assert!(!project.has("base", "pr-7-amd64") && !project.has("app", "pr-7-amd64"), "{}", ran.log);
    let ran = project.run("requests", request(false)).green();
    assert_eq!(project.index("app", "pr-7"), project.index("app", "feat---touch-pwned-"), "{}", ran.log);
    assert_eq!(project.file("app", "pr-7", "arm64", "etc/motd"), "built natively\n");
}
