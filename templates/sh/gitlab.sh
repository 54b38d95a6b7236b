# The logins of this job are nobody else's, also on a runner that keeps its folders.
if [ -z "${DOCKER_CONFIG-}" ]; then
  DOCKER_CONFIG=$(mktemp -d)
  export DOCKER_CONFIG
  _login=$DOCKER_CONFIG
  trap _leave EXIT
  if [ -e "$HOME/.docker/config.json" ]; then
    cp "$HOME/.docker/config.json" "$DOCKER_CONFIG"
  fi
fi
# GitLab gives every job a login for the project's own registry.
if [ -n "${CI_REGISTRY-}" ] && [ -n "${CI_REGISTRY_PASSWORD-}" ]; then
  case " ${SPLITBUILD_REGISTRIES-}" in
    *" $CI_REGISTRY="*) ;;
    *) SPLITBUILD_REGISTRIES="${SPLITBUILD_REGISTRIES-} $CI_REGISTRY=\${CI_REGISTRY_USER}:\${CI_REGISTRY_PASSWORD}" ;;
  esac
fi
