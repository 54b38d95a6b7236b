//! How many connections there are, and how many requests that find out only how a registry wants to be spoken to.

use crate::auth::{LOGIN, tls};
use crate::command::{Run, finish, splitbuild};
use crate::image::pair;
use crate::passage::Passage;
use crate::relay::nothing;
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

#[test]
fn one_connection_carries_twenty_images_over_tls() {
    let (host, authority) = tls();
    let passage = Passage::to(host);
    twenty("known", &passage.host, &["--ca-file", authority], &LOGIN);
    assert_eq!(passage.connections(), 1, "the first request goes alone, and the others by its connection");
    let passage = Passage::to(host);
    twenty("unknown", &passage.host, &["--ca-file", authority], &[]);
    assert!(passage.connections() <= FEW, "{}", passage.connections());
}

#[test]
fn who_has_no_login_is_refused_a_few_times_and_not_by_every_image() {
    let service = Service::start("connections-token", nothing(), None);
    twenty("open", &service.relay.host, &["--dry-run"], &[]);
    let seen = service.relay.seen();
    let refused = seen.iter().filter(|seen| seen.path.starts_with("/v2/") && seen.authorization.is_none()).count();
    assert!((1..=FEW).contains(&refused), "{refused} of {:#?}", service.relay.short());
    assert_eq!(service.tokens_asked_for(), 1);
}
