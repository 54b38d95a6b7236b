//! How many requests there are, and how many of them in sequence. No clock is asked: the relay answers a round only
//! when all of it has arrived.

use crate::command::{finish, run, splitbuild};
use crate::image::{Image, pair, platforms};
use crate::registry::plain;
use crate::relay::{Relay, nothing};
use crate::token::{PASSWORD, Service, USER};

#[test]
fn plain_images_take_three_steps() {
    pair("trips/plain", "v1");
    let relay = Relay::with_rounds(plain(), nothing(), &[3, 2, 1]);
    run(&["manifest", &format!("{}/trips/plain:v1", relay.host)]).good();
    assert!(relay.rounds_were_kept(), "{:#?}", relay.short());
    assert_eq!(platforms("trips/plain", "v1"), ["linux/amd64", "linux/arm64"]);
}

#[test]
fn a_run_looks_at_a_moving_tag_late_and_once_more_afterwards() {
    let names: Vec<String> = (0..3).map(|number| format!("trips/run{number}")).collect();
    names.iter().for_each(|name| drop(pair(name, "v1")));
    let steps = |rounds: &[usize], more: &[&str]| {
        let relay = Relay::with_rounds(plain(), nothing(), rounds);
        let references: Vec<String> = names.iter().map(|name| format!("{}/{name}:v1", relay.host)).collect();
        let mut arguments = vec!["manifest", "--plain-http", &relay.host];
        arguments.extend(references.iter().map(String::as_str));
        arguments.extend(more);
        run(&arguments).good();
        assert!(relay.rounds_were_kept(), "{:#?}", relay.short());
    };
    // The images; their configurations and the tags; the indexes; the tags again, of all targets together.
    steps(&[6, 9, 3, 3], &["--run", "p/1"]);
    // Nobody has a say in a tag of this run alone, and what is there already is not looked at again.
    steps(&[6, 9, 3], &["--run", "p/2", "--fixed-tag", "v1"]);
    steps(&[6, 9], &["--run", "p/2"]);
}

#[test]
fn an_unchanged_index_takes_two_steps_and_writes_nothing() {
    pair("trips/again", "v1");
    let name = |host: &str| format!("{host}/trips/again:v1");
    let first = run(&["manifest", &name(plain())]).good();
    let relay = Relay::with_rounds(plain(), nothing(), &[3, 2]);
    let again = run(&["manifest", &name(&relay.host)]).good();
    assert!(relay.rounds_were_kept(), "{:#?}", relay.short());
    assert_eq!(first.stdout, again.stdout.replace(&relay.host, plain()));
    assert!(again.stderr.contains("unchanged"), "{}", again.stderr);
}

#[test]
fn a_source_that_is_an_index_takes_one_step_more() {
    Image::new("amd64").push_attested("trips/index", "v1-amd64");
    Image::new("arm64").push_attested("trips/index", "v1-arm64");
    let relay = Relay::with_rounds(plain(), nothing(), &[3, 2, 2, 1]);
    run(&["manifest", &format!("{}/trips/index:v1", relay.host)]).good();
    assert!(relay.rounds_were_kept(), "{:#?}", relay.short());
}

#[test]
fn a_token_service_takes_two_steps_more() {
    pair("trips/token", "v1");
    let service = Service::start("trips-token", nothing(), Some(vec![1, 1, 3, 2, 1]));
    let host = &service.relay.host;
    let mut command = splitbuild(&["manifest", &format!("{host}/trips/token:v1")]);
    finish(command.env("SPLITBUILD_USERNAME", USER).env("SPLITBUILD_PASSWORD", PASSWORD)).good();
    assert!(service.relay.rounds_were_kept(), "{:#?}", service.relay.short());
    assert_eq!(service.tokens_asked_for(), 1);
    assert_eq!(platforms("trips/token", "v1").len(), 2);
}

#[test]
fn twenty_images_take_as_many_steps_as_one() {
    let names: Vec<String> = (0..20).map(|number| format!("trips/many{number}")).collect();
    names.iter().for_each(|name| drop(pair(name, "v1")));
    // 64 at a time: 60 manifests and tags, then 40 configurations, then 20 indexes.
    let relay = Relay::with_rounds(plain(), nothing(), &[60, 40, 20]);
    let references: Vec<String> = names.iter().map(|name| format!("{}/{name}:v1", relay.host)).collect();
    let mut arguments = vec!["manifest", "--plain-http", &relay.host];
    arguments.extend(references.iter().map(String::as_str));
    let done = run(&arguments).good();
    assert!(relay.rounds_were_kept(), "{:#?}", relay.short());
    let lines: Vec<&str> = done.stdout.lines().collect();
    assert_eq!(lines.len(), 20);
    assert!(lines.iter().zip(&references).all(|(line, name)| line.starts_with(&format!("{name}@sha256:"))));
}

#[test]
fn twenty_images_behind_a_token_service_need_one_token() {
    let names: Vec<String> = (0..20).map(|number| format!("trips/tokens{number}")).collect();
    names.iter().for_each(|name| drop(pair(name, "v1")));
    let service = Service::start("trips-tokens", nothing(), Some(vec![1, 1, 60, 40, 20]));
    let references: Vec<String> = names.iter().map(|name| format!("{}/{name}:v1", service.relay.host)).collect();
    let mut arguments = vec!["manifest"];
    arguments.extend(references.iter().map(String::as_str));
    let mut command = splitbuild(&arguments);
    finish(command.env("SPLITBUILD_USERNAME", USER).env("SPLITBUILD_PASSWORD", PASSWORD)).good();
    assert!(service.relay.rounds_were_kept(), "{:#?}", service.relay.short());
}
