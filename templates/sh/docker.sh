# The engine: the Docker daemon with its own builder.
_where='in the daemon'
build_image() { docker build "$@" .; }
platform_of() {
  docker image inspect --format '{{.Os}}/{{.Architecture}}{{if .Variant}}/{{.Variant}}{{end}}' "$1"
}
give_name() { docker tag "$1" "$2"; }
remove() { docker image rm "$1"; }
pull() { docker pull "$1"; }
# takes_names: whether a build can be told what a name means, as BuildKit can since buildx 0.8.
takes_names() { docker build --help 2>/dev/null | grep -q -e --build-context; }

# push NAME: sets $_digest to what the registry has now, as the push says it.
push() {
  : >"$_work/failed"
  { docker push "$1" 2>&1 || echo failed >"$_work/failed"; } | tee "$_work/push"
  _digest=$(sed -n 's/^.*digest: \(sha256:[0-9a-f]\{64\}\).*$/\1/p' "$_work/push" | tail -n 1)
  [ -n "$_digest" ] && [ ! -s "$_work/failed" ]
}
