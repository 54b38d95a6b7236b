//! What a matrix has beside images: a workflow, logins, secrets, and where jobs find splitbuild.

use std::collections::{BTreeMap, BTreeSet};

use super::Image;
use super::names::filled;
use crate::draft::{Draft, Map, Value};
use crate::import::found::Origin;
use crate::import::tags;
use crate::reference::registry;
use crate::spec::Vocabulary;
use crate::template::Template;

/// The names of the matrix for secrets.
pub(super) struct Secrets(Vec<(String, Origin)>);

/// Declares every secret once.
pub(super) fn secrets(draft: &mut Draft, images: &[Image]) -> Secrets {
    let mut declared: Vec<(String, Origin)> = Vec::new();
    for secret in images.iter().flat_map(|image| &image.found.secrets) {
        if declared.iter().any(|(_, origin)| *origin == secret.origin) {
            continue;
        }
        let mut name = secret.id.clone();
        let mut number = 1;
        while declared.iter().any(|(known, _)| *known == name) {
            number += 1;
            name = format!("{}-{number}", secret.id);
        }
        let origin = match &secret.origin {
            Origin::Environment(variable) => Map::of([("environment", Value::verbatim(variable))]),
            Origin::File(path) => Map::of([("file", Value::from(path.clone()))]),
        };
        draft.section("secrets").put(&name, origin);
        declared.push((name, secret.origin.clone()));
    }
    Secrets(declared)
}

impl Secrets {
    /// How an image uses its secrets.
    pub(super) fn uses(&self, image: &Image) -> Option<Value> {
        let mut uses: Vec<Value> = Vec::new();
        for secret in &image.found.secrets {
            let Some((name, _)) = self.0.iter().find(|(_, origin)| *origin == secret.origin) else { continue };
            let one = match *name == secret.id {
                true => Value::from(name.as_str()),
                false => Map::of([("source", name), ("target", &secret.id)].map(|(key, it)| (key, it.as_str()))).into(),
            };
            if !uses.contains(&one) {
                uses.push(one);
            }
        }
        (!uses.is_empty()).then_some(Value::List(uses))
    }
}

/// A workflow for the usual branch, in which everything is pushed as the file says.
pub(super) fn workflow(draft: &mut Draft, images: &[Image], tags: &[Template], wanted: Option<&[String]>) {
    let mut workflow = Map::default();
    workflow.map("on").put("branches", Value::list([Value::verbatim("main")]));
    workflow.put("tags", tags::list(tags));
    if let Some(keys) =
        wanted.map(|wanted| closure(images, wanted)).filter(|keys| (1..images.len()).contains(&keys.len()))
    {
        workflow.put("images", Value::texts(keys)).behind("the group `default`");
    }
    let entry = draft.section("workflows").put("main", workflow);
    entry.above("guessed: a push to `main` publishes all. docs/matrix.md tells of releases and pull requests.");
}

/// The keys of images by name, with those that they are built on, in the order of the matrix.
fn closure<'i>(images: &'i [Image], wanted: &[String]) -> Vec<&'i str> {
    let is_wanted = |image: &Image| {
        let mut names = std::iter::once(&image.found.name).chain(&image.found.twins);
        names.any(|name| wanted.contains(name))
    };
    let mut keys: BTreeSet<&str> =
        images.iter().filter(|image| is_wanted(image)).map(|image| image.key.as_str()).collect();
    loop {
        let before = keys.len();
        let needed = images.iter().filter(|image| keys.contains(image.key.as_str())).flat_map(|image| &image.needs);
        let needed: Vec<&str> = needed.map(|(key, _)| key.as_str()).collect();
        keys.extend(needed);
        if keys.len() == before {
            return images.iter().map(|image| image.key.as_str()).filter(|key| keys.contains(key)).collect();
        }
    }
}

/// A login for every registry that is pushed to.
pub(super) fn registries(
    draft: &mut Draft,
    images: &[Image],
    vars: &BTreeMap<String, Template>,
    providers: &[&Vocabulary],
) {
    let names = images.iter().flat_map(|image| &image.names);
    let hosts: BTreeSet<String> = names.filter_map(|name| host(name, vars)).collect();
    for host in hosts {
        let free: Vec<&str> = providers
            .iter()
            .filter(|provider| provider.registries.iter().any(|(known, ..)| *known == host))
            .map(|provider| provider.title)
            .collect();
        let entry = draft.section("registries").put(&host, login(&host));
        if !free.is_empty() {
            entry.behind(format!("not needed on {}", free.join(" and ")));
        }
    }
}

/// The registry of a name, with what is known of its vars.
fn host(name: &Template, vars: &BTreeMap<String, Template>) -> Option<String> {
    let filled = filled(name, vars);
    let is_known = filled.as_literal().is_some() || filled.leading().contains('/');
    is_known.then(|| registry(filled.leading()).to_owned())
}

fn login(host: &str) -> Map {
    let parts: Vec<&str> = host.split('.').collect();
    if let [_, "dkr", "ecr", region, "amazonaws", ..] = parts[..] {
        let script = format!("aws ecr get-login-password --region {region}");
        return Map::of([("username", Value::from("AWS")), ("login", Value::verbatim(script))]);
    }
    let upper: String =
        host.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    let (user, password) = match host {
        "docker.io" => ("DOCKER_USER".to_owned(), "DOCKER_PASS".to_owned()),
        "ghcr.io" => ("GHCR_USER".to_owned(), "GHCR_TOKEN".to_owned()),
        "quay.io" => ("QUAY_USER".to_owned(), "QUAY_TOKEN".to_owned()),
        // A variable does not begin with a digit.
        _ if upper.starts_with(|c: char| c.is_ascii_digit()) => {
            (format!("REGISTRY_{upper}_USER"), format!("REGISTRY_{upper}_PASS"))
        }
        _ => (format!("{upper}_USER"), format!("{upper}_PASS")),
    };
    Map::of([("username", Template::name(&user)), ("password", Template::name(&password))])
}

/// Manifest jobs need splitbuild, and nobody but the user knows from where.
pub(super) fn tool(draft: &mut Draft) {
    let image = concat!("registry.example.com/ci/splitbuild:", env!("CARGO_PKG_VERSION"));
    draft.section("tool").put("image", image);
    if let Some(entry) = draft.entry("tool") {
        entry.above("To be filled in: an image of yours that holds splitbuild, or how jobs get it (docs/tool.md).");
    }
}
