# GitLab gives every job a login for the project's own registry.
if [ -n "${CI_REGISTRY-}" ] && [ -n "${CI_REGISTRY_PASSWORD-}" ]; then
  case " ${SPLITBUILD_REGISTRIES-}" in
    *" $CI_REGISTRY="*) ;;
    *) SPLITBUILD_REGISTRIES="${SPLITBUILD_REGISTRIES-} $CI_REGISTRY=\${CI_REGISTRY_USER}:\${CI_REGISTRY_PASSWORD}" ;;
  esac
fi
