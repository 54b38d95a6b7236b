//! Tools that write down how they were called, with a little of the real ones' behaviour.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The commit that the recording git has in every clone.
pub const COMMIT: &str = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";

/// How a tool was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The tool.
    pub tool: String,
    /// The folder in which it was called, relative to the job's.
    pub folder: String,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// Notes the call: the tool, the folder, the number of arguments and each of them, with a NUL after every one.
const NOTE: &str = r#"#!/bin/sh
printf '%s\0' "${0##*/}" "$PWD" "$#" "$@" >>"$RECORD/calls"
"#;

/// Inspecting tells the platform, and pushing the digest, as Docker prints it.
const DOCKER: &str = r#"
case "$1 $2" in
  "image inspect") echo "${RECORD_PLATFORM-$platform}" ;;
  push\ *)
    if [ -e "$RECORD/push-fails" ]; then
      left=$(cat "$RECORD/push-fails")
      if [ "$left" -gt 0 ]; then
        echo $((left - 1)) >"$RECORD/push-fails"
        echo "503 Service Unavailable"
        exit 1
      fi
    fi
    echo "The push refers to repository [$2]"
    echo "${2##*:}: digest: sha256:$(printf '%s' "$2" | sha256sum | cut -c1-64) size: 1234"
    ;;
  "build --help") if [ -e "$RECORD/buildx" ]; then echo "      --build-context stringArray"; fi ;;
  build\ *) if [ -e "$RECORD/build-fails" ]; then rm "$RECORD/build-fails"; exit 7; fi ;;
esac
"#;

/// A clone is a folder with the scripts that own-script images call.
const GIT: &str = r#"
case "$*" in
  *"rev-parse HEAD") echo c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00 ;;
  *"remote.origin.url") echo "https://someone:s@cret@git.example.com/acme/this.git" ;;
  clone\ * | init\ *)
    if [ -e "$RECORD/clone-fails" ]; then rm "$RECORD/clone-fails"; exit 128; fi
    for folder; do :; done
    mkdir -p "$folder/docker"
    for script in build_docker.sh build_docker_cuda.sh; do cp "$RECORD/bin/note" "$folder/$script"; done
    ;;
esac
"#;

const SPLITBUILD: &str = r#"
case "$1" in
  --version) echo "splitbuild ${RECORD_VERSION-0.1.0}" ;;
  manifest) cat "$RECORD/published" 2>/dev/null || : ;;
esac
"#;

/// The recording tools, in a folder of their own.
pub struct Recorder {
    folder: PathBuf,
}

impl Recorder {
    /// Puts the tools into a folder.
    pub fn new(folder: &Path) -> Self {
        let bin = folder.join("bin");
        fs::create_dir_all(&bin).expect("a folder for the tools");
        for (name, behaviour) in
            [("docker", DOCKER), ("git", GIT), ("splitbuild", SPLITBUILD), ("apk", ""), ("note", "")]
        {
            let path = bin.join(name);
            fs::write(&path, format!("{NOTE}{behaviour}")).expect("a tool");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a tool that runs");
        }
        Self { folder: folder.to_owned() }
    }

    /// The folder whose name the tools find in `RECORD`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Every call so far, in order.
    pub fn calls(&self, job: &Path) -> Vec<Call> {
        let text = fs::read_to_string(self.folder.join("calls")).unwrap_or_default();
        let mut fields = text.split_terminator('\0').map(str::to_owned);
        let mut calls = Vec::new();
        while let Some(tool) = fields.next() {
            let folder = fields.next().expect("a folder");
            let count: usize = fields.next().and_then(|n| n.parse().ok()).expect("a number of arguments");
            let arguments: Vec<String> = fields.by_ref().take(count).collect();
            assert_eq!(arguments.len(), count, "a call is whole");
            let folder = Path::new(&folder).strip_prefix(job).map(|f| f.display().to_string()).unwrap_or(folder);
            calls.push(Call { tool, folder, arguments });
        }
        calls
    }
}
