//! The registry: it wants a password for everything, and has the images that others make.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::machine::{AMD64, Machine};
use crate::http::{Message, send};
use crate::registry::{folder, start, storage, write};

/// Who may push and pull.
pub const USER: &str = "builder";
/// The password.
pub const PASSWORD: &str = "correct-horse-battery";
/// The same, as `htpasswd -B` writes it.
const HTPASSWD: &str = "builder:$2b$04$MrdUT2pBjbiDzTBIgn5B.eLMz.oJxyYl2w1JEV7J82ZbMDSn6efq.\n";

/// Its name.
pub fn host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| {
        let file = write(&folder("hub").join("htpasswd"), HTPASSWD);
        let host = start("hub", &storage(), &format!("auth:\n  htpasswd:\n    realm: hub\n    path: {file}\n"));
        // The tests' own Docker clients; those of the jobs know what the jobs tell them.
        let config = format!(r#"{{"auths":{{"{host}":{{"auth":"{}"}}}}}}"#, proof());
        write(&folder("docker-config").join("config.json"), &config);
        host
    })
}

/// Both, as a registry gets them.
pub fn proof() -> String {
    BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"))
}

/// Makes an index over images that say what they run on, as somebody else would.
pub fn publish(name: &str, machines: &[&Machine]) {
    let members: Vec<String> = machines.iter().map(|machine| push(machine, &format!("{name}-"))).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    AMD64.docker(&[&["manifest", "create", "--insecure", "--amend", name][..], &members].concat());
    AMD64.docker(&["manifest", "push", "--insecure", "--purge", name]);
}

/// Makes an image of one architecture, with no index.
pub fn publish_alone(name: &str, machine: &Machine) {
    machine.docker(&["tag", machine.hello(), name]);
    machine.docker(&["push", name]);
    machine.docker(&["image", "rm", name]);
}

fn push(machine: &Machine, start: &str) -> String {
    let name = format!("{start}{}", machine.architecture);
    publish_alone(&name, machine);
    name
}

/// A manifest or index: its digest, and what is in it.
pub fn get(repository: &str, reference: &str) -> (String, Value) {
    let answer = ask(&format!("/v2/{repository}/manifests/{reference}"));
    assert_eq!(answer.status(), 200, "{repository}:{reference}: {}", answer.text());
    let digits: String = Sha256::digest(&answer.body).iter().map(|byte| format!("{byte:02x}")).collect();
    (format!("sha256:{digits}"), serde_json::from_slice(&answer.body).expect("JSON"))
}

/// The tags of a repository, in order; none if there is no such repository.
pub fn tags(repository: &str) -> Vec<String> {
    let answer = ask(&format!("/v2/{repository}/tags/list"));
    let found: Value = serde_json::from_slice(&answer.body).expect("JSON");
    let known = answer.status() == 200 || found["errors"][0]["code"] == "NAME_UNKNOWN";
    assert!(known, "{repository}: {found}");
    let tags = found["tags"].as_array().into_iter().flatten();
    let mut tags: Vec<String> = tags.map(|tag| tag.as_str().expect("a tag").to_owned()).collect();
    tags.sort();
    tags
}

fn ask(path: &str) -> Message {
    let mut request = Message { first: format!("GET {path} HTTP/1.1"), ..Message::default() };
    let index = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json";
    let manifest = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
    request.set("Accept", &format!("{index}, {manifest}"));
    request.set("Authorization", &format!("Basic {}", proof()));
    send(host(), request)
}
