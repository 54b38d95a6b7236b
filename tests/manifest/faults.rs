//! Registries that fail and delay: what passes is tried again, what does not is refused, and the tag is either as it
//! was or what was asked for.

use std::time::Duration;

use crate::command::{Run, finish, run, splitbuild};
use crate::http::{Message, ask};
use crate::image::{get, pair, platforms};
use crate::registry::plain;
use crate::relay::{Fault, Relay, Rule};

/// Links `repository:v1` through a relay with `rule`.
pub(super) fn through(repository: &str, rule: Rule, more: &[&str]) -> (Run, Relay) {
    pair(repository, "v1");
    let relay = Relay::new(plain(), rule);
    let target = format!("{}/{repository}:v1", relay.host);
    let mut arguments = vec!["manifest", &target];
    arguments.extend(more);
    (run(&arguments), relay)
}

/// A rule for the first `times` of one kind of request.
pub(super) fn first(times: usize, kind: Kind, fault: impl Fn() -> Fault + Send + Sync + 'static) -> Rule {
    Box::new(move |request, nth| if kind.is(request) && nth < times { fault() } else { Fault::Pass })
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Manifest,
    Config,
    Tag,
    Put,
}

impl Kind {
    const ALL: [Kind; 4] = [Kind::Manifest, Kind::Config, Kind::Tag, Kind::Put];

    pub(super) fn is(self, request: &Message) -> bool {
        let path = request.path();
        match self {
            Self::Manifest => request.method() == "GET" && path.ends_with("v1-arm64"),
            Self::Config => request.method() == "GET" && path.contains("/blobs/"),
            Self::Tag => request.method() == "GET" && path.ends_with("/v1"),
            Self::Put => request.method() == "PUT",
        }
    }
}

fn answer(status: u16, headers: &[(&str, &str)]) -> Fault {
    Fault::Answer(Message::answer(status, headers, br#"{"errors":[{"code":"TEST","message":"a fault"}]}"#))
}

#[test]
fn what_passes_is_tried_again_for_every_kind_of_request() {
    for (number, status) in [408, 429, 500, 502, 503, 504].into_iter().enumerate() {
        let kind = Kind::ALL[number % Kind::ALL.len()];
        let repository = format!("faults/passing{status}");
        let (run, relay) = through(&repository, first(2, kind, move || answer(status, &[])), &[]);
        let run = run.good();
        // Two or more requests fail twice each: each attempt is told once, and not for every request.
        let told = run.stderr.matches(&format!(": {status}: TEST a fault; retrying in")).count();
        assert_eq!(told, 2, "{}", run.stderr);
        assert!(relay.short().len() >= 8, "{status} {kind:?}: {:#?}", relay.short());
        assert_eq!(platforms(&repository, "v1").len(), 2);
    }
}

#[test]
fn every_kind_of_request_survives_every_kind_of_break() {
    type Make = fn() -> Fault;
    let faults: [(&str, Make); 4] = [
        ("drop", || Fault::Drop),
        ("after", || Fault::DropAfter),
        ("truncate", || Fault::Truncate),
        ("503", || answer(503, &[])),
    ];
    for (name, fault) in faults {
        for kind in Kind::ALL {
            let repository = format!("faults/{name}-{kind:?}").to_lowercase();
            let (run, _) = through(&repository, first(1, kind, fault), &[]);
            run.good();
            assert_eq!(platforms(&repository, "v1").len(), 2, "{name} {kind:?}");
        }
    }
}

#[test]
fn retry_after_is_obeyed_in_seconds_and_as_a_date() {
    let (seconds, _) =
        through("faults/seconds", first(1, Kind::Manifest, || answer(429, &[("Retry-After", "1")])), &[]);
    assert!(seconds.good().stderr.contains("retrying in 1.0 s"));
    // A moment that is past: at once, but for our own wait.
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let (date, _) = through("faults/date", first(1, Kind::Put, move || answer(503, &[("Retry-After", date)])), &[]);
    assert!(date.good().stderr.contains("retrying in 0.1 s"));
    let late = || answer(429, &[("Retry-After", "Fri, 01 Jan 2100 00:00:00 GMT")]);
    let (late, relay) = through("faults/late", first(9, Kind::Manifest, late), &[]);
    late.bad(&["429: TEST a fault; it asks to wait ", "longer than --timeout", "faults/late:v1-arm64"]);
    assert_eq!(relay.count("PUT"), 0);
}

#[test]
fn what_does_not_pass_is_not_tried_again() {
    for status in [400, 405, 410, 418] {
        let repository = format!("faults/final{status}");
        let (run, relay) = through(&repository, first(9, Kind::Manifest, move || answer(status, &[])), &[]);
        run.bad(&[&format!("refuses to read {}/{repository}:v1-arm64: {status}: TEST a fault", relay.host)]);
        assert_eq!(relay.short().iter().filter(|path| path.ends_with("v1-arm64")).count(), 1);
        assert_eq!(get(&repository, "v1"), None);
    }
}

#[test]
fn patience_has_an_end() {
    let (run, _) = through("faults/ill", first(999, Kind::Manifest, || answer(503, &[])), &["--timeout", "1s"]);
    run.bad(&["cannot read", ": 503: TEST a fault (tried", "nothing is wrong with your images"]);
    let (run, _) = through("faults/silent", first(999, Kind::Config, || Fault::Silence), &["--timeout", "1s"]);
    run.bad(&["no answer in 1 s"]);
    run_against_nobody();
}

fn run_against_nobody() {
    let port = crate::registry::free_port();
    let target = format!("127.0.0.1:{port}/a:v1");
    run(&["manifest", &target, "--timeout", "2s"]).bad(&["cannot reach ", &format!(" to read {target}")]);
}

#[test]
fn some_are_published_and_some_are_not() {
    pair("faults/first", "v1");
    pair("faults/second", "v1");
    let broken = |status: u16| -> Rule {
        Box::new(move |request, _| match request.method() == "PUT" && request.path().contains("second") {
            true => answer(status, &[]),
            false => Fault::Pass,
        })
    };
    let relay = Relay::new(plain(), broken(400));
    let targets = ["first", "second"].map(|name| format!("{}/faults/{name}:v1", relay.host));
    let says = [
        &format!("published {}@sha256:", targets[0])[..],
        &format!("splitbuild: {} was not published", targets[1]),
        "400: TEST a fault",
        "fix the cause and run the same command again to complete it",
    ];
    let done = run(&["manifest", &targets[0], &targets[1]]).bad(&says);
    // Only what passes by itself needs nothing else.
    let passing = Relay::new(plain(), broken(503));
    let target = targets[1].replace(&relay.host, &passing.host);
    run(&["manifest", &target, "--timeout", "1s"]).bad(&["; run the same command again to complete it"]);
    assert_eq!(done.stdout.lines().count(), 1, "{}", done.stdout);
    assert_eq!(get("faults/second", "v1"), None);
    let again =
        run(&["manifest", &targets[0].replace(&relay.host, plain()), &targets[1].replace(&relay.host, plain())]);
    let again = again.good();
    assert!(again.stderr.contains("unchanged") && again.stderr.contains("published"), "{}", again.stderr);
}

/// As Quay did until May 2026, over images as `docker push` makes them.
#[test]
fn a_registry_that_takes_no_oci_index_over_dockers_images() {
    let picky: fn() -> Rule = || {
        Box::new(|request, _| {
            let is_index = request.header("content-type") == Some(crate::image::INDEX);
            if request.method() == "PUT" && is_index { answer(400, &[]) } else { Fault::Pass }
        })
    };
    for architecture in ["amd64", "arm64"] {
        let image = crate::image::Image::new(architecture).content(architecture);
        image.clone().docker().push("faults/dockers", &format!("v1-{architecture}"));
        image.push("faults/ocis", &format!("v1-{architecture}"));
    }
    let relay = Relay::new(plain(), picky());
    let [dockers, ocis] = ["dockers", "ocis"].map(|name| format!("{}/faults/{name}:v1", relay.host));
    run(&["manifest", &dockers]).bad(&[
        "400: TEST a fault",
        "help: all images are in Docker's",
        "--format docker makes",
    ]);
    run(&["manifest", &dockers, "--format", "docker"]).good();
    let other = run(&["manifest", &ocis]).bad(&["400: TEST a fault"]);
    assert!(!other.stderr.contains("--format"), "it would not help: {}", other.stderr);
}

#[test]
fn when_nothing_more_is_heard_the_registry_is_asked_what_it_has() {
    // The index is written, and every answer about it is lost.
    let deaf = |request: &Message, _| if request.method() == "PUT" { Fault::DropAfter } else { Fault::Pass };
    let (run, relay) = through("faults/deaf", Box::new(deaf), &[]);
    assert!(run.good().stderr.contains("published"));
    assert_eq!(relay.count("PUT"), 1, "it is looked for before it is written again");
    let gone = |request: &Message, _| match request.method() {
        "PUT" | "HEAD" => Fault::Drop,
        _ => Fault::Pass,
    };
    let (run, _) = through("faults/gone", Box::new(gone), &["--timeout", "1s"]);
    run.bad(&["may or may not be published"]);
}

#[test]
fn what_a_slow_registry_may_do_yet_is_not_said_to_be_undone() {
    // It is asked, and does it when nobody waits any more.
    let slow = |request: &Message, nth| match request.method() {
        "PUT" if nth == 0 => Fault::Late(Duration::from_secs(3)),
        _ => Fault::Pass,
    };
    let (run, relay) = through("faults/slow", Box::new(slow), &["--timeout", "1s"]);
    run.bad(&["faults/slow:v1 may or may not be published, and the registry does not say", "no answer in 1 s"]);
    let leads = || ask(plain(), "GET", "/v2/faults/slow/manifests/v1").status() == 200;
    assert!(!leads(), "it was looked for");
    let is_late = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        leads()
    });
    assert!(is_late && relay.count("PUT") == 1);
    // Whoever stands before the registry has not waited either.
    let gateway = |request: &Message, _| if request.method() == "PUT" { answer(504, &[]) } else { Fault::Pass };
    let (run, _) = through("faults/gateway", Box::new(gateway), &["--timeout", "1s"]);
    run.bad(&["faults/gateway:v1 may or may not be published", "504"]);
}

/// Everybody may read, and who writes needs a login: as Nexus and Artifactory can be set up.
#[test]
fn what_needs_a_login_is_not_published_and_that_is_known() {
    let closed = |request: &Message, _| match request.method() {
        "PUT" => answer(401, &[("WWW-Authenticate", "Basic realm=\"x\"")]),
        _ => Fault::Pass,
    };
    let (run, relay) = through("faults/closed", Box::new(closed), &[]);
    let run = run.bad(&["faults/closed:v1 was not published", "requires a login to publish"]);
    assert!(!run.stderr.contains("may or may not"), "{}", run.stderr);
    assert_eq!(relay.count("PUT"), 1);
}

#[test]
fn too_many_requests_slow_everybody_down() {
    let limited = |request: &Message, nth| match request.path().contains("/manifests/") && request.method() == "GET" {
        true if nth < 1 => answer(429, &[]),
        _ => Fault::Pass,
    };
    let (run, relay) = through("faults/limited", Box::new(limited), &[]);
    run.good();
    assert_eq!(relay.count("PUT"), 1);
}

#[test]
fn uploads_stay_in_the_registry() {
    pair("faults/source", "v1");
    let rules: [(&str, Rule, &str); 2] = [
        ("placeless", upload(&[]), "it gives no Location for the upload"),
        ("elsewhere", upload(&[("Location", "http://127.0.0.2:9/v2/x")]), "redirects to 127.0.0.2 when asked to take"),
    ];
    for (name, rule, says) in rules {
        let relay = Relay::new(plain(), rule);
        let (target, source) = (format!("{}/faults/{name}:v1", relay.host), format!("{}/faults/source", relay.host));
        let sources = ["amd64", "arm64"].map(|arch| format!("linux/{arch}={source}:v1-{arch}"));
        run(&["manifest", &target, "--source", &sources[0], "--source", &sources[1]]).bad(&[says]);
        assert_eq!(get(&format!("faults/{name}"), "v1"), None);
    }
}

fn upload(headers: &'static [(&'static str, &'static str)]) -> Rule {
    Box::new(move |request, _| match request.method() {
        "POST" => Fault::Answer(Message::answer(202, headers, b"")),
        _ => Fault::Pass,
    })
}

/// The one who asks is killed at random moments: the tag is the old index or the new one.
#[test]
fn killed_at_any_moment_the_tag_is_old_or_new() {
    let repository = "faults/killed";
    let target = format!("{}/{repository}:v1", plain());
    pair(repository, "v1");
    run(&["manifest", &target]).good();
    let old = get(repository, "v1");
    let begun = std::time::Instant::now();
    run(&["manifest", &target, "--annotation", "new=1"]).good();
    // As long as it takes on this machine, and some more.
    let whole = begun.elapsed();
    let new = get(repository, "v1");
    let mut found = [0, 0];
    for round in 0..40_u32 {
        run(&["manifest", &target]).good();
        let mut child = splitbuild(&["manifest", &target, "--annotation", "new=1", "--quiet"])
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("it runs");
        std::thread::sleep(whole * (round * round) / 800);
        let _ = child.kill();
        child.wait().expect("it ends");
        // While it writes a tag, this registry says for a moment that there is none.
        let settled = || {
            std::thread::sleep(std::time::Duration::from_millis(2));
            get(repository, "v1")
        };
        let now = std::iter::repeat_with(settled).take(500).find(Option::is_some).flatten();
        assert!(now == old || now == new, "round {round}: {now:?}");
        found[usize::from(now == new)] += 1;
    }
    assert!(found[0] > 0 && found[1] > 0, "it was killed before and after: {found:?}");
}

#[test]
fn a_redirect_is_followed_for_what_is_read_and_without_a_login() {
    // What is read is on another host, which must not learn who we are.
    let store = Relay::new(plain(), Box::new(|_, _| Fault::Pass));
    let place = format!("http://{}", store.host);
    let elsewhere = move |request: &Message, _: usize| match request.path().contains("/blobs/") {
        true => answer(307, &[("Location", &format!("{place}{}", request.path()))]),
        false => Fault::Pass,
    };
    let service = crate::token::Service::start("faults-redirect", Box::new(elsewhere), None);
    pair("faults/moved", "v1");
    let target = format!("{}/faults/moved:v1", service.relay.host);
    let mut command = splitbuild(&["manifest", &target]);
    let login = [("SPLITBUILD_USERNAME", crate::token::USER), ("SPLITBUILD_PASSWORD", crate::token::PASSWORD)];
    finish(command.envs(login)).good();
    assert_eq!(store.seen().len(), 2);
    assert!(store.seen().iter().all(|seen| seen.authorization.is_none()), "{:?}", store.seen());

    let place = format!("http://{}", store.host);
    let manifests = move |request: &Message, _: usize| match Kind::Manifest.is(request) {
        true => answer(307, &[("Location", &format!("{place}{}", request.path()))]),
        false => Fault::Pass,
    };
    let (run, _) = through("faults/strayed", Box::new(manifests), &[]);
    run.good();
    assert_eq!(store.seen().len(), 3);
    assert!(store.seen().iter().all(|seen| seen.authorization.is_none()), "{:?}", store.seen());
    let around = |request: &Message, _| match request.path().contains("/blobs/") {
        true => answer(307, &[("Location", request.path())]),
        false => Fault::Pass,
    };
    let (run, _) = through("faults/around", Box::new(around), &[]);
    run.bad(&["redirects more than 5 times"]);
}
