//! From two Dockerfiles to a green run, with nothing but what `docs/start.md` tells a person to do.

use crate::event::Event;
use crate::project::{Project, images_of};
use crate::published::Published;

/// As the page has them; nothing public can be pulled here.
const FILES: [(&str, &str); 4] = [
    ("base/Dockerfile", "FROM scratch\nCOPY release /\n"),
    ("base/release", "1\n"),
    ("app/Dockerfile", "FROM ghcr.io/acme/base\nCOPY app /\n"),
    ("app/app", "of both\n"),
];

#[test]
fn two_dockerfiles_become_indexes_of_both_architectures() {
    let images = images_of("stranger");
    let project = Project::drafted("stranger", &FILES, |project, matrix| {
        // "Change it there", in the matrix and where a Dockerfile says it.
        project.write("app/Dockerfile", &FILES[2].1.replace("ghcr.io/acme", &images));
        let changes = [
            ("  registry: ghcr.io/acme ", format!("  registry: {images} ")),
            ("{ image: registry.example.com/ci/splitbuild:", "{ image: registry.acme.example/tools/splitbuild:".into()),
        ];
        changes.iter().fold(matrix.to_owned(), |matrix, (from, to)| {
            assert!(matrix.contains(from), "{from} is not in\n{matrix}");
            matrix.replacen(from, to, 1)
        })
    });
    project.run("main", Event::Branch("main")).green();
    let first = ["base", "app"].map(|image| project.index(image, "latest"));

    // What the registry has by now is the base of another run.
    project.write("base/release", "2\n");
    let ran = project.run("main", Event::Branch("main")).green();
    for (image, before) in ["base", "app"].into_iter().zip(first) {
        assert_ne!(project.index(image, "latest"), before, "{image}: {}", ran.log);
    }
    for architecture in ["amd64", "arm64"] {
        let file = |name| project.file("app", "latest", architecture, name);
        assert_eq!([file("release"), file("app")], ["2\n", "of both\n"], "{architecture}: {}", ran.log);
    }
}
