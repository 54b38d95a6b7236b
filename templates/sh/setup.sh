# The project's own preparation: what it exports, everything below can use.
SPLITBUILD_ROOT=$PWD
names before
if [ -n "${SPLITBUILD_SETUP-}" ]; then
  # An `exit 0` in it would end the job green with nothing done.
  trap '[ "$?" != 0 ] || fail "setup has ended the job"' EXIT
  set +f
  eval "$SPLITBUILD_SETUP"
  set -euf
  unset IFS
  trap - EXIT
  cd "$SPLITBUILD_ROOT"
fi
names after
for _name in ${SPLITBUILD_REQUIRED-}; do
  expand "\${$_name}"
done
