//! What files of bake and Compose say of builds counts for more than what is guessed.

use crate::tree::Tree;

const ANY: &str = "FROM debian\n";

fn tree(files: &[(&str, &str)]) -> Tree {
    Tree::of_remote("https://github.com/acme/things", files)
}

#[test]
fn compose_says_how_an_image_is_built() {
    let compose = "\
services:
  front:
    image: ghcr.io/acme/shop:${VERSION:-1.0}-front
    build:
      context: .
      dockerfile: web/Dockerfile
      target: runtime
      args: { MODE: fast, KEY: \"${KEY:-k}\" }
  db: { image: \"postgres:17\" }
  worker: { build: ./worker }
";
    let images = tree(&[("compose.yaml", compose), ("web/Dockerfile", ANY), ("worker/Dockerfile", ANY)]).images();
    let web = images.split("  worker:").next().expect("the first");
    for line in [
        "# compose.yaml calls it front\n",
        "image: \"${registry}/shop\"\n",
        "dockerfile: web/Dockerfile\n",
        "target: runtime\n",
        "MODE: fast",
    ] {
        assert!(web.contains(line), "{line} in\n{images}");
    }
    assert!(images.contains("image: \"${registry}/worker\""), "{images}");
}

#[test]
fn stages_of_one_dockerfile_are_images() {
    // What is the same in all targets stands in the defaults of what is imported.
    let bake = r#"{ "target": {
        "api": { "dockerfile": "docker/Containerfile", "args": { "A": "1" }, "target": "api", "tags": ["ghcr.io/acme/api"] },
        "cli": { "dockerfile": "docker/Containerfile", "args": { "A": "1" }, "target": "cli" } } }"#;
    let dockerfile = "FROM debian AS api\nFROM debian AS cli\n";
    let images = tree(&[("docker-bake.json", bake), ("docker/Containerfile", dockerfile)]).images();
    for line in ["image: \"${registry}/api\"", "target: api", "image: \"${registry}/cli\"", "target: cli"] {
        assert!(images.contains(line), "{line} in\n{images}");
    }
    for line in ["dockerfile: docker/Containerfile", "args: { A: \"1\" }"] {
        assert_eq!(images.matches(line).count(), 2, "{line} in\n{images}");
    }
}

#[test]
fn a_var_of_compose_may_be_called_as_one_of_ours() {
    let compose = "\
services:
  app:
    image: ${REGISTRY:-quay.io/me}/app
    build: { context: app, args: { FROM_WHERE: \"${REGISTRY:-quay.io/me}\", OTHER: \"${OTHER:-x}\" } }
";
    let ran = tree(&[("compose.yaml", compose), ("app/Dockerfile", ANY)]).proposed();
    assert!(ran.out.contains("  registry: ghcr.io/acme "), "{}", ran.out);
    assert!(ran.out.contains("image: quay.io/me/app"), "{}", ran.out);
    assert!(ran.out.contains("FROM_WHERE: quay.io/me"), "{}", ran.out);
}

#[test]
fn what_cannot_be_read_is_told_and_stops_nothing() {
    let tree = tree(&[
        ("compose.yaml", "services: { app: { build: [x] } }\n"),
        ("docker-compose.yml", "services: [\n"),
        ("docker-bake.json", r#"{ "target": { "x": { "context": "https://github.com/a/b.git" } } }"#),
        ("compose.dev.yml", "services: { db: { image: redis } }\n"),
        ("app/Dockerfile", ANY),
    ]);
    let ran = tree.proposed();
    assert!(
        ran.error.contains("left out: compose.yaml: it has 1 problem, which `splitbuild import` shows"),
        "{}",
        ran.error
    );
    assert!(ran.error.contains("left out: docker-compose.yml: cannot read it"), "{}", ran.error);
    assert!(!ran.error.contains("compose.dev.yml"), "{}", ran.error);
    assert!(ran.out.contains("  app: { image: \"${registry}/app\", context: app }"), "{}", ran.out);
}

#[test]
fn only_bake_evaluates_hcl() {
    let tree = Tree::of(&[("docker-bake.hcl", "target \"app\" {}\n"), ("app/Dockerfile", ANY)]);
    let ran = tree.run_alone(&["init", "-o", "-"]);
    assert_eq!(ran.code, 0, "{}", ran.error);
    let line = "left out: docker-bake.hcl: only `docker buildx bake` evaluates it: pipe its `--print -f FILE`";
    assert!(ran.error.contains(line), "{}", ran.error);
    assert!(ran.out.contains("context: app"), "{}", ran.out);
}
