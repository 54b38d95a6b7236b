# clean TEXT: sets $cleaned to TEXT as a tag, which is [A-Za-z0-9_][A-Za-z0-9._-]{0,127}
# (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests).
clean() {
  cleaned=$(printf '%s' "$1" | LC_ALL=C tr -c 'A-Za-z0-9_.-' '-')
  case $cleaned in
    [.-]*) cleaned=_${cleaned#?} ;;
  esac
}

# resolve: the tags of this run in $_tags, those that are its alone in $_fixed, its images in $_images, and in $_references,
# for every image and tag, the words `image tag per-architecture-name`; for values and scripts: $tag, $arch_tag, and of a
# single image $arch_image.
resolve() {
  _images='' _tags='' _fixed='' _references=''
  for _word in $SPLITBUILD_IMAGES; do
    expand "$_word"
    case $expanded in
      '' | *[!A-Za-z0-9._/:-]*) fail "'$expanded', from image '$_word', is no image name" ;;
    esac
    _images="$_images $expanded"
  done
  for _word in $SPLITBUILD_TAGS; do
    expand "$_word"
    cleaned=$expanded
    case $_word in
      *\$*)
        clean "$expanded"
        cleaned=$(printf "%.${SPLITBUILD_TAG_ROOM}s" "$cleaned")
        ;;
    esac
    [ -n "$cleaned" ] || fail "the tag '$_word' is empty in this run"
    case " $_tags " in
      *" $cleaned "*) fail "two tags of this run are both '$cleaned': make them differ under workflows" ;;
    esac
    _tags="$_tags $cleaned"
    case $_word in
      *'{git_tag}'* | *'{git_sha}'* | *'{git_short_sha}'* | *'{pipeline}'*) _fixed="$_fixed $cleaned" ;;
    esac
  done
  tag=${_tags# }
  tag=${tag%% *}
  export tag
  [ -n "${SPLITBUILD_ARCH_IMAGE-}" ] || return 0
  for _image in $_images; do
    for tag in $_tags; do
      image=$_image
      expand "$SPLITBUILD_ARCH_IMAGE"
      clean "${expanded##*:}"
      [ "${#cleaned}" -le 128 ] || fail "'$cleaned' is longer than the 128 characters that a tag may have"
      _references="$_references $_image $tag ${expanded%:*}:$cleaned"
    done
  done
  unset image arch_image
  # shellcheck disable=SC2086 # three words an entry, none of them with a space
  set -- $_references
  tag=$2 arch_tag=${3##*:}
  if [ "$_images" = " $1" ]; then
    image=$1 arch_image=$3
    export image arch_image
  fi
  export tag arch_tag
}
