//! What `splitbuild export` writes is loaded by those for whom it is made: Docker with its own store and with containerd's,
//! podman, and skopeo.

use std::process::Command;

use crate::command::run;
use crate::daemon::{Engine, docker_of, output};
use crate::export::{image, path};
use crate::image::{DOCKER, Image, MANIFEST, Packing, Pushed};
use crate::registry::{folder, plain, write};

/// Images of each kind under names of their own, and what was pushed.
fn images() -> Vec<(String, Pushed, Packing)> {
    let mut images = Vec::new();
    for (kind, media_type) in [("oci", MANIFEST), ("docker", DOCKER)] {
        for packing in [Packing::Gzip, Packing::Zstd, Packing::Plain] {
            let repository = format!("loads/{kind}-{packing:?}").to_lowercase();
            let image = Image { media_type, ..image("arm64").packing(packing) };
            images.push((format!("{}/{repository}:v1", plain()), image.push(&repository, "v1"), packing));
        }
    }
    images
}

/// Exports under two names, as a generated job does.
fn export(source: &str, file: &str) -> String {
    let file = path("loads", file);
    run(&["export", source, "--name", "acme/loaded:v1", "--name", "acme/loaded:v1-arm64", "-o", &file]).good();
    file
}

/// The id that Docker gives an image.
fn loaded(engine: Engine, file: &str) -> String {
    let run = |arguments: &[&str]| output(&mut docker_of(engine, arguments));
    let said = run(&["load", "--input", file]);
    assert!(said.contains("acme/loaded:v1\n") && said.contains("acme/loaded:v1-arm64"), "{said}");
    let form = "{{.Id}} {{.Os}}/{{.Architecture}}";
    let ids = ["acme/loaded:v1", "acme/loaded:v1-arm64"].map(|name| run(&["image", "inspect", "--format", form, name]));
    assert_eq!(ids[0], ids[1], "both names are of one image");
    run(&["image", "rm", "--force", "acme/loaded:v1", "acme/loaded:v1-arm64"]);
    let (id, platform) = ids[0].trim().split_once(' ').expect("two words");
    assert_eq!(platform, "linux/arm64");
    id.to_owned()
}

#[test]
fn docker_with_its_own_store() {
    for (source, pushed, packing) in images() {
        for ending in ["tar", "tar.gz"] {
            let file = export(&source, &format!("classic-{packing:?}.{ending}"));
            assert_eq!(loaded(Engine::Classic, &file), pushed.config, "{source} {ending}");
        }
    }
}

#[test]
fn docker_with_the_store_of_containerd() {
    for (source, pushed, packing) in images() {
        for ending in ["tar", "tar.gz", "tar.zst"] {
            let file = export(&source, &format!("containerd-{packing:?}.{ending}"));
            let id = loaded(Engine::Containerd, &file);
            let is_converted = packing == Packing::Zstd && ending != "tar.zst";
            assert_eq!(id == pushed.digest, !is_converted, "{source} {ending}: {id}");
        }
    }
}

#[test]
fn docker_reads_a_whole_index() {
    let source = crate::export::index("loads/index");
    let file = path("loads", "index.tar");
    let told = run(&["export", &source, "--name", "acme/whole:v1", "-o", &file]).good();
    assert!(told.stdout.contains("acme/whole:v1-amd64@sha256:"), "{}", told.stdout);
    let said = output(&mut docker_of(Engine::Classic, &["load", "--input", &file]));
    assert!(said.contains("acme/whole:v1-amd64") && said.contains("acme/whole:v1-arm64"), "{said}");
    let said = output(&mut docker_of(Engine::Containerd, &["load", "--input", &file]));
    assert!(said.contains("acme/whole:v1\n"), "{said}");
    output(&mut docker_of(Engine::Classic, &["image", "rm", "acme/whole:v1-amd64", "acme/whole:v1-arm64"]));
    output(&mut docker_of(Engine::Containerd, &["image", "rm", "acme/whole:v1"]));
}

/// Podman with a storage of its own.
fn podman(arguments: &[&str]) -> Command {
    let home = folder("podman");
    let (graph, run) = (home.join("graph"), home.join("run"));
    let text =
        format!("[storage]\ndriver = \"vfs\"\ngraphroot = \"{}\"\nrunroot = \"{}\"\n", graph.display(), run.display());
    let config = write(&home.join("storage.conf"), &text);
    let mut command = Command::new("podman");
    command.env("CONTAINERS_STORAGE_CONF", config).args(arguments);
    command
}

#[test]
fn podman_loads_it() {
    for (source, pushed, packing) in images() {
        let file = export(&source, &format!("podman-{packing:?}.tar"));
        output(&mut podman(&["load", "--quiet", "--input", &file]));
        for name in ["acme/loaded:v1", "acme/loaded:v1-arm64"] {
            let id = output(&mut podman(&["image", "inspect", "--format", "{{.Id}} {{.Architecture}}", name]));
            assert_eq!(id.trim(), format!("{} arm64", pushed.config.trim_start_matches("sha256:")), "{source}");
        }
        output(&mut podman(&["image", "rm", "--all", "--force"]));
    }
}

#[test]
fn skopeo_reads_it_as_either_kind_of_archive() {
    let to = folder("loads/skopeo").join("copied").display().to_string();
    let copy = |from: &str| {
        let arguments = ["--insecure-policy", "copy", "--quiet", from, &format!("dir:{to}")];
        output(Command::new("skopeo").args(arguments));
        std::fs::remove_dir_all(&to).expect("it is there");
    };
    for (source, pushed, packing) in images() {
        let file = export(&source, &format!("skopeo-{packing:?}.tar"));
        copy(&format!("docker-archive:{file}:acme/loaded:v1-arm64"));
        // Debian 12's looks for OCI's kind of manifest only, unless there is but one.
        if pushed.media_type == MANIFEST {
            copy(&format!("oci-archive:{file}:v1"));
        }
        let file = path("loads", "skopeo-one.tar.gz");
        run(&["export", &source, "--name", "acme/loaded:v1", "-o", &file]).good();
        copy(&format!("oci-archive:{file}"));
    }
}
