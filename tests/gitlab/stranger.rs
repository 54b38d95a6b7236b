//! From two Dockerfiles to a green pipeline, with nothing but what `docs/start.md` tells a person to do.

use crate::pipeline::Pipeline;
use crate::published::Published;

/// As they are where one machine builds one after the other; nothing public can be pulled here.
const FILES: [(&str, &str); 4] = [
    ("base/Dockerfile", "FROM scratch\nCOPY release /\n"),
    ("base/release", "1\n"),
    ("app/Dockerfile", "FROM base\nCOPY app /\n"),
    ("app/app", "of both\n"),
];

/// What is guessed where the repository is, and GitLab's own registry instead, which needs no login.
const CHANGES: [(&str, &str); 3] = [
    ("  registry: acme\n", "  registry: \"${CI_REGISTRY_IMAGE}\"\n"),
    (
        "registries:\n  # set both in the project's settings, under CI/CD > Variables\n  docker.io: { username: \"${DOCKER_USER}\", password: \"${DOCKER_PASS}\" }\n",
        "",
    ),
    ("{ image: registry.example.com/ci/splitbuild:", "{ image: registry.acme.example/tools/splitbuild:"),
];

#[test]
fn two_dockerfiles_become_indexes_of_both_architectures() {
    let pipeline = Pipeline::drafted("stranger", &FILES, |matrix| {
        CHANGES.iter().fold(matrix.to_owned(), |matrix, (from, to)| {
            assert!(matrix.contains(from), "{from} is not in\n{matrix}");
            matrix.replacen(from, to, 1)
        })
    });
    pipeline.run("main", None).green();
    let first = ["base", "app"].map(|image| pipeline.index(image, "latest"));

    // What the registry has by now is the base of another run.
    pipeline.write("base/release", "2\n");
    let ran = pipeline.run("main", None).green();
    for (image, before) in ["base", "app"].into_iter().zip(first) {
        assert_ne!(pipeline.index(image, "latest"), before, "{image}: {}", ran.log);
    }
    for architecture in ["amd64", "arm64"] {
        let file = |name| pipeline.file("app", "latest", architecture, name);
        assert_eq!([file("release"), file("app")], ["2\n", "of both\n"], "{architecture}: {}", ran.log);
    }
}
