//! In which folder each Dockerfile is built.

use crate::tree::Tree;

fn image(files: &[(&str, &str)]) -> String {
    let tree = Tree::of_remote("https://github.com/acme/things", files);
    tree.images().trim_end().to_owned()
}

#[test]
fn the_nearest_folder_that_has_what_is_copied() {
    let api = "api/Dockerfile";
    for (copied, there, expected) in [
        ("COPY go.mod ./", "api/go.mod", "context: api }"),
        ("COPY go.mod ./", "go.mod", "dockerfile: api/Dockerfile }"),
        ("COPY api/go.mod ./", "api/go.mod", "dockerfile: api/Dockerfile }"),
        ("ADD [\"a b.txt\", \"/\"]", "a b.txt", "dockerfile: api/Dockerfile }"),
        ("COPY --chown=1:1 ./lib/*.so /", "lib/x.so", "dockerfile: api/Dockerfile }"),
        ("RUN --mount=type=bind,source=go.sum,target=/go.sum make", "go.sum", "dockerfile: api/Dockerfile }"),
        ("ARG DIR=lib\nCOPY ${DIR}/x /", "lib/x", "dockerfile: api/Dockerfile }"),
        ("ENV DIR lib\nCOPY $DIR /", "lib/x", "dockerfile: api/Dockerfile }"),
        // What the root has says nothing of these.
        ("COPY --from=alpine:3.22 /go.mod /", "go.mod", "context: api }"),
        ("ADD https://example.com/go.mod /", "go.mod", "context: api }"),
        ("COPY <<EOF /x\ngo.mod\nEOF", "go.mod", "context: api }"),
        ("COPY . .", "go.mod", "context: api }"),
        ("COPY ../../go.mod /", "api/go.mod", "context: api }"),
    ] {
        let text = format!("FROM debian:13\n{copied}\n");
        let found = image(&[(api, &text), (there, "")]);
        assert_eq!(found, format!("  api: {{ image: \"${{registry}}/api\", {expected}"), "{copied} with {there}");
    }
}

#[test]
fn what_is_not_there_is_a_guess() {
    let found = image(&[("api/Dockerfile", "FROM debian\nCOPY bin/api LICENSE /\n"), ("LICENSE", "")]);
    assert!(found.contains("guessed to be built in the root: it also copies bin/api, which is not there"), "{found}");
    let found = image(&[("api/Dockerfile", "FROM debian\nCOPY bin/api /\n")]);
    assert!(
        found.contains("context: api") && found.contains("guessed: it copies bin/api, which is nowhere yet"),
        "{found}"
    );
}

#[test]
fn a_folder_for_dockerfiles_alone() {
    let found = image(&[("docker/Dockerfile", "FROM debian\nCOPY . /app\n"), ("main.py", "")]);
    assert!(found.contains("  things:"), "{found}");
    assert!(found.contains("dockerfile: docker/Dockerfile"), "{found}");
    assert!(
        found.contains("guessed to be built in the root: it copies everything, and `docker` has no program"),
        "{found}"
    );
}

#[test]
fn other_names_of_dockerfiles() {
    let found = image(&[
        ("Containerfile", "FROM debian\n"),
        ("worker.Dockerfile", "FROM debian\n"),
        ("Dockerfile.api", "FROM debian\n"),
    ]);
    let expected = r#"  things: { image: "${registry}/things", dockerfile: Containerfile }
  api: { image: "${registry}/api", dockerfile: Dockerfile.api }
  worker: { image: "${registry}/worker", dockerfile: worker.Dockerfile }"#;
    assert_eq!(found, expected);
}
