# Clones the image's context, with its submodules, into a folder of its own.
names before
case $SPLITBUILD_REPOSITORY${SPLITBUILD_REF-} in
  *'{tag}'*) resolve ;;
esac
expand "$SPLITBUILD_REPOSITORY"
_url=$expanded
expand "${SPLITBUILD_REF-}"
_ref=$expanded
GIT_TERMINAL_PROMPT=0
export GIT_TERMINAL_PROMPT

clone() {
  rm -rf .splitbuild/context
  case $_ref in
    '') git clone --recurse-submodules -- "$_url" .splitbuild/context ;;
    refs/* | ????????????????????????????????????????)
      case $_ref in
        refs/*) ;;
        *[!0-9a-f]*)
          branch
          return
          ;;
      esac
      git init --quiet .splitbuild/context &&
        git -C .splitbuild/context fetch "$_url" "$_ref" &&
        git -C .splitbuild/context checkout --detach FETCH_HEAD &&
        git -C .splitbuild/context submodule update --init --recursive
      ;;
    *) branch ;;
  esac
}

branch() {
  git clone --recurse-submodules --single-branch --branch "$_ref" -- "$_url" .splitbuild/context
}

again clone
