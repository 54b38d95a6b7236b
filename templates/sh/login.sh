# Writes the registries' credentials to Docker's configuration, from the environment: no secret is on a command line.
_umask=$(umask)
umask 077
_config=${DOCKER_CONFIG:-$HOME/.docker}/config.json
mkdir -p "${_config%/*}"
_auths=''
for _word in ${SPLITBUILD_REGISTRIES-}; do
  expand "${_word#*=}"
  _auth=$(printf '%s' "$expanded" | base64 | tr -d '\n')
  _auths="$_auths${_auths:+,}\"${_word%%=*}\":{\"auth\":\"$_auth\"}"
  echo "credentials for ${_word%%=*}"
done
_old=''
if [ -s "$_config" ]; then
  # JSON has no line break or tab inside a string, so this keeps what other steps have written.
  _old=$(tr -d '\n\r\t' <"$_config")
fi
case $_old in
  *'"auths"'*'{'*)
    _before=${_old%%'"auths"'*}
    _after=${_old#*'"auths"'}
    _after=${_after#*\{}
    case $(printf '%s' "$_after" | tr -d ' ') in
      \}*) ;;
      *) _auths="$_auths," ;;
    esac
    _new="$_before\"auths\":{$_auths$_after"
    ;;
  *'{'*'"'*) _new="{\"auths\":{$_auths},${_old#*\{}" ;;
  *) _new="{\"auths\":{$_auths}}" ;;
esac
printf '%s\n' "$_new" >"$_config.new"
mv "$_config.new" "$_config"
umask "$_umask"
