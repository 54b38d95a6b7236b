# The project's own preparation: what it exports, everything below can use.
SPLITBUILD_ROOT=$PWD
names before
if [ -n "${SPLITBUILD_SETUP-}" ]; then
  case $SPLITBUILD_IMAGES in
    *' '*) ;;
    *)
      # A name that needs what setup exports can only be had after it.
      if (expand "$SPLITBUILD_IMAGES") 2>/dev/null; then
        expand "$SPLITBUILD_IMAGES"
        image=$expanded
        export image
      fi
      ;;
  esac
  project setup "$SPLITBUILD_SETUP"
  cd "$SPLITBUILD_ROOT"
fi
names after
for _name in ${SPLITBUILD_REQUIRED-}; do
  expand "\${$_name}"
done
