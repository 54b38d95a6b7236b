//! Two runs that publish one tag at the same time: whatever comes last to the registry, the newest stays.

use crate::command::run;
use crate::http::Message;
use crate::image::{INDEX, Image, get, index, put};
use crate::registry::plain;
use crate::relay::{Fault, Relay};

/// Publishes as run 7, while something else is written to the tag each of the first `times` after we wrote it; what was
/// said, the relay, and the run that the tag is left with.
fn against(name: &str, rival: Option<&'static str>, times: usize) -> (String, Relay, serde_json::Value) {
    let repository = format!("rivals/{name}");
    for architecture in ["amd64", "arm64"] {
        Image::new(architecture).content(architecture).push(&repository, &format!("v1-{architecture}"));
    }
    let place = repository.clone();
    let rule = move |request: &Message, nth: usize| {
        if request.method() == "HEAD" && request.path().ends_with("/v1") && nth < times {
            // Registries that list none are the same to who looks.
            let annotations = rival.map(|run| serde_json::json!({ "io.splitbuild.run": run }));
            let index = serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [], "annotations": annotations });
            put(plain(), &place, "v1", INDEX, &index);
        }
        Fault::Pass
    };
    let relay = Relay::new(plain(), Box::new(rule));
    let done = run(&["manifest", &format!("{}/{repository}:v1", relay.host), "--run", "p/7"]).good();
    let left = index(&repository, "v1")["annotations"]["io.splitbuild.run"].clone();
    assert_eq!(done.stdout.lines().count(), 1, "{}", done.stdout);
    let printed = done.stdout.trim().rsplit('@').next().expect("a digest");
    assert!(get(&repository, printed).is_some(), "what is printed can be had");
    (done.stderr, relay, left)
}

#[test]
fn an_older_run_does_not_keep_the_tag() {
    for times in [1, 2] {
        let (said, relay, left) = against(&format!("older{times}"), Some("p/6"), times);
        assert_eq!(left, "p/7");
        assert!(said.contains("published ") && !said.contains("left "), "{said}");
        assert_eq!(relay.count("PUT"), times + 1, "{:#?}", relay.short());
    }
    // An end, should there be no end of them.
    let (_, relay, _) = against("many", Some("p/6"), 1000);
    assert!((3..10).contains(&relay.count("PUT")), "{:#?}", relay.short());
}

#[test]
fn a_newer_run_keeps_the_tag_and_who_is_no_run_of_ours_too() {
    let (said, relay, left) = against("newer", Some("p/8"), 1);
    assert_eq!((left, relay.count("PUT")), ("p/8".into(), 1));
    assert!(said.contains("to the newer run p/8; this run's index was pushed by digest only"), "{said}");
    for (name, rival) in [("stranger", Some("q/1")), ("nobody", None)] {
        let (said, relay, left) = against(name, rival, 1);
        assert_eq!((left, relay.count("PUT")), (rival.into(), 1));
        assert!(said.contains("published "), "{said}");
    }
}

/// A run waits long for its images; what it decides by must not be as old.
#[test]
fn the_tag_is_looked_at_when_the_images_are_there() {
    let repository = "rivals/waiting";
    let image = Image::new("amd64");
    image.push(repository, "v1-amd64");
    let rule = move |request: &Message, nth: usize| match request.path().ends_with("/v1-amd64") && nth == 0 {
        true => {
            let annotations = serde_json::json!({ "io.splitbuild.run": "p/8" });
            let index = serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [], "annotations": annotations });
            put(plain(), repository, "v1", INDEX, &index);
            Fault::Answer(Message::answer(404, &[], b""))
        }
        false => Fault::Pass,
    };
    let relay = Relay::new(plain(), Box::new(rule));
    let target = format!("{}/{repository}:v1", relay.host);
    let arguments = ["manifest", &target, "--platform", "linux/amd64", "--run", "p/7", "--wait", "1m"];
    assert!(run(&arguments).good().stderr.contains("to the newer run p/8"));
    assert_eq!(index(repository, "v1")["annotations"]["io.splitbuild.run"], "p/8");
}
