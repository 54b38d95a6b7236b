built=${tags%% *}-$arch
for image; do
  found=$(docker image inspect --format '{{.Os}}/{{.Architecture}}{{if .Variant}}/{{.Variant}}{{end}}' "$image:$built")
  [ "${found%/v8}" = "$platform" ] || [ "$found/v7" = "$platform" ] ||
    { echo "$image:$built is for $found, not $platform: nothing was pushed" >&2; exit 1; }
done
mkdir -p .splitbuild
rm -f ".splitbuild/$key"-*
printf '%s\n' "splitbuild 2" "key $key" "platform $platform" "revision $revision" >".splitbuild/$key-$arch"
for image; do
  for tag in $tags; do
    name=$image:$tag-$arch
    [ "$name" = "$image:$built" ] || docker tag "$image:$built" "$name"
    try push_one "$name"
    echo "pushed $image:$tag $name $digest" >>".splitbuild/$key-$arch"
  done
done
