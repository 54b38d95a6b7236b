for file; do
  grep -q sha256: "$from/$file" || { echo "$file is missing: rerun the parent's job" >&2; exit 1; }
  while read -r what index name digest; do
    case $what in
      pushed | moving) ;;
      *@sha256:*) index=${what%@*} name=${what%@*} digest=${what#*@} ;;
      *) continue ;;
    esac
    echo "--build-context=$index=docker-image://${name%:*}@$digest"
    echo "--build-context=$name=docker-image://${name%:*}@$digest"
  done <"$from/$file"
done >.splitbuild/pins
cat .splitbuild/pins
