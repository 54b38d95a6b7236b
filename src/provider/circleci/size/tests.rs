//! The numbers are those of `.ci/compiled.py`, which writes what is counted here.

use super::size;
use crate::provider::size::Size;
use crate::yaml::read::{Budget, read};

fn sized(text: &str) -> Size {
    size(&read(text, Budget::default()).expect("YAML").root).expect("a map")
}

/// The bytes and the jobs.
fn compiled(text: &str) -> (u64, usize) {
    let size = sized(text);
    (size.counted, size.jobs)
}

const WORKFLOW: &str = "workflows: { main: { jobs: [build] } }\n";

#[test]
fn every_style_of_text_has_its_length() {
    let text = r#"
version: 2.1
jobs:
  build:
    docker: [{ image: "cimg/base:current" }]
    environment: { ONE: "1", TRUE: "true", EMPTY: "", END: "a ", COLON: "it's: here", "k: x": 'plain', U: "é — ü" }
    steps:
      - checkout
      - run: echo "$HOME" # short
      - run: |
          one

            two
      - run: { command: "two\nlines", name: no end }
      - run: "\n  starts with an indentation\n\n"
      - run: "spaces \nat a line's end"
      - run: "a\ttab and \"quotes\"\n\\ and \u0001"
      - store_artifacts: { path: [], x: {}, y: [[1, 2], [{ a: b }]], z: }
"#;
    assert_eq!(compiled(&format!("{text}{WORKFLOW}")), (801, 1));
}

const DEFINITIONS: &str = r#"
version: 2.1
orbs: { aws: circleci/aws-cli@5.1 }
executors:
  linux:
    parameters: { class: { type: string, default: medium } }
    docker: [{ image: "cimg/base:current" }]
    resource_class: << parameters.class >>
    working_directory: /tmp/x
commands:
  push:
    parameters:
      tags: { type: string }
      loud: { type: boolean, default: false }
      after: { type: steps, default: [] }
      names: { type: string, default: "a b" }
    steps:
      - run:
          name: Push << parameters.tags >>
          environment: { TAGS: << parameters.tags >>, LOUD: << parameters.loud >>, X: { y: "<<parameters.names>>" } }
          command: |
            set -e
            for t in $TAGS; do docker push "$t"; done
      - when: { condition: << parameters.loud >>, steps: [{ run: echo loud }, login] }
      - unless: { condition: << parameters.loud >>, steps: [run: "echo quiet: yes"] }
      - when: { condition: { and: [<< parameters.loud >>, true] }, steps: [{ run: "echo both" }] }
      - unless: { condition: << pipeline.parameters.deep >>, steps: [{ run: "echo deep" }] }
      - steps: << parameters.after >>
      - login: { host: "<< parameters.names >>-<< parameters.tags >>" }
  login:
    parameters: { host: { type: string, default: docker.io } }
    steps:
      - run: |
          cat <<EOF >> "<< parameters.host >>"
          docker login << parameters.host >>
      - run: echo << parameters.host >>
  nothing: { steps: [] }
jobs:
  build:
    parameters: { tags: { type: string, default: latest }, where: { type: executor, default: linux }, n: { type: integer, default: 1 } }
    executor: << parameters.where >>
    parallelism: << parameters.n >>
    steps:
      - checkout
      - nothing
      - aws/install: { version: "2", tag: << parameters.tags >> }
      - push: { tags: << parameters.tags >>, loud: true, after: [{ run: "echo << parameters.tags >>" }, login] }
      - push: { tags: "x:<< parameters.tags >> y" }
  other: { executor: { name: linux, class: large }, working_directory: /other, steps: [checkout, login] }
  elsewhere: { executor: aws/default, steps: [checkout] }
  unused: { docker: [{ image: a }], steps: [checkout] }
"#;

#[test]
fn commands_executors_and_parameters_are_put_in() {
    assert_eq!(compiled(&format!("{DEFINITIONS}{WORKFLOW}")), (1596, 1));
}

#[test]
fn a_job_counts_once_for_all_workflows_where_it_is_the_same() {
    let workflows = r#"
workflows:
  version: 2
  main:
    when: << pipeline.parameters.deep >>
    jobs:
      - build: { context: [a, b], filters: { branches: { only: /.*/ } } }
      - build: { name: two, tags: "v1 v2", requires: [build], n: 3 }
      - other: { requires: [build, two], pre-steps: [login, { run: hello }] }
      - hold: { type: approval, requires: [other] }
      - elsewhere
      - aws/job: { requires: [hold], x: y }
  night:
    triggers: [{ schedule: { cron: "0 3 * * *", filters: { branches: { only: main } } } }]
    jobs:
      - build
      - build: { name: two, tags: "v3" }
      - other
      - build:
          name: m-<< matrix.tags >>
          matrix: { parameters: { tags: [x, y], n: [1, 2] }, exclude: [{ tags: y, n: 2 }] }
      - other: { matrix: { parameters: { v: [7, 8] } } }
"#;
    assert_eq!(compiled(&format!("{DEFINITIONS}{workflows}")), (10_893, 11));
}

#[test]
fn commands_without_end_come_to_one() {
    let mut text = String::from(
        "version: 2.1\njobs: { build: { machine: true, steps: [{ c0: { p: xxxxxxxx } }, own] } }\ncommands:\n",
    );
    for number in 0..40 {
        // Each runs the next one twice, with twice as much.
        let next = format!("{{ c{}: {{ p: \"<< parameters.p >><< parameters.p >>\" }} }}", number + 1);
        text.push_str(&format!(
            "  c{number}: {{ parameters: {{ p: {{ type: string }} }}, steps: [{next}, {next}] }}\n"
        ));
    }
    text.push_str(
        "  c40: { parameters: { p: { type: string } }, steps: [] }\n  own: { steps: [own, own, checkout] }\n",
    );
    assert!(compiled(&(text + WORKFLOW)).0 < 1000);
}
