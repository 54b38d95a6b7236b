//! What stands for the actions of others: their code is at GitHub. `actions/checkout` act does by itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Keeps files, those of a container in it, and tells their names; as there, hidden ones only when asked to, and no name twice unless it is told so
/// (<https://github.com/actions/upload-artifact#readme>).
const UPLOAD: &str = r#"name: upload-artifact
description: Keeps files until the tests end
inputs:
  name: { description: of the artifact, default: artifact }
  path: { description: a file, a folder, or a pattern of files in one folder, required: true }
  include-hidden-files: { description: those that begin with a dot, default: "false" }
  if-no-files-found: { description: what then, default: warn }
  overwrite: { description: what has the name, default: "false" }
  retention-days: { description: not looked at }
  compression-level: { description: not looked at }
runs:
  using: composite
  steps:
    - shell: sh
      env:
        name: ${{ inputs.name }}
        path: ${{ inputs.path }}
        hidden: ${{ inputs.include-hidden-files }}
        otherwise: ${{ inputs.if-no-files-found }}
        overwrite: ${{ inputs.overwrite }}
      run: |
        case $name in
          *[\":\<\>\|\*\?\\/]*) echo "no name of an artifact: $name" >&2; exit 1 ;;
        esac
        to=$PLAYS/artifacts/$name
        if [ -e "$to" ]; then
          [ "$overwrite" = true ] || { echo "409: there is an artifact called $name" >&2; exit 1; }
          rm -rf "$to"
        fi
        IFS='
        '
        set -- $path
        [ -e "$1" ] || shift
        case $hidden:/$path in
          false:*/.*) set -- ;;
        esac
        if [ $# = 0 ]; then echo "no files were found: $path" >&2; [ "$otherwise" != error ]; exit; fi
        mkdir -p "$to"
        for found; do
          if [ -d "$found" ]; then cp -r "$found/." "$to"; else cp "$found" "$to"; fi
        done
        echo "$name:" $(ls "$to")
"#;

/// Puts the files of one artifact into a folder.
const DOWNLOAD: &str = r#"name: download-artifact
description: Gives files of an earlier job
inputs:
  name: { description: of the artifact, required: true }
  path: { description: a folder, default: . }
runs:
  using: composite
  steps:
    - shell: sh
      env:
        name: ${{ inputs.name }}
        path: ${{ inputs.path }}
      run: |
        mkdir -p "$path"
        cp -r "$PLAYS/artifacts/$name/." "$path"
"#;

/// The options that give act its stubs of these actions, `OWNER/NAME@COMMIT`.
pub fn stubs(folder: &Path, actions: &BTreeSet<String>) -> Vec<String> {
    let mut options = Vec::new();
    for action in actions {
        let name = action.split('@').next().expect("a name");
        let text = match name {
            "actions/checkout" => continue,
            "actions/upload-artifact" => UPLOAD,
            "actions/download-artifact" => DOWNLOAD,
            _ => panic!("{action} has no stub"),
        };
        let home = folder.join(name);
        fs::create_dir_all(&home).expect("a folder");
        fs::write(home.join("action.yml"), text).expect("written");
        options.push("--local-repository".into());
        options.push(format!("{action}={}", home.display()));
    }
    options
}
