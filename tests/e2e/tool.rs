//! The tool image: built from the project's Dockerfile on a base without anything of ours, and at work in a manifest job.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::meeting::Project;
use crate::daemon::{Engine, docker_of, output};
use crate::registry::folder;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The static binary, as the Dockerfile says that it is made, but for the optimizer.
fn binary() -> PathBuf {
    let target = Path::new(ROOT).join("target/tool");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--target", "x86_64-unknown-linux-gnu", "--target-dir"]).arg(&target);
    output(cargo.current_dir(ROOT).env("RUSTFLAGS", "-C target-feature=+crt-static"));
    target.join("x86_64-unknown-linux-gnu/debug/splitbuild")
}

/// A Debian of its own, without any more packages than it needs to be one.
fn base() -> String {
    let home = folder("tool");
    let root = home.join("root").display().to_string();
    let sources = std::fs::read_to_string("/etc/apt/sources.list.d/debian.sources").unwrap_or_default();
    // From where this machine has its packages; else from where debootstrap gets them by itself.
    let mirror = sources.lines().find_map(|line| line.strip_prefix("URIs: "));
    output(Command::new("debootstrap").args(["--variant=minbase", "bookworm", &root]).args(mirror));
    let archive = home.join("base.tar").display().to_string();
    output(Command::new("tar").args(["-C", &root, "-cf", &archive, "."]));
    std::fs::remove_dir_all(&root).expect("it was there");
    output(&mut docker_of(Engine::Modern, &["import", &archive, "acme/bookworm:minbase"]));
    std::fs::remove_file(&archive).expect("it was there");
    "acme/bookworm:minbase".into()
}

#[test]
fn the_image_is_built_and_its_splitbuild_publishes() {
    let docker = |arguments: &[&str]| output(&mut docker_of(Engine::Modern, arguments));
    let binary = binary();
    let base = base();
    let _turn = crate::turn();
    let context = folder("tool-context");
    std::fs::copy(binary, context.join("splitbuild")).expect("it was built");
    let dockerfile = format!("{ROOT}/Dockerfile");
    let base = format!("BASE={base}");
    let context = context.display().to_string();
    let build = ["build", "--network", "host", "--file", &dockerfile, "--build-arg", &base];
    docker(&[&build[..], &["--build-arg", "BINARY=splitbuild", "--tag", "acme/tool:test", &context]].concat());

    let inside = |command: &str| docker(&["run", "--rm", "--network", "none", "acme/tool:test", "sh", "-c", command]);
    assert_eq!(inside("splitbuild --version").trim(), concat!("splitbuild ", env!("CARGO_PKG_VERSION")));
    inside("git --version && tar --version && gzip --version && test -s /etc/ssl/certs/ca-certificates.crt");

    // The job's container cannot be had without a network of its own, so the binary comes out of it.
    let bin = folder("tool-bin");
    let to = bin.join("splitbuild").display().to_string();
    let container = docker(&["create", "acme/tool:test"]);
    docker(&["cp", &format!("{}:/usr/local/bin/splitbuild", container.trim()), &to]);
    docker(&["rm", container.trim()]);
    docker(&["image", "rm", "--force", "acme/tool:test", "acme/bookworm:minbase"]);
    assert!(std::fs::metadata(&to).expect("it is there").permissions().mode() & 0o111 != 0);
    let mut project = Project::new("tool", Engine::Modern);
    project.tool = bin;
    let config = project.config("true", "[latest]");
    let report = project.run(&config, 1).green();
    assert!(report.job("main", "build-base-manifest").log.contains("/base:latest@sha256:"));
}
