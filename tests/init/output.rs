//! What is written where, and what is said.

use std::fs;

use crate::tree::Tree;

const TWO: &[(&str, &str)] = &[
    ("base/Dockerfile", "FROM debian:13\nCOPY setup.sh /\n"),
    ("base/setup.sh", ""),
    ("app/Dockerfile", "FROM ghcr.io/acme/base\nCOPY app.py /\n"),
    ("app/app.py", ""),
];

#[test]
fn a_matrix_as_a_person_would_write_it() {
    let tree = Tree::of_remote("git@github.com:acme/things.git", TWO);
    assert_eq!(
        tree.proposed().out,
        r#"# Drafted by `splitbuild init` from the Dockerfiles of this repository. Read it, and mend what it guessed.
version: 1

vars:
  registry: ghcr.io/acme                                # app/Dockerfile:1 says ghcr.io/acme/base

images:
  app: { image: "${registry}/app", context: app, needs: [base] }
  base: { image: "${registry}/base", context: base }

workflows:
  main: { on: { branches: [main] }, tags: [latest] }

# Manifest jobs run splitbuild: name an image of yours that holds it.
tool: { image: registry.example.com/ci/splitbuild:0.1.0 }
"#
    );
}

#[test]
fn a_person_is_told_what_was_found_and_what_comes_next() {
    let tree = Tree::of_remote("https://github.com/acme/things", TWO);
    let ran = tree.run(&["init"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    let expected = "\
wrote splitbuild.yml: 2 images
  found: 2 Dockerfiles, the remote github.com/acme/things, the branch main, 1 image on others of these
  guessed: names begin with ghcr.io/acme: app/Dockerfile:1 says ghcr.io/acme/base
  guessed: the CI is GitHub Actions; --provider names another
next: mend what was guessed, name the image that holds splitbuild under `tool`, then run
  splitbuild plan --provider github
  splitbuild gen --provider github -o .github/workflows
  git add splitbuild.yml .github/workflows
";
    assert_eq!(ran.error, expected);
    let guessed = |remote| Tree::of_remote(remote, &[("Dockerfile", "FROM debian:13\n")]).run(&["init"]).error;
    for (remote, expected) in [
        (
            "https://github.com/acme/things",
            "  guessed: names begin with ghcr.io/acme: from the remote, github.com/acme/things\n",
        ),
        (
            "https://git.acme.example/acme/things",
            "  guessed: names begin with acme: Docker Hub, and the remote, git.acme.example/acme/things\n",
        ),
    ] {
        let told = guessed(remote);
        assert!(told.contains(expected), "{told}");
    }
    for command in ["plan --provider github", "gen --provider github -o .github/workflows"] {
        let words: Vec<&str> = command.split(' ').collect();
        let ran = tree.run(&words);
        assert_eq!(ran.code, 0, "{command}: {}", ran.error);
    }
}

#[test]
fn nothing_is_overwritten() {
    let tree = Tree::of(TWO);
    tree.write("splitbuild.yml", "mine");
    let ran = tree.run(&["init"]);
    assert_eq!(ran.code, 1);
    assert!(ran.error.contains("cannot write splitbuild.yml: it is there already"), "{}", ran.error);
    assert_eq!(fs::read_to_string(tree.path("splitbuild.yml")).expect("a file"), "mine");
    assert_eq!(tree.run(&["init", "-o", "other.yml"]).code, 0);
    assert!(tree.path("other.yml").exists());
    assert_eq!(tree.run(&["init", "-o", "other.yml"]).code, 1);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", tree.path("link.yml")).expect("a link");
        assert_eq!(tree.run(&["init", "-o", "link.yml"]).code, 1);
        assert!(!tree.path("nowhere").exists());
    }
}

#[test]
fn where_nothing_is_built() {
    let tree =
        Tree::of(&[("README.md", ""), ("windows/Dockerfile", "FROM mcr.microsoft.com/windows/nanoserver:ltsc2025\n")]);
    let ran = tree.run(&["init"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(
        ran.error.starts_with("splitbuild: there is no Dockerfile to build here; nothing was written\n"),
        "{}",
        ran.error
    );
    assert!(ran.error.contains("left out: windows/Dockerfile: it is for Windows"), "{}", ran.error);
    assert!(!tree.path("splitbuild.yml").exists());
    assert_eq!(tree.run(&["init", "nowhere"]).code, 1);
    assert_eq!(tree.run(&["init", "--provider", "nobody"]).code, 2);
}

#[test]
fn the_ci_that_is_there_is_the_one_that_is_meant() {
    let with = |path: &str, text: &str| {
        let tree = Tree::of(TWO);
        tree.write(path, text);
        tree.run(&["init", "-o", "-"])
    };
    let ran = with(".circleci/config.yml", "version: 2.1\n");
    assert!(ran.error.contains("\n  splitbuild gen -o .circleci/config.yml\n"), "{}", ran.error);
    assert!(ran.error.contains("but first: .circleci/config.yml is written by hand"), "{}", ran.error);
    let hint = "\
# To keep the jobs of .circleci/config.yml, move it to .circleci/own.yml, and add here:
# circleci: { config: .circleci/own.yml }
";
    assert!(ran.out.contains(hint), "{}", ran.out);
    let ran = with(".gitlab-ci.yml", "job: { script: [make] }\n");
    assert!(ran.error.contains("\n  splitbuild gen --provider gitlab -o .gitlab/splitbuild.yml\n"), "{}", ran.error);
    assert!(ran.out.contains("# gitlab: { config: .gitlab-ci.yml }\n"), "{}", ran.out);
    // What was generated is no reason to stop.
    let ran = with(".circleci/config.yml", "# Made by splitbuild 0.1.0 from splitbuild.yml: edit that\n");
    assert!(!ran.error.contains("but first"), "{}", ran.error);
}

#[test]
fn of_several_the_one_that_builds_images() {
    let tree = Tree::of(TWO);
    tree.write(".circleci/config.yml", "version: 2.1\n");
    tree.write(".github/workflows/images.yml", "on: push\njobs: { a: { steps: [{ run: docker build . }] } }\n");
    let ran = tree.run(&["init", "-o", "-"]);
    assert!(ran.error.contains("guessed: the CI is GitHub Actions; --provider names another"), "{}", ran.error);
    let ran = tree.run(&["init", "-o", "-", "--provider", "gitlab"]);
    assert!(
        ran.error.contains("--provider gitlab -o .gitlab-ci.yml") && !ran.error.contains("the CI is"),
        "{}",
        ran.error
    );
}

#[test]
fn a_workflow_is_not_called_like_a_file_that_is_there() {
    let tree = Tree::of(TWO);
    tree.write(".github/workflows/main.yml", "on: push\njobs: {}\n");
    let ran = tree.run(&["init"]);
    assert_eq!(ran.code, 0, "{}", ran.error);
    let text = fs::read_to_string(tree.path("splitbuild.yml")).expect("a file");
    assert!(text.contains("\n  images: { on: { branches: [main] }"), "{text}");
    let ran = tree.run(&["gen", "--provider", "github", "-o", ".github/workflows"]);
    assert_eq!(ran.code, 0, "{}", ran.error);
    assert_eq!(fs::read_to_string(tree.path(".github/workflows/main.yml")).expect("a file"), "on: push\njobs: {}\n");
}

#[test]
fn a_folder_of_a_repository() {
    let tree = Tree::of_remote(
        "https://github.com/acme/things",
        &[
            ("services/api/Dockerfile", "FROM debian\nCOPY shared.txt /\n"),
            ("shared.txt", ""),
            ("other/Dockerfile", "FROM debian\n"),
        ],
    );
    let ran = tree.run(&["init", "services", "-o", "-"]);
    assert!(
        ran.out.contains("  api: { image: \"${registry}/api\", dockerfile: services/api/Dockerfile }\n"),
        "{}",
        ran.out
    );
    assert!(!ran.out.contains("other"), "{}", ran.out);
    let ran = tree.run_in(&tree.path("services"), &["init"]);
    assert_eq!(ran.code, 0, "{}", ran.error);
    assert!(tree.path("services/splitbuild.yml").exists());
}

#[test]
fn what_is_no_dockerfile_is_told_with_its_place() {
    let tree = Tree::of(&[
        ("a/Dockerfile", "FROM debian\n"),
        ("b/Dockerfile", "FROM debian\nRNU make\n"),
        ("c/Dockerfile", "RUN make\n"),
    ]);
    let ran = tree.proposed();
    assert!(ran.error.contains("warning[dockerfile-syntax]: unknown instruction"), "{}", ran.error);
    assert!(ran.error.contains("--> b/Dockerfile:2:1"), "{}", ran.error);
    assert!(ran.error.contains("--> c/Dockerfile:1:1"), "{}", ran.error);
    assert!(ran.out.contains("  a: {") && !ran.out.contains("  b: {"), "{}", ran.out);
}
