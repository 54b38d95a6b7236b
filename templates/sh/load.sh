mkdir -p .splitbuild
for one; do
  docker load --input "$from/$one.tar"
  rm "$from/$one.tar"
done
: >.splitbuild/pins
