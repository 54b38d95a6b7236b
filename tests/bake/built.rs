//! A bake file that is built: by Debian 13's Docker, without a registry and without any image that is there before.

use std::fs;
use std::io::Read;
use std::path::Path;

use crate::buildx::Buildx;
use crate::command::splitbuild;
use crate::daemon::{Engine, docker_of, host_of, output};
use crate::registry;

/// The word of this machine's architecture.
fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => panic!("an image of {other} runs nowhere here"),
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, text).expect("written");
}

/// A base from nothing, what is built on it by its name, and what is built on that by the name of its architecture.
fn project(folder: &Path) {
    let platform = format!("linux/{}", arch());
    let matrix = format!(
        "version: 1
defaults: {{ platforms: [{platform}] }}
images:
  base: {{ image: registry.acme.org/base, context: base }}
  app:
    image: registry.acme.org/app
    context: app
    dockerfile: docker/Dockerfile
    needs: [base]
    args: {{ BASE: \"registry.acme.org/base:${{tag}}\", SIGN: \"$${{x}} %{{y}}\" }}
    labels: {{ org.acme.args: \"${{git_branch}}\" }}
  tool:
    image: registry.acme.org/tool
    context: tool
    needs: [app]
    args: {{ BASE: \"registry.acme.org/app:${{arch_tag}}\" }}
workflows:
  main: {{ on: {{ branches: [\"**\"] }}, tags: [\"${{git_branch}}\", latest] }}
tool: {{ image: acme/tool }}
registries: {{ registry.acme.org: {{ username: robot, password: \"${{TOKEN}}\" }} }}
"
    );
    write(folder, "splitbuild.yml", &matrix);
    write(folder, "base/Dockerfile", "FROM scratch\nCOPY from /base\n");
    write(folder, "base/from", "the base\n");
    write(folder, "app/docker/Dockerfile", "ARG BASE\nFROM ${BASE}\nARG SIGN\nENV SIGN=\"${SIGN}\"\nCOPY from /app\n");
    write(folder, "app/from", "the app\n");
    write(folder, "tool/Dockerfile", "ARG BASE\nFROM ${BASE}\nCOPY from /tool\n");
    write(folder, "tool/from", "the tool\n");
}

#[test]
fn children_are_built_on_what_was_just_built() {
    let folder = tempfile::tempdir().expect("a folder");
    project(folder.path());
    let baked = splitbuild(folder.path(), &["bake", "-o", "docker-bake.json"]);
    assert!(baked.status.success(), "{}", String::from_utf8_lossy(&baked.stderr));
    let mut bake = Buildx::New.command();
    bake.args(["bake", "--load"]).current_dir(folder.path());
    bake.env("DOCKER_HOST", host_of(Engine::Modern)).env("DOCKER_CONFIG", registry::folder("docker-config"));
    output(bake.env("git_branch", "feature/x").env("git_sha", "c0ffee"));
    let docker = |arguments: &[&str]| output(docker_of(Engine::Modern, arguments).current_dir(folder.path()));
    for tag in ["feature-x", "latest"] {
        let of = |image: &str, format: &str| {
            docker(&["image", "inspect", "--format", format, &format!("registry.acme.org/{image}:{tag}")])
        };
        assert_eq!(of("app", "{{index .Config.Labels \"org.opencontainers.image.revision\"}}"), "c0ffee\n");
        assert_eq!(of("app", "{{index .Config.Labels \"org.acme.args\"}}"), "feature/x\n");
        assert!(of("app", "{{.Config.Env}}").contains("SIGN=${x} %{y}"), "{}", of("app", "{{.Config.Env}}"));
        assert_eq!(of("tool", "{{.Architecture}}"), format!("{}\n", arch()));
    }
    // What is in the last one came all the way.
    let container = docker(&["create", "registry.acme.org/tool:latest", "none"]);
    for (file, text) in [("base", "the base\n"), ("app", "the app\n"), ("tool", "the tool\n")] {
        docker(&["cp", &format!("{}:/{file}", container.trim()), &format!("found-{file}")]);
        assert_eq!(fs::read_to_string(folder.path().join(format!("found-{file}"))).expect("copied"), text);
    }
    docker(&["rm", container.trim()]);
}

/// Two platforms, without emulation: nothing is run in these builds.
#[test]
fn an_index_is_pushed_and_targets_of_one_platform_are_linked() {
    let (folder, host) = (tempfile::tempdir().expect("a folder"), registry::plain());
    let matrix = format!(
        "version: 1
images:
  base: {{ image: {host}/bake/base, context: base, annotations: {{ org.acme.for: \"${{git_branch}}\" }} }}
  app: {{ image: {host}/bake/app, context: app, needs: [base], args: {{ TAG: \"${{tag}}\" }} }}
  split: {{ image: {host}/bake/split, context: app, needs: [base], args: {{ TAG: \"${{arch_tag}}\" }} }}
workflows:
  main: {{ on: {{ branches: [\"**\"] }}, tags: [\"${{git_branch}}\", latest] }}
tool: {{ image: acme/tool }}
registries: {{ \"{host}\": {{ username: robot, password: \"${{TOKEN}}\" }} }}
"
    );
    write(folder.path(), "splitbuild.yml", &matrix);
    write(folder.path(), "base/Dockerfile", "FROM scratch\nARG TARGETARCH\nCOPY ${TARGETARCH} /base\n");
    write(folder.path(), "base/amd64", "for amd64\n");
    write(folder.path(), "base/arm64", "for arm64\n");
    let dockerfile = format!("ARG TAG\nFROM {host}/bake/base:${{TAG}}\nCOPY from /app\n");
    write(folder.path(), "app/Dockerfile", &dockerfile);
    write(folder.path(), "app/from", "the app\n");
    let splitbuild = |arguments: &[&str]| {
        let output = splitbuild(folder.path(), arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    splitbuild(&["bake", "-o", "docker-bake.json"]);
    let mut bake = Buildx::New.command();
    bake.args(["bake", "--push", "--provenance=false"]).current_dir(folder.path()).env("git_branch", "x/y");
    bake.env("DOCKER_HOST", host_of(Engine::Containerd)).env("DOCKER_CONFIG", registry::folder("docker-config"));
    output(&mut bake);
    splitbuild(&["manifest", &format!("{host}/bake/split:x-y"), "--tag", "latest"]);
    for image in ["base", "app", "split"] {
        for tag in ["x-y", "latest"] {
            let name = format!("{host}/bake/{image}:{tag}");
            let index: serde_json::Value =
                serde_json::from_str(&splitbuild(&["inspect", &name, "--raw"])).expect("JSON");
            let platforms = index["manifests"].as_array().expect("an index").iter();
            let found: Vec<&str> = platforms.filter_map(|it| it["platform"]["architecture"].as_str()).collect();
            assert_eq!(found, ["amd64", "arm64"], "{name}: {index}");
            let annotation = index["annotations"]["org.acme.for"].as_str();
            assert_eq!(annotation, (image == "base").then_some("x/y"), "{name}: {index}");
            // Each has the base of its own architecture.
            for arch in found {
                let (file, platform) = (format!("{image}-{arch}.tar"), format!("linux/{arch}"));
                splitbuild(&["export", &name, "--platform", &platform, "-o", &file]);
                assert!(holds(&folder.path().join(&file), format!("for {arch}\n").as_bytes()), "{name} for {arch}");
            }
        }
    }
}

/// Whether a layer of a tarball has a file of this text.
fn holds(tarball: &Path, text: &[u8]) -> bool {
    let mut archive = tar::Archive::new(fs::File::open(tarball).expect("it is there"));
    archive.entries().expect("a tarball").any(|entry| {
        let mut bytes = Vec::new();
        entry.expect("an entry").read_to_end(&mut bytes).expect("read");
        let mut inner = Vec::new();
        let is_read = flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut inner).is_ok();
        is_read && inner.windows(text.len()).any(|window| window == text)
    })
}
