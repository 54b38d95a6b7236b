//! Another host, to which a registry sends us: it may serve what is read, and is never told who we are, whatever it asks.

use std::net::TcpListener;
use std::sync::OnceLock;

use crate::auth::LOGIN;
use crate::command::{Run, finish, run, splitbuild};
use crate::http::{Message, ask};
use crate::image::{digest, get, pair, platforms};
use crate::registry::{htpasswd, plain};
use crate::relay::{Fault, Relay, Rule, nothing};
use crate::token::Service;

/// A kind of request: `r` for one of the source, `w` for one of the target.
type Kind = (&'static str, char, fn(&Message) -> bool);

fn of(request: &Message, method: &str, part: &str) -> bool {
    request.method() == method && request.path().contains(part)
}

/// What only reads goes anywhere.
const READS: [Kind; 5] = [
    ("manifest of a tag", 'r', |request| of(request, "GET", "/manifests/v1")),
    ("manifest of a digest", 'r', |request| of(request, "GET", "/manifests/sha256:")),
    ("layer", 'r', |request| of(request, "GET", "/blobs/")),
    ("look for a blob", 'w', |request| of(request, "HEAD", "/blobs/")),
    ("referrers", 'r', |request| of(request, "GET", "/referrers/")),
];

/// What writes, or asks what the registry itself has, stays in it.
const WRITES: [Kind; 4] = [
    ("look for a tag", 'w', |request| of(request, "HEAD", "/manifests/")),
    ("begin of an upload", 'w', |request| of(request, "POST", "/blobs/uploads/")),
    ("upload", 'w', |request| of(request, "PUT", "/blobs/uploads/")),
    ("publication", 'w', |request| of(request, "PUT", "/manifests/")),
];

/// What the other host answers.
const REPLIES: [&str; 7] = ["bearer", "basic", "proxy", "again", "back", "found", "missing"];

fn reply(name: &str, host: &str, request: &Message) -> Fault {
    let bearer = format!(r#"Bearer realm="http://{host}/token",service="x",scope="repository:x:pull""#);
    let (status, headers) = match (name, request.path().starts_with("/token")) {
        (_, true) => return Fault::Answer(Message::answer(200, &[], br#"{"token":"of-a-stranger"}"#)),
        ("bearer", _) => (401, ("WWW-Authenticate", bearer)),
        ("basic", _) => (401, ("WWW-Authenticate", "Basic realm=\"x\"".to_owned())),
        ("proxy", _) => (407, ("Proxy-Authenticate", "Basic realm=\"x\"".to_owned())),
        ("again", _) if !request.path().contains("again") => (307, ("Location", "/v2/again".to_owned())),
        ("again", _) => (401, ("WWW-Authenticate", bearer)),
        ("missing", _) => (404, ("WWW-Authenticate", bearer)),
        // The real content, and a challenge that nobody asked for.
        ("found", _) => return Fault::Alter(|answer| answer.set("WWW-Authenticate", "Basic realm=\"x\"")),
        _ => unreachable!("{name}"),
    };
    Fault::Answer(Message::answer(status, &[(headers.0, &headers.1)], b""))
}

/// The other host, which is not at the registry's address.
fn stranger(name: &'static str, home: &str) -> Relay {
    let listener = TcpListener::bind("127.0.0.2:0").expect("a port");
    let host = listener.local_addr().expect("an address").to_string();
    let home = home.to_owned();
    let rule: Rule = Box::new(move |request, _| match name {
        "back" => {
            let place = format!("http://{home}{}?back", request.path());
            Fault::Answer(Message::answer(307, &[("Location", &place)], b""))
        }
        _ => reply(name, &host, request),
    });
    Relay::begin(listener, plain(), (rule, None))
}

/// A registry that wants a password and sends one kind of request to a host that is known later.
fn sends(is: fn(&Message) -> bool) -> (Relay, &'static OnceLock<String>) {
    let to: &OnceLock<String> = Box::leak(Box::default());
    let rule: Rule = Box::new(move |request, _| match to.get() {
        Some(to) if is(request) && !request.path().ends_with("?back") && request.header("authorization").is_some() => {
            let place = format!("http://{to}{}", request.path());
            Fault::Answer(Message::answer(307, &[("Location", &place)], b""))
        }
        _ => Fault::Pass,
    });
    (Relay::new(htpasswd(), rule), to)
}

/// Copies an image, and what is about it, from one registry to another, while one kind of request is sent elsewhere.
fn copied((number, kind): (usize, Kind), name: &'static str, source: &str) -> (Run, Relay) {
    let (other, (moved, to)) = (Relay::new(htpasswd(), nothing()), sends(kind.2));
    let (from, into) = if kind.1 == 'r' { (&moved, &other) } else { (&other, &moved) };
    let stranger = stranger(name, &moved.host);
    to.set(stranger.host.clone()).expect("it is set once");
    let target = format!("{}/elsewhere/{name}{}{number}:v1", into.host, kind.1);
    let logins = [from, into].map(|relay| format!("{}=SPLITBUILD_USERNAME:SPLITBUILD_PASSWORD", relay.host));
    let source = format!("{}/{source}:v1", from.host);
    let login = ["--login", &logins[0], "--login", &logins[1]];
    let arguments = [&["copy", "--referrers", "--timeout", "5s", &source, &target][..], &login].concat();
    (finish(splitbuild(&arguments).envs(LOGIN)), stranger)
}

fn nothing_was_told(stranger: &Relay, case: &str) {
    let seen = stranger.seen();
    assert!(seen.iter().all(|seen| seen.authorization.is_none()), "{case}: {seen:#?}");
    assert!(!seen.iter().any(|seen| seen.path.starts_with("/token")), "{case}: {seen:#?}");
}

#[test]
fn another_host_is_told_nothing_whatever_it_answers() {
    let source = "elsewhere/source";
    pair(source, "v1");
    run(&["manifest", &format!("{}/{source}:v1", plain())]).good();
    for (number, kind) in READS.into_iter().enumerate() {
        for name in REPLIES {
            let case = format!("{}: {name}", kind.0);
            let (run, stranger) = copied((number, kind), name, source);
            nothing_was_told(&stranger, &case);
            assert!(!stranger.seen().is_empty(), "{case}: it was asked\n{}", run.stderr);
            match (name, kind.0) {
                ("found" | "back", _) | (_, "look for a blob") => drop(run.good()),
                // There is another way to find them.
                ("missing", "referrers") => drop(run.good()),
                ("missing", _) => drop(run.bad(&[])),
                _ => {
                    let run = run.bad(&["and 127.0.0.2 answers 40", "sent to the registry alone"]);
                    assert!(!run.stderr.contains("does not accept"), "{case}: {}", run.stderr);
                }
            }
        }
    }
    for (number, kind) in WRITES.into_iter().enumerate() {
        let (run, stranger) = copied((READS.len() + number, kind), "bearer", source);
        assert!(stranger.seen().is_empty(), "{}: {:?}", kind.0, stranger.seen());
        match kind.0 {
            // It only saves work.
            "look for a tag" => drop(run.good()),
            _ => drop(run.bad(&["which is not followed"])),
        }
    }
}

/// The same with a token: the service that another host names is not asked.
#[test]
fn only_the_registry_names_its_token_service() {
    let source = "elsewhere/token";
    pair(source, "v1");
    for name in REPLIES {
        let stranger = stranger(name, "127.0.0.1:9");
        let place = format!("http://{}", stranger.host);
        let rule: Rule = Box::new(move |request, _| match of(request, "GET", "/blobs/") {
            true => Fault::Answer(Message::answer(307, &[("Location", &format!("{place}{}", request.path()))], b"")),
            false => Fault::Pass,
        });
        let service = Service::start(&format!("elsewhere-{name}"), rule, None);
        let reference = format!("{}/{source}:v1-amd64", service.relay.host);
        let file = crate::registry::folder("elsewhere").join(format!("{name}.tar")).display().to_string();
        let target = format!("{}/{source}:v1", service.relay.host);
        for arguments in [
            &["export", "--timeout", "2s", &reference, "-o", &file][..],
            &["inspect", "--timeout", "2s", &reference],
            &["manifest", "--timeout", "2s", &target],
        ] {
            finish(splitbuild(arguments).envs(LOGIN));
        }
        assert!(stranger.seen().len() >= 3, "{name}: {:?}", stranger.seen());
        nothing_was_told(&stranger, name);
        assert!(service.tokens_asked_for() <= 3, "{name}: {:#?}", service.relay.short());
    }
}

#[test]
fn uploads_and_token_services_that_point_elsewhere_are_not_followed() {
    pair("elsewhere/upload", "v1");
    let stranger = stranger("bearer", "127.0.0.1:9");
    let place = format!("http://{}/v2/x", stranger.host);
    let location = place.clone();
    let rule: Rule = Box::new(move |request, _| match request.method() {
        "POST" => Fault::Answer(Message::answer(202, &[("Location", &location)], b"")),
        _ => Fault::Pass,
    });
    let relay = Relay::new(htpasswd(), rule);
    let [target, source] = ["other:v1", "upload:v1-amd64"].map(|name| format!("{}/elsewhere/{name}", relay.host));
    let said = finish(splitbuild(&["copy", &source, &target]).envs(LOGIN));
    said.bad(&["which is not followed: uploads must stay in the registry"]);
    let rule: Rule = Box::new(move |request, _| match request.path().starts_with("/token") {
        true => Fault::Answer(Message::answer(307, &[("Location", &place)], b"")),
        false => Fault::Pass,
    });
    let service = Service::start("elsewhere-service", rule, None);
    let source = format!("{}/elsewhere/upload:v1-amd64", service.relay.host);
    finish(splitbuild(&["inspect", &source]).envs(LOGIN)).bad(&["refuses to give a token", "307"]);
    assert!(stranger.seen().is_empty(), "{:?}", stranger.seen());
}

/// As registry.k8s.io does: what it has is elsewhere, and is checked there as here.
#[test]
fn manifests_are_read_wherever_the_registry_says() {
    pair("elsewhere/moved", "v1");
    let rules: [(&str, Rule); 3] = [
        ("good", nothing()),
        ("altered", Box::new(|_, _| Fault::Alter(|answer| answer.body[9] ^= 1))),
        (
            "other",
            Box::new(|_, _| {
                Fault::Alter(|answer| {
                    let altered = answer.text().replacen("config", "Config", 1);
                    answer.set("docker-content-digest", &digest(altered.as_bytes()));
                    answer.body = altered.into_bytes();
                })
            }),
        ),
    ];
    let told = ask(plain(), "HEAD", "/v2/elsewhere/moved/manifests/v1-amd64");
    let told = told.header("docker-content-digest").expect("a digest").to_owned();
    for (name, rule) in rules {
        let place = Relay::new(plain(), rule);
        let (to, says) = (place.host.clone(), told.clone());
        let moved: Rule = Box::new(move |request, _| {
            let to = format!("http://{to}{}", request.path());
            Fault::Answer(Message::answer(307, &[("Location", &to), ("Docker-Content-Digest", &says)], b""))
        });
        let registry = Relay::new(plain(), moved);
        let shown = run(&["inspect", "--timeout", "2s", &format!("{}/elsewhere/moved:v1-amd64", registry.host)]);
        match name {
            "good" => assert!(shown.good().stdout.contains(&told)),
            _ => drop(shown.bad(&["sends other bytes when asked to read", &told])),
        }
    }
    // Nothing is written there.
    let place = Relay::new(plain(), nothing());
    let to = place.host.clone();
    let moved: Rule = Box::new(move |request, _| match of(request, "PUT", "/manifests/") {
        true => Fault::Answer(Message::answer(307, &[("Location", &format!("http://{to}{}", request.path()))], b"")),
        false => Fault::Pass,
    });
    let registry = Relay::new(plain(), moved);
    run(&["manifest", &format!("{}/elsewhere/moved:v1", registry.host)])
        .bad(&["which is not followed: only reads may be redirected"]);
    assert!(place.seen().is_empty() && get("elsewhere/moved", "v1").is_none());
    run(&["manifest", &format!("{}/elsewhere/moved:v1", plain())]).good();
    assert_eq!(platforms("elsewhere/moved", "v1").len(), 2);
}
