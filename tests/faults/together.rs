//! Registries and token services that fail for everybody at once: nobody waits for the others' vain attempts in turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::cell::{Ended, Times, call, no_secret, rule, tags};
use crate::ground::double;
use crate::http::Message;
use crate::relay::Fault;
use crate::scenario::{Case, Count, Scenario};

/// What one request may take here.
const TIMEOUT: Duration = Duration::from_secs(3);

/// What sixty requests may take together: each of them alone would take minutes.
const SOON: Duration = Duration::from_secs(30);

fn is_token(request: &Message) -> bool {
    request.path().starts_with("/token")
}

fn of_twenty(scenario: Scenario, more: &[&str]) -> Case {
    let mut case = scenario.case(Count::Twenty);
    case.arguments.extend(more.iter().map(|argument| (*argument).to_owned()));
    case
}

/// Nothing was published, and soon.
fn nothing_published(case: &Case, ended: &Ended, says: &str) {
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    assert_eq!(tags(case, ended, false), Ok(vec![false; 20]), "{}", ended.stderr);
    no_secret(ended).expect("no secret is shown");
    assert!(ended.took < SOON, "{:?}: {}", ended.took, ended.stderr);
    assert!(ended.stderr.contains(says), "{}", ended.stderr);
}

/// The first request goes alone, a password with three at a time, and with `--concurrency` all wait for their turn: a
/// registry that says nothing is silent to all of them.
#[test]
fn a_silent_registry_is_silent_to_all() {
    for (scenario, more) in [
        (Scenario::Password, &[][..]),
        (Scenario::Token, &[]),
        (Scenario::Manifest, &["--concurrency", "2"]),
        (Scenario::Password, &["--concurrency", "2"]),
    ] {
        for is_greeted in [false, true] {
            if scenario == Scenario::Manifest && is_greeted {
                continue;
            }
            let case = of_twenty(scenario, more);
            let is = move |request: &Message| {
                !is_token(request) && (!is_greeted || request.header("authorization").is_some())
            };
            let silent = |service| rule(service, is, |_| Fault::Stall, Times::Always);
            let ended = call(&case, scenario == Scenario::Token, (silent, TIMEOUT));
            nothing_published(&case, &ended, "no answer in 3 s");
        }
    }
}

/// One token is for 25 repositories, so these need two; both expire while the work goes on.
#[test]
fn all_tokens_may_expire_at_once() {
    for expires in [1, 21, 41] {
        let mut case = of_twenty(Scenario::Token, &[]);
        doubled(&mut case);
        let (asked, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(std::sync::Mutex::new(Vec::<String>::new())));
        let expired = |service| {
            let (asked, seen) = (Arc::clone(&asked), Arc::clone(&seen));
            // From the moment on, what was granted before is refused.
            let is = move |request: &Message| {
                let Some(token) = request.header("authorization").filter(|_| !is_token(request)) else { return false };
                let mut seen = seen.lock().expect("no holder panics");
                if asked.fetch_add(1, Ordering::Relaxed) < expires {
                    seen.push(token.to_owned());
                }
                asked.load(Ordering::Relaxed) > expires && seen.iter().any(|old| old == token)
            };
            rule(service, is, crate::fault::expired, Times::Always)
        };
        let ended = call(&case, true, (expired, TIMEOUT * 5));
        assert_eq!(ended.code, Some(0), "{expires}: {}", ended.stderr);
        assert_eq!(tags(&case, &ended, true), Ok(vec![true; 20]));
    }
}

/// Takes the images from another repository each, so that there are forty.
fn doubled(case: &mut Case) {
    for tag in &case.tags {
        double(&tag.repository, &format!("{}-src", tag.repository));
    }
    let at = case.arguments.iter().position(|argument| argument.starts_with("${image}")).expect("a template");
    case.arguments[at] = "${image}-src:v1-${arch}".into();
}

/// It is asked once, whoever waits; be it for the first token or for one that others need.
#[test]
fn a_token_service_that_fails_once_fails_for_all_that_waited() {
    for granted in [0, 1] {
        for fault in [|| Fault::Stall, || Fault::Answer(Message::answer(503, &[], b""))] {
            let mut case = of_twenty(Scenario::Token, &[]);
            doubled(&mut case);
            let asked = Arc::new(AtomicUsize::new(0));
            let failing = |service| {
                let asked = Arc::clone(&asked);
                let is = move |request: &Message| is_token(request) && asked.fetch_add(1, Ordering::Relaxed) >= granted;
                rule(service, is, move |_| fault(), Times::Always)
            };
            let ended = call(&case, true, (failing, TIMEOUT));
            nothing_published(&case, &ended, "give a token for");
        }
    }
}
