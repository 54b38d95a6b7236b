//! The machines that build and run: one for each architecture, with a Docker daemon of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::daemon::{Engine, client_of, host_of, output, second_host};
use crate::registry::{folder, write};
use crate::runner::Variables;

/// A kind of machine.
#[derive(Debug)]
pub struct Machine {
    /// The architecture as images spell it.
    pub architecture: &'static str,
    /// The same as the kernel spells it.
    pub spelling: &'static str,
    compiler: &'static str,
}

/// The one that the tests run on.
pub const AMD64: Machine = Machine { architecture: "amd64", spelling: "x86_64", compiler: "gcc" };
/// One that is played: its daemon learns what it is, and programs go through qemu.
pub const ARM64: Machine = Machine { architecture: "arm64", spelling: "aarch64", compiler: "aarch64-linux-gnu-gcc" };
/// Both.
pub const MACHINES: [&Machine; 2] = [&AMD64, &ARM64];

/// Says its arguments, and the architecture of the machine that it runs on.
const HELLO: &str = r#"
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct utsname machine;
    if (uname(&machine) != 0) return 1;
    if (argc > 1) sleep(WORK);
    for (int at = 1; at < argc; at++) printf("%s ", argv[at]);
    return puts(machine.machine) < 0;
}
"#;

impl Machine {
    /// `linux/arm64`.
    pub fn platform(&self) -> String {
        format!("linux/{}", self.architecture)
    }

    /// How its Docker is reached.
    pub fn variables(&self) -> Variables {
        let mut variables = Variables::new();
        if self.is_played() {
            assert!(
                Path::new("/proc/sys/fs/binfmt_misc/qemu-aarch64").exists(),
                "programs for arm64 do not run here; ./test and tests/e2e/run see to it with .ci/binfmt"
            );
            variables.insert("DOCKER_DEFAULT_PLATFORM".into(), self.platform());
        }
        let host = if self.is_played() { second_host() } else { host_of(Engine::Modern) };
        variables.insert("DOCKER_HOST".into(), host.into());
        variables
    }

    /// Its Docker.
    pub fn docker(&self, arguments: &[&str]) -> String {
        let variables = self.variables();
        output(client_of(Engine::Modern, &variables["DOCKER_HOST"], arguments).envs(&variables))
    }

    /// What an image that is here says when it is run, with no network. It is read from the log, since what a short program
    /// says may be over before anybody listens.
    pub fn run(&self, image: &str) -> String {
        let alone = ["create", "--network", "none", "--pull", "never", "--platform"];
        let id = self.docker(&[&alone[..], &[&self.platform(), image]].concat());
        let id = id.trim();
        self.docker(&["start", id]);
        assert_eq!(self.docker(&["wait", id]), "0\n", "{image} ends well");
        // The daemon copies it there, and on a busy machine that takes longer than the program.
        let mut said = self.docker(&["logs", id]);
        for _ in 0..50 {
            if !said.is_empty() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
            said = self.docker(&["logs", id]);
        }
        self.docker(&["rm", id]);
        said
    }

    /// An image that says what it runs on, and which has no name in any registry.
    pub fn hello(&self) -> &'static str {
        static IMAGES: [OnceLock<String>; 2] = [const { OnceLock::new() }; 2];
        IMAGES[usize::from(self.is_played())].get_or_init(|| {
            let context = self.compiled();
            let dockerfile = "FROM scratch\nCOPY hello /hello\nCMD [\"/hello\"]\n";
            write(&context.join("Dockerfile"), dockerfile);
            let name = format!("hello-{}", self.architecture);
            self.docker(&["build", "--tag", &name, &context.display().to_string()]);
            name
        })
    }

    fn compiled(&self) -> PathBuf {
        let to = folder(&format!("hello-{}", self.architecture));
        let source = write(&to.join("hello.c"), HELLO);
        // To measure a pipeline, every build may take so many seconds.
        let work = format!("-DWORK={}", std::env::var("E2E_WORK").unwrap_or_else(|_| "0".into()));
        let arguments = [&work, "-static", "-O1", "-s", "-o"];
        output(Command::new(self.compiler).args(arguments).arg(to.join("hello")).arg(source));
        to
    }

    fn is_played(&self) -> bool {
        self.architecture == ARM64.architecture
    }
}
