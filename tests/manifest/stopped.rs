//! Signals while tags are written, and results that nobody takes: what is so now is told.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::command::{run, splitbuild};
use crate::daemon::output;
use crate::export::{path, place};
use crate::http::Message;
use crate::image::{get, pair};
use crate::registry::plain;
use crate::relay::{Fault, Relay, Rule};

/// Sends a call a signal when so many tags were written, or begun to be.
fn interrupted(arguments: &[&str], relay: &Relay, (name, tags): (&str, usize)) -> Output {
    let arguments: Vec<String> = arguments.iter().map(|argument| argument.replace("HOST", &relay.host)).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let child = splitbuild(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let is_tag = |path: &str| path.contains("/manifests/v");
    for _ in 0..1000 {
        let seen = relay.seen();
        if seen.iter().filter(|seen| seen.method == "PUT" && is_tag(&seen.path)).count() == tags {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    // The answers that there are have arrived by then.
    std::thread::sleep(Duration::from_millis(300));
    output(Command::new("kill").args([name, &child.id().to_string()]));
    child.wait_with_output().expect("it ends")
}

/// A relay before the registry that never answers a PUT to a path.
fn silent(path: &'static str) -> Relay {
    let rule: Rule = Box::new(move |request: &Message, _| {
        if request.method() != "PUT" || request.path() != path {
            return Fault::Pass;
        }
        std::thread::park_timeout(Duration::from_secs(60));
        Fault::Drop
    });
    Relay::new(plain(), rule)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn manifest_tells_what_each_tag_is_now() {
    for tag in ["v1", "v2"] {
        pair("stopped/one", tag);
        pair("stopped/two", tag);
    }
    run(&["manifest", &format!("{}/stopped/two:v2", plain())]).good();
    let relay = silent("/v2/stopped/two/manifests/v1");
    let images = ["HOST/stopped/one:v1", "HOST/stopped/two:v1", "HOST/stopped/two:v2"];
    for (name, code) in [("-TERM", 143), ("-INT", 130)] {
        let arguments = [&["manifest"][..], &images].concat();
        let ended = interrupted(&arguments, &relay, (name, if code == 143 { 2 } else { 3 }));
        let said = text(&ended.stderr).replace(&relay.host, "HOST");
        assert_eq!(ended.status.code(), Some(code), "{said}");
        let first = if code == 143 { "published" } else { "unchanged" };
        for line in [
            &format!("{first} HOST/stopped/one:v1@sha256:"),
            "splitbuild: HOST/stopped/two:v1 may or may not be published",
            "unchanged HOST/stopped/two:v2@sha256:",
        ] {
            assert_eq!(said.lines().filter(|told| told.starts_with(line)).count(), 1, "{line}: {said}");
        }
        assert!(said.ends_with("run the same command again to complete it\nsplitbuild: stopped\n"), "{said}");
        let out = text(&ended.stdout).replace(&relay.host, "HOST");
        let tags: Vec<&str> = out.lines().map(|line| line.split('@').next().expect("a tag")).collect();
        assert_eq!(tags, ["HOST/stopped/one:v1", "HOST/stopped/two:v2"]);
    }
    assert!(get("stopped/one", "v1").is_some() && get("stopped/two", "v1").is_none());
    let arguments = ["manifest", "--json", "HOST/stopped/two:v1"];
    let ended = interrupted(&arguments, &relay, ("-TERM", 4));
    let told: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
    assert_eq!(told["targets"][0]["tags"][0]["state"], "unknown", "{told}");
    // The same command again completes it.
    run(&["manifest", &format!("{}/stopped/two:v1", plain())]).good();
}

#[test]
fn copy_tells_what_each_target_is_now() {
    pair("stopped/copy", "v1");
    let source = "HOST/stopped/copy:v1-amd64";
    let relay = silent("/v2/stopped/to/manifests/v1");
    let arguments = ["copy", source, "HOST/stopped/to:v0", "HOST/stopped/to:v1"];
    let ended = interrupted(&arguments, &relay, ("-TERM", 2));
    let said = text(&ended.stderr).replace(&relay.host, "HOST");
    assert_eq!(ended.status.code(), Some(143), "{said}");
    assert!(said.contains("published HOST/stopped/to:v0@sha256:"), "{said}");
    let expected = "splitbuild: HOST/stopped/to:v1 may or may not be published: interrupted while it was written\n\
                    splitbuild: stopped\n";
    assert!(said.ends_with(expected), "{said}");
    let out = text(&ended.stdout).replace(&relay.host, "HOST");
    assert!(out.starts_with("HOST/stopped/to:v0@") && out.lines().count() == 1, "{out}");
}

#[test]
fn a_release_tells_what_each_moving_tag_is_now() {
    pair("stopped/release", "v1.0.0");
    let arguments = ["manifest", "HOST/stopped/release:v1.0.0", "--release", "v1.0.0", "--moving-tag", "v1"];
    let rule: Rule = Box::new(move |request: &Message, _| match request.path().contains("/tags/list") {
        true => Fault::Stall,
        false => Fault::Pass,
    });
    for (relay, tags, says) in [
        (Relay::new(plain(), rule), 1, "release:v1 was not changed"),
        (
            silent("/v2/stopped/release/manifests/v1"),
            1,
            "release:v1 may or may not lead to the highest version: interrupted while it was moved",
        ),
    ] {
        let ended = interrupted(&arguments, &relay, ("-TERM", tags));
        let said = text(&ended.stderr);
        assert_eq!(ended.status.code(), Some(143), "{said}");
        assert!(said.contains(&format!("stopped/{says}\n")), "{said}");
        assert!(said.ends_with("run the same command again to complete it\nsplitbuild: stopped\n"), "{said}");
        // What the name means in this run does not depend on it.
        let out = text(&ended.stdout).replace(&relay.host, "HOST");
        let begins =
            ["HOST/stopped/release:v1.0.0@sha256:", "moving HOST/stopped/release:v1 HOST/stopped/release:v1.0.0 "];
        assert!(out.lines().zip(begins).filter(|(line, begin)| line.starts_with(begin)).count() == 2, "{out}");
    }
    assert!(get("stopped/release", "v1.0.0").is_some() && get("stopped/release", "v1").is_none());
}

#[test]
fn before_anything_is_written_nothing_was() {
    pair("stopped/early", "v1");
    let relay = Relay::new(plain(), Box::new(|_, _| Fault::Pass));
    let arguments = ["manifest", "--wait", "10m", "HOST/stopped/early:v2"];
    let ended = interrupted(&arguments, &relay, ("-TERM", 0));
    let said = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(143), "{said}");
    assert!(said.ends_with("splitbuild: stopped; nothing was written\n") && ended.stdout.is_empty(), "{said}");
}

#[test]
fn a_result_that_cannot_be_written_is_told() {
    pair("stopped/full", "v1");
    let image = format!("{}/stopped/full:v1-amd64", plain());
    let index = format!("{}/stopped/full:v1", plain());
    let folder = place("stopped").join("layout");
    let layout = format!("oci:{}:v1", folder.display());
    run(&["copy", &image, &layout]).good();
    let calls: [&[&str]; 7] = [
        &["inspect", "--raw", &image],
        &["inspect", &image],
        &["inspect", "--json", &image],
        &["manifest", "--dry-run", &index],
        &["manifest", "--dry-run", "--json", &index],
        &["copy", &image, &layout],
        &["export", &image],
    ];
    for call in calls {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
        let ended = splitbuild(call).stdout(full).output().expect("it runs");
        assert_eq!(ended.status.code(), Some(1), "{call:?}");
        let said = text(&ended.stderr);
        assert!(said.contains("cannot write standard output: No space left on device"), "{call:?}: {said}");
    }
    let ended = run(&["export", &image, "-o", "/dev/full"]).bad(&["cannot write /dev/full: No space left"]);
    assert!(!ended.stderr.contains("as it was"), "{}", ended.stderr);
    // Who reads only the beginning wants no more.
    for (call, code) in [("inspect --raw", 0), ("export", 1)] {
        let script = format!("(sleep 0.2; exec \"$0\" {call} {image}) | exec sleep 1 <&-; exit ${{PIPESTATUS[0]}}");
        let ended = Command::new("bash").args(["-c", &script, env!("CARGO_BIN_EXE_splitbuild")]).output();
        let ended = ended.expect("bash runs");
        let said: String = text(&ended.stderr).lines().filter(|line| !line.contains(" in 0.")).collect();
        assert_eq!((ended.status.code(), &*said), (Some(code), ""), "{call}");
    }
}

#[test]
fn what_is_exported_is_not_overwritten() {
    pair("stopped/source", "v1");
    let folder = place("stopped").join("source");
    let layout = format!("oci:{}:v1", folder.display());
    run(&["copy", &format!("{}/stopped/source:v1-amd64", plain()), &layout]).good();
    for part in ["index.json", "oci-layout", "blobs/sha256/x.tar"] {
        let file = folder.join(part);
        let before = std::fs::read(&file).ok();
        let call = ["export", &layout, "-o", &file.display().to_string()];
        run(&call).wrong(&["this is a part of oci:"]);
        assert_eq!(std::fs::read(&file).ok(), before);
    }
    run(&["export", &layout, "-o", &path("stopped", "x.tar")]).good();
}

#[test]
fn a_layout_of_what_are_no_files_is_refused() {
    for name in ["index.json", "oci-layout"] {
        let folder = place("stopped").join(format!("pipe-{name}"));
        std::fs::create_dir_all(&folder).expect("a folder");
        output(Command::new("mkfifo").arg(folder.join(name)));
        if name != "index.json" {
            std::fs::write(folder.join("index.json"), "{\"manifests\":[]}").expect("written");
        }
        let layout = format!("oci:{}:v1", folder.display());
        let file = path("stopped", "never.tar");
        for call in [&["inspect", &layout][..], &["export", &layout, "-o", &file], &["copy", &layout, &layout]] {
            run(call).bad(&[&format!("{name}: it is a pipe, not a file")]);
        }
    }
}

#[test]
fn a_terminal_that_goes_away_ends_nothing() {
    let rule: Rule = Box::new(|_, _| {
        std::thread::sleep(Duration::from_millis(500));
        Fault::Answer(Message::answer(503, &[("Retry-After", "0")], b""))
    });
    let relay = Relay::new(plain(), rule);
    let folder = place("stopped/terminal");
    std::fs::create_dir_all(&folder).expect("a folder");
    let code = folder.join("code");
    let (binary, code_at) = (env!("CARGO_BIN_EXE_splitbuild"), code.display());
    let call = format!("{binary} manifest {}/stopped/terminal:v1 --timeout 3s", relay.host);
    let script = format!("trap \"\" HUP; {call}; echo $? > {code_at}.new; mv {code_at}.new {code_at}");
    let mut terminal = Command::new("script");
    let mut terminal = terminal.args(["-qc", &script, "/dev/null"]).stdout(Stdio::null()).spawn().expect("it runs");
    while relay.seen().is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    terminal.kill().and_then(|()| terminal.wait()).expect("it ends");
    for _ in 0..1000 {
        if let Ok(code) = std::fs::read_to_string(&code) {
            return assert_eq!(code, "1\n");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it does not end");
}
