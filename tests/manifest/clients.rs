//! Clients that are not ours agree with what was published: skopeo, and Docker with a daemon of its own.

use std::io::Write;
use std::process::Command;
use std::sync::OnceLock;

use crate::command::run;
use crate::image::{Image, get, pair};
use crate::registry::{folder, guarded, plain};

/// Runs a program, which must work.
fn output(command: &mut Command) -> String {
    let shown = format!("{command:?}");
    let output = command.output().unwrap_or_else(|e| panic!("{shown}: {e}; ./test installs what the tests need"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{shown}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// A Docker daemon that touches nothing of the machine's own, and ends with the tests.
fn docker(arguments: &[&str]) -> Command {
    static HOST: OnceLock<String> = OnceLock::new();
    let host = HOST.get_or_init(|| {
        let home = folder("docker");
        let path = home.display();
        std::fs::write(home.join("daemon.json"), "{}").expect("written");
        // Its pid file tells when it has ended; what it leaves mounted is in its own folder.
        let script = format!(
            "cd '{path}' && dockerd -H unix://{path}/sock --data-root {path}/data --exec-root {path}/exec \
             --pidfile {path}/pid --config-file {path}/daemon.json --bridge=none --iptables=false >{path}/log 2>&1 & \
             server=$!; cat; kill $server; wait $server; umount {path}/exec/netns/default 2>/dev/null; rm -rf {path}"
        );
        std::mem::forget(guarded(&script));
        let host = format!("unix://{path}/sock");
        for _ in 0..1200 {
            if home.join("sock").exists() && ping(&host) {
                return host;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(home.join("log")).unwrap_or_default();
        panic!("dockerd does not start; it needs root and Debian's docker.io, which ./test installs:\n{log}");
    });
    client(host, arguments)
}

fn client(host: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command.env("DOCKER_HOST", host).env("DOCKER_CONFIG", folder("docker-config"));
    command.env("DOCKER_CLI_EXPERIMENTAL", "enabled").args(arguments);
    command
}

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

fn ping(host: &str) -> bool {
    client(host, &["version"]).output().is_ok_and(|output| output.status.success())
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
