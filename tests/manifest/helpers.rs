//! Programs that keep credentials, in all their moods: none holds us longer than `--timeout`, nor fills the memory.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use crate::command::{Run, finish, splitbuild};
use crate::http::Message;
use crate::registry::{folder, plain, write};
use crate::relay::{Fault, Relay, Rule};
use crate::token::{PASSWORD, USER};

/// Asks a registry that wants a login for an image that it has not, with a helper of this script.
fn with_helper(name: &str, script: &str, more: &[&str]) -> (Run, Duration) {
    let home = folder("helpers");
    let program = home.join(format!("docker-credential-{name}"));
    write(&program, &format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).expect("executable");
    let rule: Rule = Box::new(|request, _| match request.header("authorization") {
        Some(_) => Fault::Answer(Message::answer(404, &[], b"")),
        None => Fault::Answer(Message::answer(401, &[("WWW-Authenticate", "Basic realm=\"x\"")], b"")),
    });
    let relay = Relay::new(plain(), rule);
    let config = format!(r#"{{"credHelpers":{{"{}":"{name}"}}}}"#, relay.host);
    let path = format!("{}:{}", home.display(), std::env::var("PATH").unwrap_or_default());
    let image = format!("{}/helpers/app:v1", relay.host);
    let mut command = splitbuild(&[&["inspect", &*image], more].concat());
    let start = Instant::now();
    let run = finish(command.env("DOCKER_AUTH_CONFIG", config).env("PATH", path));
    assert!(!run.stderr.contains(PASSWORD), "{}", run.stderr);
    (run, start.elapsed())
}

fn answer() -> String {
    format!(r#"echo '{{"Username":"{USER}","Secret":"{PASSWORD}"}}'"#)
}

/// What is said after the login was accepted.
const IS_NOT_THERE: &str = "helpers/app:v1 is not in 127.0.0.1";

/// Another minute would be the helper's own.
const SOON: Duration = Duration::from_secs(20);

#[test]
fn one_that_hangs_ends_with_its_children() {
    let children = folder("helpers").join("children");
    let hang = format!("sleep 60 & echo $! >>'{}'; wait", children.display());
    for script in [hang.clone(), format!("cat >/dev/null; {}; {hang}", answer()), format!("exec >&- 2>&-; {hang}")] {
        let (run, took) = with_helper("hangs", &script, &["--timeout", "500ms"]);
        run.bad(&["docker-credential-hangs gave no answer in 500ms", "docker-credential-hangs get`", "--timeout"]);
        assert!(took < SOON, "{took:?}");
    }
    let children = std::fs::read_to_string(children).expect("they were started");
    assert_eq!(children.lines().count(), 3);
    for child in children.lines() {
        // Who is dead may not have been buried.
        let lives = || std::fs::read_to_string(format!("/proc/{child}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
        let start = Instant::now();
        while lives() {
            assert!(start.elapsed() < SOON, "{child} lives");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A daemon that a helper has started keeps what it inherited.
#[test]
fn one_whose_child_keeps_its_output_has_answered() {
    let (run, took) = with_helper("forks", &format!("cat >/dev/null; sleep 30 & {}", answer()), &[]);
    run.bad(&[IS_NOT_THERE]);
    assert!(took < SOON, "{took:?}");
}

#[test]
fn one_that_says_too_much() {
    let (run, _) = with_helper("floods", "cat >/dev/null; exec cat /dev/zero", &[]);
    run.bad(&["docker-credential-floods answered more than 1048576 bytes"]);
    // What it says to a person has no bound that it must keep.
    let (run, _) = with_helper("talks", &format!("head -c 5000000 /dev/zero >&2; {}", answer()), &[]);
    run.bad(&[IS_NOT_THERE]);
}

#[test]
fn one_that_does_not_listen_or_has_nothing() {
    let (run, _) = with_helper("deaf", &format!("exec <&-; {}", answer()), &[]);
    run.bad(&[IS_NOT_THERE]);
    let (run, _) = with_helper("nobody", r#"echo '{"Username":"","Secret":""}'"#, &[]);
    run.bad(&["requires a login", "no credentials were found for it"]);
    let (run, _) = with_helper("blank", &format!(r#"echo '{{"Username":"{USER}","Secret":""}}'"#), &[]);
    run.bad(&["docker-credential-blank has an empty password: log in again"]);
    let (run, _) = with_helper("garbage", &format!("echo {PASSWORD} and more"), &[]);
    run.bad(&["answered something else than credentials"]);
    let (run, _) = with_helper("fails", &format!("echo {PASSWORD} >&2; exit 1"), &[]);
    run.bad(&["docker-credential-fails failed; `echo 127.0.0.1:", "| docker-credential-fails get` shows why"]);
}

#[test]
fn one_that_is_not_there() {
    let config = format!(r#"{{"credHelpers":{{"{}":"is-not-there"}}}}"#, plain());
    let image = format!("{}/helpers/app:v1", plain());
    let run = finish(splitbuild(&["inspect", &image]).env("DOCKER_AUTH_CONFIG", config));
    run.bad(&["docker-credential-is-not-there is not on the PATH", "--login HOST=USER_VAR:PASS_VAR"]);
}

/// To open a pipe waits for who writes into it.
#[test]
fn a_configuration_that_is_no_file() {
    let home = folder("helpers-pipe");
    let made = std::process::Command::new("mkfifo").arg(home.join("config.json")).status().expect("it runs");
    assert!(made.success());
    let image = format!("{}/helpers/app:v1", plain());
    let run = finish(splitbuild(&["inspect", &image]).env("DOCKER_CONFIG", &home));
    run.bad(&["cannot read credentials from", "config.json: it is a pipe, not a file", "DOCKER_AUTH_CONFIG"]);
}
