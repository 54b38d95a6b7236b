mkdir -p .splitbuild
: >.splitbuild/pins
for one; do
  loaded=
  while read -r saved index name; do
    [ "$saved" = "$loaded" ] || try load_as "$from/$one.tar" "$saved" "$saved-$job"
    loaded=$saved
    for each in "$index" "$name"; do
      docker tag "$saved-$job" "$each"
      echo "--build-context=$each=docker-image://$saved-$job" >>.splitbuild/pins
    done
  done <"$from/$one"
  rm "$from/$one.tar"
done
cat .splitbuild/pins
