//! What a run must have published.

use std::collections::BTreeSet;
use std::thread;

use serde_json::Value;

use super::hub::{get, tags};
use super::machine::{MACHINES, Machine};
use super::organization::Organization;

/// The images that are built; each says its name.
const IMAGES: [&str; 9] =
    ["rabbitmq", "redis", "base", "dev", "cuda-base", "cuda-dev", "pge-base", "verdi", "cuda-pge-base"];

/// Every image is published under these tags and those of its architectures, and runs on both.
pub fn all(organization: &Organization, names: &[&str]) {
    for image in IMAGES {
        let repository = organization.repository(image);
        let mut expected: Vec<String> = names.iter().map(|tag| tag.to_string()).collect();
        for tag in names {
            expected.extend(MACHINES.iter().map(|machine| format!("{tag}-{}", machine.architecture)));
        }
        let found: BTreeSet<String> = tags(&repository).into_iter().filter(|tag| tag != "develop-es1").collect();
        assert_eq!(found, expected.into_iter().collect(), "{image}");
        let indexes: Vec<_> = names.iter().map(|tag| members(&repository, tag)).collect();
        for (tag, index) in names.iter().zip(&indexes) {
            assert_eq!(index, &indexes[0], "{image}: all tags are of the same images");
            for (machine, digest) in MACHINES.iter().zip(index) {
                let alone = get(&repository, &format!("{tag}-{}", machine.architecture)).0;
                assert_eq!(&alone, digest, "{image}:{tag}");
            }
        }
    }
    thread::scope(|scope| {
        for machine in MACHINES {
            scope.spawn(move || IMAGES.iter().for_each(|image| runs(organization, image, names[0], machine)));
        }
    });
    copied(organization, names);
}

/// The digests of the images in an index, which are one for each architecture.
fn members(repository: &str, tag: &str) -> Vec<String> {
    let (_, index) = get(repository, tag);
    let members = index["manifests"].as_array().unwrap_or_else(|| panic!("{repository}:{tag} is no index: {index}"));
    let platform =
        |member: &Value| format!("{}/{}", text(&member["platform"]["os"]), text(&member["platform"]["architecture"]));
    let platforms: Vec<String> = members.iter().map(platform).collect();
    assert_eq!(platforms, MACHINES.map(Machine::platform), "{repository}:{tag}");
    members.iter().map(|member| text(&member["digest"])).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// Whoever asks for the tag gets the image of the machine.
fn runs(organization: &Organization, image: &str, tag: &str, machine: &Machine) {
    let name = organization.image(&format!("{image}:{tag}"));
    machine.docker(&["pull", "--quiet", "--platform", &machine.platform(), &name]);
    assert_eq!(machine.run(&name), format!("{image} {}\n", machine.spelling));
}

/// The copied image is the same to the last byte.
fn copied(organization: &Organization, names: &[&str]) {
    let from = organization.repository("").replace("hysds/", "library/elasticsearch");
    let repository = organization.repository("elasticsearch");
    assert_eq!(tags(&repository), names);
    for tag in names {
        assert_eq!(get(&repository, tag), get(&from, "7.9.3"), "{tag}");
        assert_eq!(members(&repository, tag).len(), 2);
    }
}
