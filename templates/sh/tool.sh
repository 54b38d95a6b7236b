# Stops unless splitbuild is here, in the version that made this file.
if [ -n "${SPLITBUILD_INSTALL-}" ]; then
  project tool.install "$SPLITBUILD_INSTALL"
fi
_found=$(splitbuild --version) || fail "splitbuild does not run here: see tool in the matrix"
[ "$_found" = "splitbuild $SPLITBUILD_VERSION" ] ||
  fail "this file was made by splitbuild $SPLITBUILD_VERSION, and here runs '$_found': generate it again, or change tool in the matrix"
