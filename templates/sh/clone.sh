clone() {
  rm -rf .splitbuild/context
  git clone --recurse-submodules --single-branch "$@" .splitbuild/context
}
