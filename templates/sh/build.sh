# Builds the image for this job's platform, checks what was built, pushes it under every tag, and hands the digests over.
if [ -n "${SPLITBUILD_REPOSITORY-}" ]; then
  _context=.splitbuild/context
  revision=$(git -C .splitbuild/context rev-parse HEAD)
  expand "$SPLITBUILD_REPOSITORY"
  _source=$expanded
else
  _context=.
  revision=$git_sha
  _source=${CI_PROJECT_URL:-$(git config --get remote.origin.url || :)}
fi
case $_source in
  *://*)
    # A user or a token in the URL is nobody's business; it ends at the last @ before the path.
    _path=${_source#*://}
    _host=${_path%%/*}
    _source=${_source%%://*}://${_host##*@}${_path#"$_host"}
    ;;
esac
export revision
resolve
expand "${SPLITBUILD_FOLDER-}"
_context=$_context${expanded:+/$expanded}

# The parents of this very run, by digest, wherever their tags lead meanwhile: in $_pins, for each of their
# names, two words, the name and what it means.
_pins=''
for _file in ${SPLITBUILD_PARENTS-}; do
  _found=''
  for _at in .splitbuild/parents/.splitbuild .splitbuild; do
    if [ -z "$_found" ] && [ -s "$_at/$_file" ]; then _found=$_at/$_file; fi
  done
  [ -n "$_found" ] || fail "there is no $_file of the jobs that this one waits for: run them again"
  case $_file in
    # What this architecture's build has pushed: its names, and those of the index, which are the same image here.
    *.json) _lines=$(sed -n 's/^.*"image":"\(.*\)","tag":"\(.*\)","reference":"\(.*\)","digest":"\([^"]*\)".*$/\1:\2 \3 \4/p' "$_found") ;;
    *) _lines=$(sed -n 's/^\(.*\)@\([^@]*\)$/\1 \1 \2/p' "$_found") ;;
  esac
  # shellcheck disable=SC2086 # three words a line, none of them with a space
  set -- $_lines
  [ $# -gt 0 ] || fail "$_found tells of nothing that was published"
  while [ $# -gt 0 ]; do
    case $1$2$3 in
      *[!A-Za-z0-9._/:-]*) fail "$_found tells of '$1', '$2', '$3', which are no names of an image and its digest" ;;
    esac
    _pins="$_pins $1 ${2%:*}@$3"
    [ "$1" = "$2" ] || _pins="$_pins $2 ${2%:*}@$3"
    shift 3
  done
done

_work=$(mktemp -d)
_made=''
tidy() {
  rm -rf "$_work"
  _leave
  for _name in $_made; do
    remove "$_name" >/dev/null 2>&1 || :
  done
}
trap tidy EXIT

# What takes no names for a build finds them on this machine.
pin() {
  # In one go: a job beside this one may take the image away in between.
  pull "$1" && give_name "$1" "$2"
}
_named=''
if [ -n "$_pins" ]; then
  if [ -z "${SPLITBUILD_RUN-}" ] && takes_names; then
    _named=$_pins
  else
    # shellcheck disable=SC2086 # two words a name, none of them with a space
    set -- $_pins
    while [ $# -gt 0 ]; do
      again pin "$2" "$1"
      _made="$_made $1"
      shift 2
    done
  fi
fi

build() {
  cd "$_context"
  if [ -n "${SPLITBUILD_RUN-}" ]; then
    set --
    set +f
    eval "$SPLITBUILD_RUN"
    return
  fi
  set -- --label "org.opencontainers.image.revision=$revision"
  if [ -n "$_source" ]; then
    set -- "$@" --label "org.opencontainers.image.source=$_source"
  fi
  for _word in ${SPLITBUILD_BUILD-}; do
    expand "$_word"
    set -- "$@" "$expanded"
  done
  for _image in $_images; do
    set -- "$@" --tag "$_image:$arch_tag"
  done
  _name=''
  for _word in $_named; do
    if [ -z "$_name" ]; then
      _name=$_word
    else
      set -- "$@" --build-context "$_name=docker-image://$_word"
      _name=''
    fi
  done
  build_image "$@"
}

_try=0
while :; do
  # The subshell is no part of a condition, so `set -e` holds in it, for the project's script too.
  set +e
  (
    set -e
    build
  )
  _status=$?
  set -e
  if [ "$_status" = 0 ]; then
    break
  fi
  if [ "$_try" -ge "${SPLITBUILD_RETRY:-0}" ]; then
    exit "$_status"
  fi
  _try=$((_try + 1))
  echo "splitbuild: the build failed with status $_status; running it again" >&2
done

for _image in $_images; do
  _made="$_made $_image:$arch_tag"
  _found=$(platform_of "$_image:$arch_tag") || fail "the build has left no image $_image:$arch_tag $_where"
  case $_found in
    linux/arm64/v8) _found=linux/arm64 ;;
  esac
  [ "$_found" = "${platform:?}" ] ||
    fail "$_image:$arch_tag is an image for $_found, and this job builds for $platform: nothing was pushed"
done

mkdir -p .splitbuild
_separator=''
{
  printf '{"version":1,"key":"%s","platform":"%s","revision":"%s","parents":[' "$SPLITBUILD_KEY" "$platform" "$revision"
  # shellcheck disable=SC2086 # two words a name, none of them with a space
  set -- $_pins
  while [ $# -gt 0 ]; do
    printf '%s"%s@%s"' "$_separator" "$1" "${2##*@}"
    _separator=,
    shift 2
  done
  printf '],"pushed":['
} >"$_work/hand-over"
_separator=''
# shellcheck disable=SC2086 # three words an entry, none of them with a space
set -- $_references
while [ $# -gt 0 ]; do
  _image=$1 _tag=$2 _reference=$3
  shift 3
  if [ "$_reference" != "$_image:$arch_tag" ]; then
    give_name "$_image:$arch_tag" "$_reference"
    _made="$_made $_reference"
  fi
  again push "$_reference"
  _is_fixed=''
  case " $_fixed " in
    *" $_tag "*) _is_fixed=',"fixed":true' ;;
  esac
  printf '%s\n{"image":"%s","tag":"%s","reference":"%s","digest":"%s"%s}' \
    "$_separator" "$_image" "$_tag" "$_reference" "$_digest" "$_is_fixed" >>"$_work/hand-over"
  _separator=,
done
printf '\n]}\n' >>"$_work/hand-over"
cat "$_work/hand-over"
cp "$_work/hand-over" ".splitbuild/$SPLITBUILD_KEY-${arch:?}.json"
