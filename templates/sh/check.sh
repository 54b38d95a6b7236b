first=${tags%% *}-$arch
for one; do
  found=$(docker image inspect --format '{{.Os}}/{{.Architecture}}{{if .Variant}}/{{.Variant}}{{end}}' "$one:$first")
  [ "${found%/v8}" = "$platform" ] || [ "$found/v7" = "$platform" ] ||
    { echo "$one:$first is for $found, not $platform: nothing was pushed" >&2; exit 1; }
done
