//! Debian's Docker daemons, started by the tests, and ended with them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
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
    /// Debian 12's 20.10, which finds what a name means on the machine only.
    Classic,
    /// Debian 13's 26.1 with buildx, which can be told what a name means.
    Modern,
    /// The same with containerd's store, whose images are manifests and indexes.
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
    client_of(engine, host_of(engine), arguments)
}

/// Where the daemon listens, once it does.
pub fn host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| start("docker", "{}", ""))
}

/// Where the daemon of an engine listens, once it does.
#[allow(dead_code, reason = "not every binary needs it")]
pub fn host_of(engine: Engine) -> &'static str {
    static MODERN: OnceLock<String> = OnceLock::new();
    static CONTAINERD: OnceLock<String> = OnceLock::new();
    match engine {
        Engine::Classic => host(),
        Engine::Modern => MODERN.get_or_init(|| start_newer("docker-modern", "{}")),
        Engine::Containerd => CONTAINERD
            .get_or_init(|| start_newer("docker-containerd", r#"{"features":{"containerd-snapshotter":true}}"#)),
    }
}

/// Where a second modern one listens, once it does: another machine, that has none of the first one's images.
#[allow(dead_code, reason = "not every binary needs it")]
pub fn second_host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| start_newer("docker-second", "{}"))
}

#[allow(dead_code, reason = "not every binary needs it")]
fn start_newer(name: &str, config: &str) -> String {
    assert!(Path::new(NEWER).join("sbin/dockerd").exists(), "{NEWER}: ./test unpacks Debian 13's Docker there");
    start(name, config, &format!("PATH={NEWER}/sbin:{NEWER}/bin:$PATH "))
}

/// A folder with the client of an engine, as `docker`; that of the newer ones finds buildx, as on a machine where it is
/// installed.
#[allow(dead_code, reason = "not every binary needs it")]
pub fn tools(engine: Engine) -> PathBuf {
    let script = match engine {
        Engine::Classic => "exec /usr/bin/docker \"$@\"\n".to_owned(),
        // Plugins are looked for beside the settings, and nowhere else on this machine.
        Engine::Modern | Engine::Containerd => format!(
            "plugins=${{DOCKER_CONFIG:-$HOME/.docker}}/cli-plugins\n\
             [ -e \"$plugins/docker-buildx\" ] || {{\n  mkdir -p \"$plugins\"\n  \
             ln -s '{NEWER}/libexec/docker/cli-plugins/docker-buildx' \"$plugins\" 2>/dev/null || :\n}}\n\
             exec '{NEWER}/bin/docker' \"$@\"\n"
        ),
    };
    let bin = folder(&format!("docker-tools-{engine:?}"));
    static ONCE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _once = ONCE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let tool = bin.join("docker");
    if !tool.exists() {
        // What is being written cannot be run.
        fs::write(bin.join("new"), format!("#!/bin/sh\n{script}")).expect("written");
        fs::set_permissions(bin.join("new"), Permissions::from_mode(0o755)).expect("permitted");
        fs::rename(bin.join("new"), tool).expect("renamed");
    }
    bin
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
    for _ in 0..2400 {
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
    asks(Command::new("docker"), host, arguments)
}

/// The same, of an engine.
#[allow(dead_code, reason = "not every binary needs it")]
pub fn client_of(engine: Engine, host: &str, arguments: &[&str]) -> Command {
    asks(Command::new(tools(engine).join("docker")), host, arguments)
}

fn asks(mut command: Command, host: &str, arguments: &[&str]) -> Command {
    command.env("DOCKER_HOST", host).env("DOCKER_CONFIG", folder("docker-config"));
    command.env("DOCKER_CLI_EXPERIMENTAL", "enabled").args(arguments);
    command
}

fn ping(host: &str) -> bool {
    client(host, &["version"]).output().is_ok_and(|output| output.status.success())
}
