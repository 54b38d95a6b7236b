//! The project's own repository, as far as its pipelines need it: its Dockerfile, its matrix and its hand-written jobs, for
//! the tests that run them. The scripts that those jobs call would run these tests, so they are played. What no registry
//! has here is small: Debian's busybox, whose package manager is played as well; `tests/e2e/tool.rs` builds on a Debian.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use crate::daemon::{Engine, docker_of, output};
use crate::registry::folder;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const ARCHITECTURES: [&str; 2] = ["amd64", "arm64"];

/// What the image is built on, and what the hand-written jobs run in.
const BASE: &str = "acme/busybox";
const DEBIAN: &str = "rust:1-bookworm";

/// Puts certificates where `apk add` does.
const PACKAGES: &str = "#!/bin/sh\nmkdir -p /etc/ssl/certs\necho certificates >/etc/ssl/certs/ca-certificates.crt\n";

/// Copies what the pipelines need into a repository, but for the matrix.
pub fn copy(to: &Path) {
    bases();
    for file in ["Dockerfile", ".dockerignore", ".circleci/own.yml", ".gitlab-ci.yml", ".github/jobs.yml"] {
        fs::create_dir_all(to.join(file).parent().expect("a folder")).expect("a folder");
        fs::copy(Path::new(ROOT).join(file), to.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
    script(&to.join(".ci/run"), "#!/bin/sh\necho 'all of it holds'\n");
    script(&to.join(".ci/dist"), "#!/bin/sh\nmkdir -p dist\necho program >dist/program\n");
    fs::create_dir_all(to.join("dist")).expect("a folder");
    for (architecture, program) in ARCHITECTURES.iter().zip(programs()) {
        fs::copy(program, to.join(format!("dist/splitbuild-{architecture}"))).expect("a copy");
    }
}

/// The matrix, whose image goes to the tests' registry, which wants no login, and is made of what is here.
pub fn matrix(organization: &str) -> String {
    let mut matrix = fs::read_to_string(Path::new(ROOT).join("splitbuild.yml")).expect("text");
    let arguments = format!(
        "    network: host\n    args: {{ BUILDER: \"{BASE}:amd64\", BASE: \"{BASE}:${{arch}}\", BINARY: \"dist/splitbuild-${{arch}}\" }}\n"
    );
    for (from, to) in [
        ("  org: splitbuild ", format!("  org: {organization} ")),
        ("registries:\n  docker.io: { username: \"${DOCKER_USER}\", password: \"${DOCKER_PASS}\" }\n", String::new()),
        ("    test: ", arguments + "    test: "),
    ] {
        assert!(matrix.contains(from), "{from} is not in\n{matrix}");
        matrix = matrix.replacen(from, &to, 1);
    }
    matrix
}

/// The program for each architecture, needing nothing else.
fn programs() -> &'static [String] {
    static PROGRAMS: OnceLock<Vec<String>> = OnceLock::new();
    let program = |architecture| {
        let made = output(Command::new(format!("{ROOT}/.ci/static")).args([architecture, "quick"]));
        format!("{ROOT}/{}", made.trim())
    };
    PROGRAMS.get_or_init(|| ARCHITECTURES.map(program).into())
}

fn bases() {
    static MADE: OnceLock<()> = OnceLock::new();
    MADE.get_or_init(|| {
        let busybox = |architecture| format!("{ROOT}/target/ci-tools/busybox-{architecture}/root/usr/bin/busybox");
        let commands = output(Command::new(busybox("amd64")).arg("--list"));
        for architecture in ARCHITECTURES {
            let root = folder(&format!("busybox-{architecture}"));
            let bin = root.join("bin");
            fs::create_dir_all(&bin).expect("a folder");
            for needed in ["tmp", "root", "usr/local/bin"] {
                fs::create_dir_all(root.join(needed)).expect("a folder");
                fs::write(root.join(needed).join(".keep"), "").expect("written");
            }
            fs::copy(busybox(architecture), bin.join("busybox")).expect("./test installs what the tests need");
            for command in commands.lines().filter(|command| *command != "busybox") {
                symlink("busybox", bin.join(command)).expect("a link");
            }
            script(&bin.join("apk"), PACKAGES);
            let text = "FROM scratch\nCOPY . /\nENV PATH=/usr/local/bin:/bin\nCMD [\"sh\"]\n";
            fs::write(root.join("Dockerfile"), text).expect("written");
            let (platform, name) = (format!("linux/{architecture}"), format!("{BASE}:{architecture}"));
            docker(&["build", "--platform", &platform, "--tag", &name, &root.display().to_string()]);
        }
        let root = folder("busybox-git");
        let git = r"printf '#!/bin/sh\n' >/bin/git && chmod +x /bin/git";
        let text = format!("FROM {BASE}:amd64\nRUN {git}\n");
        fs::write(root.join("Dockerfile"), text).expect("written");
        docker(&["build", "--network", "host", "--tag", DEBIAN, &root.display().to_string()]);
    });
}

fn docker(arguments: &[&str]) -> String {
    output(&mut docker_of(Engine::Modern, arguments))
}

fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let _ = fs::remove_file(path);
    fs::write(path, text).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a script that runs");
}
