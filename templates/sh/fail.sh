fail() {
  echo "splitbuild: $*" >&2
  exit 1
}
