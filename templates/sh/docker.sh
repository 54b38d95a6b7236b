push_one() {
  docker push "$1" | tee .splitbuild/push
  digest=$(sed -n 's/.*digest: \(sha256:[0-9a-f]*\).*/\1/p' .splitbuild/push)
  [ -n "$digest" ]
}
