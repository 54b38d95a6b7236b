first=${tags%% *}-$arch
for one; do
  found=$(docker image inspect --format '{{.Os}}/{{.Architecture}}{{if .Variant}}/{{.Variant}}{{end}}' "$one:$first")
  [ "${found%/v8}" = "$platform" ] || [ "$found/v7" = "$platform" ] ||
    { echo "$one:$first is for $found, not $platform: nothing was pushed" >&2; exit 1; }
done
mkdir -p .splitbuild
rm -f ".splitbuild/$key"-*
printf '%s\n' "splitbuild 2" "key $key" "platform $platform" "revision $revision" >".splitbuild/$key-$arch"
for one; do
  for each in $tags; do
    name=$one:$each-$arch
    [ "$name" = "$one:$first" ] || docker tag "$one:$first" "$name"
    try push_one "$name"
    echo "pushed $one:$each $name $digest" >>".splitbuild/$key-$arch"
  done
done
