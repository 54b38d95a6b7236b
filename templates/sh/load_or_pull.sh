mkdir -p .splitbuild
for one; do
  case $one in
    *=*) try pull_as "${one#*=}" "${one%%=*}" ;;
    *)
      docker load --input "$from/$one.tar"
      rm "$from/$one.tar"
      ;;
  esac
done
: >.splitbuild/pins
