# The project's own preparation: what it exports, everything below can use.
SPLITBUILD_ROOT=$PWD
names before
if [ -n "${SPLITBUILD_SETUP-}" ]; then
  project setup "$SPLITBUILD_SETUP"
  cd "$SPLITBUILD_ROOT"
fi
names after
for _name in ${SPLITBUILD_REQUIRED-}; do
  expand "\${$_name}"
done
