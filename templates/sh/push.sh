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
