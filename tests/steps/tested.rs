//! What was built is tried before any of it is pushed.

use super::job::{Trigger, on_every_provider};

const MATRIX: &str = r#"
version: 1
vars: { channel: stable }
images:
  app:
    image: [acme/app, acme/other]
    setup: export VERSION=7
    test: |
      docker run --rm "$image:$arch_tag" "$tag" "$channel" "$platform" "$revision" "$#" <<EOF
      EOF
      [ -z "${FAIL-}" ] || { echo "the server does not start" >&2; cd /; false; echo green; }
      exit 0
  script: { image: acme/script, run: "docker build --tag \"$arch_image\" .", test: "docker run --rm \"$arch_image\"" }
workflows:
  main: { on: { branches: ["**"] }, tags: ["${git_branch}", "v${VERSION}"], vars: { channel: "beta-${VERSION}" }, images: [app] }
  release: { on: { tags: ["**"] }, tags: [latest] }
github: { variables: [FAIL] }
tool: { image: acme/tool }
"#;

#[test]
fn a_test_knows_the_names_and_comes_before_the_push() {
    on_every_provider(MATRIX, |config, shell| {
        let ran = config.job("main", "build-app-amd64", Trigger::Branch("feat/x")).run(shell).green();
        let tested = ran.one("docker", "run");
        let words =
            ["run", "--rm", "acme/app:feat-x-amd64", "feat-x", "beta-7", "linux/amd64", super::job::REVISION, "0"];
        assert_eq!(tested, words, "{}", ran.log);
        let place = |word: &str| ran.calls.iter().position(|call| call.arguments.first().is_some_and(|it| it == word));
        assert!(place("build") < place("run") && place("run") < place("push"), "{}", ran.log);
        assert_eq!(ran.pushes().len(), 4);
        let ran = config.job("release", "build-script-arm64", Trigger::Tag("v1")).run(shell).green();
        assert_eq!(ran.one("docker", "run"), ["run", "--rm", "acme/script:latest-arm64"]);
    });
}

#[test]
fn a_failing_test_pushes_nothing_and_hands_nothing_on() {
    on_every_provider(MATRIX, |config, shell| {
        let job = config.job("main", "build-app-amd64", Trigger::Branch("feat/x")).with("FAIL", "1");
        let ran = job.run(shell).red("the server does not start");
        assert_eq!(ran.of("docker", "build").len(), 1);
        assert_eq!(ran.pushes(), Vec::<&str>::new());
        assert!(ran.kept().keys().all(|file| !file.contains("app-")), "{:?}", ran.kept());
    });
}
