//! Tools that write down how they were called, with a little of the real ones' behaviour.
//!
//! Files in the folder `$RECORD` tell them to behave otherwise: `push-fails` and the like hold how many times that fails; `no-digest`
//! makes a push say nothing; `platforms` holds lines of an image and what it is for, if not for `$RECORD_PLATFORM`;
//! `published` is what splitbuild prints.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

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
fails() {
  left=$(cat "$RECORD/$1-fails" 2>/dev/null) && [ "$left" -gt 0 ] || return 1
  echo $((left - 1)) >"$RECORD/$1-fails"
  echo "503 Service Unavailable" >&2
}
made() { echo "$1" >>"$RECORD/images"; }
is_there() { grep -qxF -e "$1" "$RECORD/images" 2>/dev/null || { echo "No such image: $1" >&2; exit 1; }; }
platform_of() { sed -n "s,^$1 ,,p" "$RECORD/platforms" 2>/dev/null | grep . || echo "$RECORD_PLATFORM"; }
digest_of() { [ -e "$RECORD/no-digest" ] || echo "sha256:$(printf %s "$1" | sha256sum | cut -c1-64)"; }
build() {
  if fails build; then exit 7; fi
  env -0 >"$RECORD/environment"
  while [ $# -gt 0 ]; do
    case $1 in --tag | -t) made "$2" ;; esac
    shift
  done
}
log_in() {
  password=$(cat)
  if fails login; then exit 1; fi
  [ -n "$password" ] || exit 1
  printf '%s\0' "$1" "$password" >>"$RECORD/passwords"
  config=${DOCKER_CONFIG:-$HOME/.docker}
  mkdir -p "$config"
  echo "$1" >>"$config/logins"
}
for last; do :; done
"#;

/// Inspecting tells the platform, and pushing the digest, as Docker prints it.
const DOCKER: &str = r#"
case "$1 ${2-}" in
  "image inspect") is_there "$last"; platform_of "$last" ;;
  "image rm")
    is_there "$last"
    grep -vxF -e "$last" "$RECORD/images" >"$RECORD/rest"
    mv "$RECORD/rest" "$RECORD/images"
    ;;
  push\ *)
    is_there "$2"
    echo "The push refers to repository [${2%:*}]"
    if fails push; then exit 1; fi
    digest=$(digest_of "$2")
    [ -z "$digest" ] || echo "${2##*:}: digest: $digest size: 1234"
    ;;
  tag\ *) is_there "$2"; made "$3" ;;
  pull\ *) if fails pull; then exit 1; fi; made "$2" ;;
  build\ *) build "$@" ;;
  login\ *) log_in "$last" ;;
  "save --output")
    file=$3
    shift 3
    for image; do is_there "$image"; echo "$image"; done >"$file"
    ;;
  "load --input") while read -r image; do made "$image"; echo "Loaded image: $image"; done <"$3" ;;
esac
"#;

const BUILDAH: &str = r#"
case "$1" in
  inspect) is_there "$last"; platform_of "$last" ;;
  push)
    [ "$2 $5" = "--digestfile docker://$4" ] || exit 2
    is_there "$4"
    if fails push; then exit 1; fi
    digest_of "$4" >"$3"
    ;;
  tag) is_there "$2"; made "$3" ;;
  pull) made "${2#docker://}" ;;
  build) build "$@" ;;
  login) log_in "$last" ;;
esac
"#;

/// A clone is a folder with the scripts that own-script images call.
const GIT: &str = r#"
case "$1 ${3-}" in
  -C\ rev-parse) [ -d "$2" ] && echo c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00 ;;
  -C\ fetch) if fails clone; then exit 128; fi ;;
  clone\ * | init\ *)
    echo "${GIT_TERMINAL_PROMPT-1}" >"$RECORD/git-prompt"
    if [ "$1" = clone ] && fails clone; then exit 128; fi
    mkdir -p "$last/docker"
    for script in build_docker.sh build_docker_cuda.sh; do cp "${0%/*}/family" "$last/$script"; done
    ;;
esac
"#;

/// What a family of images has for a script: makes all of them, under the tag that it is called with.
const FAMILY: &str = r#"
for image in $RECORD_IMAGES; do made "$image:$1"; done
"#;

/// What another job would do with an index is another test's; the real one may take its place.
const SPLITBUILD: &str = r#"
[ -z "${RECORD_SPLITBUILD-}" ] || exec "$RECORD_SPLITBUILD" "$@"
env -0 >"$RECORD/environment"
cat "$RECORD/published" 2>/dev/null || :
"#;

/// The tools, by name.
const TOOLS: [(&str, &str); 8] = [
    ("docker", DOCKER),
    ("buildah", BUILDAH),
    ("git", GIT),
    ("splitbuild", SPLITBUILD),
    ("family", FAMILY),
    ("apk", ""),
    ("note", ""),
    ("sleep", ""),
];

/// The folder of the tools. A child writes them: a file that this process had open, a thread that starts a job at that
/// moment would hand down, and a file that is written cannot be run.
pub fn tools() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(concat!("tools-of-", env!("CARGO_CRATE_NAME")));
        fs::create_dir_all(&folder).expect("a folder");
        for (name, behaviour) in TOOLS {
            let script = "printf %s \"$2\" >\"$1.new.$$\" && chmod 755 \"$1.new.$$\" && mv \"$1.new.$$\" \"$1\"";
            let mut command = Command::new("sh");
            command.args(["-c", script, "sh"]).arg(folder.join(name)).arg(format!("{NOTE}{behaviour}"));
            assert!(command.status().expect("sh runs").success(), "{name}");
        }
        folder
    })
}

/// What the tools of one job write down.
pub struct Recorder {
    folder: PathBuf,
}

impl Recorder {
    /// A folder for it.
    pub fn new(folder: &Path) -> Self {
        for inside in ["home", "tmp"] {
            fs::create_dir_all(folder.join(inside)).expect("a folder");
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
