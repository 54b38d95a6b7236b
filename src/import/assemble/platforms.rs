//! What images are built for. Some platforms have no machines where the providers' jobs run, and are emulated there, as they were
//! on the one machine of a `docker buildx`.

use super::{Assembly, Image};
use crate::draft::{Draft, Map, Value};
use crate::platform::Platform;

/// What every machine of a provider is.
const NATIVE: [&str; 2] = ["linux/amd64", "linux/arm64"];

/// Platforms whose programs a machine of another runs by itself.
const RUN_BY: [(&str, &str); 1] = [("linux/386", "linux/amd64")];

impl Assembly<'_> {
    /// Says what is the same for all images, and where those are built that have no machine.
    pub(super) fn platforms(&mut self, draft: &mut Draft, images: &[Image]) {
        let mut foreign: Vec<Platform> = Vec::new();
        for platform in images.iter().flat_map(|image| &image.found.platforms) {
            if !NATIVE.contains(&&*platform.to_string()) && !foreign.contains(platform) {
                foreign.push(platform.clone());
            }
        }
        for platform in &foreign {
            let name = platform.to_string();
            let host = match RUN_BY.iter().find(|(known, _)| *known == name) {
                Some((_, host)) => host,
                None if name.starts_with("linux/arm") => NATIVE[1],
                None => NATIVE[0],
            };
            for provider in self.request.providers {
                if let Some((_, runner)) = provider.runners.iter().find(|(known, _)| *known == host) {
                    draft.section(provider.name).map("runners").put(&name, *runner);
                }
            }
        }
        // A program for another system is only made there, by a compiler for it.
        let is_emulated = |platform: &Platform| {
            let name = platform.to_string();
            name.starts_with("linux/") && RUN_BY.iter().all(|(known, _)| *known != name)
        };
        foreign.retain(is_emulated);
        let common = common(images);
        if let Some(platforms) = &common {
            let value = value(platforms, &foreign);
            let entry = draft.section("defaults").put("platforms", value);
            if images.iter().all(|image| image.found.platforms.is_empty()) {
                entry.behind("guessed: the file names none");
            }
        } else if !foreign.is_empty() {
            draft.section("defaults").put("platforms", value(&foreign, &foreign));
        }
    }
}

/// What all images are built for, if that is the same; the usual ones if nothing is said.
fn common(images: &[Image]) -> Option<Vec<Platform>> {
    let first = &images.first()?.found.platforms;
    let is_same = images.iter().all(|image| image.found.platforms == *first);
    is_same.then(|| if first.is_empty() { native() } else { first.clone() })
}

fn native() -> Vec<Platform> {
    NATIVE.iter().filter_map(|name| name.parse().ok()).collect()
}

/// Platforms with what emulates some of them.
fn value(platforms: &[Platform], emulated: &[Platform]) -> Value {
    if platforms.iter().all(|platform| !emulated.contains(platform)) {
        return Value::texts(platforms.iter().map(Platform::to_string));
    }
    let mut map = Map::default();
    for platform in platforms {
        let name = platform.to_string();
        if !emulated.contains(platform) {
            map.put(&name, Map::default());
            continue;
        }
        let architecture = name.split('/').nth(1).unwrap_or_default();
        // https://github.com/tonistiigi/binfmt; `docs/matrix.md` says the same.
        let script = format!("docker run --privileged --rm tonistiigi/binfmt --install {architecture}");
        map.map(&name).put("setup", Value::verbatim(script));
        if let Some(entry) = map.entry(&name) {
            entry.above("emulated, which is slow; or name a runner of yours");
        }
    }
    map.into()
}

/// Gives each image its own platforms, where they are not the same for all.
pub(super) fn own(draft: &mut Draft, images: &[Image]) {
    if common(images).is_some() {
        return;
    }
    for image in images {
        let platforms = if image.found.platforms.is_empty() { native() } else { image.found.platforms.clone() };
        let names = Value::texts(platforms.iter().map(Platform::to_string));
        let entry = draft.section("images").map(&image.key).put("platforms", names);
        if image.found.platforms.is_empty() {
            entry.behind("guessed: the file names none");
        }
    }
}
