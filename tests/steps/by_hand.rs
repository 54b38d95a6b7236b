//! Runs that a person, or a program, has started, with a value for a var.

use std::path::PathBuf;

use super::command::generated_of;
use super::hostile::TEXTS;
use super::job::{Ran, Trigger, on_every_provider, some};
use super::runner;

const MATRIX: &str = r#"
version: 1
vars: { release: v1, note: "for ${release}" }
images:
  app: { image: acme/app, args: { RELEASE: "${release}", NOTE: "${note}" } }
  script: { image: acme/script, run: "docker build --tag \"$arch_image\" .; note \"$release\" \"$tag\"" }
workflows:
  main: { on: { branches: [main] }, tags: [latest] }
  release: { on: { manual: [release] }, tags: ["${release}"] }
  again: { on: { manual: [] }, tags: [again] }
tool: { image: acme/tool }
"#;

#[test]
fn what_is_given_is_a_value_and_never_code() {
    on_every_provider(MATRIX, |config, shell| {
        for text in some(TEXTS).filter(|text| !text.is_empty()) {
            let ran = config.job("release", "build-app-amd64", Trigger::ByHand(text)).run(shell).green();
            let values = Ran::values(ran.one("docker", "build"), "--build-arg");
            assert_eq!(values, [format!("RELEASE={text}"), format!("NOTE=for {text}")], "{}", ran.log);
            assert!(ran.found("pwned").is_none(), "{}", ran.log);
            assert_eq!(ran.pushes().len(), 1, "its tag is cleaned: {}", ran.log);
            let ran = config.job("release", "build-script-arm64", Trigger::ByHand(text)).run(shell).green();
            let call = ran.calls.iter().find(|call| call.tool == "note").expect("it ran");
            assert_eq!(call.arguments[0], *text, "{}", ran.log);
        }
    });
}

#[test]
fn nothing_given_is_the_workflows_own_value() {
    on_every_provider(MATRIX, |config, shell| {
        let ran = config.job("release", "build-app-amd64", Trigger::ByHand("")).run(shell).green();
        assert_eq!(Ran::values(ran.one("docker", "build"), "--build-arg"), ["RELEASE=v1", "NOTE=for v1"]);
        assert_eq!(ran.pushes(), ["acme/app:v1-amd64"]);
    });
}

#[test]
fn a_start_by_hand_names_its_workflow_and_starts_no_other() {
    let text = generated_of(MATRIX, "circleci");
    let config = runner::Config::parse(&text).unwrap_or_else(|refusal| panic!("{refusal}"));
    let started = |event: runner::Event| -> Vec<String> {
        let (slug, revision, repository) = ("gh/acme/this".into(), super::job::REVISION.into(), PathBuf::new());
        let trigger = runner::Trigger { event, slug, number: 42, revision, repository };
        let workflows = config.triggered(&trigger).unwrap_or_else(|refusal| panic!("{refusal}"));
        workflows.into_iter().map(|workflow| workflow.name).collect()
    };
    let by_hand = |name: &str| runner::Event::ByHand {
        branch: "main".into(),
        parameters: [("workflow".to_owned(), name.to_owned())].into(),
    };
    assert_eq!(started(by_hand("release")), ["release"]);
    assert_eq!(started(by_hand("again")), ["again"]);
    assert_eq!(started(by_hand("main")), Vec::<String>::new());
    assert_eq!(started(runner::Event::Branch("main".into())), ["main"]);
}
