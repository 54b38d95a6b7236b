first=${tags%% *}-$arch
for repo; do
  found=$(docker image inspect --format '{{.Os}}/{{.Architecture}}{{if .Variant}}/{{.Variant}}{{end}}' "$repo:$first")
  [ "${found%/v8}" = "$platform" ] || [ "$found/v7" = "$platform" ] ||
    { echo "$repo:$first is for $found, not $platform: nothing was pushed" >&2; exit 1; }
done
mkdir -p .splitbuild
rm -f ".splitbuild/$key"-*
printf '%s\n' "splitbuild 2" "key $key" "platform $platform" "revision $revision" >".splitbuild/$key-$arch"
for repo; do
  for each in $tags; do
    name=$repo:$each-$arch
    [ "$name" = "$repo:$first" ] || docker tag "$repo:$first" "$name"
    try push_one "$name"
    echo "pushed $repo:$each $name $digest" >>".splitbuild/$key-$arch"
  done
done
