//! What an emitted configuration promises, where a real build shows more than a script by itself.

use crate::daemon::{Engine, docker_of, output};
use crate::http::ask;
use crate::meeting::{Project, inspected};
use crate::registry::plain;
use crate::runner::{Config, Event, Report, State};

/// Runs a matrix, given the keys of its one image and what follows the images.
fn run(project: &Project, image: &str, more: &str, event: Event) -> Report {
    let matrix = format!(
        "version: 1\ndefaults: {{ platforms: [linux/amd64] }}\nimages:\n  base: {{ {image} }}\n{more}\n\
         tool: {{ image: acme/tool }}\n"
    );
    let text = project.generated(&matrix);
    let config = Config::parse(&text).unwrap_or_else(|refusal| panic!("{refusal}\n{text}"));
    project.run_for(&config, 1, event)
}

fn name(project: &Project, image: &str) -> String {
    project.image(image, "").trim_end_matches(':').to_owned()
}

/// Whether the registry has a tag.
fn has(project: &Project, image: &str, tag: &str) -> bool {
    let repository = name(project, image).replace(&format!("{}/", project.registry), "");
    ask(plain(), "GET", &format!("/v2/{repository}/manifests/{tag}")).status() == 200
}

fn label(project: &Project, image: &str, label: &str) -> String {
    let format = format!("{{{{index .Config.Labels \"{label}\"}}}}");
    let text = output(&mut docker_of(project.engine, &["image", "inspect", "--format", &format, image]));
    text.trim_end_matches('\n').to_owned()
}

const MAIN: &str = "workflows: { main: { on: { branches: [main] }, tags: [latest] } }";

fn main_branch() -> Event {
    Event::Branch("main".into())
}

#[test]
fn nothing_is_pushed_before_every_image_of_the_job_is_there() {
    let _turn = crate::turn();
    let project = Project::new("every", Engine::Modern);
    let (one, two) = (name(&project, "one"), name(&project, "two"));
    let keys = format!("image: [\"{one}\", \"{two}\"], run: 'docker build --tag \"{one}:$arch_tag\" base'");
    let report = run(&project, &keys, MAIN, main_branch());
    let job = report.job("main", "build-base-amd64");
    assert_eq!(job.state, State::Failed);
    assert!(job.log.contains(&format!("{two}:latest-amd64")), "it is named: {}", job.log);
    assert!(!has(&project, "one", "latest-amd64") && job.workspace().is_empty(), "{}", job.log);
    assert_eq!(report.job("main", "build-base-manifest").state, State::Blocked);
}

#[test]
fn a_script_that_ends_early_publishes_nothing() {
    let _turn = crate::turn();
    for (at, keys) in ["context: base, setup: 'exit 0'", "run: 'exit 0'"].into_iter().enumerate() {
        let project = Project::new(["setup", "run"][at], Engine::Modern);
        let keys = format!("image: \"{}\", {keys}", name(&project, "base"));
        let report = run(&project, &keys, MAIN, main_branch());
        assert_eq!(report.job("main", "build-base-amd64").state, State::Failed, "{keys}");
        assert_eq!(report.job("main", "build-base-manifest").state, State::Blocked, "{keys}");
        assert!(!has(&project, "base", "latest-amd64") && !has(&project, "base", "latest"), "{keys}");
    }
}

#[test]
fn what_setup_exports_reaches_the_build_and_the_tags() {
    let _turn = crate::turn();
    let project = Project::new("exports", Engine::Modern);
    let base = name(&project, "base");
    let keys = format!(
        "image: \"{base}\", context: base, labels: {{ version: \"${{VERSION}}\" }}, \
         setup: 'cd base && VERSION=\"1.2+$(wc -l <content)\" && export VERSION'"
    );
    let workflow = "workflows: { main: { on: { branches: [main] }, tags: [latest, \"${VERSION}\"] } }";
    let report = run(&project, &keys, workflow, main_branch()).green();
    let digest = |tag: &str| inspected(&format!("{base}:{tag}"), "--json")["digest"].clone();
    assert_eq!(digest("1.2-1"), digest("latest"), "{}", report.job("main", "build-base-amd64").log);
    assert_eq!(label(&project, &format!("{base}:1.2-1-amd64"), "version"), "1.2+1");
}

#[test]
fn a_branch_is_text_wherever_it_stands() {
    let _turn = crate::turn();
    let project = Project::new("branch", Engine::Modern);
    let base = name(&project, "base");
    let keys = format!(
        "image: \"{base}\", context: base, labels: {{ of: \"${{git_branch}}\" }}, args: {{ OF: \"${{git_ref}}\" }}"
    );
    let workflow = "workflows: { main: { on: { branches: [\"/f.*/\"] }, tags: [\"${git_branch}\"] } }";
    for (branch, tag) in [
        ("f/$(touch${IFS}pwned)", "f---touch--IFS-pwned-"),
        ("f;touch${IFS}pwned;`id`", "f-touch--IFS-pwned--id-"),
        ("f'\"%s&<<", "f---s---"),
    ] {
        let report = run(&project, &keys, workflow, Event::Branch(branch.into())).green();
        let log = &report.job("main", "build-base-amd64").log;
        assert!(has(&project, "base", tag), "{branch}: {log}");
        assert_eq!(label(&project, &format!("{base}:{tag}-amd64"), "of"), branch, "{log}");
        for job in &report.jobs {
            let found = std::process::Command::new("find").arg(&job.folder).args(["-name", "pwned"]).output();
            assert!(found.expect("find runs").stdout.is_empty(), "{branch}");
        }
    }
}
