//! No secret is shown: in no output, however much is asked for, in no error, in no list of processes.

use crate::command::{finish, splitbuild};
use crate::http::Message;
use crate::image::pair;
use crate::registry::plain;
use crate::relay::{Fault, Relay, Rule, nothing};
use crate::token::{PASSWORD, Service, USER};

fn login() -> [(&'static str, &'static str); 2] {
    [("SPLITBUILD_USERNAME", USER), ("SPLITBUILD_PASSWORD", PASSWORD)]
}

#[test]
fn not_in_what_is_printed() {
    pair("secrets/printed", "v1");
    let service = Service::start("secrets-printed", nothing(), None);
    let target = format!("{}/secrets/printed:v1", service.relay.host);
    let run = finish(splitbuild(&["manifest", &target, "-v"]).envs(login())).good();
    let mut secrets = vec![PASSWORD.to_owned()];
    secrets.extend(service.relay.seen().into_iter().filter_map(|seen| seen.authorization));
    assert!(secrets.len() > 3, "there were secrets");
    for secret in secrets.iter().map(|secret| secret.trim_start_matches("Basic ").trim_start_matches("Bearer ")) {
        assert!(!run.stderr.contains(secret) && !run.stdout.contains(secret), "{}", run.stderr);
    }
    assert!(run.stderr.contains("/token"), "the request itself is shown: {}", run.stderr);
}

/// A registry that says back what it was told, as some do in their errors.
#[test]
fn not_in_what_a_registry_says_back() {
    pair("secrets/echo", "v1");
    let echo: Rule = Box::new(|request, _| {
        let Some(proof) = request.header("authorization") else {
            return Fault::Answer(Message::answer(401, &[("WWW-Authenticate", "Basic realm=\"x\"")], b""));
        };
        let told = format!(r#"{{"errors":[{{"code":"BAD","message":"you sent {proof} and {PASSWORD}"}}]}}"#);
        Fault::Answer(Message::answer(400, &[], told.as_bytes()))
    });
    let relay = Relay::new(plain(), echo);
    let target = format!("{}/secrets/echo:v1", relay.host);
    let run = finish(splitbuild(&["manifest", &target, "-v"]).envs(login())).bad(&["you sent Basic *** and ***"]);
    assert!(!run.stderr.contains(PASSWORD), "{}", run.stderr);
}

/// An address of a store holds its own proof after the `?`.
#[test]
fn not_in_the_address_of_a_redirect() {
    pair("secrets/signed", "v1");
    let store = Relay::new(plain(), nothing());
    let place = format!("http://{}", store.host);
    let rule: Rule = Box::new(move |request, _| match request.path().contains("/blobs/") {
        true => {
            let place = format!("{place}{}?X-Amz-Signature=s1gnature", request.path());
            Fault::Answer(Message::answer(307, &[("Location", &place)], b""))
        }
        false => Fault::Pass,
    });
    let relay = Relay::new(plain(), rule);
    let run = finish(&mut splitbuild(&["manifest", &format!("{}/secrets/signed:v1", relay.host), "-v"])).good();
    assert_eq!(store.seen().len(), 2);
    assert!(run.stderr.contains(&store.host) && !run.stderr.contains("s1gnature"), "{}", run.stderr);
}

/// While it runs, `/proc` shows neither the password nor the user in the command line.
#[test]
fn not_in_the_list_of_processes() {
    pair("secrets/process", "v1");
    let hold: Rule = Box::new(|_, _| Fault::Silence);
    let relay = Relay::new(plain(), hold);
    let target = format!("{}/secrets/process:v1", relay.host);
    let login = format!("{}=MY_USER:MY_PASS", relay.host);
    let mut command = splitbuild(&["manifest", &target, "--login", &login, "--timeout", "1m", "-q"]);
    let mut child = command.env("MY_USER", USER).env("MY_PASS", PASSWORD).spawn().expect("it runs");
    while relay.seen().is_empty() {
        std::thread::yield_now();
    }
    let shown = std::fs::read(format!("/proc/{}/cmdline", child.id())).expect("it is alive");
    let _ = child.kill();
    child.wait().expect("it ends");
    let shown = String::from_utf8(shown).expect("text");
    assert!(shown.contains("MY_PASS") && !shown.contains(PASSWORD) && !shown.contains(USER), "{shown}");
}
