fail() {
  echo "splitbuild: $*" >&2
  exit 1
}
# _leave: what is to be done when the job ends, however it does.
_leave() {
  [ -z "${_login-}" ] || rm -rf "$_login"
}
