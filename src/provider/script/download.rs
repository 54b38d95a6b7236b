//! What fetches splitbuild, and runs nothing whose sum is another than the matrix says.

use super::TRY;
use crate::plan::{Download, Plan, Tool};
use crate::shell;

/// curl, or wget. [Docker's own images](https://github.com/docker-library/docker/blob/master/28/cli/Dockerfile) have only
/// that of busybox, by which they were made themselves.
///
/// The shell's own limit of what is written holds for both, in a shell of its own: wget has no option for it, and curl's looks
/// at the length that a server tells. It is in units of 512 bytes
/// (<https://pubs.opengroup.org/onlinepubs/9799919799/utilities/ulimit.html>), but for bash, which takes 1,024.
const DOWNLOAD: &str = r#"download() (
  ulimit -f 524288 # 256 MiB, or 512 in bash
  if command -v curl >/dev/null; then curl -fsSL -o "$bin/file" "$url"; else wget -q -O "$bin/file" "$url"; fi
)
"#;

/// The folder is made anew: nothing that earlier jobs have kept is taken for a program.
const CHECK: &str = include_str!("../../../templates/sh/download.sh");

/// A tarball has the program at its top, or in a folder of its own. GNU's tar and busybox's have no other way in common to
/// take it out of either.
const UNPACK: &str = r#"tar -xzf "$bin/file" -C "$bin/archive"
for each in "$bin/archive/splitbuild" "$bin"/archive/*/splitbuild; do [ ! -f "$each" ] || mv "$each" "$bin"; done
"#;

/// What is no tarball is the program.
const TAKE: &str = "mv \"$bin/file\" \"$bin/splitbuild\"\n";

/// Shows in the log which version it is.
const RUN: &str = r#"{ chmod +x "$bin/splitbuild" && "$bin/splitbuild" --version; } ||
  { echo "$url holds no splitbuild that runs on $(uname -m)" >&2; exit 1; }
"#;

/// What a shell must do to find what was fetched.
pub(in crate::provider) const FIND: &str = "PATH=$PWD/.splitbuild/bin:$PATH";

/// The shell that fetches splitbuild to `.splitbuild/bin`, if jobs do that, for the machine that it runs on: the functions
/// that it calls, and what it does.
pub(in crate::provider) fn download(plan: &Plan) -> Option<(String, String)> {
    let Tool::Download(all) = &plan.tool else { return None };
    let mut text = String::from("case $(uname -m) in\n");
    for Download { machine, url, sha256, .. } in all {
        text.push_str(&format!("  {machine})\n    url={}\n    sha256={sha256} ;;\n", shell::literal(url)));
    }
    let platforms: Vec<String> = all.iter().map(|download| download.platform.to_string()).collect();
    let only = platforms.join(" and ");
    text.push_str(&format!(
        "  *) echo \"tool.download has no splitbuild for $(uname -m), only for {only}\" >&2; exit 1 ;;\nesac\n"
    ));
    text.push_str(CHECK);
    text.push_str(if all.iter().any(Download::is_archive) { UNPACK } else { TAKE });
    text.push_str(RUN);
    Some((format!("{TRY}{DOWNLOAD}"), text))
}
