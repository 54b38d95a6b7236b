//! The example with variants, run whole: four variants of a runtime and two programs on two of them, both architectures.

use std::fs;
use std::path::Path;

use crate::daemon::Engine;
use crate::http::ask;
use crate::meeting::{Project, inspected, layers};
use crate::registry::plain;
use crate::relay::{Relay, nothing};
use crate::runner::{Config, Event, State};
use crate::turn;

/// A project with the example's files, and its configuration; the images go to the tests' own registry, which wants no login.
fn example(name: &'static str) -> (Project, Config) {
    example_at(name, None)
}

/// The same, whose images go to another registry.
fn example_at(name: &'static str, registry: Option<&str>) -> (Project, Config) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/variants");
    let mut project = Project::new(name, Engine::Modern);
    registry.into_iter().for_each(|registry| project.publishes_to(registry));
    for inside in ["runtime", "app"] {
        for entry in fs::read_dir(folder.join(inside)).expect("a folder") {
            project.copy(&entry.expect("an entry").path(), inside);
        }
    }
    project.commit();
    let matrix = fs::read_to_string(folder.join("splitbuild.yml")).expect("text");
    let organization = project.image("", "").trim_end_matches("/:").to_owned();
    let login = "registries:\n  ghcr.io: { username: \"${GHCR_USER}\", password: \"${GHCR_TOKEN}\" }\n";
    let context = "circleci:\n  contexts: [ghcr]\n";
    assert!(matrix.contains(login) && matrix.contains(context));
    let matrix =
        matrix.replace(login, "").replace(context, "").replace("  config: .gitlab-ci.yml\n", "  stage: images\n");
    let text = project.generated(&matrix.replace("ghcr.io/acme", &organization));
    let config = Config::parse(&text).unwrap_or_else(|refusal| panic!("{refusal}\n{text}"));
    (project, config)
}

/// Where a tag leads; nothing if it is not there.
fn digest(project: &Project, image: &str, tag: &str) -> Option<String> {
    let repository = project.image(image, "").replace(&format!("{}/", project.registry), "");
    let path = format!("/v2/{}/manifests/{tag}", repository.trim_end_matches(':'));
    if ask(plain(), "GET", &path).status() != 200 {
        return None;
    }
    Some(inspected(&project.image(image, tag), "--json")["digest"].as_str().expect("text").to_owned())
}

#[test]
fn variants_are_tested_published_and_built_on_variants_of_their_run() {
    let _turn = turn();
    let (project, config) = example("variants");
    let report = project.run(&config, 1).green();
    assert_eq!(report.jobs.len(), 6 * 3);
    for tag in ["edge-8-slim", "edge-8-full", "edge-9-slim", "edge-9-full"] {
        let index = inspected(&project.image("runtime", tag), "--json");
        assert_eq!(index["images"].as_array().expect("images").len(), 2, "{index:#}");
    }
    assert_eq!(digest(&project, "app", "edge"), digest(&project, "app", "edge-slim"), "the default has both");
    for base in ["slim", "full"] {
        let (app, runtime) = (project.image("app", &format!("edge-{base}")), format!("edge-9-{base}"));
        let runtime = layers(&project.image("runtime", &runtime));
        assert_eq!(layers(&app)[..runtime.len()], runtime, "{base}");
    }
}

#[test]
fn a_test_that_fails_on_one_architecture_publishes_nothing() {
    let _turn = turn();
    let (project, config) = example("untested");
    let other = "#!/bin/sh\n[ \"$(docker image inspect --format '{{.Architecture}}' \"$1\")\" = amd64 ]\n";
    project.write("runtime/check.sh", other);
    project.commit();
    let report = project.run(&config, 1);
    assert_eq!(report.job("main", "build-runtime-9-slim-amd64").state, State::Succeeded);
    let failed = report.job("main", "build-runtime-9-slim-arm64");
    assert_eq!(failed.state, State::Failed, "{}", failed.log);
    assert!(digest(&project, "runtime", "edge-9-slim-arm64").is_none(), "{}", failed.log);
    for (image, tag) in [("runtime", "edge-9-slim"), ("app", "edge"), ("app", "edge-amd64")] {
        assert!(digest(&project, image, tag).is_none(), "{image}:{tag}");
    }
}

#[test]
fn a_pull_request_asks_no_registry_for_anything() {
    let _turn = turn();
    let relay = Relay::new(plain(), nothing());
    let (project, config) = example_at("request", Some(&relay.host));
    let request = Event::Request { number: 7, base: "main".into(), head: "feat/x".into() };
    let report = project.run_for(&config, 1, request.clone()).green();
    // Every build, and nothing that publishes; children wait for the builds of their architecture.
    assert_eq!(report.jobs.len(), 6 * 2);
    let log = &report.job("pull-request", "build-app-slim-arm64").log;
    assert!(log.contains("runtime:local-9-slim"), "it was built on its parent: {log}");
    assert_eq!(relay.seen().len(), 0, "{:#?}", relay.seen());
    // A child is built on the parent of its run, whatever the machine has from before.
    project.write("runtime/release-9", "runtime 9\nchanged\n");
    project.commit();
    let report = project.run_for(&config, 2, request).green();
    assert_ne!(log, &report.job("pull-request", "build-app-slim-arm64").log);
    assert_eq!(relay.seen().len(), 0, "{:#?}", relay.seen());
}

#[test]
fn releases_move_tags_to_the_highest_version_whatever_order_they_come_in() {
    let _turn = turn();
    let (project, config) = example("releases");
    let mut number = 0;
    let mut release = |tag: &str| {
        number += 1;
        project.write("app/message", &format!("hello from {tag}\n"));
        project.commit();
        project.tag(tag);
        project.run_for(&config, number, Event::Tag(tag.into())).green();
    };
    let leads = |tag: &str, to: &str| {
        assert_eq!(digest(&project, "app", tag), digest(&project, "app", to), "{tag}");
        assert!(digest(&project, "app", to).is_some(), "{to}");
    };
    release("v2.0.0");
    ["latest", "2", "2.0"].iter().for_each(|tag| leads(tag, "2.0.0"));
    release("v1.1.9");
    [("latest", "2.0.0"), ("2", "2.0.0"), ("1", "1.1.9"), ("1.1", "1.1.9")].iter().for_each(|(tag, to)| leads(tag, to));
    release("v2.1.0-rc.1");
    assert!(digest(&project, "app", "2.1.0-rc.1").is_some() && digest(&project, "app", "2.1").is_none());
    [("latest", "2.0.0"), ("2", "2.0.0"), ("1", "1.1.9")].iter().for_each(|(tag, to)| leads(tag, to));
    // Variants have the same tags, each after its own versions.
    assert_eq!(digest(&project, "runtime", "9-slim"), digest(&project, "runtime", "2.0.0-9-slim"));
    assert_eq!(digest(&project, "runtime", "1.1-9-slim"), digest(&project, "runtime", "1.1.9-9-slim"));
}
