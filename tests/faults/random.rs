//! Twenty targets, and of every ten requests one that fails: everything is published, or it is said clearly what is not.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::cell::{Times, call, no_secret, rule, tags};
use crate::chance::{number, seeds};
use crate::fault::{TROUBLES, Trouble};
use crate::http::Message;
use crate::pool::each;
use crate::relay::{Fault, Rule};
use crate::scenario::{Count, Scenario};
use crate::tally;

const TIMEOUT: Duration = Duration::from_secs(15);

/// Those that pass, which are all that happen for even seeds.
const PASSING: &[&str] = &[
    "408",
    "429",
    "500",
    "502",
    "503",
    "504",
    "599",
    "503, Retry-After: a date within a second",
    "429, Retry-After: a date that is past",
    "429, Retry-After: soon",
    "dropped unanswered",
    "done, then dropped unanswered",
    "dropped within the head",
    "dropped within the body",
    "dropped after the answer",
    "another protocol",
    "0.3 s late",
    "in small pieces",
];

static REQUESTS: AtomicUsize = AtomicUsize::new(0);
static FAILURES: AtomicUsize = AtomicUsize::new(0);

/// Of every ten requests one fails, in one of these ways.
fn now_and_then(seed: u64, troubles: Vec<&'static Trouble>, service: Option<String>) -> Rule {
    let otherwise = rule(service, |_| false, |_| Fault::Pass, Times::Once);
    let times: Mutex<HashMap<String, usize>> = Mutex::default();
    Box::new(move |request: &Message, nth| {
        // The rest of an upload's address is the registry's own.
        let what = format!("{} {}", request.method(), request.path().split("/uploads/").next().unwrap_or_default());
        // Where the relays are is another place each time.
        let mut times = times.lock().expect("no holder panics");
        let time = times.entry(what.clone()).or_default();
        *time += 1;
        REQUESTS.fetch_add(1, Ordering::Relaxed);
        match number(seed, (&what, *time), 10) {
            0 => {
                FAILURES.fetch_add(1, Ordering::Relaxed);
                (troubles[number(seed, (&what, *time, "how"), troubles.len())].make)(request)
            }
            _ => otherwise(request, nth),
        }
    })
}

#[test]
fn twenty_targets_of_whose_requests_a_tenth_fails() {
    let outcomes = each((8, seeds(200)), |seed| {
        let is_passing = seed % 2 == 0;
        let scenario = match seed / 2 % 5 {
            0 => Scenario::Token,
            1 => Scenario::CopyTo,
            2 => Scenario::Run,
            _ => Scenario::Manifest,
        };
        let troubles: Vec<&Trouble> = TROUBLES.iter().filter(|it| !is_passing || PASSING.contains(&it.name)).collect();
        let case = scenario.case(Count::Twenty);
        let failing = |service| now_and_then(seed, troubles.clone(), service);
        let ended = call(&case, scenario == Scenario::Token, (failing, TIMEOUT));
        let wrong = |why: String| {
            let (out, said) = (&ended.stdout, &ended.stderr);
            format!("FAULTS_SEED={seed} ({scenario:?}): {why}\n{:?} after {:?}\n{out}{said}", ended.code, ended.took)
        };
        let is_good = match ended.code {
            Some(0) => true,
            Some(1) => false,
            _ => return Err(wrong("it ends with 0 or 1".into())),
        };
        no_secret(&ended).map_err(&wrong)?;
        let states = tags(&case, &ended, is_good).map_err(&wrong)?;
        if !is_good && (is_passing || !ended.stderr.contains("splitbuild: ")) {
            return Err(wrong("what passes keeps nothing from being published".into()));
        }
        Ok((is_passing, states.iter().filter(|is_new| **is_new).count()))
    });
    let wrong: Vec<&String> = outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.iter().map(|it| it.as_str()).collect::<Vec<_>>().join("\n\n"));
    let with = |new: std::ops::RangeInclusive<usize>| {
        outcomes.iter().flatten().filter(|(_, published)| new.contains(published)).count()
    };
    let (published, none) = (with(20..=20), with(0..=0));
    tally::fixed("calls with random faults", outcomes.len());
    tally::fixed("of these with faults that pass", outcomes.iter().flatten().filter(|(passes, _)| *passes).count());
    tally::chance("of these published all", published);
    tally::chance("of these published nothing", none);
    tally::chance("of these published some", with(1..=19));
    tally::chance("requests among random faults", REQUESTS.load(Ordering::Relaxed));
    tally::chance("random faults", FAILURES.load(Ordering::Relaxed));
    assert!(outcomes.len() < 10 || published >= outcomes.len() / 2 && none > 0, "{published}, {none}");
}

#[test]
fn what_passes_is_among_the_faults() {
    assert!(PASSING.iter().all(|name| TROUBLES.iter().any(|trouble| trouble.name == *name)));
}
