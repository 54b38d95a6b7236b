//! A matrix that became a bake file, and became a matrix again, builds the same.

use std::collections::BTreeMap;
use std::path::Path;

use crate::buildx::Buildx;
use crate::command::splitbuild;
use crate::printed::{Target, printed, targets};

/// What both have in common: names of contexts are those of the images, which may have been written otherwise.
fn shown(target: &Target) -> String {
    let texts = ["context", "dockerfile", "target"].map(|key| target.text(key));
    let mut platforms = target.list("platforms");
    platforms.sort();
    let mut tags = target.list("tags");
    tags.sort();
    format!("{texts:?} {:?} {platforms:?} {tags:?} {}", target.map("args"), !target.map("contexts").is_empty())
}

#[test]
fn what_was_written_is_imported_and_builds_the_same() {
    let mut seen = 0;
    for (example, provider) in [
        ("minimal", "github"),
        ("variants", "circleci"),
        ("github", "github"),
        ("gitlab", "gitlab"),
        ("hysds", "circleci"),
        ("machine", "circleci"),
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
        let variables = [("CI_REGISTRY_IMAGE", "registry.example.com/acme"), ("VERSION", "1.2")];
        let variables: BTreeMap<String, String> = variables.map(|(name, value)| (name.into(), value.into())).into();
        let ran = |folder: &Path, arguments: &[&str]| {
            let output = splitbuild(folder, arguments);
            assert!(output.status.success(), "{example}: {}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).expect("UTF-8")
        };
        let place = tempfile::tempdir().expect("a folder");
        let written = ran(&folder, &["bake", "--provider", provider]);
        let first = printed(Buildx::New, place.path(), (&written, &variables)).expect("buildx reads it");
        std::fs::write(place.path().join("printed.json"), &first).expect("written");
        // It has tried the matrix with every provider.
        let matrix = ran(place.path(), &["import", "printed.json"]);
        std::fs::write(place.path().join("splitbuild.yml"), &matrix).expect("written");
        let again = ran(place.path(), &["bake"]);
        let before = targets(Buildx::New, place.path(), (&written, &variables)).expect("buildx reads it");
        let after = targets(Buildx::New, place.path(), (&again, &variables)).expect("buildx reads it");
        let all = |targets: &BTreeMap<String, Target>| -> Vec<String> {
            targets.iter().map(|(name, target)| format!("{name}: {}", shown(target))).collect()
        };
        assert_eq!(all(&before), all(&after), "{example}:\n{matrix}");
        seen += before.len();
    }
    assert!(seen > 15, "{seen}");
}
