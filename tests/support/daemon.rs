//! Debian's Docker daemon, started by the tests, and ended with them.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use crate::registry::{folder, guarded};

/// Runs a program, which must work.
pub fn output(command: &mut Command) -> String {
    let shown = format!("{command:?}");
    let output = command.output().unwrap_or_else(|e| panic!("{shown}: {e}; ./test installs what the tests need"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{shown}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Which Docker.
#[allow(dead_code, reason = "not every binary needs it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Debian 12's 20.10, with a store of its own.
    Classic,
    /// Debian 13's 26.1 with containerd's store, whose images are manifests and indexes.
    Containerd,
}

/// Where `./test` unpacks Debian 13's Docker.
#[allow(dead_code, reason = "not every binary needs it")]
const NEWER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/ci-tools/debian13/root/usr");

/// A Docker daemon that touches nothing of the machine's own, and ends with the tests.
#[allow(dead_code, reason = "not every binary needs it")]
pub fn docker(arguments: &[&str]) -> Command {
    client(host(), arguments)
}

/// The same, of one engine.
#[allow(dead_code, reason = "not every binary needs it")]
pub fn docker_of(engine: Engine, arguments: &[&str]) -> Command {
    match engine {
        Engine::Classic => client(host(), arguments),
        Engine::Containerd => client(newer(), arguments),
    }
}

/// Where the daemon listens, once it does.
pub fn host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| start("docker", "{}", ""))
}

/// Where a second one of the same kind listens, once it does: another machine, that has none of the first one's images.
#[allow(dead_code, reason = "not every binary needs it")]
pub fn second_host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| start("docker-second", "{}", ""))
}

#[allow(dead_code, reason = "not every binary needs it")]
fn newer() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| {
        assert!(Path::new(NEWER).join("sbin/dockerd").exists(), "{NEWER}: ./test unpacks Debian 13's Docker there");
        let path = format!("PATH={NEWER}/sbin:{NEWER}/bin:$PATH ");
        start("docker-newer", r#"{"features":{"containerd-snapshotter":true}}"#, &path)
    })
}

fn start(name: &str, config: &str, environment: &str) -> String {
    let home = folder(name);
    let path = home.display();
    std::fs::write(home.join("daemon.json"), config).expect("written");
    // Its pid file tells when it has ended; what it leaves mounted is in its own folder.
    let script = format!(
        "cd '{path}' && {environment}dockerd -H unix://{path}/sock --data-root {path}/data --exec-root {path}/exec \
         --pidfile {path}/pid --config-file {path}/daemon.json --bridge=none --iptables=false >{path}/log 2>&1 & \
         server=$!; cat; kill $server; wait $server; umount -l {path}/exec/netns/default {path}/data 2>/dev/null; rm -rf {path}"
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
}

/// A client of the daemon that listens there.
pub fn client(host: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command.env("DOCKER_HOST", host).env("DOCKER_CONFIG", folder("docker-config"));
    command.env("DOCKER_CLI_EXPERIMENTAL", "enabled").args(arguments);
    command
}

fn ping(host: &str) -> bool {
    client(host, &["version"]).output().is_ok_and(|output| output.status.success())
}
