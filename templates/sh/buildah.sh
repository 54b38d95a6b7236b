push_one() {
  : >.splitbuild/push
  buildah push --digestfile .splitbuild/push "$1" "docker://$1" || return 1
  digest=$(cat .splitbuild/push)
  [ -n "$digest" ]
}
