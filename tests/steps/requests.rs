//! Runs for pull requests: everything is built and tested, children on the parents of their run, and nothing is pushed.

use std::path::PathBuf;

use super::command::generated_of;
use super::job::{Config, Ran, SHELLS, Trigger, everywhere};
use super::runner;

const MATRIX: &str = r#"
version: 1
registries: { docker.io: { username: "${DOCKER_USER}", password: "${DOCKER_PASS}" } }
circleci: { contexts: [hub] }
images:
  base: { image: acme/base, platforms: [linux/amd64], args: { BRANCH: "${git_branch}", COMMIT: "${git_sha}", REF: "${git_ref}" } }
  copied: { image: acme/copied, copy: "docker.io/library/redis:7" }
  child:
    image: [acme/child, acme/other]
    needs: [base, copied]
    pull: true
    test: docker run --rm "$image:$arch_tag" "${pr-}"
    export: { acme/child: "child-${arch}.tar", acme/other: "other-${arch}.tar" }
  script: { image: acme/script, needs: ["build-child-${arch}"], run: docker build --tag "$arch_image" . }
workflows:
  main: { on: { branches: ["**"] }, tags: [latest] }
  requests: { on: { pull_requests: [main] }, push: false }
tool: { image: acme/tool }
"#;

fn request(config: &Config, name: &str, before: &[&Ran], shell: &[&str]) -> Ran {
    let job = config.job("requests", name, Trigger::Request("feat/x"));
    before.iter().fold(job, |job, earlier| job.after(earlier)).run(shell).green()
}

/// It has asked no registry for anything of this run, nor given it anything.
fn is_local(ran: &Ran) {
    assert_eq!(ran.pushes(), Vec::<&str>::new(), "{}", ran.log);
    assert!(ran.of("docker", "login").is_empty(), "{}", ran.log);
}

#[test]
fn a_request_pushes_nothing_needs_no_secret_and_builds_on_its_own_parents() {
    everywhere(MATRIX, |config, shell| {
        let base = request(config, "build-base-amd64", &[], shell);
        is_local(&base);
        let names = ["BRANCH=feat/x", &format!("COMMIT={}", super::job::REVISION), "REF=feat/x"];
        assert_eq!(Ran::values(base.one("docker", "build"), "--build-arg"), names, "{}", base.log);
        let kept = &base.kept()[".splitbuild/base-amd64.tar"];
        // A daemon that outlives the job may have what other pipelines, and jobs beside this one, call the same.
        let (saved, own) = match config.provider {
            "circleci" => ("splitbuild/kept:base-amd64-1", "splitbuild/kept:base-amd64-1"),
            _ => ("splitbuild/kept:4200-base-amd64-1", "splitbuild/kept:4200-base-amd64-1-420000"),
        };
        assert_eq!(String::from_utf8_lossy(kept), format!("{saved}\n"));
        // The parent is there for one architecture only.
        for arch in ["amd64", "arm64"] {
            let child = request(config, &format!("build-child-{arch}"), &[&base], shell);
            is_local(&child);
            assert_eq!(child.of("docker", "load").len(), 1, "{}", child.log);
            assert_eq!(child.one("docker", "pull"), ["pull", "docker.io/library/redis:7"]);
            let named = ["tag", "docker.io/library/redis:7", "acme/copied:local"];
            assert!(child.of("docker", "tag").iter().any(|call| *call == named), "a copy's name means its source");
            let build = child.one("docker", "build");
            let mut contexts: Vec<&str> =
                build.iter().filter_map(|word| word.strip_prefix("--build-context=")).collect();
            contexts.sort_unstable();
            let expected = [
                format!("acme/base:local-amd64=docker-image://{own}"),
                format!("acme/base:local=docker-image://{own}"),
                "acme/copied:local=docker-image://docker.io/library/redis:7".into(),
            ];
            assert_eq!(contexts, expected, "{build:?}");
            assert!(!build.iter().any(|word| word == "--pull"), "{build:?}");
            let tested = ["run", "--rm", &format!("acme/child:local-{arch}"), "12"];
            assert_eq!(child.one("docker", "run"), tested);
            let script = request(config, &format!("build-script-{arch}"), &[&child], shell);
            is_local(&script);
            // Of each of the child's two names, where its own name is to be there when it is tagged.
            let loads = if config.provider == "circleci" { 1 } else { 2 };
            assert_eq!(script.of("docker", "load").len(), loads, "{}", script.log);
            assert!(
                script.kept().keys().all(|file| !file.ends_with(".tar")),
                "nobody builds on it: {:?}",
                script.kept()
            );
        }
    });
}

#[test]
fn what_was_built_for_another_platform_fails_its_request_too() {
    everywhere(MATRIX, |config, shell| {
        let job = config.job("requests", "build-base-amd64", Trigger::Request("x"));
        let ran = job.behaving("platforms", "acme/base:local-amd64 linux/s390x\n").run(shell).red("linux/s390x");
        assert!(ran.kept().is_empty(), "{:?}", ran.kept());
    });
}

#[test]
fn what_is_pushed_is_as_it_was() {
    everywhere(MATRIX, |config, shell| {
        let job = config.job("main", "build-base-amd64", Trigger::Branch("x")).with("DOCKER_USER", "me");
        job.run(shell).red("DOCKER_PASS");
        let base = job.with("DOCKER_PASS", "secret").run(shell).green();
        assert_eq!((base.pushes().len(), base.of("docker", "login").len()), (1, 1), "{}", base.log);
        assert!(base.of("docker", "save").is_empty());
    });
}

#[test]
fn a_request_logs_in_where_it_is_asked_to_and_can() {
    everywhere(&MATRIX.replace("push: false", "push: false, login: true"), |config, shell| {
        is_local(&request(config, "build-base-amd64", &[], shell));
        let job = config.job("requests", "build-base-amd64", Trigger::Request("x"));
        let ran = job.with("DOCKER_USER", "me").with("DOCKER_PASS", "secret").run(shell).green();
        assert_eq!((ran.pushes().len(), ran.of("docker", "login").len()), (0, 1), "{}", ran.log);
        assert!(!ran.log.contains("secret"), "{}", ran.log);
    });
}

#[test]
fn an_event_starts_the_workflow_that_is_for_it() {
    let text = generated_of(MATRIX, "circleci");
    let config = runner::Config::parse(&text).unwrap_or_else(|refusal| panic!("{refusal}"));
    let started = |event: runner::Event| -> Vec<String> {
        let (slug, revision, repository) = ("gh/acme/this".into(), super::job::REVISION.into(), PathBuf::new());
        let trigger = runner::Trigger { event, slug, number: 42, revision, repository };
        let workflows = config.triggered(&trigger).unwrap_or_else(|refusal| panic!("{refusal}"));
        let contexts = workflows.iter().flat_map(|workflow| &workflow.jobs).any(|job| !job.contexts.is_empty());
        assert_eq!(contexts, workflows.iter().any(|workflow| workflow.name == "main"), "no secret for a request");
        workflows.into_iter().map(|workflow| workflow.name).collect()
    };
    let request = |base: &str| runner::Event::Request { number: 12, base: base.into(), head: "feat/x".into() };
    assert_eq!(started(request("main")), ["requests"]);
    assert_eq!(started(request("other")), Vec::<String>::new());
    assert_eq!(started(runner::Event::Branch("feat/x".into())), ["main"]);
}

#[test]
fn a_shell_is_left_as_it_was_by_what_is_loaded() {
    let matrix = MATRIX.replace("registries:", "gitlab: { services: [] }\nregistries:");
    let config = Config::for_provider(&matrix, "gitlab");
    let base = request(&config, "build-base-amd64", &[], SHELLS[0]);
    let child = request(&config, "build-child-amd64", &[&base], SHELLS[0]);
    // A machine that outlives its jobs keeps no image of theirs.
    for ran in [&base, &child] {
        let left = ran.recorded("images").unwrap_or_default();
        assert!(left.lines().all(|image| image == "docker.io/library/redis:7"), "{left}");
    }
}
