//! Time: what moves takes as long as it takes, what does not ends with `--timeout`, and our own queue does not count.

use std::time::{Duration, Instant};

use crate::command::{Run, run};
use crate::export::path;
use crate::http::Message;
use crate::image::{Image, get, noise, pair};
use crate::interrupted::one_layer;
use crate::registry::plain;
use crate::relay::{Fault, Relay, Rule};

type Kind = (&'static str, fn(&Message) -> bool);

type Make = fn() -> Fault;

fn of(request: &Message, method: &str, part: &str) -> bool {
    request.method() == method && request.path().contains(part)
}

/// Runs through a relay with `rule`; how long it took.
fn timed(rule: Rule, arguments: impl Fn(&str) -> Vec<String>) -> (Run, Duration) {
    let relay = Relay::new(plain(), rule);
    let (arguments, start) = (arguments(&relay.host), Instant::now());
    let done = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    (done, start.elapsed())
}

/// Every kind of request, and every way to make us wait.
#[test]
fn everything_ends_with_the_timeout() {
    pair("silence/all", "v1");
    let kinds: [(Kind, &str); 7] = [
        (("manifest", |request| of(request, "GET", "/manifests/v1-arm64")), "read"),
        (("tag", |request| of(request, "HEAD", "/manifests/")), "look at"),
        (("blob", |request| of(request, "GET", "/blobs/")), "take"),
        (("look", |request| of(request, "HEAD", "/blobs/")), "take"),
        (("post", |request| of(request, "POST", "/blobs/uploads/")), "take"),
        (("upload", |request| of(request, "PUT", "/blobs/uploads/")), "take"),
        (("put", |request| of(request, "PUT", "/manifests/")), "publish"),
    ];
    let faults: [(&str, Make); 4] = [
        ("stall", || Fault::Stall),
        ("silence", || Fault::Silence),
        ("drip", || Fault::Drip),
        ("head", || Fault::DripHead),
    ];
    for (kind, verb) in kinds {
        let runs = faults.map(|fault| std::thread::spawn(move || waited(kind, fault, verb)));
        runs.into_iter().for_each(|run| run.join().expect("as it should be"));
    }
}

fn waited((kind, is): Kind, (name, fault): (&str, Make), verb: &str) {
    let rule: Rule = Box::new(move |request, _| if is(request) { fault() } else { Fault::Pass });
    let (run, took) = timed(rule, |host| {
        // Only what comes from another registry is uploaded.
        let is_source = kind == "manifest" || kind == "blob";
        let (from, to) = if is_source { (host, plain()) } else { (plain(), host) };
        let (source, target) = (format!("{from}/silence/all:v1-arm64"), format!("{to}/silence/{kind}-{name}:v1"));
        ["copy", "--timeout", "2s", &source, &target].map(str::to_owned).into()
    });
    assert!(took < Duration::from_secs(15), "{kind} {name}: {took:?}\n{}", run.stderr);
    // A head may be all of an answer, and what became of a tag is found out.
    let is_answer = name == "silence" || name == "drip" || kind == "put" && name == "head";
    if !(is_answer && matches!(kind, "tag" | "look" | "post" | "upload" | "put")) {
        run.bad(&[&format!(" to {verb}"), "in 2 s"]);
    }
}

#[test]
fn a_transfer_that_drips_is_given_up_and_one_that_moves_is_not() {
    let (source, layer) = one_layer("silence/drip");
    let arguments = |host: &str, name: &str, timeout: &str| {
        let file = path("silence/drip", name);
        ["export", "--timeout", timeout, &source.replace(plain(), host), "-o", &file].map(str::to_owned).into()
    };
    let dripping = layer.clone();
    let drip: Rule = Box::new(move |request, _| if of(request, "GET", &dripping) { Fault::Drip } else { Fault::Pass });
    let (dripped, took) = timed(drip, |host| arguments(host, "drip.tar", "1s"));
    dripped.bad(&["cannot reach ", " to read ", "less than 64 KiB transferred in 1 s"]);
    assert!(took < Duration::from_secs(10), "{took:?}");
    // It is cut again and again, and moves each time: all the pauses together are longer than the timeout.
    let is_layer = layer.clone();
    let cut: Rule = Box::new(move |request, nth| match of(request, "GET", &is_layer) {
        true if nth < 4 => Fault::Cut(70_000),
        _ => Fault::Pass,
    });
    let (moved, _) = timed(cut, |host| arguments(host, "cut.tar", "1s"));
    assert!(moved.good().stderr.contains("retrying in"));
    // It moves each time, and never gets further.
    let stuck = layer.clone();
    let stuck: Rule =
        Box::new(move |request, _| if of(request, "GET", &stuck) { Fault::Again(70_000) } else { Fault::Pass });
    let (stuck, took) = timed(stuck, |host| arguments(host, "stuck.tar", "1s"));
    stuck.bad(&["cannot reach ", " to read "]);
    assert!(took < Duration::from_secs(10), "{took:?}");
}

/// A registry that reads slowly, and never stops reading: no bound on silence may be one on the whole of it.
#[test]
fn an_upload_that_moves_takes_as_long_as_it_takes() {
    let contents = [noise(5, 12_000_000)];
    Image::new("amd64").contents(&contents).push("silence/upload", "v1");
    let slow = Relay::slow(plain(), Duration::from_millis(20));
    let start = Instant::now();
    let target = format!("{}/silence/slow:v1", slow.host);
    let done = run(&["copy", "--timeout", "3s", &format!("{}/silence/upload:v1", plain()), &target]).good();
    assert!(!done.stderr.contains("retrying in"), "{}", done.stderr);
    assert!(start.elapsed() > Duration::from_secs(3), "it was slow: {:?}", start.elapsed());
}

/// Its connection breaks in the midst of a layer: twice, and then each time.
#[test]
fn an_upload_that_breaks_is_made_again() {
    Image::new("amd64").contents(&[noise(6, 6_000_000)]).push("silence/broken", "v1");
    let source = format!("{}/silence/broken:v1", plain());
    let broken = Relay::cutting(plain(), 2_000_000, 2);
    let done = run(&["copy", &source, &format!("{}/silence/mended:v1", broken.host)]).good();
    assert_eq!(done.stderr.matches("retrying in").count(), 2, "{}", done.stderr);
    assert_eq!(get("silence/mended", "v1"), get("silence/broken", "v1"));
    let broken = Relay::cutting(plain(), 2_000_000, usize::MAX);
    let target = format!("{}/silence/lost:v1", broken.host);
    let done = run(&["copy", "--timeout", "2s", &source, &target]).bad(&["cannot reach ", " over from "]);
    assert!(!done.stderr.contains("may or may not"), "{}", done.stderr);
    assert_eq!(get("silence/lost", "v1"), None, "there is no tag without its layer");
}

#[test]
fn our_own_queue_is_not_the_registrys_silence() {
    let names: Vec<String> = (0..8).map(|number| format!("silence/queue{number}")).collect();
    names.iter().for_each(|name| drop(pair(name, "v1")));
    let late: Rule = Box::new(|_, _| Fault::Late(Duration::from_millis(40)));
    let (done, took) = timed(late, |host| {
        let options = ["manifest", "--timeout", "1s", "--concurrency", "1"].map(str::to_owned);
        options.into_iter().chain(names.iter().map(|name| format!("{host}/{name}:v1"))).collect()
    });
    done.good();
    assert!(took > Duration::from_secs(1), "they waited: {took:?}");
}

/// A burst of refusals is one refusal: those that were on the way do not slow us down again.
#[test]
fn a_rate_limit_is_told_and_met_once() {
    let names: Vec<String> = (0..16).map(|number| format!("silence/limit{number}")).collect();
    names.iter().for_each(|name| drop(pair(name, "v1")));
    let burst: Rule = Box::new(|request, nth| match of(request, "GET", "/manifests/") && nth == 0 {
        true => Fault::Answer(Message::answer(429, &[], b"")),
        false => Fault::Late(Duration::from_millis(100)),
    });
    let (done, took) = timed(burst, |host| {
        let options = ["manifest", "--timeout", "20s"].map(str::to_owned);
        options.into_iter().chain(names.iter().map(|name| format!("{host}/{name}:v1"))).collect()
    });
    done.good();
    assert!(took < Duration::from_secs(6), "96 requests one after the other take 9.6 s: {took:?}");
    // It is limited, and then says nothing more.
    pair("silence/limited", "v1");
    let limited: Rule = Box::new(|request, nth| match of(request, "GET", "/manifests/v1-arm64") {
        true if nth == 0 => Fault::Answer(Message::answer(429, &[], b"")),
        true => Fault::Stall,
        false => Fault::Pass,
    });
    let (done, _) = timed(limited, |host| {
        ["manifest", "--timeout", "1s", &format!("{host}/silence/limited:v1")].map(str::to_owned).into()
    });
    done.bad(&["cannot read", ": 429", "tried 2 times", "with a longer --timeout"]);
}
