# What `git clone` has no name for: a commit, a full reference, or what only the job knows.
fetch() {
  rm -rf .splitbuild/context
  git init --quiet .splitbuild/context &&
    git -C .splitbuild/context fetch -- "$1" "$2" &&
    git -C .splitbuild/context checkout --detach FETCH_HEAD &&
    git -C .splitbuild/context submodule update --init --recursive
}
