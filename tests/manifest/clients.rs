//! Clients that are not ours agree with what was published: skopeo, and Docker with a daemon of its own.

use std::io::Write;
use std::process::Command;

use crate::command::run;
use crate::daemon::{docker, output};
use crate::image::{Image, get, pair};
use crate::registry::plain;

/// Clients from before 23 read Docker's lists only, and say of an OCI index that there is none.
fn reads_oci_indexes() -> bool {
    let version = output(&mut docker(&["version", "--format", "{{.Client.Version}}"]));
    let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).expect("a version");
    if major < 23 {
        let line =
            format!("NOT CHECKED: docker {} cannot read OCI indexes with `docker manifest inspect`\n", version.trim());
        // Not by a macro, whose output is shown of failed tests only.
        std::io::stderr().write_all(line.as_bytes()).expect("written");
    }
    major >= 23
}

#[test]
fn skopeo_reads_the_same_bytes() {
    Image::new("amd64").push_attested("clients/skopeo", "v1-amd64");
    Image::new("arm64").variant("v8").push("clients/skopeo", "v1-arm64");
    let target = format!("{}/clients/skopeo:v1", plain());
    run(&["manifest", &target]).good();
    let name = format!("docker://{target}");
    let raw = output(Command::new("skopeo").args(["inspect", "--raw", "--tls-verify=false", &name]));
    assert_eq!(raw.as_bytes(), get("clients/skopeo", "v1").expect("the index").1);
    for architecture in ["amd64", "arm64"] {
        let chosen = ["--override-arch", architecture, "inspect", "--tls-verify=false", &name];
        let read = output(Command::new("skopeo").args(chosen));
        assert!(read.contains(&format!("\"Architecture\": \"{architecture}\"")), "{read}");
    }
}

#[test]
fn docker_reads_and_pulls_every_platform() {
    for (tag, format) in [("oci", "oci"), ("list", "docker")] {
        let [amd64, arm64] = pair("clients/docker", tag);
        let target = format!("{}/clients/docker:{tag}", plain());
        run(&["manifest", &target, "--format", format]).good();
        if format == "docker" || reads_oci_indexes() {
            let read = output(&mut docker(&["manifest", "inspect", "--insecure", &target]));
            let read: serde_json::Value = serde_json::from_str(&read).expect("JSON");
            let digests: Vec<&str> = (0..2).map(|at| read["manifests"][at]["digest"].as_str().expect("text")).collect();
            assert_eq!(digests, [&amd64.digest, &arm64.digest], "{format}");
        }
        for (architecture, pushed) in [("amd64", &amd64), ("arm64", &arm64)] {
            output(&mut docker(&["pull", "--quiet", "--platform", &format!("linux/{architecture}"), &target]));
            let form = "{{.Architecture}} {{.Id}}";
            let pulled = output(&mut docker(&["image", "inspect", "--format", form, &target]));
            assert_eq!(pulled.trim(), format!("{architecture} {}", pushed.config));
            output(&mut docker(&["image", "rm", "--force", &target]));
        }
    }
}
