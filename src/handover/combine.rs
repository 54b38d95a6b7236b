//! What the files of builds say together: for every index, what was pushed for every platform.

use std::collections::BTreeMap;

use super::build::{Handover, Pushed};
use super::error::HandoverError;
use crate::platform::Platform;
use crate::reference::Reference;

/// What the builds of one index pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushes<'a> {
    pub target: &'a Reference,
    /// Whether only the rule of releases may move it.
    pub is_moving: bool,
    /// What was pushed for every platform, in the order of the platforms asked for.
    pub sources: Vec<(&'a Handover, &'a Pushed)>,
}

/// What was pushed for one index, by platform.
struct IndexPushes<'a> {
    target: &'a Reference,
    is_moving: bool,
    /// The file that names it first.
    first: &'a str,
    by: BTreeMap<&'a Platform, (&'a Handover, &'a Pushed)>,
}

/// What the files say together, in the order in which they first name each index.
///
/// # Errors
/// Everything that is wrong: each architecture of `platforms` must be reported by exactly one file, and all agree on what a
/// release moves.
pub fn combine<'a>(files: &'a [Handover], platforms: &[Platform]) -> Result<Vec<Pushes<'a>>, Vec<HandoverError>> {
    let mut problems = Vec::new();
    let mut builds: BTreeMap<(&str, &Platform), &Handover> = BTreeMap::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut indexes: Vec<IndexPushes<'a>> = Vec::new();
    for file in files {
        let platform = &file.platform;
        if !platforms.contains(platform) {
            problems.push(HandoverError::Unasked { file: file.file.clone(), platform: platform.clone() });
            continue;
        }
        if let Some(other) = builds.insert((&file.key, platform), file) {
            let (first, second) = (other.file.clone(), file.file.clone());
            problems.push(HandoverError::Twice { first, second, key: file.key.clone(), platform: platform.clone() });
            continue;
        }
        let fixed = file.pushed.iter().map(|pushed| (pushed, false));
        for (pushed, is_moving) in fixed.chain(file.moving.iter().map(|pushed| (pushed, true))) {
            let target = &pushed.target;
            let place = *places.entry(target.in_full()).or_insert(indexes.len());
            if place == indexes.len() {
                indexes.push(IndexPushes { target, is_moving, first: &file.file, by: BTreeMap::new() });
            }
            if indexes[place].is_moving != is_moving {
                let (one, other) = (indexes[place].first.to_owned(), file.file.clone());
                let (first, second) = if is_moving { (other, one) } else { (one, other) };
                problems.push(HandoverError::Kinds { first, second, target: target.clone() });
                continue;
            }
            let (first, second) = match indexes[place].by.insert(platform, (file, pushed)) {
                Some((other, before)) if !is_same(before, pushed) => (other.file.clone(), file.file.clone()),
                _ => continue,
            };
            let (target, platform) = (pushed.target.clone(), platform.clone());
            problems.push(HandoverError::Disagree { first, second, target, platform });
        }
    }
    let mut combined = Vec::new();
    for IndexPushes { target, is_moving, by, .. } in indexes {
        let sources: Vec<_> = platforms.iter().filter_map(|platform| by.get(platform).copied()).collect();
        let has: Vec<String> = sources.iter().map(|(file, _)| file.file.clone()).collect();
        for platform in platforms.iter().filter(|platform| !by.contains_key(platform)) {
            let (target, platform) = (target.clone(), platform.clone());
            problems.push(HandoverError::Missing { target, platform, has: has.clone() });
        }
        combined.push(Pushes { target, is_moving, sources });
    }
    if problems.is_empty() { Ok(combined) } else { Err(problems) }
}

/// Whether one thing was pushed under one name.
fn is_same(one: &Pushed, other: &Pushed) -> bool {
    one.source.in_full() == other.source.in_full() && one.source.digest() == other.source.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn keyed(key: &str, name: &str, platform: &str, lines: &[(&str, &str)]) -> Handover {
        let lines: Vec<String> = lines
            .iter()
            .map(|(index, digit)| {
                let digest = DIGEST.replace("sha256:b", &format!("sha256:{digit}"));
                format!("pushed {index} {index}-x {digest}\n")
            })
            .collect();
        let text = format!("splitbuild 2\nkey {key}\nplatform {platform}\nrevision abc\n{}", lines.concat());
        Handover::parse(name, text.as_bytes()).expect("a hand-over file")
    }

    fn file(name: &str, platform: &str, lines: &[(&str, &str)]) -> Handover {
        keyed("app", name, platform, lines)
    }

    fn platforms() -> Vec<Platform> {
        ["linux/amd64", "linux/arm64"].map(|platform| platform.parse().expect("a platform")).into()
    }

    fn problems(files: &[Handover]) -> Vec<String> {
        combine(files, &platforms()).expect_err("problems").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn files_together() {
        let files = [
            file("b", "linux/arm64", &[("acme/app:v1", "2"), ("acme/app:latest", "2")]),
            file("a", "linux/amd64", &[("docker.io/acme/app:latest", "1"), ("acme/app:v1", "1")]),
        ];
        let combined = combine(&files, &platforms()).expect("no problems");
        let targets: Vec<String> = combined.iter().map(|pushes| pushes.target.to_string()).collect();
        assert_eq!(targets, ["acme/app:v1", "acme/app:latest"]);
        for pushes in combined {
            let sources: Vec<&str> = pushes.sources.iter().map(|(_, pushed)| pushed.source.pointer()).collect();
            assert!(sources[0].starts_with("sha256:1") && sources[1].starts_with("sha256:2"), "{sources:?}");
        }
    }

    fn released(name: &str, platform: &str, kinds: [&str; 2]) -> Handover {
        let text = format!("splitbuild 2\nkey app\nplatform {platform}\n");
        let lines = [("acme/app:1.1.9", kinds[0]), ("acme/app:latest", kinds[1])];
        let lines = lines.map(|(index, kind)| format!("{kind} {index} acme/app:1.1.9-x {DIGEST}\n"));
        Handover::parse(name, (text + &lines.concat()).as_bytes()).expect("a hand-over file")
    }

    #[test]
    fn files_of_a_release() {
        let amd64 = released("a", "linux/amd64", ["pushed", "moving"]);
        let files = [amd64.clone(), released("b", "linux/arm64", ["pushed", "moving"])];
        let combined = combine(&files, &platforms()).expect("no problems");
        let kinds: Vec<(String, bool)> = combined.iter().map(|it| (it.target.to_string(), it.is_moving)).collect();
        assert_eq!(kinds, [("acme/app:1.1.9".into(), false), ("acme/app:latest".into(), true)]);
        let found = problems(&[amd64.clone(), released("b", "linux/arm64", ["pushed", "pushed"])]);
        assert_eq!(found[0], "a says that a release moves acme/app:latest, and b that it is fixed");
        let found = problems(&[released("b", "linux/arm64", ["pushed", "pushed"]), amd64.clone()]);
        assert_eq!(found[0], "a says that a release moves acme/app:latest, and b that it is fixed");
        let found = problems(&[amd64, file("b", "linux/arm64", &[("acme/app:1.1.9", "2")])]);
        assert_eq!(found, ["no hand-over file reports acme/app:latest for linux/arm64; there is only a"]);
    }

    #[test]
    fn what_is_wrong_with_files() {
        let amd64 = || file("app-amd64", "linux/amd64", &[("acme/app:v1", "1")]);
        let arm64 = || file("app-arm64", "linux/arm64", &[("acme/app:v1", "2")]);
        assert_eq!(
            problems(&[amd64()]),
            ["no hand-over file reports acme/app:v1 for linux/arm64; there is only app-amd64"]
        );
        let twice = [amd64(), file("old/app-amd64", "linux/amd64", &[("acme/app:v1", "3")]), arm64()];
        assert_eq!(problems(&twice), ["app-amd64 and old/app-amd64 both report the build of app for linux/amd64"]);
        let two = [amd64(), arm64(), keyed("other", "c", "linux/amd64", &[("docker.io/acme/app:v1", "3")])];
        assert_eq!(problems(&two), ["app-amd64 and c disagree about docker.io/acme/app:v1 for linux/amd64"]);
        let more = [amd64(), arm64(), file("s", "linux/s390x", &[("acme/app:v1", "4")])];
        assert_eq!(problems(&more), ["s is for linux/s390x, which is not requested"]);
        let partly = [amd64(), file("b", "linux/arm64", &[("acme/app:v2", "2")])];
        assert_eq!(problems(&partly).len(), 2);
    }
}
