# Publishes another repository's image under this run's tags.
resolve
expand "$SPLITBUILD_COPY"
set -- "$expanded"
for _image in $_images; do
  for _tag in $_tags; do
    set -- "$@" "$_image:$_tag"
  done
done
if [ -n "${SPLITBUILD_PLATFORMS-}" ]; then
  set -- --platform "$SPLITBUILD_PLATFORMS" "$@"
fi
mkdir -p .splitbuild
splitbuild copy "$@" >".splitbuild/$SPLITBUILD_KEY-manifest.txt"
cat ".splitbuild/$SPLITBUILD_KEY-manifest.txt"
