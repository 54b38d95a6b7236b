//! Faults that a generator could have, planted in what it emits: each is seen by what a run must come to.

use std::process::Command;

use crate::daemon::{Engine, output};
use crate::http::ask;
use crate::meeting::{Project, inspected, layers};
use crate::registry::plain;
use crate::relay::{Fault, Relay, Rule};
use crate::runner::{Config, Report, State};

/// What a job has handed on in a file of this name.
fn handed_on(report: &Report, job: &str, file: &str) -> String {
    let files = report.job("main", job).workspace();
    let (_, bytes) = files.into_iter().find(|(path, _)| path.ends_with(file)).expect("it is handed on");
    String::from_utf8(bytes).expect("text")
}

/// Runs it, and says what is not as it should be.
fn fault(project: &Project, text: &str, number: u64) -> Option<String> {
    // Every run is of a commit of its own.
    project.write("app/content", &format!("of run {number}\n"));
    project.commit();
    project.forget("base");
    let config = Config::parse(text).unwrap_or_else(|refusal| panic!("{refusal}\n{text}"));
    let report = project.run(&config, number);
    if let Some(job) = report.jobs.iter().find(|job| job.state != State::Succeeded) {
        return Some(format!("{} is {:?}: {}", job.name, job.state, job.log));
    }
    // What the build of the architecture says that it has pushed is what was published.
    let handed = handed_on(&report, "build-app-amd64", "app-amd64");
    let pushed = handed.lines().find(|line| line.starts_with("pushed ")).expect("something was pushed");
    let pushed = pushed.split(' ').next_back().expect("a digest");
    let app = project.image("app", "latest");
    let published = inspected(&app, "--json")["images"][0]["digest"].as_str().expect("a digest").to_owned();
    if published != pushed {
        return Some(format!("{app} is {published}, and {pushed} was pushed"));
    }
    let base = handed_on(&report, "build-base-manifest", "base-index");
    (layers(&app)[0] != layers(base.trim())[0]).then(|| format!("{app} is not built on {base}"))
}

#[test]
fn each_makes_a_run_fail() {
    let _turn = crate::turn();
    let project = Project::new("planted", Engine::Modern);
    let other = project.other();
    output(Command::new(env!("CARGO_BIN_EXE_splitbuild")).args(["copy", &other, &project.image("app", "odd")]));
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
    let mut project = Project::new("planted", Engine::Modern);
    project.publishes_to(&relay.host);
    // Between parent and child, another run moves the parent's tag.
    let text = project.emitted(&format!("splitbuild copy {other} {}", project.image("base", "latest")), "[latest]");
    assert_eq!(fault(&project, &text, 1), None, "nothing is planted yet");

    let requires = "      - build-app-amd64:\n          requires: [build-base-manifest]\n";
    let digests = "--digests .splitbuild/<< parameters.key >>-amd64";
    let by_tag = "$(sed -n 's/^pushed \\([^ ]*\\) .*/\\1/p' .splitbuild/<< parameters.key >>-amd64)";
    let plants = [
        ("a missing need", requires, "      - build-app-amd64:\n", "build-app-amd64 is Failed"),
        ("the parents left out", "docker build \"$@\"", "docker build", "is not built on"),
        ("a wrong tag", "echo \"pushed $one:$each ", "echo \"pushed $one:$each-x ", "was pushed"),
        ("the hand-over ignored", digests, by_tag, "was pushed"),
    ];
    for (number, (name, right, wrong, says)) in (2..).zip(plants) {
        let planted = text.replace(right, wrong);
        assert_ne!(planted, text, "{name}: it is there");
        let found = fault(&project, &planted, number);
        assert!(found.as_ref().is_some_and(|found| found.contains(says)), "{name}: {found:?}");
    }
}
