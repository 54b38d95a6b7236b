//! The jobs that publish indexes, and what most of them have in common, which a provider says once.

use crate::plan::{Manifest, Plan, Work};

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

/// What most indexes of a plan hold, if it has any.
pub(super) fn usual_manifest(plan: &Plan) -> Option<&Manifest> {
    most_frequent(plan.jobs.iter().filter_map(|job| match &job.work {
        Work::Manifest(manifest) => Some(manifest),
        _ => None,
    }))
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
