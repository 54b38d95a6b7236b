//! What a run here has in common with GitHub's: machines, environment, and what waits for what.

use std::process::Command;

use crate::daemon::output;
use crate::event::Event;
use crate::project::{Project, images_of};
use crate::published::Published;

/// Two machines, two builds, an index by hand in a container, and a job that nothing runs.
const WORKFLOW: &str = r#"name: main
on:
  push:
    branches: [main]
permissions: {}
defaults:
  run:
    shell: sh
jobs:
  build-amd64:
    runs-on: ubuntu-24.04
    outputs: { digest: "${{ steps.build.outputs.digest }}" }
    steps: &build
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
      - id: build
        env: { given: "${{ secrets.GIVEN || vars.GIVEN }}" }
        run: |
          [ "${#given} ${GIVEN-none} ${OTHER-none}" = "16 none none" ]
          docker build --tag "IMAGES/base:$GITHUB_RUN_NUMBER-$GITHUB_JOB" .
          docker push "IMAGES/base:$GITHUB_RUN_NUMBER-$GITHUB_JOB" >push
          echo "digest=$(sed -n 's/.*digest: \(sha256:[0-9a-f]*\).*/\1/p' push)" >>"$GITHUB_OUTPUT"
  build-arm64:
    runs-on: [self-hosted, linux, ARM64]
    outputs: { digest: "${{ steps.build.outputs.digest }}" }
    steps: *build
  index:
    needs: [build-amd64, build-arm64]
    runs-on: ubuntu-24.04
    container: { image: "acme/tool:7" }
    env: { amd64: "${{ needs.build-amd64.outputs.digest }}", arm64: "${{ needs.build-arm64.outputs.digest }}" }
    steps:
      - run: |
          splitbuild --version
          echo "${GITHUB_WORKFLOW_REF#acme/} $GITHUB_REF_TYPE $amd64 $arm64" >>"$GITHUB_STEP_SUMMARY"
  fail:
    needs: index
    runs-on: ubuntu-24.04
    steps:
      - run: exit 3
  after:
    needs: fail
    runs-on: ubuntu-24.04
    steps:
      - run: docker push IMAGES/never
"#;

#[test]
fn jobs_have_the_machine_and_the_environment_that_the_file_says() {
    let mut project = Project::by_hand("harness", &WORKFLOW.replace("IMAGES", &images_of("harness")));
    project.write("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n");
    project.secrets = vec![("GIVEN", "a word of nobody"), ("OTHER", "another one")];
    project.number.set(7);
    let ran = project.run("main", Event::Branch("main"));
    assert!(!ran.is_green && ran.ended("fail") == Some("failure") && ran.ended("after").is_none(), "{}", ran.log);
    assert!(ran.overlap("build-amd64", "build-arm64"), "{}", ran.log);
    let digests = ["amd64", "arm64"].map(|arch| {
        let name = format!("docker://{}/base:7-build-{arch}", project.images_name());
        let told = output(Command::new("skopeo").args(["inspect", "--config", "--tls-verify=false", &name]));
        assert!(told.contains(&format!("\"architecture\": \"{arch}\"")), "{told}");
        let mut digest = Command::new("skopeo");
        digest.args(["inspect", "--tls-verify=false", "--format", "{{.Digest}}", &name]);
        output(&mut digest).trim().to_owned()
    });
    let expected = format!("act-harness/.github/workflows/main.yml@refs/heads/main branch {}", digests.join(" "));
    assert_eq!(ran.summary("index").trim(), expected, "{}", ran.log);
    assert!(ran.printed("index").contains("splitbuild "), "{}", ran.log);
}

/// What a request from a fork says of itself.
const REQUEST: &str = r#"name: main
on: pull_request
permissions: {}
defaults: { run: { shell: sh } }
jobs:
  own:
    if: github.event.pull_request.head.repo.full_name == github.repository
    runs-on: ubuntu-24.04
    steps:
      - run: echo "$GITHUB_HEAD_REF"
  keep:
    runs-on: ubuntu-24.04
    steps:
      - run: mkdir .kept && echo text >.kept/file
      - uses: actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7
        with: { name: kept, path: .kept, include-hidden-files: true, if-no-files-found: error }
  take:
    needs: keep
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/download-artifact@70fc10c6e5e1ce46ad2ea6f2b72d43f7d47b13c3 # v8
        with: { name: kept, path: there }
      - run: cat there/file
"#;

#[test]
fn a_fork_is_told_apart_and_artifacts_reach_later_jobs() {
    let project = Project::by_hand("requests", REQUEST);
    for is_fork in [true, false] {
        let ran = project.run("main", Event::PullRequest { branch: "feat/$(id)", is_fork }).green();
        assert_eq!(ran.printed("own"), if is_fork { "" } else { "feat/$(id)\n" }, "{}", ran.log);
        assert_eq!(ran.printed("take"), "text\n", "{}", ran.log);
    }
}

const INPUTS: &str = r#"name: main
on:
  schedule:
    - cron: "7 3 * * 1"
  workflow_dispatch:
    inputs:
      level: { type: string, default: low }
permissions: {}
defaults: { run: { shell: sh } }
jobs:
  show:
    runs-on: ubuntu-24.04
    env: { level: "${{ inputs.level }}", cron: "${{ github.event.schedule }}" }
    steps:
      - run: echo "$GITHUB_EVENT_NAME $GITHUB_REF_NAME $level $cron"
"#;

#[test]
fn a_schedule_and_a_person_start_a_run() {
    let project = Project::by_hand("manual", INPUTS);
    let ran = project.run("main", Event::Schedule("7 3 * * 1")).green();
    assert_eq!(ran.printed("show"), "schedule main  7 3 * * 1\n");
    let ran = project.run("main", Event::Manual(&[("level", "high")])).green();
    assert_eq!(ran.printed("show"), "workflow_dispatch main high \n");
    let ran = project.run("main", Event::Manual(&[])).green();
    assert_eq!(ran.printed("show"), "workflow_dispatch main low \n");
}
