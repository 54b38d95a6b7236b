# Saves every platform's image, by the digest of the index that was just published, as a file for later jobs.
names after
mkdir -p .splitbuild/export
# shellcheck disable=SC2086 # five words an entry, none of them with a space
set -- $SPLITBUILD_EXPORTS
while [ $# -gt 0 ]; do
  expand "$1"
  _image=$expanded platform=$2 arch=$3 _file=$4 _arch_image=$5
  shift 5
  export platform arch
  while IFS= read -r _line; do
    case $_line in
      "$_image:"*@sha256:*) ;;
      *) continue ;;
    esac
    _digest=${_line##*@} _published=${_line%@*}
    image=$_image tag=${_published##*:}
    expand "$_arch_image"
    clean "${expanded##*:}"
    arch_image=${expanded%:*}:$cleaned arch_tag=$cleaned
    expand "$_file"
    case $expanded in
      '' | */*) fail "'$expanded', from export '$_file', is no file name" ;;
    esac
    splitbuild export "$_image@$_digest" --platform "$platform" --name "$_published" --name "$arch_image" -o ".splitbuild/export/$expanded"
  done <".splitbuild/$SPLITBUILD_KEY-manifest.txt"
done
