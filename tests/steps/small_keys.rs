//! What the indexes of some images have and those of others have not, and values that are cut.

use super::job::{Config, Job, REVISION, Ran, Trigger, everywhere, on_every_provider};

const MATRIX: &str = r#"
version: 1
vars: { channel: stable }
images:
  app:
    image: acme/app
    args: { VERSION: "v${git_sha:7}", WHOLE: "${git_sha:40}" }
    annotations: { title: "It's \"$${x}\" <<", version: "${channel} ${RELEASE}", sha: "${git_sha:12}" }
  plain: { image: acme/plain, platforms: [linux/amd64] }
  old: { image: acme/old, format: docker }
  mirror: { image: quay.io/acme/app, copy: "acme/app:${tag}", needs: [app] }
  older: { image: quay.io/acme/older, copy: "acme/app:v1", needs: [app] }
  latest: { image: quay.io/acme/latest, copy: "acme/app:latest", needs: [app] }
  pinned: { image: quay.io/acme/pinned, copy: "acme/app@sha256:0000", needs: [app] }
workflows:
  main: { on: { branches: [main] }, tags: [latest, "${git_sha:7}"] }
  edge: { on: { branches: [edge] }, tags: ["${git_branch}"], vars: { channel: "of ${git_branch}" } }
tool: { image: acme/tool }
"#;

fn job(config: &Config, workflow: &str, name: &str) -> Job {
    let job = config.job(workflow, name, Trigger::Branch(workflow)).with("RELEASE", "$(id) 1.0");
    // What earlier jobs have kept.
    job.given(".splitbuild/app-index", "")
}

#[test]
fn annotations_are_those_of_the_image_and_the_run() {
    everywhere(MATRIX, |config, shell| {
        for (workflow, channel) in [("main", "stable"), ("edge", "of edge")] {
            let ran = job(config, workflow, "build-app-manifest").run(shell).green();
            let version = format!("version={channel} $(id) 1.0");
            let sha = format!("sha={}", &REVISION[..12]);
            let call = ran.one("splitbuild", "manifest");
            assert_eq!(Ran::values(call, "--annotation"), ["title=It's \"${x}\" <<", &version, &sha], "{}", ran.log);
            let ran = job(config, workflow, "build-plain-manifest").run(shell).green();
            let call = ran.one("splitbuild", "manifest");
            assert!(Ran::values(call, "--annotation").is_empty());
            assert_eq!(Ran::values(call, "--platform"), ["linux/amd64"]);
            assert_eq!(Ran::values(call, "--digests"), [".splitbuild/plain-amd64"]);
        }
        let ran = job(config, "main", "build-app-manifest").with("RELEASE", "").run(shell).red("RELEASE: set it in ");
        assert!(ran.calls.is_empty());
    });
}

#[test]
fn a_docker_manifest_list_has_no_run() {
    everywhere(MATRIX, |config, shell| {
        // Whoever starts a pipeline of GitLab's may give variables.
        let ran = job(config, "main", "build-old-manifest").with("index_format", "oci").run(shell).green();
        let call = ran.one("splitbuild", "manifest");
        assert_eq!(Ran::values(call, "--format"), ["docker"]);
        assert!(["--run", "--fixed-tag", "--annotation"].iter().all(|it| Ran::values(call, it).is_empty()));
        let ran = job(config, "main", "build-app-manifest").with("index_format", "docker").run(shell).green();
        let call = ran.one("splitbuild", "manifest");
        assert_eq!(Ran::values(call, "--format"), ["oci"]);
        assert_eq!(Ran::values(call, "--run"), ["acme/this/42"]);
        assert_eq!(Ran::values(call, "--fixed-tag"), [&REVISION[..7]]);
    });
}

#[test]
fn what_all_indexes_have_is_no_parameter() {
    let matrix = "version: 1\ndefaults: { format: docker }\nimages: { app: { image: acme/app } }\n\
        workflows: { main: { on: { branches: [main] }, tags: [\"${git_sha}\"] } }\ntool: { image: acme/tool }\n";
    everywhere(matrix, |config, shell| {
        let ran = job(config, "main", "build-app-manifest").run(shell).green();
        let call = ran.one("splitbuild", "manifest");
        assert_eq!(Ran::values(call, "--format"), ["docker"]);
        assert!(["--run", "--fixed-tag"].iter().all(|it| Ran::values(call, it).is_empty()));
        assert!(!config.document().to_string().contains("$format"));
    });
    let matrix = matrix.replace("format: docker", "annotations: { a: \"b ${git_ref}\" }");
    everywhere(&matrix, |config, shell| {
        let ran = job(config, "main", "build-app-manifest").run(shell).green();
        let call = ran.one("splitbuild", "manifest");
        assert_eq!(Ran::values(call, "--annotation"), ["a=b main"]);
        assert_eq!(Ran::values(call, "--run").len(), 1);
    });
}

#[test]
fn a_commit_is_cut() {
    on_every_provider(MATRIX, |config, shell| {
        let ran = job(config, "main", "build-app-amd64").run(shell).green();
        let [short, whole] = [format!("VERSION=v{}", &REVISION[..7]), format!("WHOLE={REVISION}")];
        assert_eq!(Ran::values(ran.one("docker", "build"), "--build-arg"), [short, whole]);
        assert_eq!(ran.pushes(), ["acme/app:latest-amd64".to_owned(), format!("acme/app:{}-amd64", &REVISION[..7])]);
    });
}

#[test]
fn an_image_of_this_run_is_copied_by_its_digest() {
    everywhere(MATRIX, |config, shell| {
        for (workflow, tags) in [("main", vec!["latest", &REVISION[..7]]), ("edge", vec!["edge"])] {
            let ran = job(config, workflow, "build-mirror").run(shell).green();
            let call = ran.one("splitbuild", "copy");
            let file = Ran::values(call, "--digests");
            assert!(file.len() == 1 && ran.found(file[0]).is_some(), "{file:?}: {}", ran.log);
            let targets: Vec<String> = tags.iter().map(|tag| format!("quay.io/acme/app:{tag}")).collect();
            assert_eq!(call[call.len() - targets.len() - 1], format!("acme/app:{}", tags[0]), "the first tag");
            assert_eq!(call[call.len() - targets.len()..], targets);
        }
        // By a digest it is one image whatever this run does, and not every run gives it these tags.
        for name in ["build-pinned", "build-older", "build-latest"] {
            let ran = job(config, "main", name).run(shell).green();
            assert!(Ran::values(ran.one("splitbuild", "copy"), "--digests").is_empty(), "{name}");
        }
    });
}
