//! What jobs that publish run in: the image with splitbuild in it
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idcontainer>).

use super::TOKEN;
use super::expression::{expression, text};
use crate::plan::{Password, Plan, Registry};
use crate::reference::Repository;
use crate::yaml::Node;

/// The container of an image. GitHub pulls it before a step could log in, so the login of its registry stands here as well.
pub(super) fn container(plan: &Plan, image: &str) -> Node {
    let host = Repository::of(image.split('@').next().unwrap_or_default()).registry;
    let registry = plan.registries.iter().find(|registry| registry.host == host);
    match registry.and_then(credentials) {
        None => text(image),
        Some((username, password)) => {
            let credentials = Node::map([("username", username), ("password", password)]);
            Node::map([("image", text(image)), ("credentials", credentials)])
        }
    }
}

/// The user and the password; a script that makes one runs too late.
fn credentials(registry: &Registry) -> Option<(Node, Node)> {
    let Password::Variable(password) = &registry.password else { return None };
    let username = match (registry.username.as_name(), registry.username.as_literal()) {
        (Some("GITHUB_ACTOR"), _) => expression("github.actor"),
        (Some(name), _) => expression(&format!("secrets.{name} || vars.{name}")),
        (None, Some(name)) => text(name),
        (None, None) => return None,
    };
    let password = if password == TOKEN { "github.token".to_owned() } else { format!("secrets.{password}") };
    Some((username, expression(&password)))
}
