#!/bin/sh
# Whether an image has the runtime of a release: check.sh IMAGE RELEASE
set -eu
container=$(docker create "$1" none)
trap 'docker rm "$container" >/dev/null' EXIT
docker cp "$container:/etc/runtime" - | tar -xO | grep -qx "runtime $2"
