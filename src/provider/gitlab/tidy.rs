//! What a machine that outlives its jobs is left without: their logins, and the images that they made.

/// Whether the daemon outlives the jobs.
#[derive(Clone, Copy)]
pub(super) struct Tidy(pub(super) bool);

/// What is done in the end, whatever has happened.
pub(super) const TIDY: &str = "# This machine outlives the job: its logins and images go with it.\n\
    tidy() {\n  [ ! -e .splitbuild/made ] || \
    while read -r name; do docker image rm \"$name\" >/dev/null 2>&1 || :; done <.splitbuild/made\n  \
    rm -rf \"$DOCKER_CONFIG\"\n}\n\
    own=${DOCKER_CONFIG:-$HOME/.docker}\nDOCKER_CONFIG=$(mktemp -d)\nexport DOCKER_CONFIG\ntrap tidy EXIT\n\
    [ ! -e \"$own/config.json\" ] || cp \"$own/config.json\" \"$DOCKER_CONFIG\"\n\
    mkdir -p .splitbuild\nrm -f .splitbuild/made\n";

/// What gives a parent its names, and what notes them.
const LOADED: &str = "    [ \"$saved\" = \"$loaded\" ]";
const LOADED_NAMES: &str = "    for each in \"$saved\" \"$saved-$CI_JOB_ID\" \"$index\" \"$name\"; do \
                            echo \"$each\"; done >>.splitbuild/made\n";

/// What gives a kept image the name under which its file has it.
const KEPT: &str = "  docker tag \"$one:$first\" \"$saved\"\n";

impl Tidy {
    /// The text with a note of every name that is made, where somebody has to remove them.
    pub(super) fn noted(self, text: &str) -> String {
        if !self.0 {
            return text.to_owned();
        }
        let note = |name: &str| format!("echo \"{name}\" >>.splitbuild/made");
        text.replace("try pull_as \"${one#*=}\"", &format!("{}; try pull_as \"${{one#*=}}\"", note("${one%%=*}")))
            .replace(LOADED, &format!("{LOADED_NAMES}{LOADED}"))
            .replace(KEPT, &format!("  {}\n{KEPT}", note("$saved")))
            .replace("  found=", &format!("  {}\n  found=", note("$one:$first")))
            .replace("    try push_one", &format!("    {}\n    try push_one", note("$name")))
            .replace(
                "    try pull_as \"${name%:*}@$digest\" \"$index\"\n",
                &format!(
                    "    {}\n    {}\n    try pull_as \"${{name%:*}}@$digest\" \"$index\"\n",
                    note("$index"),
                    note("$name")
                ),
            )
    }
}
