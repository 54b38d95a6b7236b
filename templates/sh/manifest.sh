# Publishes the indexes over what the build jobs handed on.
set --
for _arch in $SPLITBUILD_ARCHES; do
  set -- "$@" --digests ".splitbuild/$SPLITBUILD_KEY-$_arch.json"
done
splitbuild manifest --platform "$SPLITBUILD_PLATFORMS" "$@" >".splitbuild/$SPLITBUILD_KEY-manifest.txt"
cat ".splitbuild/$SPLITBUILD_KEY-manifest.txt"
