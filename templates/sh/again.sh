# again COMMAND: up to three times with a growing pause, for what fails for reasons that are not the project's.
again() {
  _try=1
  until "$@"; do
    [ "$_try" -lt 3 ] || fail "gave up after $_try tries; the reason stands above"
    sleep "$((_try * ${SPLITBUILD_PAUSE:-5}))"
    _try=$((_try + 1))
  done
}
