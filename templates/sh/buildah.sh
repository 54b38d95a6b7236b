# The engine: buildah, without a daemon. It takes the credentials that were written for Docker.
if [ -s "${DOCKER_CONFIG:-$HOME/.docker}/config.json" ]; then
  REGISTRY_AUTH_FILE=${DOCKER_CONFIG:-$HOME/.docker}/config.json
  export REGISTRY_AUTH_FILE
fi
_where="in buildah's storage"
build_image() { buildah build --layers "$@" .; }
platform_of() {
  buildah inspect --type image --format '{{.OCIv1.OS}}/{{.OCIv1.Architecture}}{{if .OCIv1.Variant}}/{{.OCIv1.Variant}}{{end}}' "$1"
}
give_name() { buildah tag "$1" "$2"; }
remove() { buildah rmi "$1"; }
pull() { buildah pull --quiet "docker://$1"; }
# takes_names: whether a build can be told what a name means.
takes_names() { buildah build --help 2>/dev/null | grep -q -e --build-context; }

# push NAME: sets $_digest to what the registry has now, as the push writes it.
push() {
  rm -f "$_work/digest"
  buildah push --digestfile "$_work/digest" "$1" "docker://$1" || return 1
  _digest=$(cat "$_work/digest")
  [ -n "$_digest" ]
}
