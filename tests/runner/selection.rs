//! Which workflows and jobs an event runs.

use super::project::{Project, branch, config, tag};
use crate::runner::{Event, State};

/// The jobs that run for an event in a workflow with these entries, of which each is the same job.
fn selected(entries: &str, event: Event) -> Vec<String> {
    let text = format!(
        "version: 2.1\njobs: {{ a: &job {{ docker: [{{ image: x }}], steps: [run: 'true'] }}, b: *job, c: *job, d: *job }}\n\
         workflows: {{ main: {{ jobs: {entries} }} }}\n"
    );
    let workflows = config(&text).triggered(&Project::new().trigger(event));
    let workflows = workflows.unwrap_or_else(|refusal| panic!("{refusal}\n{text}"));
    workflows.into_iter().flat_map(|workflow| workflow.jobs).map(|job| job.name).collect()
}

#[test]
fn branches_are_filtered_by_whole_names() {
    for (filter, admitted, refused) in [
        ("{ only: main }", "main", "main2"),
        ("{ only: [x, main] }", "main", "y"),
        ("{ only: /rel.*/ }", "release", "a-release"),
        ("{ only: /rel/ }", "rel", "release"),
        ("{ only: /a|b/ }", "b", "bc"),
        ("{ ignore: main }", "other", "main"),
        ("{ ignore: [/v.*/, x] }", "y", "v1"),
    ] {
        let entries = format!("[a: {{ filters: {{ branches: {filter} }} }}]");
        assert_eq!(selected(&entries, branch(admitted)), ["a"], "{filter}");
        assert!(selected(&entries, branch(refused)).is_empty(), "{filter}");
        assert!(selected(&entries, tag(admitted)).is_empty(), "{filter}: no tag without a filter for tags");
    }
}

#[test]
fn tags_run_only_what_has_a_filter_for_them() {
    assert!(selected("[a]", tag("v1")).is_empty());
    assert_eq!(selected("[a]", branch("v1")), ["a"]);
    let both = "[a: { filters: { tags: { only: /v.*/ } } }]";
    assert_eq!(selected(both, tag("v1")), ["a"]);
    assert!(selected(both, tag("w1")).is_empty());
    assert_eq!(selected(both, branch("any")), ["a"], "every branch, as nothing is said of them");
    let only = "[a: { filters: { tags: { ignore: x }, branches: { ignore: /.*/ } } }]";
    assert_eq!(selected(only, tag("v1")), ["a"]);
    assert!(selected(only, tag("x")).is_empty() && selected(only, branch("any")).is_empty());
}

#[test]
fn expressions_are_evaluated() {
    for (expression, admitted, refused) in [
        (r#"pipeline.git.branch == "main""#, branch("main"), branch("x")),
        (r#"pipeline.git.branch matches /fe.*/"#, branch("feat"), branch("a-feat")),
        (r"pipeline.git.branch matches /^(?:a\/[^\/]*)$/", branch("a/b"), branch("a/b/c")),
        (r#"pipeline.git.branch starts-with "fe""#, branch("feat"), branch("x-feat")),
        (r#"pipeline.git.branch == "a" or pipeline.git.branch == "b""#, branch("b"), branch("c")),
        (
            r#"pipeline.git.branch == "a" or pipeline.git.branch == "b" and pipeline.git.branch == "c""#,
            branch("a"),
            branch("b"),
        ),
        (
            r#"pipeline.git.branch == "a" and pipeline.git.branch == "b" or pipeline.git.branch == "c""#,
            branch("c"),
            branch("b"),
        ),
        (r#"pipeline.git.branch != "" and not (pipeline.git.branch == "main")"#, branch("x"), branch("main")),
        ("not pipeline.git.tag", branch("x"), tag("x")),
        (r#"pipeline.git.tag matches /v[0-9]/"#, tag("v1"), tag("v12")),
        (r#"pipeline.git.branch or pipeline.git.tag == "v1""#, tag("v1"), tag("v2")),
        ("pipeline.number == pipeline.number", branch("x"), tag("x")),
        // No tag without a word about tags, though a tag has no branch, and so not this one.
        (r#"pipeline.git.branch != "main""#, branch("x"), tag("x")),
    ] {
        let entries = format!("[a: {{ filters: '{expression}' }}]");
        assert_eq!(selected(&entries, admitted.clone()), ["a"], "{expression} for {admitted:?}");
        assert!(selected(&entries, refused.clone()).is_empty(), "{expression} for {refused:?}");
    }
}

#[test]
fn what_is_left_out_is_not_waited_for() {
    let entries = "[a: { filters: { branches: { only: x } } }, b, c: { requires: [a, b] }, d: { requires: [a] }]";
    assert_eq!(selected(entries, branch("main")), ["b", "c"], "d has no requirement that runs");
    assert_eq!(selected(entries, branch("x")), ["a", "b", "c", "d"]);
    let text = format!(
        "version: 2.1\njobs: {{ a: &job {{ docker: [{{ image: x }}], steps: [run: 'true'] }}, b: *job, c: *job, d: *job }}\n\
         workflows: {{ main: {{ jobs: {entries} }} }}\n"
    );
    let report = Project::new().run(&text);
    let (ran, not) = (State::Succeeded, State::NotRun);
    assert_eq!(report.states(), [("b", ran), ("c", ran), ("a", not), ("d", not)]);
}

#[test]
fn conditions_start_workflows() {
    let started = |condition: &str, event: Event| {
        let text = format!(
            "version: 2.1\nparameters: {{ on: {{ type: boolean, default: true }}, none: {{ type: string, default: '' }} }}\n\
             jobs: {{ a: {{ docker: [{{ image: x }}], steps: [run: 'true'] }} }}\n\
             workflows: {{ main: {{ {condition}, jobs: [a] }} }}\n"
        );
        let workflows = config(&text).triggered(&Project::new().trigger(event));
        !workflows.unwrap_or_else(|refusal| panic!("{refusal}\n{text}")).is_empty()
    };
    for (condition, holds) in [
        ("true", true),
        ("false", false),
        ("<< pipeline.parameters.on >>", true),
        ("<< pipeline.parameters.none >>", false),
        ("{ not: << pipeline.parameters.on >> }", false),
        ("{ equal: [main, << pipeline.git.branch >>] }", true),
        ("{ equal: [x, << pipeline.git.branch >>] }", false),
        ("{ and: [true, << pipeline.git.tag >>] }", false),
        ("{ or: [false, << pipeline.git.branch >>] }", true),
        ("{ matches: { pattern: 'ma.*', value: << pipeline.git.branch >> } }", true),
        ("{ matches: { pattern: 'ai', value: << pipeline.git.branch >> } }", false),
        ("pipeline.git.branch == \"main\"", true),
        ("pipeline.git.branch == \"x\"", false),
    ] {
        assert_eq!(started(&format!("when: {condition}"), branch("main")), holds, "{condition}");
        assert_eq!(started(&format!("unless: {condition}"), branch("main")), !holds, "{condition}");
    }
    let nightly = "triggers: [schedule: { cron: '0 0 * * *', filters: { branches: { only: main } } }]";
    assert!(!started(nightly, branch("main")), "the clock's, not a push's");
    assert!(!started(nightly, tag("main")));
    assert!(started(nightly, Event::Schedule("main".into())));
    assert!(!started(nightly, Event::Schedule("other".into())));
    assert!(!started("when: true", Event::Schedule("main".into())), "a push's, not the clock's");
}

#[test]
fn pull_requests_have_values_that_other_events_lack() {
    const BASE: &str = "pipeline.event.github.pull_request.base.ref";
    let request = |base: &str| Event::Request { number: 12, base: base.into(), head: "feat".into() };
    let started = |condition: &str, event: Event| {
        let text = format!(
            "version: 2.1\njobs: {{ a: {{ docker: [{{ image: x }}], steps: [run: 'echo << pipeline.event.name == \"pull_request\" and \
             pipeline.event.github.pull_request.number or \"none\" >>'] }} }}\nworkflows: {{ main: {{ when: '{condition}', jobs: [a] }} }}\n"
        );
        let started = config(&text).triggered(&Project::new().trigger(event));
        started.map(|workflows| !workflows.is_empty()).map_err(|refusal| refusal.to_string())
    };
    let guarded = format!("pipeline.event.name == \"pull_request\" and {BASE} == \"main\"");
    assert_eq!(started(&guarded, request("main")), Ok(true));
    assert_eq!(started(&guarded, request("x")), Ok(false));
    assert_eq!(started(&guarded, branch("main")), Ok(false), "what stands behind `and` is not asked");
    assert!(started(&format!("{BASE} == \"main\""), branch("main")).is_err(), "there is no such value");
    assert_eq!(started("pipeline.event.name != \"pull_request\"", branch("main")), Ok(true));
    assert_eq!(started("pipeline.git.branch == \"feat\"", request("main")), Ok(true), "its head is checked out");
}

#[test]
fn a_start_by_hand_gives_values_for_parameters_that_are_declared() {
    let text = "version: 2.1\nparameters: { which: { type: string, default: none } }\n\
         jobs: { a: { docker: [{ image: x }], steps: [run: 'echo << pipeline.parameters.which >>'] } }\n\
         workflows: { main: { when: 'pipeline.parameters.which == \"one\"', jobs: [a] } }\n";
    let started = |event: Event| config(text).triggered(&Project::new().trigger(event)).map(|found| found.len());
    let by_hand = |value: &str| {
        let parameters = [("which".to_owned(), value.to_owned()), ("other".to_owned(), "x".to_owned())].into();
        Event::ByHand { branch: "main".into(), parameters }
    };
    assert_eq!(started(by_hand("one")).ok(), Some(1));
    assert_eq!(started(by_hand("two")).ok(), Some(0));
    assert_eq!(started(branch("main")).ok(), Some(0), "the default");
}
