//! What images are called, and which files are none.

use crate::tree::Tree;

const ANY: &str = "FROM debian\n";

#[test]
fn one_image_is_called_after_the_repository() {
    for (remote, registry, image) in [
        ("https://github.com/Acme/Things.git", "ghcr.io/acme", "${registry}/things"),
        (
            "git@gitlab.com:acme/tools/things.git",
            "registry.gitlab.com/acme/tools/things",
            "registry.gitlab.com/acme/tools/things",
        ),
        ("https://git.example.com/acme/things", "acme", "${registry}/things"),
        ("https://github.com/acme/docker-things", "ghcr.io/acme", "${registry}/things"),
        ("https://github.com/acme/docker", "ghcr.io/acme", "${registry}/acme"),
    ] {
        let out = Tree::of_remote(remote, &[("Dockerfile", ANY)]).proposed().out;
        assert!(
            out.contains(&format!("  registry: {registry} ")) || out.contains(&format!("  registry: {registry}\n")),
            "{out}"
        );
        assert!(out.contains(&format!("image: \"{image}\"")) || out.contains(&format!("image: {image}")), "{out}");
    }
}

#[test]
fn a_login_is_written_where_runs_have_none() {
    let proposed = |remote: &str, provider: &str| {
        let tree = Tree::of_remote(remote, &[("Dockerfile", ANY)]);
        tree.run(&["init", "-o", "-", "--provider", provider]).out
    };
    let (github, gitlab) = ("https://github.com/acme/x", "https://gitlab.com/acme/x");
    assert!(!proposed(github, "github").contains("registries:"));
    assert!(
        proposed(github, "circleci").contains("ghcr.io: { username: \"${GHCR_USER}\", password: \"${GHCR_TOKEN}\" }")
    );
    assert!(!proposed(gitlab, "gitlab").contains("registries:"));
    assert!(proposed(gitlab, "circleci").contains("registry.gitlab.com: { username: \"${GITLAB_USER}\""));
}

#[test]
fn who_must_set_a_login_is_told_where() {
    let told = |remote: &str, provider: &str| {
        let tree = Tree::of_remote(remote, &[("Dockerfile", ANY)]);
        let ran = tree.run(&["init", "-o", "-", "--provider", provider]);
        let next = ran.error.lines().find(|line| line.contains("the login of")).unwrap_or_default().to_owned();
        let comment = ran.out.lines().find_map(|line| line.split_once("# set both ")).map(|(_, rest)| rest.to_owned());
        (next, comment.unwrap_or_default())
    };
    let (github, gitlab) = ("https://github.com/acme/x", "https://gitlab.com/acme/x");
    let elsewhere = "https://git.acme.example/acme/x";
    for (remote, provider, names, place) in [
        (
            github,
            "circleci",
            "GHCR_USER and GHCR_TOKEN, the login of ghcr.io",
            "in a context or in the project's settings",
        ),
        (
            elsewhere,
            "circleci",
            "DOCKER_USER and DOCKER_PASS, the login of docker.io",
            "in a context or in the project's settings",
        ),
        (
            elsewhere,
            "gitlab",
            "DOCKER_USER and DOCKER_PASS, the login of docker.io",
            "in the project's settings, under CI/CD > Variables",
        ),
        (
            gitlab,
            "github",
            "GITLAB_USER and GITLAB_TOKEN, the login of registry.gitlab.com",
            "in the repository's settings, under Secrets and variables > Actions",
        ),
    ] {
        let (next, comment) = told(remote, provider);
        assert_eq!(next, format!("before the first push: set {names}, {place}"), "{remote} {provider}");
        assert_eq!(comment, place, "{remote} {provider}");
    }
    // These log in by themselves.
    for (remote, provider) in [(github, "github"), (gitlab, "gitlab")] {
        assert_eq!(told(remote, provider), (String::new(), String::new()), "{remote} {provider}");
    }
}

#[test]
fn a_family_is_images_with_keys_and_tags_of_their_own() {
    let tree = Tree::of_remote(
        "https://github.com/acme/php",
        &[
            ("8.4/alpine3.22/fpm/Dockerfile", ANY),
            ("8.4/trixie/cli/Dockerfile", ANY),
            ("tools/golang-1.26-noble/Dockerfile", ANY),
            ("Dockerfile.alpine", ANY),
            ("Dockerfile", ANY),
        ],
    );
    let images = tree.images();
    for (key, image, tag) in [
        ("php-8-4-alpine3-22-fpm", "php", "8.4-alpine3.22-fpm"),
        ("php-8-4-trixie-cli", "php", "8.4-trixie-cli"),
        ("golang-1-26-noble", "golang", "1.26-noble"),
        ("php-alpine", "php", "alpine"),
    ] {
        let expected =
            format!("  {key}:\n    image: \"${{registry}}/{image}\"\n    tags: [\"${{tag_prefix}}{tag}\"]\n");
        assert!(images.contains(&expected), "{expected}\nin\n{images}");
    }
    assert!(images.contains("  php:\n    image: \"${registry}/php\"\n"), "{images}");
}

#[test]
fn a_child_of_a_family_follows_its_tag() {
    let tree = Tree::of_remote(
        "https://github.com/acme/things",
        &[
            ("go/1.25/Dockerfile", ANY),
            ("go/1.26/Dockerfile", ANY),
            ("app/Dockerfile", "FROM ghcr.io/acme/go:1.26\n"),
            ("old/Dockerfile", "FROM ghcr.io/acme/go:1.20\n"),
            ("arg/Dockerfile", "ARG GO=ghcr.io/acme/go:1.25-r3\nFROM $GO\n"),
        ],
    );
    let images = tree.images();
    assert!(images.contains("context: app\n    needs: [go-1-26]\n"), "{images}");
    assert!(
        images.contains("# old/Dockerfile:1: ghcr.io/acme/go:1.20 is none of the tags that are published here"),
        "{images}"
    );
    assert!(
        images.contains("needs: [go-1-25]\n    args: { GO: \"${registry}/go:${workflow_tag_prefix}1.25\" }"),
        "{images}"
    );
}

#[test]
fn a_dockerfile_for_each_platform_is_one_image() {
    let tree = Tree::of_remote(
        "https://github.com/acme/things",
        &[
            ("Dockerfile.amd64", ANY),
            ("Dockerfile.arm64", ANY),
            ("Dockerfile.s390x", ANY),
            ("tool/x86_64/Dockerfile", ANY),
            ("tool/aarch64/Dockerfile", ANY),
        ],
    );
    let images = tree.images();
    assert!(images.contains("linux/amd64: { dockerfile: Dockerfile.amd64 }"), "{images}");
    assert!(images.contains("linux/arm64: { dockerfile: Dockerfile.arm64 }"), "{images}");
    assert!(images.contains("context: tool\n"), "{images}");
    assert!(images.contains("linux/arm64: { dockerfile: aarch64/Dockerfile }"), "{images}");
    assert!(!images.contains("s390x"), "{images}");
    assert!(
        tree.proposed().error.contains("left out: Dockerfile.s390x: it is for a platform that needs a runner"),
        "{images}"
    );
}

#[test]
fn names_that_would_be_the_same_take_more_words() {
    let tree = Tree::of_remote(
        "https://github.com/acme/things",
        &[
            ("shop/api/Dockerfile", ANY),
            ("bank/api/Dockerfile", ANY),
            ("Dockerfile", ANY),
            ("docker/Dockerfile", ANY),
            ("bank/api/Dockerfile.worker", ANY),
        ],
    );
    let images = tree.images();
    for key in ["shop-api", "bank-api", "things", "things-2", "api-worker"] {
        assert!(
            images.contains(&format!("  {key}: {{")) || images.contains(&format!("  {key}:\n")),
            "{key} in\n{images}"
        );
    }
}

#[test]
fn what_is_left_out_is_told() {
    let tree = Tree::of_remote(
        "https://github.com/acme/things",
        &[
            ("app/Dockerfile", ANY),
            ("app/Dockerfile.dev", ANY),
            ("tests/app/Dockerfile", ANY),
            ("app/Dockerfile.j2", "FROM {{ base }}\n"),
            ("gen/Dockerfile", "FROM debian\n{% if x %}\nRUN x\n{% endif %}\n"),
            ("win/Dockerfile", "# escape=`\nFROM base\n"),
            ("made/Dockerfile", ANY),
            (".gitignore", "made/\n"),
            ("node_modules/x/Dockerfile", ANY),
            ("vendor/x/Dockerfile", ANY),
            (".devcontainer/Dockerfile", ANY),
            ("sub/.git", "gitdir: ../.git/modules/sub\n"),
            ("sub/Dockerfile", ANY),
            ("app/Dockerfile.dockerignore", "*\n"),
        ],
    );
    #[cfg(unix)]
    std::os::unix::fs::symlink("app/Dockerfile", tree.path("Dockerfile")).expect("a link");
    let ran = tree.proposed();
    assert_eq!(ran.out.matches("image: \"${registry}/").count(), 1, "{}", ran.out);
    for line in [
        "left out: app/Dockerfile.dev: it is for development or tests, by its name",
        "left out: tests/app/Dockerfile: it is for tests, examples or documentation, by its folder",
        "left out: app/Dockerfile.j2, gen/Dockerfile: it is a template of a Dockerfile",
        "left out: win/Dockerfile: it is for Windows",
        "left out: made/Dockerfile: git ignores it",
        #[cfg(unix)]
        "left out: Dockerfile: it is a link, which is not followed",
    ] {
        assert!(ran.error.contains(line), "{line} in\n{}", ran.error);
    }
    // Where there is nothing else, tests are what is built.
    let tree = Tree::of(&[("tests/app/Dockerfile", ANY)]);
    assert!(tree.images().contains("context: tests/app"));
}
