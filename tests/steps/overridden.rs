//! Whoever starts a pipeline of GitLab's can override its variables: nothing of ours is taken from them but the name of the
//! workflow, and that must be one.

use super::job::{Config, Job, Ran, SHELLS, Trigger};

const MATRIX: &str = r#"
version: 1
vars: { channel: edge, late: "${NAME}" }
images:
  base: { image: acme/base }
  app:
    image: acme/app
    needs: [base]
    retry: 1
    args: { CHANNEL: "${channel}", LATE: "${late}", TAG: "${tag}", ARCH: "${arch_tag}" }
    labels: { revision: "${revision}" }
    export: "app-${tag}-${arch}.tar"
  script:
    image: acme/script
    setup: note "$channel" "$platform" "$arch"
    run: docker build --tag "$arch_image" . && note "$tag" "$arch_tag" "$late" "$revision"
  copied: { image: acme/copied, copy: "redis:${channel}" }
workflows:
  main: { on: { branches: [main] }, tags: [latest, "${git_short_sha}"] }
  release: { on: { tags: ["**"] }, tags: ["${git_tag}", stable], vars: { channel: stable, late: "is ${NAME}" } }
registries: { r.acme.org: { username: me, password: "${PASS}" } }
tool: { image: r.acme.org/tool }
"#;

/// Every name that a script of ours uses, and some that shells do.
const NAMES: &str = "platform arch revision tag tags fixed first one each key image images name digest digests found from file \
                     what index pin pins tries try status channel late arch_tag arch_image platforms arches published own \
                     user_r_acme_org root git_sha git_branch git_tag git_ref git_short_sha pipeline IFS CDPATH \
                     GIT_TERMINAL_PROMPT";

fn jobs(config: &Config, workflow: &str) -> Vec<Job> {
    let trigger = if workflow == "main" { Trigger::Branch("main") } else { Trigger::Tag("v1") };
    let names = ["build-app-amd64", "build-script-arm64", "build-app-manifest", "build-copied", "export-app"];
    let job = |name: &&str| {
        let job = config.job(workflow, name, trigger).with("NAME", "a name").with("PASS", "p");
        let job = job.given(".splitbuild/base-amd64", "pushed acme/base:latest acme/base:latest-amd64 sha256:00\n");
        job.given(".splitbuild/app-index", "acme/app:latest@sha256:00\n")
    };
    names.iter().map(job).collect()
}

/// Files by their names.
type Files = Vec<(String, Vec<u8>)>;

fn did(ran: &Ran) -> (Vec<Vec<&str>>, Files) {
    let words = ran
        .calls
        .iter()
        .map(|call| std::iter::once(call.tool.as_str()).chain(call.arguments.iter().map(String::as_str)).collect());
    (words.collect(), ran.kept().into_iter().collect())
}

#[test]
fn variables_of_whoever_starts_a_pipeline_change_nothing() {
    let matrices = [MATRIX.to_owned(), format!("{MATRIX}gitlab: {{ services: [] }}\n")];
    for matrix in matrices {
        let config = Config::for_provider(&matrix, "gitlab");
        for shell in SHELLS {
            for workflow in ["main", "release"] {
                for job in jobs(&config, workflow) {
                    let plain = job.run(shell).green();
                    for value in ["$(touch pwned)", "evil"] {
                        let job = NAMES.split(' ').fold(job.clone(), |job, name| job.with(name, value));
                        let ran = job.run(shell).green();
                        assert_eq!(did(&ran), did(&plain), "{}", ran.log);
                        assert!(ran.found("pwned").is_none());
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_no_workflow_does_nothing() {
    let config = Config::for_provider(MATRIX, "gitlab");
    for shell in SHELLS {
        for name in ["evil", "", "*", "$(touch pwned)", "main) touch pwned ;; x"] {
            for job in jobs(&config, "main") {
                let ran = job.with("SPLITBUILD_WORKFLOW", name).run(shell);
                if ran.calls.iter().any(|call| call.tool == "splitbuild" && call.arguments[0] == "export") {
                    // What is saved is what was published.
                    continue;
                }
                let ran = ran.red(&format!("there is no workflow '{name}'"));
                let is_ours = |tool: &str, first: &str| !ran.of(tool, first).is_empty();
                assert!(!is_ours("docker", "build") && !is_ours("docker", "push"), "{}", ran.log);
                assert!(!is_ours("splitbuild", "manifest") && !is_ours("splitbuild", "copy"));
                assert!(ran.found("pwned").is_none() && ran.kept().keys().all(|path| !path.ends_with("-arm64")));
            }
        }
    }
}
