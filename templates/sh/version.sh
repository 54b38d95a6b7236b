git_version=${git_version#v}
printf %s "$git_version" | grep -Eqx '(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}(-[0-9A-Za-z.-]+)?' ||
  { echo "'$git_version' is not a semantic version that a tag can have: MAJOR.MINOR.PATCH" >&2; exit 1; }
git_version_major=${git_version%%.*} git_version_minor=${git_version%%-*}
git_version_minor=${git_version_minor%.*}
