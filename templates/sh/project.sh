# project WHAT SHELL: runs the project's own shell in this one. An `exit 0` in it would end the job green with nothing done.
project() {
  _project=$1 _shell=$2 _status=0
  set --
  trap '_status=$?; _leave; [ "$_status" != 0 ] || fail "$_project has ended the job"' EXIT
  set +f
  eval "$_shell"
  set -euf
  unset IFS
  # What was to be done in the end still is.
  trap _leave EXIT
}
