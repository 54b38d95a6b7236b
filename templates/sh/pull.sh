for file; do
  grep -q sha256: "$from/$file" || { echo "$file is missing: rerun the parent's job" >&2; exit 1; }
  while read -r what index name digest; do
    case $what in
      pushed | moving) ;;
      *@sha256:*) index=${what%@*} name=${what%@*} digest=${what#*@} ;;
      *) continue ;;
    esac
    try pull_as "${name%:*}@$digest" "$index"
    try pull_as "${name%:*}@$digest" "$name"
  done <"$from/$file"
done
