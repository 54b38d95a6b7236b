//! Faults that a generator could have, planted in what it emits: each is seen by what a run must come to.

use std::process::Command;

use crate::daemon::{Engine, output};
use crate::http::ask;
use crate::meeting::{Building, Project, inspected, layers};
use crate::registry::plain;
use crate::relay::{Fault, Relay, Rule};
use crate::runner::{Config, State};

/// Runs it, and says what is not as it should be.
fn fault(project: &Project, text: &str, number: u64) -> Option<String> {
    let config = Config::parse(text).unwrap_or_else(|refusal| panic!("{refusal}\n{text}"));
    let report = project.run(&config, number);
    if let Some(job) = report.jobs.iter().find(|job| job.state != State::Succeeded) {
        return Some(format!("{} is {:?}: {}", job.name, job.state, job.log));
    }
    // What the build of the architecture says that it has pushed is what was published.
    let files = report.job("main", "build-app-amd64").workspace();
    let (_, told) = files.into_iter().find(|(path, _)| path.ends_with("app-amd64.json")).expect("it is handed on");
    let told: serde_json::Value = serde_json::from_slice(&told).expect("JSON");
    let (app, base) = (project.image("app", "latest"), project.image("base", "latest"));
    let published = inspected(&app, "--json")["images"][0]["digest"].clone();
    if told["pushed"][0]["digest"] != published {
        return Some(format!("{app} is {published}, and {} was pushed", told["pushed"][0]["digest"]));
    }
    (layers(&app)[0] != layers(&base)[0]).then(|| format!("{app} is not built on {base}"))
}

#[test]
fn each_makes_a_run_fail() {
    let _turn = crate::turn();
    let project = Project::new("planted", Engine::Classic, Building::Classic);
    let copy = ["copy", &project.other(), &project.image("app", "odd")];
    output(Command::new(env!("CARGO_BIN_EXE_splitbuild")).args(copy));
    let odd = ask(plain(), "GET", "/v2/meeting-planted/app/manifests/odd");
    assert_eq!(odd.status(), 200);
    // Between build and manifest job, another run pushes its own image under the same per-architecture name.
    let pushed_over: Rule = Box::new(move |request, _| {
        let is_ours = request.header("user-agent").is_some_and(|it| it.starts_with("splitbuild"));
        match is_ours && request.path().ends_with("/app/manifests/latest-amd64") {
            true => Fault::Answer(odd.clone()),
            false => Fault::Pass,
        }
    });
    let relay = Relay::new(plain(), pushed_over);
    let mut project = Project::new("planted", Engine::Classic, Building::Classic);
    project.publishes_to(&relay.host);
    let text = project.emitted("true", "[latest]");
    assert_eq!(fault(&project, &text, 1), None, "nothing is planted yet");

    let requires = "      - build-app-amd64:\n          requires:\n            - build-base-manifest\n";
    let digests = "set -- \"$@\" --digests \".splitbuild/$SPLITBUILD_KEY-$_arch.json\"";
    let by_tag = "set -- \"$@\" \"$(sed -n 's/.*\"image\":\"\\(.*\\)\",\"tag\":\"\\(.*\\)\",\"ref.*/\\1:\\2/p' \".splitbuild/$SPLITBUILD_KEY-$_arch.json\")\"";
    let plants = [
        ("a missing need", requires, "      - build-app-amd64:\n", "build-app-amd64 is Failed"),
        ("a wrong tag", "_tags=\"$_tags $cleaned\"", "_tags=\"$_tags $cleaned-x\"", "was pushed"),
        ("the hand-over ignored", digests, by_tag, "was pushed"),
    ];
    for (number, (name, right, wrong, says)) in (2..).zip(plants) {
        let planted = text.replace(right, wrong);
        assert_ne!(planted, text, "{name}: it is there");
        let found = fault(&project, &planted, number);
        assert!(found.as_ref().is_some_and(|found| found.contains(says)), "{name}: {found:?}");
    }
}
