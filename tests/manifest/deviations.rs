//! Registries that answer otherwise than others do: what only saves work is done without, and what counts is the write.

use crate::command::{Run, finish, run, splitbuild};
use crate::export::path;
use crate::http::{Message, ask};
use crate::image::{Image, Packing, digest, get, noise, pair, platforms};
use crate::registry::{folder, plain, start};
use crate::relay::{Fault, Relay, Rule};
use crate::token::{PASSWORD, Service, USER};

/// A kind of request.
type Is = fn(&Message) -> bool;

/// What is done to an answer.
type Change = fn(&mut Message);

fn of(request: &Message, method: &str, part: &str) -> bool {
    request.method() == method && request.path().contains(part)
}

fn answer(status: u16, code: &str) -> Fault {
    let body = format!(r#"{{"errors":[{{"code":"{code}","message":"so it is"}}]}}"#);
    Fault::Answer(Message::answer(status, &[], body.as_bytes()))
}

/// Copies an image within a registry that is reached through `rule`.
fn copied(name: &str, rule: Rule) -> Run {
    let relay = Relay::new(plain(), rule);
    let [source, target] =
        ["source:v1-amd64", &format!("{name}:v1")].map(|it| format!("{}/deviations/{it}", relay.host));
    run(&["copy", "--timeout", "3s", &source, &target])
}

#[test]
fn who_may_not_look_or_mount_writes() {
    pair("deviations/source", "v1");
    for status in [400, 401, 403, 404, 405] {
        let rules: [(&str, Is); 3] = [
            ("mount", |request| of(request, "POST", "mount=")),
            ("blob", |request| of(request, "HEAD", "/blobs/") || of(request, "POST", "mount=")),
            ("manifest", |request| of(request, "HEAD", "/manifests/")),
        ];
        for (what, is) in rules {
            let name = format!("{what}{status}");
            let rule: Rule =
                Box::new(move |request, _| if is(request) { answer(status, "DENIED") } else { Fault::Pass });
            copied(&name, rule).good();
            assert!(get(&format!("deviations/{name}"), "v1").is_some(), "{name}");
        }
    }
    // It is the write that says no.
    let denied: Rule = Box::new(|request, _| match request.method() {
        "HEAD" | "POST" => answer(403, "DENIED"),
        _ => Fault::Pass,
    });
    copied("denied", denied).bad(&["denied:v1 was not published", "DENIED so it is"]);
}

/// Artifactory says so of every tag that is not there, and others of those that may only be written.
#[test]
fn a_tag_that_is_not_shown_is_written_and_a_newer_run_is_not_looked_after() {
    for status in [401, 403, 405] {
        let repository = format!("deviations/hidden{status}");
        pair(&repository, "v1");
        let rule: Rule = Box::new(move |request, _| match of(request, "GET", "/manifests/v1") {
            true if request.path().ends_with("/v1") => answer(status, "DENIED"),
            _ => Fault::Pass,
        });
        let relay = Relay::new(plain(), rule);
        let target = format!("{}/{repository}:v1", relay.host);
        let quiet = run(&["manifest", &target]).good();
        assert!(!quiet.stderr.contains("warning"), "{}", quiet.stderr);
        let run = run(&["manifest", "--run", "acme/app/5", &target]).good();
        let says = format!("warning: cannot read {target}, so a newer run's index there would be replaced");
        assert!(run.stderr.contains(&says) && run.stderr.contains("DENIED so it is"), "{}", run.stderr);
        assert_eq!(platforms(&repository, "v1").len(), 2);
    }
}

#[test]
fn a_registry_that_tells_nothing_has_the_last_word() {
    pair("deviations/mute", "v1");
    let rule: Rule = Box::new(|request, _| match (request.method(), request.path().ends_with("/v1")) {
        ("HEAD", _) => answer(405, "UNSUPPORTED"),
        ("GET", true) => answer(403, "DENIED"),
        _ => Fault::Alter(|answer| answer.remove("docker-content-digest")),
    });
    let relay = Relay::new(plain(), rule);
    run(&["manifest", &format!("{}/deviations/mute:v1", relay.host)]).good();
    assert_eq!(platforms("deviations/mute", "v1").len(), 2);
}

#[test]
fn what_an_upload_is_answered_with() {
    let other = start("deviations", &folder("deviations-storage"), "");
    let contents = [noise(11, 50_000)];
    Image::new("amd64").contents(&contents).push("deviations/answers", "v1");
    let source = format!("{}/deviations/answers:v1", plain());
    let changes: [(&str, Change); 5] = [
        ("200", |answer| answer.first = "HTTP/1.1 200 OK".into()),
        ("202", |answer| answer.first = "HTTP/1.1 202 Accepted".into()),
        ("204", |answer| answer.first = "HTTP/1.1 204 No Content".into()),
        ("body", |answer| answer.body = b"{}".to_vec()),
        ("long", |answer| answer.body = vec![b' '; 1 << 20]),
    ];
    for (name, change) in changes {
        let rule: Rule = Box::new(move |request, _| match request.method() {
            "PUT" => Fault::Alter(change),
            "POST" if request.path().contains("/blobs/") && name.len() == 4 => Fault::Alter(change),
            _ => Fault::Pass,
        });
        let relay = Relay::new(&other, rule);
        run(&["copy", "--timeout", "3s", &source, &format!("{}/answers/a{name}:v1", relay.host)]).good();
        assert_eq!(ask(&other, "GET", &format!("/v2/answers/a{name}/manifests/v1")).status(), 200, "{name}");
    }
}

#[test]
fn a_repository_that_is_not_there_is_to_be_created() {
    pair("deviations/source", "v1");
    let says = ["has no repository deviations/", "404: NAME_UNKNOWN so it is", "create the repository first"];
    let post: Rule = Box::new(|request, _| match request.method() {
        "POST" => answer(404, "NAME_UNKNOWN"),
        _ => Fault::Pass,
    });
    copied("post404", post).bad(&says);
    let put: Rule = Box::new(|request, _| match of(request, "PUT", "/manifests/") {
        true => answer(404, "NAME_UNKNOWN"),
        false => Fault::Pass,
    });
    copied("put404", put).bad(&says);
    // Some only hang up.
    let gone: Rule = Box::new(|request, _| if request.method() == "POST" { Fault::Drop } else { Fault::Pass });
    copied("gone", gone).bad(&["cannot reach ", "that the repository exists"]);
}

#[test]
fn an_empty_token_beside_the_token() {
    pair("deviations/token", "v1");
    let rule: Rule = Box::new(|request, _| {
        if !request.path().starts_with("/token") {
            return Fault::Pass;
        }
        let mut answer = crate::token::token(request);
        answer.body = answer.text().replacen(r#""token""#, r#""token":"","access_token""#, 1).into_bytes();
        Fault::Answer(answer)
    });
    let service = Service::start("deviations-token", rule, None);
    let mut command = splitbuild(&["manifest", &format!("{}/deviations/token:v1", service.relay.host)]);
    finish(command.env("SPLITBUILD_USERNAME", USER).env("SPLITBUILD_PASSWORD", PASSWORD)).good();
}

/// The image is there, and every answer about it is lost.
#[test]
fn copy_looks_what_became_of_a_tag() {
    pair("deviations/source", "v1");
    let deaf = |request: &Message| of(request, "PUT", "/manifests/v1");
    let lost: Rule = Box::new(move |request, _| if deaf(request) { Fault::DropAfter } else { Fault::Pass });
    assert!(copied("lost", lost).good().stderr.contains("published"));
    let unknown: Rule = Box::new(move |request, nth| match of(request, "HEAD", "/manifests/v1") {
        true if nth > 0 => Fault::Drop,
        _ if deaf(request) => Fault::DropAfter,
        _ => Fault::Pass,
    });
    copied("unknown", unknown).bad(&["unknown:v1 may or may not be published, and the registry does not say"]);
    let never: Rule = Box::new(move |request, _| if deaf(request) { Fault::Drop } else { Fault::Pass });
    copied("never", never).bad(&["never:v1 was not published"]);
    assert_eq!(get("deviations/never", "v1"), None);
}

/// A cache on the way that has kept something bad, and is passed over when it is told to be.
fn stale(is: Is) -> Rule {
    Box::new(move |request, nth| match is(request) {
        true if nth == 0 => Fault::Alter(|answer| {
            let middle = answer.body.len() / 2;
            answer.body[middle] ^= 1;
        }),
        true => {
            assert_eq!(request.header("cache-control"), Some("no-cache"), "{} {nth}", request.path());
            Fault::Pass
        }
        false => Fault::Pass,
    })
}

#[test]
fn other_bytes_are_asked_for_once_more() {
    pair("deviations/stale", "v1");
    let kinds: [Is; 2] = [|request| of(request, "GET", "/manifests/v1-"), |request| of(request, "GET", "/blobs/")];
    for is in kinds {
        let relay = Relay::new(plain(), stale(is));
        let done = run(&["manifest", &format!("{}/deviations/stale:v1", relay.host)]).good();
        assert!(done.stderr.contains("sends other bytes when asked to read"), "{}", done.stderr);
    }
    // A layer, into everything that it goes to.
    let contents = [noise(13, 900_000)];
    Image::new("amd64").contents(&contents).packing(Packing::Gzip).push("deviations/layer", "v1");
    Image::new("amd64").contents(&contents).packing(Packing::Zstd).push("deviations/zstd", "v1");
    let other = start("deviations-stale", &folder("deviations-stale"), "");
    let file = |name: &str| path("deviations", name);
    let layout = format!("oci:{}:v1", file("layout"));
    for (name, verb, to) in [
        ("layer", "export", file("x.tar")),
        ("layer", "export", file("x.tar.gz")),
        ("zstd", "export", file("z.tar")),
        ("layer", "copy", layout.clone()),
        ("layer", "copy", format!("{other}/acme/app:v1")),
    ] {
        let relay = Relay::new(plain(), stale(|request| of(request, "GET", "/blobs/")));
        let name = format!("deviations/{name}:v1");
        let options: &[&str] = if verb == "export" { &["--verify", "full", "-o"] } else { &[] };
        let through = format!("{}/{name}", relay.host);
        let done = run(&[&[verb, &through][..], options, &[&to]].concat()).good();
        assert!(done.stderr.contains("sends other bytes"), "{verb} {to}: {}", done.stderr);
        if verb == "export" {
            let straight = to.replace("deviations/", "deviations/straight-");
            run(&["export", &format!("{}/{name}", plain()), "--name", &through, "-o", &straight]).good();
            let [found, expected] = [&to, &straight].map(|file| std::fs::read(file).expect("a tarball"));
            assert!(digest(&found) == digest(&expected), "{to} is as if nothing had happened");
        }
    }
    run(&["inspect", &layout]).good();
    // A pipe has passed on what it has got.
    let relay = Relay::new(plain(), stale(|request| of(request, "GET", "/blobs/")));
    let through = format!("{}/deviations/layer:v1", relay.host);
    let piped = splitbuild(&["export", &through, "-o", "-"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&piped.stderr).into_owned();
    assert!(piped.status.code() == Some(1) && said.contains("sends other bytes when asked to read"), "{said}");
}

/// What has only a tag is known there by SHA-256; the digest that it is known by here is kept, or nothing is published.
#[test]
fn a_digest_that_is_not_common_is_kept_or_refused() {
    use sha2::Digest as _;
    pair("deviations/long", "v1");
    let body = get("deviations/long", "v1-amd64").expect("it is there").1;
    let digits: String = sha2::Sha512::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
    let long = format!("sha512:{digits}");
    let told = long.clone();
    let tells: Rule = Box::new(move |request, _| match of(request, "GET", "/manifests/v1-amd64") {
        true => {
            let headers = [("Content-Type", crate::image::MANIFEST), ("Docker-Content-Digest", &told)];
            Fault::Answer(Message::answer(200, &headers, &body))
        }
        false => Fault::Pass,
    });
    let from = Relay::new(plain(), tells);
    for status in [201, 400] {
        let told = long.clone();
        let rule: Rule = Box::new(move |request, _| match of(request, "PUT", "/manifests/sha512:") {
            true if status == 201 => Fault::Answer(Message::answer(201, &[("Docker-Content-Digest", &told)], b"")),
            true => answer(400, "DIGEST_INVALID"),
            false => Fault::Pass,
        });
        let to = Relay::new(plain(), rule);
        let target = format!("{}/deviations/long{status}:v1", to.host);
        let done = run(&["copy", &format!("{}/deviations/long:v1-amd64", from.host), &target]);
        if status == 201 {
            assert_eq!(done.good().stdout, format!("{target}@{long}\n"));
        } else {
            done.bad(&["was not published", "400: DIGEST_INVALID so it is"]);
        }
        assert_eq!(get(&format!("deviations/long{status}"), "v1").is_some(), status == 201);
    }
}
