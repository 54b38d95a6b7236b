//! An image for jobs in containers, as the tool's is: a shell and splitbuild, on nothing.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::daemon::{Engine, docker_of, output};
use crate::registry::folder;

/// Sees to it that there is an image of this name.
pub fn tool(name: &str) {
    static MADE: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if made.is_empty() {
        build();
    }
    if made.insert(name.to_owned()) {
        output(&mut docker_of(Engine::Modern, &["tag", "acme/act-tool", name]));
    }
}

fn build() {
    let root = folder("act-tool");
    let busybox = Path::new("/usr/bin/busybox");
    let program = Path::new(env!("CARGO_BIN_EXE_splitbuild"));
    for file in libraries(busybox).union(&libraries(program)) {
        put(file, &root.join(file.strip_prefix("/").expect("an absolute path")));
    }
    put(program, &root.join("usr/local/bin/splitbuild"));
    put(busybox, &root.join("bin/busybox"));
    let commands = output(Command::new(busybox).arg("--list"));
    for command in commands.lines().filter(|command| *command != "busybox") {
        symlink("busybox", root.join("bin").join(command)).expect("a link");
    }
    fs::create_dir_all(root.join("tmp")).expect("a folder");
    let text = "FROM scratch\nCOPY . /\nENV PATH=/usr/local/bin:/bin\n";
    fs::write(root.join("Dockerfile"), text).expect("written");
    output(&mut docker_of(Engine::Modern, &["build", "--tag", "acme/act-tool", &root.display().to_string()]));
}

/// What a program loads, with what loads it.
fn libraries(program: &Path) -> BTreeSet<PathBuf> {
    let told = output(Command::new("ldd").arg(program));
    told.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).collect()
}

fn put(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
    fs::copy(from, to).expect("a copy");
}
