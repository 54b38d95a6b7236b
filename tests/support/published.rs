//! What a pipeline has published, as the registry tells it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::daemon::output;

/// A pipeline whose images all lie under one name.
pub trait Published {
    /// That name, with the registry.
    fn images_name(&self) -> String;

    /// A folder of the pipeline's own.
    fn folder(&self, name: &str) -> PathBuf;

    fn skopeo(&self, arguments: &[&str], image: &str, tag: &str) -> Option<String> {
        let mut skopeo = Command::new("skopeo");
        skopeo.args(arguments).arg(format!("docker://{}/{image}:{tag}", self.images_name()));
        let output = skopeo.output().expect("skopeo runs");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn has(&self, image: &str, tag: &str) -> bool {
        self.skopeo(&["inspect", "--raw", "--tls-verify=false"], image, tag).is_some()
    }

    /// The platforms of an index, in order.
    fn platforms(&self, image: &str, tag: &str) -> Vec<String> {
        let raw = self.skopeo(&["inspect", "--raw", "--tls-verify=false"], image, tag);
        let raw = raw.unwrap_or_else(|| panic!("{image}:{tag} is not there"));
        let read: serde_json::Value = serde_json::from_str(&raw).expect("JSON");
        let platform = |entry: &serde_json::Value| {
            let words = ["os", "architecture", "variant"].into_iter().filter_map(|key| entry["platform"][key].as_str());
            words.collect::<Vec<_>>().join("/")
        };
        read["manifests"].as_array().expect("an index").iter().map(platform).collect()
    }

    /// The digest of an index, which has both platforms and nothing else.
    fn index(&self, image: &str, tag: &str) -> String {
        let raw = self.skopeo(&["inspect", "--raw", "--tls-verify=false"], image, tag);
        let raw = raw.unwrap_or_else(|| panic!("{image}:{tag} is not there"));
        let read: serde_json::Value = serde_json::from_str(&raw).expect("JSON");
        let platform =
            |entry: &serde_json::Value| format!("{}/{}", entry["platform"]["os"], entry["platform"]["architecture"]);
        let platforms: Vec<String> = read["manifests"].as_array().expect("an index").iter().map(platform).collect();
        assert_eq!(platforms, [r#""linux"/"amd64""#, r#""linux"/"arm64""#], "{raw}");
        use sha2::{Digest, Sha256};
        let digits: String = Sha256::digest(&raw).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256:{digits}")
    }

    /// A file of an image, as its layers leave it.
    fn file(&self, image: &str, tag: &str, architecture: &str, file: &str) -> String {
        let to = self.folder(&format!("layout-{image}-{tag}-{architecture}"));
        let mut skopeo = Command::new("skopeo");
        skopeo.args(["copy", "--quiet", "--override-arch", architecture, "--src-tls-verify=false"]);
        skopeo.arg(format!("docker://{}/{image}:{tag}", self.images_name())).arg(format!("dir:{}", to.display()));
        output(&mut skopeo);
        let manifest = fs::read_to_string(to.join("manifest.json")).expect("a manifest");
        let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
        for layer in manifest["layers"].as_array().expect("layers").iter().rev() {
            let blob = to.join(layer["digest"].as_str().expect("a digest").trim_start_matches("sha256:"));
            let mut tar = Command::new("tar");
            let found = tar.arg("-xOf").arg(blob).arg(file).output().expect("tar runs");
            if found.status.success() {
                return String::from_utf8(found.stdout).expect("text");
            }
        }
        panic!("{file} is in no layer of {image}:{tag} for {architecture}");
    }

    /// An image's configuration, as text.
    fn environment(&self, image: &str, tag: &str, architecture: &str) -> String {
        let arguments = ["inspect", "--config", "--override-arch", architecture, "--tls-verify=false"];
        self.skopeo(&arguments, image, tag).expect("a configuration")
    }
}
