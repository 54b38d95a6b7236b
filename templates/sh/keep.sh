mkdir -p .splitbuild
rm -f ".splitbuild/$key"-*
for one; do
  for each in $tags; do
    name=$one:$each-$arch
    [ "$name" = "$one:$first" ] || docker tag "$one:$first" "$name"
    docker tag "$one:$first" "$one:$each"
    set -- "$@" "$one:$each" "$name"
  done
  shift
done
docker save --output ".splitbuild/$key-$arch.tar" "$@"
