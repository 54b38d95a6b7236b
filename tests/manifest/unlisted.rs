//! Releases where the registry lists its tags in pages, lists what is gone, or lists none; and others who move tags.

use crate::command::run;
use crate::http::{Message, ask};
use crate::image::{INDEX, get, pair, put};
use crate::registry::plain;
use crate::relay::{Fault, Relay};
use crate::release::{release, same};

/// The tags of a repository, by the registry.
fn tags(repository: &str) -> Vec<String> {
    let answer = ask(plain(), "GET", &format!("/v2/{repository}/tags/list"));
    let list: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    list["tags"].as_array().expect("a list").iter().map(|tag| tag.as_str().expect("text").to_owned()).collect()
}

fn list(tags: &[String], link: Option<String>) -> Fault {
    let body = serde_json::json!({ "name": "x", "tags": tags }).to_string();
    let headers: Vec<(&str, &str)> = link.iter().map(|link| ("Link", &**link)).collect();
    Fault::Answer(Message::answer(200, &headers, body.as_bytes()))
}

fn is_list(request: &Message) -> bool {
    request.path().contains("/tags/list")
}

#[test]
fn a_list_in_pages() {
    let repository = "release/pages";
    ["2.0.0", "1.1.9"].iter().for_each(|version| drop(pair(repository, version)));
    release(plain(), repository, "2.0.0", &["latest"], &[]).good();
    let rule = move |request: &Message, _: usize| {
        if !is_list(request) {
            return Fault::Pass;
        }
        // Three a page, by a mark that only the registry understands; its own address is wrong, as behind a proxy.
        let from = request.path().split_once("mark=").map_or(0, |(_, mark)| mark.parse().expect("a number"));
        let all = tags(repository);
        let page: Vec<String> = all.iter().skip(from).take(3).cloned().collect();
        let next = from + 3;
        let link = (next < all.len()).then(|| format!("<http://inside.invalid/v2/x?n=3&mark={next}>; rel=\"next\""));
        list(&page, link)
    };
    let relay = Relay::new(plain(), Box::new(rule));
    release(&relay.host, repository, "1.1.9", &["latest", "1"], &[]).good();
    assert!(same(repository, "latest", "2.0.0") && same(repository, "1", "1.1.9"));
    let lists: Vec<String> = relay.short().into_iter().filter(|line| line.contains("/tags/list")).collect();
    assert!(lists.len() >= 4 && lists[0].ends_with("?n=1000") && lists[1].ends_with("?n=3&mark=3"), "{lists:#?}");
}

#[test]
fn a_list_without_end() {
    let repository = "release/endless";
    pair(repository, "1.0.0");
    let rule = |request: &Message, _: usize| match is_list(request) {
        true => list(&["x".into()], Some("</v2/x?n=1000>; rel=\"next\"".into())),
        false => Fault::Pass,
    };
    let relay = Relay::new(plain(), Box::new(rule));
    let done = release(&relay.host, repository, "1.0.0", &["latest"], &[]);
    done.bad(&["latest was not moved", "violates the protocol", "is followed by itself"]);
    assert!(get(repository, "1.0.0").is_some() && get(repository, "latest").is_none());
}

#[test]
fn a_tag_that_is_listed_and_gone() {
    let repository = "release/gone";
    ["2.0.0", "1.1.9"].iter().for_each(|version| drop(pair(repository, version)));
    release(plain(), repository, "2.0.0", &["latest"], &[]).good();
    let rule = move |request: &Message, nth: usize| match is_list(request) && nth == 0 {
        true => list(&[tags(repository), vec!["9.0.0".into(), "not a tag".into()]].concat(), None),
        false => Fault::Pass,
    };
    let relay = Relay::new(plain(), Box::new(rule));
    release(&relay.host, repository, "1.1.9", &["latest"], &[]).good();
    assert!(same(repository, "latest", "2.0.0"));
}

#[test]
fn a_registry_that_lists_none() {
    for (number, status) in [404, 405, 403, 401, 501].into_iter().enumerate() {
        let repository = format!("release/unlisted{number}");
        let rule = move |request: &Message, _: usize| match is_list(request) {
            true => Fault::Answer(Message::answer(status, &[], b"")),
            false => Fault::Pass,
        };
        let relay = Relay::new(plain(), Box::new(rule));
        let index = serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] });
        put(plain(), &repository, "latest", INDEX, &index);
        for (version, leads) in [("2.0.0", "2.0.0"), ("1.1.9", "2.0.0"), ("2.0.1", "2.0.1"), ("2.1.0-rc.1", "2.0.1")] {
            pair(&repository, version);
            let done = release(&relay.host, &repository, version, &["latest"], &[]).good();
            assert!(same(&repository, "latest", leads), "{status}: {version}\n{}", done.stderr);
            if !version.contains("rc") {
                let says = format!("warning: the tags of {}/{repository} are not listed", relay.host);
                assert!(done.stderr.contains(&says), "{}", done.stderr);
            }
            let is_left = done.stderr.contains("latest to the higher version 2.0.0");
            assert_eq!(is_left, version == "1.1.9", "{}", done.stderr);
        }
    }
}

#[test]
fn nothing_says_which_version_is_higher() {
    let repository = "release/nothing";
    let rule = |request: &Message, _: usize| match is_list(request) {
        true => Fault::Answer(Message::answer(404, &[], b"")),
        false => Fault::Pass,
    };
    let relay = Relay::new(plain(), Box::new(rule));
    for version in ["2.0.0", "1.1.9"] {
        pair(repository, version);
        let done = release(&relay.host, repository, version, &["latest"], &["--format", "docker"]).good();
        assert!(done.stderr.contains("nothing says whether a moving tag leads to a higher version"), "{}", done.stderr);
        assert!(same(repository, "latest", version));
    }
    let [source, target] =
        ["release/nothing:2.0.0", "release/nothing-copied:2.0.0"].map(|it| format!("{}/{it}", relay.host));
    let done = run(&["copy", &source, &target, "--release", "2.0.0", "--moving-tag", "latest"]).good();
    assert!(done.stderr.contains("nothing says whether"), "{}", done.stderr);
}

/// Something else writes the tag each of the first `times` after we looked at the list.
fn against(name: &str, times: usize) -> (crate::command::Run, Relay) {
    let repository = format!("release/{name}");
    pair(&repository, "1.0.0");
    let place = repository.clone();
    let rule = move |request: &Message, nth: usize| {
        if is_list(request) && (1..=times).contains(&nth) {
            let index = serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] });
            put(plain(), &place, "latest", INDEX, &index);
        }
        Fault::Pass
    };
    let relay = Relay::new(plain(), Box::new(rule));
    (release(&relay.host, &repository, "1.0.0", &["latest"], &["--timeout", "20s"]), relay)
}

#[test]
fn a_tag_that_others_move() {
    let (done, relay) = against("rival", 2);
    done.good();
    assert!(same("release/rival", "latest", "1.0.0"));
    // The fixed tag, and the moving one three times.
    assert_eq!(relay.count("PUT"), 4, "{:#?}", relay.short());
    let (done, relay) = against("rivals", 1000);
    done.bad(&["does not stay at the highest version", "run the same command again"]);
    assert!((5..20).contains(&relay.count("PUT")), "{:#?}", relay.short());
}

#[test]
fn what_was_moved_and_cannot_be_looked_at_again() {
    let repository = "release/unseen";
    pair(repository, "1.0.0");
    let rule = |request: &Message, nth| match is_list(request) && nth > 0 {
        true => Fault::Answer(Message::answer(503, &[], b"")),
        false => Fault::Pass,
    };
    let relay = Relay::new(plain(), Box::new(rule));
    let done = release(&relay.host, repository, "1.0.0", &["latest"], &["--timeout", "1s"]);
    done.bad(&["latest was moved, and may or may not lead to the highest version", "503"]);
    assert!(same(repository, "latest", "1.0.0"));
}

#[test]
fn no_tag_is_moved_if_one_is_refused() {
    let repository = "release/refused";
    pair(repository, "1.0.0");
    let missing = format!("{}/release/missing:1.0.0", plain());
    let relay = Relay::new(plain(), Box::new(|_, _| Fault::Pass));
    let done = release(&relay.host, repository, "1.0.0", &["latest"], &[&missing]);
    done.bad(&["is not in", "nothing of any image was published"]);
    assert_eq!(relay.count("PUT"), 0);
    // A fixed tag that is not published keeps them, too.
    let rule = |request: &Message, _: usize| match request.method() == "PUT" {
        true => Fault::Answer(Message::answer(400, &[], b"")),
        false => Fault::Pass,
    };
    let relay = Relay::new(plain(), Box::new(rule));
    release(&relay.host, repository, "1.0.0", &["latest"], &[])
        .bad(&["1.0.0 was not published", "latest was not changed"]);
    assert!(!relay.short().iter().any(|line| line.contains("/tags/list")), "{:#?}", relay.short());
    assert_eq!(get(repository, "latest"), None);
    let index = serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] });
    put(plain(), repository, "latest", INDEX, &index);
    release(plain(), repository, "1.0.0", &["latest"], &[]).good();
    assert!(same(repository, "latest", "1.0.0"), "an index of another tool keeps nobody");
    assert_eq!(crate::image::index(repository, "latest")["annotations"]["io.splitbuild.version"], "1.0.0");
}
