//! How many connections there are, and how many requests that find out only how a registry wants to be spoken to.

use std::time::Duration;

use crate::auth::{LOGIN, tls};
use crate::command::{Run, finish, splitbuild};
use crate::front::{Front, config};
use crate::image::pair;
use crate::passage::Passage;
use crate::registry::{folder, plain};
use crate::relay::{Relay, nothing};
use crate::token::Service;

/// How many requests one image of two architectures begins with.
const FEW: usize = 3;

/// Publishes twenty images by way of `host`.
fn twenty(name: &str, host: &str, more: &[&str], environment: &[(&str, &str)]) -> Run {
    let names: Vec<String> = (0..20).map(|number| format!("connections/{name}{number}")).collect();
    names.iter().for_each(|name| drop(pair(name, "v1")));
    let references: Vec<String> = names.iter().map(|name| format!("{host}/{name}:v1")).collect();
    let mut arguments = vec!["manifest"];
    arguments.extend(references.iter().map(String::as_str));
    arguments.extend(more);
    finish(splitbuild(&arguments).envs(environment.iter().copied())).good()
}

/// Nobody waits for longer than a second for what saves connections only: on a busy machine it may take three trials.
fn quietly(trial: impl Fn() -> (bool, usize)) {
    let trials = std::iter::repeat_with(trial).take(3);
    let mut counts = Vec::new();
    let is_good = trials.into_iter().any(|(is_good, count)| {
        counts.push(count);
        is_good
    });
    assert!(is_good, "{counts:?}");
}

#[test]
fn no_more_connections_than_requests_at_a_time() {
    for (name, concurrency) in [("one", 1), ("four", 4), ("many", 16)] {
        let relay = Relay::new(plain(), nothing());
        twenty(name, &relay.host, &["--plain-http", &relay.host, "--concurrency", &concurrency.to_string()], &[]);
        assert_eq!(relay.seen().len(), 120);
        assert_eq!(relay.connections(), concurrency);
    }
}

/// The first connection serves while all others come about: what waits for one of those gets that, and nobody dials more.
#[test]
fn no_more_connections_than_requests_at_a_time_over_tls() {
    let (_, authority) = tls();
    quietly(|| {
        let [certificate, key] =
            ["server.pem", "server.key"].map(|name| std::fs::read(folder("tls-keys").join(name)).expect("written"));
        let front = Front::before(plain(), &config(&certificate, &key), Duration::from_millis(300));
        twenty("slowly", &front.host, &["--ca-file", authority, "--concurrency", "16"], &LOGIN);
        ((2..=16).contains(&front.connections()), front.connections())
    });
}

#[test]
fn one_connection_carries_twenty_images_over_tls() {
    let (host, authority) = tls();
    let passage = Passage::to(host);
    twenty("known", &passage.host, &["--ca-file", authority], &LOGIN);
    assert_eq!(passage.connections(), 1, "the first request goes alone, and the others by its connection");
    quietly(|| {
        let passage = Passage::to(host);
        twenty("unknown", &passage.host, &["--ca-file", authority], &[]);
        (passage.connections() <= FEW, passage.connections())
    });
}

#[test]
fn who_has_no_login_is_refused_a_few_times_and_not_by_every_image() {
    quietly(|| {
        let service = Service::start("connections-token", nothing(), None);
        twenty("open", &service.relay.host, &["--dry-run"], &[]);
        assert_eq!(service.tokens_asked_for(), 1);
        let seen = service.relay.seen();
        let refused = seen.iter().filter(|seen| seen.path.starts_with("/v2/") && seen.authorization.is_none()).count();
        ((1..=FEW).contains(&refused), refused)
    });
}
