# project WHAT SHELL: runs the project's own shell in this one. An `exit 0` in it would end the job green with nothing done.
project() {
  _project=$1 _shell=$2
  set --
  trap '[ "$?" != 0 ] || fail "$_project has ended the job"' EXIT
  set +f
  eval "$_shell"
  set -euf
  unset IFS
  trap - EXIT
}
