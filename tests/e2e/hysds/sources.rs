//! The repositories that the images are made from: of the real ones' shape, on this machine.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::daemon::output;

/// Makes every repository below a folder, as `OWNER/NAME.git`; their Dockerfiles name images below `images`.
pub fn create(folder: &Path, images: &str) {
    let base = |name: &str, more: &str| [("docker/Dockerfile", dockerfile(images, name, more))];
    let upstream = |image: &str| format!("FROM {images}/library/{image}\n");
    let own = |name: &str| format!("ARG ORG=hysds\nARG TAG=latest\nFROM {images}/${{ORG}}/{name}:${{TAG}}\n");
    let repository = |name: &str, branch: &str, files: &[(&str, String)]| {
        let path = folder.join("hysds").join(format!("{name}.git"));
        fs::create_dir_all(&path).expect("a folder");
        git(&path, &["init", "--quiet", &format!("--initial-branch={branch}")]);
        commit(&path, files);
    };
    repository("rabbitmq", "develop", &base("rabbitmq", &upstream("debian:12")));
    repository("puppet-redis", "master", &base("redis", &upstream("debian:12")));
    let [plain] = base("base", &upstream("oraclelinux:8"));
    let cuda = ("docker/Dockerfile.cuda", dockerfile(images, "cuda-base", &own("base")));
    repository("puppet-hysds_base", "develop", &[plain, cuda]);
    let [plain] = base("dev", &own("base"));
    let cuda = ("docker/Dockerfile.cuda", dockerfile(images, "cuda-dev", &own("cuda-base")));
    repository("puppet-hysds_dev", "develop", &[plain, cuda]);
    let verdi = [
        ("docker/Dockerfile.pge-base", dockerfile(images, "pge-base", &own("dev"))),
        ("docker/Dockerfile", dockerfile(images, "verdi", &own("pge-base"))),
        ("docker/Dockerfile.cuda-pge-base", dockerfile(images, "cuda-pge-base", &own("cuda-dev"))),
        (
            "build_docker.sh",
            script(images, &[("pge-base", "docker/Dockerfile.pge-base"), ("verdi", "docker/Dockerfile")]),
        ),
        ("build_docker_cuda.sh", script(images, &[("cuda-pge-base", "docker/Dockerfile.cuda-pge-base")])),
    ];
    repository("puppet-verdi", "docker", &verdi);
}

/// Writes files, and commits them.
pub fn commit(repository: &Path, files: &[(&str, String)]) {
    for (name, text) in files {
        let path: PathBuf = repository.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("written");
        let mode = if name.ends_with(".sh") { 0o755 } else { 0o644 };
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("permitted");
    }
    git(repository, &["add", "--all"]);
    git(repository, &["commit", "--quiet", "--message", "A commit"]);
}

/// Runs git there.
pub fn git(repository: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]);
    output(command.args(arguments).current_dir(repository)).trim().to_owned()
}

/// A Dockerfile whose image says its name. Its variable sets its build apart from all others on the same daemon.
fn dockerfile(images: &str, name: &str, from: &str) -> String {
    format!(
        "{from}ENV IMAGES=\"{images}\"\nARG ORG\nARG BRANCH\n\
         RUN --network=none [\"/hello\", \"building {name} on\"]\n\
         CMD [\"/hello\", \"{name}\"]\n"
    )
}

/// A script that makes images one after the other.
fn script(images: &str, made: &[(&str, &str)]) -> String {
    let mut script =
        "#!/bin/bash\nTAG=$1\nORG=$2\nBRANCH=$3\nFRAMEWORK_BRANCH=$4\nRELEASE=$5\nBASE_TAG=$6\nBASE_BRANCH=$7\n\
         set -ex\n[ -s \"$HOME/.git_oauth_token\" ]\n[ \"$BRANCH\" = docker ]\n[ \"$FRAMEWORK_BRANCH\" = \"$RELEASE\" ]\n"
            .to_owned();
    for (name, file) in made {
        script += &format!(
            "docker build --rm --force-rm -t {images}/${{ORG}}/{name}:${{TAG}} -f {file} \\\n  \
             --build-arg ORG=${{ORG}} --build-arg BRANCH=${{BASE_BRANCH}} --build-arg TAG=${{BASE_TAG}} .\n"
        );
    }
    script
}
