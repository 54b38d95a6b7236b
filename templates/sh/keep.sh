mkdir -p .splitbuild
rm -f ".splitbuild/$key"-*
number=0
for one; do
  number=$((number + 1))
  saved=splitbuild/kept:$run-$key-$arch-$number
  docker tag "$one:$first" "$saved"
  for each in $tags; do
    name=$one:$each-$arch
    echo "$saved $one:$each $name" >>".splitbuild/$key-$arch"
  done
  set -- "$@" "$saved"
  shift
done
docker save --output ".splitbuild/$key-$arch.tar" "$@"
