//! Folders of images that stand where the pages name registries, so that their commands run without any.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use splitbuild::digest::Digest;

/// What the pages call images, and the folders that hold them here; a longer name before its end.
const NAMES: [(&str, &str); 6] = [
    ("registry.example.com/ci/splitbuild", "oci:tool"),
    ("registry.inside.example.com/acme/app", "oci:inside"),
    ("docker.io/library/redis", "oci:library-redis"),
    ("hysds/base", "oci:hysds-base"),
    ("acme/app", "oci:acme-app"),
    ("acme/redis", "oci:acme-redis"),
];

/// A command with folders instead of registries.
pub fn with_folders(command: &str) -> String {
    NAMES
        .iter()
        .fold(command.to_owned(), |text, (name, folder)| text.replace(&format!("{name}:"), &format!("{folder}:")))
}

/// What it printed, with registries instead of folders.
pub fn with_registries(printed: &str) -> String {
    NAMES
        .iter()
        .fold(printed.to_owned(), |text, (name, folder)| text.replace(&format!("{folder}:"), &format!("{name}:")))
}

/// Per-architecture images, as build jobs push them.
pub fn pushed(folder: &Path) {
    let tags: [(&str, &[&str]); 4] =
        [("acme-app", &["v1", "1.1.9"]), ("hysds-base", &["develop"]), ("library-redis", &["7"]), ("tool", &["0.1.0"])];
    for (name, tags) in tags {
        let layout = folder.join(name);
        fs::create_dir_all(layout.join("blobs/sha256")).expect("a folder");
        fs::write(layout.join("oci-layout"), json!({ "imageLayoutVersion": "1.0.0" }).to_string()).expect("a file");
        let both = |tag: &&str| ["amd64", "arm64"].map(|arch| image(&layout, arch, &format!("{tag}-{arch}")));
        let images: Vec<Value> = tags.iter().flat_map(both).collect();
        fs::write(layout.join("index.json"), json!({ "schemaVersion": 2, "manifests": images }).to_string())
            .expect("a file");
    }
}

/// An image with one layer, an empty tarball.
fn image(layout: &Path, architecture: &str, tag: &str) -> Value {
    let layer = blob(layout, "application/vnd.oci.image.layer.v1.tar", &[0; 1024]);
    let config = json!({
        "architecture": architecture,
        "os": "linux",
        "config": { "Labels": { "org.opencontainers.image.revision": "9d3c1f0a".repeat(5) } },
        "rootfs": { "type": "layers", "diff_ids": [layer["digest"]] },
    });
    let config = blob(layout, "application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let manifest = json!({ "schemaVersion": 2, "mediaType": media_type, "config": config, "layers": [layer] });
    let mut image = blob(layout, media_type, manifest.to_string().as_bytes());
    image["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
    image
}

fn blob(layout: &Path, media_type: &str, content: &[u8]) -> Value {
    let digest = Digest::of(content);
    let (_, name) = digest.as_str().split_once(':').expect("a colon");
    fs::write(layout.join("blobs/sha256").join(name), content).expect("a file");
    json!({ "mediaType": media_type, "digest": digest.as_str(), "size": content.len() })
}
