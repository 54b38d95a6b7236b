platform_of() {
  buildah inspect --type image \
    --format '{{.OCIv1.OS}}/{{.OCIv1.Architecture}}{{if .OCIv1.Variant}}/{{.OCIv1.Variant}}{{end}}' "$1"
}
push_one() {
  : >.splitbuild/push
  buildah push --digestfile .splitbuild/push "$1" "docker://$1" || return 1
  digest=$(cat .splitbuild/push)
  [ -n "$digest" ]
}
