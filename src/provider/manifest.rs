//! The jobs that publish indexes, and what most of them have in common, which a provider says once.

use super::script::Values;
use crate::plan::{JobId, Manifest, Plan, Work};
use crate::spec::{IndexFormat, is_upper_name};
use crate::template::Template;

/// The most frequent of these; of several the first.
pub(super) fn most_frequent<T: PartialEq>(all: impl Iterator<Item = T>) -> Option<T> {
    let mut counted: Vec<(T, usize)> = Vec::new();
    for one in all {
        match counted.iter_mut().find(|(known, _)| *known == one) {
            Some((_, count)) => *count += 1,
            None => counted.push((one, 1)),
        }
    }
    let most = counted.iter().map(|(_, count)| *count).max();
    counted.into_iter().find(|(_, count)| Some(*count) == most).map(|(one, _)| one)
}

/// Every index that a plan publishes, with its job.
pub(super) fn manifests(plan: &Plan) -> impl Iterator<Item = (JobId, &Manifest)> {
    plan.ids().filter_map(|id| match &plan.job(id).work {
        Work::Manifest(manifest) => Some((id, manifest)),
        _ => None,
    })
}

/// One that holds what most indexes of a plan hold, if it has any.
pub(super) fn usual_manifest(plan: &Plan) -> Option<&Manifest> {
    let usual = most_frequent(manifests(plan).map(|(_, manifest)| &manifest.platforms))?;
    manifests(plan).map(|(_, manifest)| manifest).find(|manifest| manifest.platforms == *usual)
}

/// The annotations of an index, as splitbuild takes them, a word each; what the environment lacks ends the job by name.
pub(super) fn annotations(values: &Values<'_>, manifest: &Manifest) -> Vec<String> {
    let advice = values.dialect.advice;
    let required = |name: &str| is_upper_name(name).then(|| Template::name(&format!("${{{name}:?{advice}}}")));
    let word = |(key, value): &(String, Template)| {
        let mut pair = Template::literal(&format!("{key}="));
        pair.push(&values.filled(value));
        format!("--annotation {}", crate::shell::word(&pair.fill(required), &|name| values.parameter(name)))
    };
    manifest.annotations.iter().map(word).collect()
}

/// What is said once if it is the same for all, or for each by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shared<T> {
    Same(T),
    /// They differ; this is the most frequent.
    Usual(T),
}

impl<T: PartialEq + Clone> Shared<T> {
    /// `None` without any.
    pub(super) fn of(all: &[T]) -> Option<Self> {
        let first = all.first()?;
        if all.iter().all(|other| other == first) {
            return Some(Self::Same(first.clone()));
        }
        most_frequent(all.iter()).cloned().map(Self::Usual)
    }
}

/// The word for the format of an index.
pub(super) fn format(manifest: &Manifest) -> &'static str {
    match manifest.format {
        IndexFormat::Oci => "oci",
        IndexFormat::Docker => "docker",
    }
}

/// The formats of all indexes.
pub(super) fn formats(plan: &Plan) -> Shared<&'static str> {
    let all: Vec<&str> = manifests(plan).map(|(_, manifest)| format(manifest)).collect();
    Shared::of(&all).unwrap_or(Shared::Same("oci"))
}

/// The platforms of an index, as splitbuild takes them: `linux/amd64,linux/arm64`.
pub(super) fn platforms(manifest: &Manifest) -> String {
    let platforms: Vec<String> = manifest.platforms.iter().map(|(platform, _)| platform.to_string()).collect();
    platforms.join(",")
}

/// The architectures of an index, as a shell loops over them: `amd64 arm64`.
pub(super) fn arches(manifest: &Manifest) -> String {
    let arches: Vec<&str> = manifest.platforms.iter().map(|(_, arch)| arch.as_str()).collect();
    arches.join(" ")
}
