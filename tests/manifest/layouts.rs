//! OCI layout directories where a registry's reference could stand: the same verbs, the same checks, no server.

use std::fs;

use serde_json::Value;

use crate::command::run;
use crate::daemon::output;
use crate::export::{index, path, place};
use crate::http::ask;
use crate::image::{Image, digest, get};
use crate::registry::{folder, plain, start};

/// A layout that does not exist yet.
fn layout(name: &str) -> String {
    format!("oci:{}", place("layouts").join(name).display())
}

#[test]
fn out_of_a_registry_and_into_another() {
    let source = index("layouts/app");
    let mirror = layout("mirror");
    let expected = digest(&get("layouts/app", "v1").expect("there").1);
    let copied = run(&["copy", &source, &format!("{mirror}:v1"), &format!("{mirror}:latest")]).good();
    assert_eq!(copied.stdout, format!("{mirror}:v1@{expected}\n{mirror}:latest@{expected}\n"));
    assert!(run(&["copy", &source, &format!("{mirror}:v1")]).good().stderr.contains("unchanged"));
    // Skopeo reads it, too.
    let to = folder("layouts/skopeo").join("copied").display().to_string();
    let arguments = ["--insecure-policy", "copy", "--quiet", "--all", &format!("{mirror}:v1"), &format!("dir:{to}")];
    output(std::process::Command::new("skopeo").args(arguments));
    let shown = run(&["inspect", &format!("{mirror}:latest")]).good();
    assert!(shown.stdout.contains("linux/arm64") && shown.stdout.contains(&expected), "{}", shown.stdout);

    let inside = start("inside", &folder("inside-storage"), "");
    let target = format!("{inside}/acme/app:v1");
    let copied = run(&["copy", &format!("{mirror}@{expected}"), &target]).good();
    assert_eq!(copied.stdout.trim(), format!("{target}@{expected}"));
    run(&["inspect", &target]).good();
    // A layer is there as well.
    let index: Value = serde_json::from_slice(&get("layouts/app", "v1").expect("there").1).expect("JSON");
    let image = index["manifests"][0]["digest"].as_str().expect("text");
    let image = ask(&inside, "GET", &format!("/v2/acme/app/manifests/{image}"));
    let image: Value = serde_json::from_slice(&image.body).expect("JSON");
    for layer in image["layers"].as_array().expect("a list") {
        let path = format!("/v2/acme/app/blobs/{}", layer["digest"].as_str().expect("text"));
        assert_eq!(ask(&inside, "HEAD", &path).status(), 200);
    }
    // From one layout to the next.
    let next = layout("next");
    run(&["copy", &format!("{mirror}:v1"), &format!("{next}:v1"), "--platform", "linux/arm64"]).good();
    assert!(!run(&["inspect", &format!("{next}:v1")]).good().stdout.contains("linux/amd64"));
}

#[test]
fn an_index_without_any_server() {
    index("layouts/parts");
    let parts = layout("parts");
    for architecture in ["amd64", "arm64"] {
        let source = format!("{}/layouts/parts:v1-{architecture}", plain());
        run(&["copy", &source, &format!("{parts}:v1-{architecture}")]).good();
    }
    let linked = run(&["manifest", &format!("{parts}:v1"), "--tag", "latest"]).good();
    let expected = digest(&get("layouts/parts", "v1").expect("there").1);
    assert_eq!(linked.stdout, format!("{parts}:v1@{expected}\n{parts}:latest@{expected}\n"), "the registry's digest");
    assert!(run(&["manifest", &format!("{parts}:v1")]).good().stderr.contains("unchanged"));
    run(&["manifest", &format!("{parts}:v2")]).bad(&["v2-amd64 (linux/amd64) is not in", "as it was"]);
    let swapped = [format!("linux/amd64={parts}:v1-arm64"), format!("linux/arm64={parts}:v1-amd64")];
    let refused = run(&["manifest", &format!("{parts}:v3"), "--source", &swapped[0], "--source", &swapped[1]]);
    refused.bad(&["linux/arm64"]);

    // From a layout into a registry, and the other way round.
    let sources = ["amd64", "arm64"].map(|arch| format!("linux/{arch}={parts}:v1-{arch}"));
    let target = format!("{}/layouts/linked:v1", plain());
    let linked = run(&["manifest", &target, "--source", &sources[0], "--source", &sources[1]]).good();
    assert_eq!(linked.stdout.trim(), format!("{target}@{expected}"));
    run(&["inspect", &target]).good();
    let sources = ["amd64", "arm64"].map(|arch| format!("linux/{arch}={}/layouts/parts:v1-{arch}", plain()));
    let fresh = layout("fresh");
    run(&["manifest", &format!("{fresh}:v1"), "--source", &sources[0], "--source", &sources[1]]).good();
    let file = path("layouts", "fresh.tar");
    let from_layout =
        ["export", &format!("{fresh}:v1"), "--platform", "linux/amd64", "--name", "acme/app:v1", "-o", &file];
    run(&from_layout).good();
    let registry = format!("{}/layouts/parts:v1", plain());
    let again = run(&["export", &registry, "--platform", "linux/amd64", "--name", "acme/app:v1", "-o", &file]).good();
    assert!(again.stderr.contains("unchanged: "), "the same tarball from either: {}", again.stderr);
}

/// What a registry's configuration may be, a folder's may be.
#[test]
fn a_large_configuration_comes_back_out_of_a_folder() {
    let large = |label: usize| {
        let image = Image::new("amd64").revision(Some(&"x".repeat(label)));
        image.push("layouts/large", "v1");
        let [folder, back] = [layout("large"), format!("{}/layouts/large", plain())];
        run(&["copy", &format!("{back}:v1"), &format!("{folder}:v1")]).good();
        let shown = run(&["inspect", &format!("{folder}:v1")]);
        let asked = run(&["inspect", &format!("{back}:v1")]);
        run(&["copy", &format!("{folder}:v1"), &format!("{back}:back")]).good();
        (shown, asked)
    };
    let (of_folder, of_registry) = large(5 << 20);
    of_folder.good();
    of_registry.good();
    let (of_folder, of_registry) = large(8 << 20);
    of_folder.bad(&["larger than the limit of 8388608 bytes"]);
    of_registry.bad(&["more than 8388608 bytes"]);
}

#[test]
fn damage_is_found_and_named() {
    let source = index("layouts/damage");
    let damaged = layout("damaged");
    run(&["copy", &source, &format!("{damaged}:v1")]).good();
    let index: Value = serde_json::from_slice(&get("layouts/damage", "v1").expect("there").1).expect("JSON");
    let image = get("layouts/damage", index["manifests"][1]["digest"].as_str().expect("text")).expect("there").1;
    let image: Value = serde_json::from_slice(&image).expect("JSON");
    let layer = image["layers"][0]["digest"].as_str().expect("text");
    let blob = place("layouts").join("damaged/blobs").join(layer.replace(':', "/"));
    let mut bytes = fs::read(&blob).expect("there");
    bytes[77] ^= 1;
    fs::write(&blob, &bytes).expect("written");
    let file = path("layouts", "damaged.tar");
    run(&["export", &format!("{damaged}:v1"), "-o", &file]).bad(&["holds other bytes", layer, "write it again"]);
    assert!(!std::path::Path::new(&file).exists());
    let target = format!("{}/layouts/never:v1", plain());
    run(&["copy", &format!("{damaged}:v1"), &target, "--timeout", "3s"]).bad(&["was not published"]);
    assert_eq!(get("layouts/never", "v1"), None);
    // What is damaged is brought again.
    run(&["copy", &source, &format!("{damaged}:v2")]).good();
    fs::write(&blob, &bytes).expect("written");
    fs::remove_file(place("layouts").join("damaged/index.json")).expect("there");
    run(&["copy", &source, &format!("{damaged}:v3")]).good();
    fs::write(place("layouts").join("damaged/oci-layout"), "{}").expect("written");
    run(&["inspect", &format!("{damaged}:v3")]).bad(&["oci-layout is not valid in an OCI layout"]);
    run(&["inspect", &format!("{}:v1", layout("nothing"))]).bad(&["is not in"]);
    run(&["inspect", "oci::v1"]).wrong(&["write oci:DIR:TAG"]);
}
