//! A bake file that is built: by Debian 13's Docker, without a registry and without any image that is there before.

use std::fs;
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
