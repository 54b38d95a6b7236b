# In one go: a job beside this one may take the image away in between.
pull_as() { docker pull "$1" </dev/null && docker tag "$1" "$2"; }
