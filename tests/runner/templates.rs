//! What is filled in before anything runs: parameters, values of the pipeline, commands, conditions.

use super::project::{Project, branch, config, one};

/// What the only job of a configuration prints, without the names of its steps.
fn said(text: &str) -> Vec<String> {
    let report = Project::new().run(text).green();
    let log = &report.job("main", "only").log;
    log.lines().filter(|line| !line.starts_with("== ")).map(str::to_owned).collect()
}

#[test]
fn commands_and_jobs_get_their_arguments() {
    let text = r#"
version: 2.1
parameters: { greeting: { type: string, default: Hello } }
commands:
  greet:
    parameters:
      who: { type: string, default: nobody }
      times: { type: integer, default: 1 }
      before: { type: steps, default: [] }
      loud: { type: boolean, default: false }
    steps:
      - steps: << parameters.before >>
      - run: echo '<< pipeline.parameters.greeting >> << parameters.who >> << parameters.times >>'
      - when: { condition: << parameters.loud >>, steps: [run: echo loud] }
      - unless: { condition: << parameters.loud >>, steps: [run: echo quiet] }
jobs:
  only:
    parameters: { who: { type: string }, size: { type: enum, enum: [small, large], default: large } }
    docker: [{ image: << parameters.who >> }]
    environment: { WHO: "<< parameters.who >>", SIZE: << parameters.size >> }
    steps:
      - greet
      - greet: { who: "x<<parameters.who>>y", times: 2, loud: true, before: [run: "echo << parameters.who >>"] }
      - run: { name: "for << parameters.who >>", command: 'echo "$WHO $SIZE"' }
workflows: { main: { jobs: [only: { who: "$(id) ${HOME} \\<< pipeline.number >>", name: only }] } }
"#;
    let who = "$(id) ${HOME} << pipeline.number >>";
    let expected = [
        "Hello nobody 1",
        "quiet",
        "$(id) ${HOME} << pipeline.number >>",
        &format!("Hello x{who}y 2"),
        "loud",
        &format!("{who} large"),
    ];
    // The step that was handed over has no quotes, so a shell would look at its text: it has another name there.
    let text = text.replace("echo << parameters.who >>", "echo '<< parameters.who >>'");
    assert_eq!(said(&text), expected);
}

#[test]
fn a_job_is_called_with_an_executor() {
    let text = r#"
version: 2.1
executors:
  small: { docker: [{ image: x }], resource_class: small, environment: { arch: amd64 } }
  large:
    parameters: { of: { type: string } }
    machine: { image: x }
    resource_class: << parameters.of >>.large
    environment: { arch: arm64 }
commands:
  say: { parameters: { words: { type: string } }, steps: [run: echo << parameters.words >>] }
jobs:
  build:
    parameters: { machine: { type: executor, default: small }, tags: { type: string } }
    executor: << parameters.machine >>
    steps: [say: { words: "$arch '<< parameters.tags >>'" }]
workflows:
  main:
    jobs:
      - build: &first { name: one, tags: a b }
      - build: { <<: *first, name: two, machine: { name: large, of: arm } }
      - build: { <<: *first, name: three, requires: [one], tags: c }
"#;
    let project = Project::new();
    let workflows = config(text).triggered(&project.trigger(branch("main"))).expect("nothing is refused");
    let jobs: Vec<_> = workflows[0].jobs.iter().map(|job| (job.name.as_str(), job.resource_class.as_str())).collect();
    assert_eq!(jobs, [("one", "small"), ("two", "arm.large"), ("three", "small")]);
    let report = project.run(text).green();
    for (job, said) in [("one", "amd64 a b"), ("two", "arm64 a b"), ("three", "amd64 c")] {
        let log = &report.job("main", job).log;
        assert!(log.contains(&format!("\n{said}\n")), "{job}: {log}");
    }
    let wrong = text.replace("name: large", "named: large");
    let refusal = config(&wrong).triggered(&project.trigger(branch("main"))).err().expect("it is refused");
    assert!(refusal.to_string().contains("is no argument for a parameter of type 'executor'"), "{refusal}");
}

#[test]
fn values_of_the_pipeline_are_filled_in() {
    let line = "<< pipeline.number >> << pipeline.git.branch >> [<< pipeline.git.tag >>] << pipeline.git.revision >>";
    let text = one(&format!("[run: \"echo '{line} << pipeline.project.slug >>'\"]"));
    assert_eq!(said(&text), ["42 main [] 0123456789abcdef0123456789abcdef01234567 gh/acme/app"]);
}

#[test]
fn escapes_become_what_they_stand_for() {
    let text = one(r#"[run: "cat \\<<EOF\n\\<< pipeline.number >> \\ $((1 \\<< 2))\nEOF\n"]"#);
    assert_eq!(said(&text), ["<< pipeline.number >>  4".replace("  ", " \\ ")]);
}

#[test]
fn executors_are_merged_under_their_jobs() {
    let text = r#"
version: 2.1
executors:
  sized:
    parameters: { size: { type: string, default: medium } }
    docker: [{ image: x }]
    resource_class: << parameters.size >>
    working_directory: ~/elsewhere
    environment: { SIZE: << parameters.size >>, OURS: executor }
jobs:
  only:
    parameters: { "on": { type: executor, default: sized } }
    executor: { name: << parameters.on >>, size: large }
    environment: { OURS: job }
    steps: [run: 'echo "$SIZE $OURS ${PWD##*/} $CIRCLE_WORKING_DIRECTORY"']
workflows: { main: { jobs: [only] } }
"#;
    assert_eq!(said(text), ["large job elsewhere ~/elsewhere"]);
    let trigger = Project::new().trigger(branch("main"));
    let workflows = config(text).triggered(&trigger).expect("nothing is refused");
    assert_eq!(workflows[0].jobs[0].resource_class, "large");
}

#[test]
fn conditions_choose_steps() {
    for (condition, expected) in [
        ("{ equal: [main, << pipeline.git.branch >>] }", "yes"),
        ("{ not: { equal: [main, << pipeline.git.branch >>] } }", "no"),
        ("{ matches: { pattern: ^m.+$, value: << pipeline.git.branch >> } }", "yes"),
    ] {
        let when = format!("when: {{ condition: {condition}, steps: [run: echo yes] }}");
        let unless = format!("unless: {{ condition: {condition}, steps: [run: echo no] }}");
        assert_eq!(said(&one(&format!("[{when}, {unless}]"))), [expected], "{condition}");
    }
}
