//! The tool image: built from the project's Dockerfile on bases without anything of ours, and at work in a manifest job.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::meeting::Project;
use crate::daemon::{Engine, docker_of, output};
use crate::registry::{folder, start};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn docker(arguments: &[&str]) -> String {
    output(&mut docker_of(Engine::Modern, arguments))
}

/// A Debian of its own, without any more packages than it needs to be one, but with the authorities that this machine has
/// beside Debian's.
fn base(architecture: &str) -> String {
    let home = folder(&format!("base-{architecture}"));
    let root = home.join("root").display().to_string();
    let sources = std::fs::read_to_string("/etc/apt/sources.list.d/debian.sources").unwrap_or_default();
    // From where this machine has its packages; else from where debootstrap gets them by itself.
    let mirror = sources.lines().find_map(|line| line.strip_prefix("URIs: "));
    output(
        Command::new("debootstrap").args(["--variant=minbase", "--arch", architecture, "bookworm", &root]).args(mirror),
    );
    let authorities = format!("cp -R /usr/local/share/ca-certificates '{root}/usr/local/share/'");
    output(Command::new("sh").args(["-c", &authorities]));
    let archive = home.join("base.tar").display().to_string();
    output(Command::new("tar").args(["-C", &root, "-cf", &archive, "."]));
    std::fs::remove_dir_all(&root).expect("it was there");
    let name = format!("acme/bookworm:{architecture}");
    // `docker import` would have it for this machine's architecture.
    std::fs::write(home.join("Dockerfile"), "FROM scratch\nADD base.tar /\nCMD [\"sh\"]\n").expect("written");
    let platform = format!("linux/{architecture}");
    docker(&["build", "--platform", &platform, "--tag", &name, &home.display().to_string()]);
    std::fs::remove_file(&archive).expect("it was there");
    name
}

/// Builds the image of the context with these arguments of the build.
fn build(platform: &str, image: &str, context: &str, arguments: &[String]) {
    let mut all = vec!["build", "--network", "host", "--platform", platform, "--tag", image];
    arguments.iter().for_each(|argument| all.extend(["--build-arg", argument]));
    all.push(context);
    docker(&all);
}

#[test]
fn the_image_is_built_and_its_splitbuild_publishes() {
    let program = output(Command::new(format!("{ROOT}/.ci/static")).args(["amd64", "quick"]));
    let _turn = crate::turn();
    let base = base("amd64");
    let context = folder("tool-context");
    let compiled = Path::new(ROOT).join(program.trim());
    std::fs::copy(&compiled, context.join("splitbuild")).expect("it was built");
    std::fs::copy(Path::new(ROOT).join("Dockerfile"), context.join("Dockerfile")).expect("it is there");
    let arguments = [format!("BUILDER={base}"), format!("BASE={base}"), "BINARY=splitbuild".into()];
    build("linux/amd64", "acme/tool:test", &context.display().to_string(), &arguments);

    let inside = |command: &str| docker(&["run", "--rm", "--network", "none", "acme/tool:test", "sh", "-c", command]);
    assert_eq!(inside("splitbuild --version").trim(), concat!("splitbuild ", env!("CARGO_PKG_VERSION")));
    inside("tar --version && gzip --version && test -s /etc/ssl/certs/ca-certificates.crt");

    let size = |image: &str| -> u64 {
        docker(&["image", "inspect", "--format", "{{.Size}}", image]).trim().parse().expect("a number of bytes")
    };
    let beside = size("acme/tool:test") - size(&base) - std::fs::metadata(&compiled).expect("it was built").len();
    eprintln!("the tool's image is {beside} bytes larger than its base and splitbuild");
    // With a release's splitbuild of 9 MB, 25 MB in all.
    assert!(beside < 16_000_000, "{beside}");

    // The job's container cannot be had without a network of its own, so the binary comes out of it.
    let bin = folder("tool-bin");
    let to = bin.join("splitbuild").display().to_string();
    let container = docker(&["create", "acme/tool:test"]);
    docker(&["cp", &format!("{}:/usr/local/bin/splitbuild", container.trim()), &to]);
    docker(&["rm", container.trim()]);
    docker(&["image", "rm", "--force", "acme/tool:test", &base]);
    assert!(std::fs::metadata(&to).expect("it is there").permissions().mode() & 0o111 != 0);
    let mut project = Project::new("tool", Engine::Modern);
    project.tool = bin;
    let config = project.config("true", "[latest]");
    let report = project.run(&config, 1).green();
    assert!(report.job("main", "build-base-manifest").log.contains("/base:latest@sha256:"));
}

/// What a stranger does with a clone, on a machine and on a builder without Rust; both architectures, compiled by this
/// machine for both, and the index over them, linked by the program in one of them.
#[test]
#[ignore = "compiles in containers, twice, and makes a Debian of arm64: `just full` runs it"]
fn the_image_is_compiled_for_two_architectures_and_linked() {
    let _turn = crate::turn();
    let host = start("tool-registry", &folder("tool-registry-storage"), "");
    let image = format!("{host}/ci/splitbuild:v1");
    let builder = base("amd64");
    for architecture in ["amd64", "arm64"] {
        let base = if architecture == "amd64" { builder.clone() } else { base(architecture) };
        let arguments = [format!("BUILDER={builder}"), format!("BASE={base}"), "PROFILE=quick".into()];
        let name = format!("{image}-{architecture}");
        build(&format!("linux/{architecture}"), &name, ROOT, &arguments);
        docker(&["push", &name]);
    }
    let run =
        |name: &str, arguments: &[&str]| docker(&[&["run", "--rm", "--network", "host", name][..], arguments].concat());
    let published = run(&format!("{image}-amd64"), &["splitbuild", "manifest", &image]);
    assert!(published.starts_with(&format!("{image}@sha256:")), "{published}");
    let shown = run(&format!("{image}-arm64"), &["splitbuild", "inspect", &image]);
    assert!(shown.contains("linux/amd64") && shown.contains("linux/arm64"), "{shown}");
    for (architecture, machine) in [("amd64", "x86_64"), ("arm64", "aarch64")] {
        docker(&["image", "rm", "--force", &format!("{image}-{architecture}")]);
        docker(&["pull", "--platform", &format!("linux/{architecture}"), &image]);
        let said = run(&image, &["sh", "-c", "uname -m && splitbuild --version && tar --version"]);
        assert!(said.starts_with(&format!("{machine}\nsplitbuild {}\n", env!("CARGO_PKG_VERSION"))), "{said}");
        docker(&["image", "rm", "--force", &image]);
    }
}
