//! What all builds have in common, and all jobs that run splitbuild.

use super::HIDDEN;
use super::entry::JobEntry;
use super::settings::Settings;
use crate::plan::Plan;
use crate::provider::builder::Builder;
use crate::yaml::{Node, Style};

/// What stands in the way of a job for reasons of the machine (<https://docs.gitlab.com/ci/yaml/#retrywhen>).
const SYSTEM_FAILURES: [&str; 3] = ["runner_system_failure", "scheduler_failure", "api_failure"];

/// What all builds have in common, or all others, which have a usual runner.
pub(super) fn common(plan: &Plan, name: &str, (is_build, runner): (bool, Option<&Vec<String>>)) -> JobEntry {
    let gitlab = Settings::of(plan);
    let mut entry = JobEntry::new(name);
    entry.node("extends", Node::text(&format!("{HIDDEN}rules")));
    if let Some(stage) = &gitlab.stage {
        entry.node("stage", Node::text(stage));
    }
    let image = plan.tool.image().filter(|_| !is_build).unwrap_or(gitlab.image);
    entry.node("image", Node::map([("name", Node::text(image)), ("entrypoint", Node::list([Node::text("")]))]));
    if is_build && !gitlab.services.is_empty() {
        entry.node("services", Node::list(gitlab.services.iter().map(|service| service_node(service))));
    }
    if let Some(runner) = runner.filter(|runner| !runner.is_empty()) {
        entry.node("tags", Node::list(runner.iter().map(|tag| Node::text(tag))));
    }
    let variables = variables(&gitlab, is_build);
    if !variables.is_empty() {
        entry.node("variables", Node::map(variables));
    }
    entry.node("inherit", Node::map([("default", Node::list(["timeout", "id_tokens"].map(Node::text)))]));
    entry.node("interruptible", plain(if is_build { "true" } else { "false" }));
    let when = Node::list(SYSTEM_FAILURES.map(Node::text));
    entry.node("retry", Node::map([("max", plain("2")), ("when", when)]));
    entry
}

fn variables(gitlab: &Settings<'_>, is_build: bool) -> Vec<(&'static str, Node)> {
    if !is_build {
        return vec![("GIT_STRATEGY", Node::text("none"))];
    }
    let mut variables = Vec::new();
    if gitlab.services.iter().any(|service| is_daemon(service)) {
        // https://docs.gitlab.com/ci/docker/using_docker_build/#docker-in-docker-with-tls-enabled-in-the-docker-executor
        variables.push(("DOCKER_HOST", Node::text("tcp://docker:2376")));
        variables.push(("DOCKER_TLS_CERTDIR", Node::text("/certs")));
        variables.push(("DOCKER_TLS_VERIFY", Node::text("1")));
        variables.push(("DOCKER_CERT_PATH", Node::text("/certs/client")));
    }
    if gitlab.builder == Builder::Buildah {
        // What works in a container without privileges.
        variables.push(("STORAGE_DRIVER", Node::text("vfs")));
        variables.push(("BUILDAH_ISOLATION", Node::text("chroot")));
    }
    variables
}

fn is_daemon(service: &str) -> bool {
    service.contains("dind")
}

/// GitLab's hosted Arm runners lose packets that are longer (<https://gitlab.com/gitlab-org/gitlab/-/issues/473739>).
fn service_node(service: &str) -> Node {
    if !is_daemon(service) {
        return Node::text(service);
    }
    let command = Node::list([Node::text("--mtu=1400")]);
    Node::map([("name", Node::text(service)), ("alias", Node::text("docker")), ("command", command)])
}

/// A boolean or a number.
pub(super) fn plain(text: &str) -> Node {
    Node::scalar(text, Style::Plain)
}
