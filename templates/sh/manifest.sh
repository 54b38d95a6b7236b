# Publishes the indexes over what the build jobs handed on; a moving tag that a newer run of the project has is left alone.
set --
_project=${CI_PROJECT_PATH:-${CIRCLE_PROJECT_USERNAME:+$CIRCLE_PROJECT_USERNAME/}${CIRCLE_PROJECT_REPONAME-}}
case $_project/${pipeline:?} in
  /* | *[!A-Za-z0-9._/-]*) echo "splitbuild: the name of this project is not known here, so newer runs of it are not, either" >&2 ;;
  *) set -- --run "$_project/$pipeline" ;;
esac
for _arch in $SPLITBUILD_ARCHES; do
  set -- "$@" --digests ".splitbuild/$SPLITBUILD_KEY-$_arch.json"
done
splitbuild manifest --platform "$SPLITBUILD_PLATFORMS" "$@" >".splitbuild/$SPLITBUILD_KEY-manifest.txt"
cat ".splitbuild/$SPLITBUILD_KEY-manifest.txt"
