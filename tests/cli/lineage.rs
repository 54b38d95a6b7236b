//! What `gen` and `plan` say where a Dockerfile is built on something else than what its image waits for.

use std::fs;

use super::Project;

/// The codes and places of the warnings for images and their Dockerfiles: `unused-need 4`. The images are the lines from
/// the third on.
fn doubts(images: &str, files: &[(&str, &str)]) -> Vec<String> {
    let matrix = format!(
        "version: 1\nimages:\n{images}workflows: {{ main: {{ on: {{ branches: [main] }}, tags: [\"${{git_sha}}\", latest] }} }}\n\
         vars: {{ registry: ghcr.io/acme }}\ntool: {{ image: acme/tool }}\n"
    );
    let project = Project::new(&matrix);
    for (path, text) in files {
        let path = project.path(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, text).expect("written");
    }
    let plan = project.run(&["plan"]).with_code(0).error();
    assert_eq!(plan, project.run(&["gen"]).with_code(0).error(), "both say the same");
    let mut codes: Vec<String> = Vec::new();
    for line in plan.lines() {
        if let Some((code, _)) = line.strip_prefix("warning[").and_then(|rest| rest.split_once(']')) {
            codes.push(code.to_owned());
        } else if let (Some((_, place)), Some(last)) = (line.split_once("--> splitbuild.yml:"), codes.last_mut()) {
            *last += &format!(" {}", place.split(':').next().unwrap_or_default());
        }
    }
    codes
}

const BASE: &str = "  base: { image: \"${registry}/base\", context: base }\n";
const APP: &str = "  app: { image: acme/app, context: app, needs: [base] }\n";
const WEB: &str = "  web: { image: acme/web, context: web }\n";

/// With a base and an app that waits for it.
fn app(app: &str, dockerfile: &str) -> Vec<String> {
    doubts(&format!("{BASE}{app}"), &[("base/Dockerfile", "FROM debian\n"), ("app/Dockerfile", dockerfile)])
}

#[test]
fn a_base_that_is_not_the_one_that_is_waited_for() {
    for dockerfile in [
        "FROM ghcr.io/acme/bse:latest\n",
        "FROM debian AS base\nFROM base\n",
        "ARG TAG=1\nFROM ghcr.io/acme/other:$TAG\n",
        // Neither a commit nor `latest`, and none by its digest.
        "FROM ghcr.io/acme/base:1.0\n",
        "FROM ghcr.io/acme/base@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
    ] {
        assert_eq!(app(APP, dockerfile), ["unused-need 4"], "{dockerfile}");
    }
}

#[test]
fn a_base_that_is_or_can_be_the_one() {
    for dockerfile in [
        "FROM ghcr.io/acme/base\n",
        "FROM ghcr.io/acme/base:latest AS x\nFROM debian\n",
        "FROM debian\nCOPY --from=ghcr.io/acme/base:latest /a /a\n",
        "FROM debian\nRUN --mount=type=bind,from=ghcr.io/acme/base,target=/a make\n",
        "ARG BASE=ghcr.io/acme/base\nFROM ${BASE}\n",
        "ARG BASE\nFROM $BASE\n",
        "ARG TAG\nFROM ghcr.io/acme/base:${TAG}\n",
        "FROM ghcr.io/acme/base:latest-$TARGETARCH\n",
        "this is no Dockerfile\n",
        "FROM ghcr.io/acme/base:c0ffee\n",
    ] {
        assert_eq!(app(APP, dockerfile), [""; 0], "{dockerfile}");
    }
}

#[test]
fn what_the_matrix_gives_a_build_counts() {
    let with = |keys: &str, dockerfile: &str| app(&APP.replace("needs", &format!("{keys}, needs")), dockerfile);
    let from = "ARG BASE=debian\nFROM $BASE\n";
    assert_eq!(with("args: { BASE: \"${registry}/base:${tag}\" }", from), [""; 0]);
    assert_eq!(with("args: { BASE: \"${registry}/bass:${tag}\" }", from), ["unused-need 4"]);
    assert_eq!(with("args: { BASE: \"${SET_BY_THE_JOB}\" }", from), [""; 0]);
    assert_eq!(with("args: { BASE: null }", from), [""; 0]);
    assert_eq!(with("additional_contexts: { debian: \"docker-image://ghcr.io/acme/base\" }", from), [""; 0]);
    assert_eq!(with("additional_contexts: { debian: \"docker-image://ghcr.io/acme/x\" }", from), ["unused-need 4"]);
    assert_eq!(with("setup: ./write-the-dockerfile", from), [""; 0]);
    assert_eq!(with("test: ./with-the-base", from), [""; 0]);
    assert_eq!(with("dockerfile: other.Dockerfile", from), [""; 0]);
}

#[test]
fn only_one_of_several_platforms_may_need_it() {
    let keys = "platforms: { linux/amd64: {}, linux/arm64: { args: { BASE: \"ghcr.io/acme/base\" } } }";
    let image = APP.replace("needs", &format!("{keys}, needs"));
    assert_eq!(app(&image, "ARG BASE=debian\nFROM $BASE\n"), [""; 0]);
}

#[test]
fn an_image_of_the_matrix_that_is_not_waited_for() {
    let web = |dockerfile: &str, keys: &str| {
        let web = WEB.replace("context", &format!("{keys}context"));
        doubts(&format!("{BASE}{web}"), &[("base/Dockerfile", "FROM debian\n"), ("web/Dockerfile", dockerfile)])
    };
    for dockerfile in [
        "FROM ghcr.io/acme/base\n",
        "FROM debian\nCOPY --from=ghcr.io/acme/base:latest /a /a\n",
        "FROM ghcr.io/acme/base:latest-amd64\n",
        "FROM ghcr.io/acme/base AS x\nFROM debian\nCOPY --from=x /a /a\n",
    ] {
        assert_eq!(web(dockerfile, ""), ["missing-need 4"], "{dockerfile}");
    }
    assert_eq!(web("ARG TAG=x\nFROM ghcr.io/acme/base:$TAG\n", "args: { TAG: \"${tag}\" }, "), ["missing-need 4"]);
    for dockerfile in [
        // An older one, perhaps of a tag that a commit is called.
        "FROM ghcr.io/acme/base:1.0\n",
        "FROM ghcr.io/acme/base:c0ffee\n",
        // No stage that is built.
        "FROM ghcr.io/acme/base AS x\nFROM debian\n",
        "ARG TAG\nFROM ghcr.io/acme/base:$TAG\n",
        "FROM acme/web\n",
    ] {
        assert_eq!(web(dockerfile, ""), [""; 0], "{dockerfile}");
    }
    let stages = "FROM ghcr.io/acme/base AS one\nFROM debian AS two\nFROM one AS three\n";
    assert_eq!(web(stages, "target: two, "), [""; 0]);
    assert_eq!(web(stages, "target: three, "), ["missing-need 4"]);
    assert_eq!(web(stages, "target: \"${TARGET}\", "), [""; 0]);
    assert_eq!(
        web("FROM ghcr.io/acme/base\n", "additional_contexts: { ghcr.io/acme/base: \"docker-image://debian\" }, "),
        [""; 0]
    );
}

#[test]
fn what_waits_for_it_may_begin_with_an_earlier_one() {
    let files = [("base/Dockerfile", "FROM acme/app\n"), ("app/Dockerfile", "FROM ghcr.io/acme/base\n")];
    assert_eq!(doubts(&format!("{BASE}{APP}"), &files), [""; 0]);
}

#[test]
fn what_another_need_is_built_on_may_stand_beside_it() {
    let third = "  third: { image: acme/third, context: third, needs: [base, app] }\n";
    let files = [("app/Dockerfile", "FROM ghcr.io/acme/base\n"), ("third/Dockerfile", "FROM acme/app\n")];
    assert_eq!(doubts(&format!("{BASE}{APP}{third}"), &files), [""; 0]);
}

#[test]
fn families_are_compared_as_the_matrix_has_them() {
    let base = "  base: { image: \"${registry}/base-${v}\", context: base, for: { v: [a, b] } }\n";
    let app = APP.replace("acme/app,", "\"acme/app-${w}\", args: { V: \"${w}\" }, for: { w: [a, b] },");
    let from = |text| [("app/Dockerfile", text)];
    assert_eq!(doubts(&format!("{base}{app}"), &from("ARG V\nFROM ghcr.io/acme/base-$V\n")), [""; 0]);
    assert_eq!(doubts(&format!("{base}{app}"), &from("ARG V\nFROM ghcr.io/acme/bas-$V\n")), ["unused-need 4"]);
}

#[test]
fn a_comment_or_an_option_says_that_it_is_meant() {
    let images = format!("{BASE}  # splitbuild: allow unused-need, as it is only for the order\n{APP}");
    assert_eq!(doubts(&images, &[("app/Dockerfile", "FROM debian\n")]), [""; 0]);
    let matrix = "version: 1\nimages: { a: { image: acme/a, context: a }, b: { image: acme/b, needs: [a] } }\n\
                  workflows: { main: { on: { branches: [main] }, tags: [latest] } }\ntool: { image: acme/tool }\n";
    let project = Project::new(matrix);
    fs::write(project.path("Dockerfile"), "FROM debian\n").expect("written");
    assert!(project.run(&["gen"]).with_code(0).error().contains("warning[unused-need]"));
    assert_eq!(project.run(&["gen", "--allow", "unused-need"]).with_code(0).error(), "");
}
