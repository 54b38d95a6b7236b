//! Faults that a generator could have, planted in what it emits for GitLab: each is seen by what a run comes to, and by
//! the check that `gen` makes of everything it emits. `tests/e2e/planted.rs` does the same for CircleCI with real images.

use std::collections::BTreeMap;

use super::gitlab::needs;
use super::job::{Config, Ran, SHELLS, Trigger, some};
use super::planned::Example;

const MATRIX: &str = r#"
version: 1
images:
  base: { image: acme/base }
  app: { image: acme/app, needs: [base] }
workflows:
  main: { on: { branches: [main] }, tags: [latest, "${git_short_sha}"] }
tool: { image: r.acme.org/t }
"#;

/// The jobs, in an order in which each comes after those that it may need.
const JOBS: [&str; 6] = [
    "build-base-amd64",
    "build-base-arm64",
    "build-base-manifest",
    "build-app-amd64",
    "build-app-arm64",
    "build-app-manifest",
];

/// Runs all jobs, each with what those have kept that it needs; the first that fails is said, and ends the run.
fn run(text: &str, shell: &[&str]) -> Result<BTreeMap<&'static str, Ran>, String> {
    let config = Config::read(text, "gitlab");
    let mut all: BTreeMap<&str, Ran> = BTreeMap::new();
    for name in JOBS {
        let needs = needs(config.document(), name);
        let job = config.job("main", name, Trigger::Branch("main"));
        let job = needs.iter().fold(job, |job, need| job.after(&all[need.as_str()]));
        let ran = job.run(shell);
        if !ran.succeeded {
            return Err(format!("{name} fails: {}", ran.log));
        }
        all.insert(name, ran);
    }
    Ok(all)
}

/// What is not as it should be in a run.
fn fault(text: &str, shell: &[&str]) -> Option<String> {
    let all = match run(text, shell) {
        Ok(all) => all,
        Err(failed) => return Some(failed),
    };
    for arch in ["amd64", "arm64"] {
        let name = format!("build-app-{arch}");
        let ran = &all[name.as_str()];
        let build = ran.one("docker", "build");
        let base = all[format!("build-base-{arch}").as_str()].found(&format!(".splitbuild/base-{arch}"));
        let base = base.unwrap_or_default();
        let mut pushed = base.lines().filter_map(|line| line.strip_prefix("pushed acme/base:latest ")?.split_once(' '));
        let pin = pushed
            .next()
            .map(|(_, digest)| format!("--build-context=acme/base:latest=docker-image://acme/base@{digest}"));
        if !build.iter().any(|word| Some(word) == pin.as_ref()) {
            return Some(format!("{name} is not built on this run's base: {build:?}"));
        }
        let pushes: Vec<String> = ["latest", "01234567"].map(|tag| format!("acme/app:{tag}-{arch}")).into();
        if ran.pushes() != pushes {
            return Some(format!("{name} pushes {:?}", ran.pushes()));
        }
        let file = ran.found(&format!(".splitbuild/app-{arch}")).unwrap_or_default();
        let handed: Vec<&str> = file.lines().filter_map(|line| line.strip_prefix("pushed ")).collect();
        let is_right =
            |(line, tag): (&&str, &str)| line.starts_with(&format!("acme/app:{tag} acme/app:{tag}-{arch} sha256:"));
        if handed.len() != 2 || !handed.iter().zip(["latest", "01234567"]).all(is_right) {
            return Some(format!("{name} hands on {handed:?}"));
        }
    }
    let ran = &all["build-app-manifest"];
    let manifest = ran.one("splitbuild", "manifest");
    let files = Ran::values(manifest, "--digests");
    for arch in ["amd64", "arm64"] {
        let file = format!(".splitbuild/app-{arch}");
        let built = all[format!("build-app-{arch}").as_str()].found(&file);
        if !files.contains(&file.as_str()) || ran.found(&file) != built {
            return Some(format!("the index is not made of what build-app-{arch} has pushed: {manifest:?}"));
        }
    }
    let fixed = Ran::values(manifest, "--fixed-tag");
    (fixed != ["01234567"]).then(|| format!("{fixed:?} are this run's alone"))
}

#[test]
fn each_is_seen_in_a_run_and_by_gen() {
    let example = Example::of_matrix(MATRIX, "gitlab");
    assert_eq!(example.refusal(&example.text), None);
    let plants = [
        ("a missing need of a build", "  needs: [build-base-manifest]\n", "  needs: []\n", "build-app-amd64 fails"),
        (
            "a missing need of an index",
            "  needs: [build-app-amd64, build-app-arm64]\n",
            "  needs: [build-app-amd64]\n",
            "what build-app-arm64 has pushed",
        ),
        ("the parents left out", "docker build \"$@\"", "docker build", "is not built on this run's base"),
        ("the parents of another", "pin \"base-$arch\"", "pin \"app-$arch\"", "build-app-amd64 fails"),
        (
            "a wrong tag handed on",
            "echo \"pushed $one:$each ",
            "echo \"pushed $one:$each-x ",
            "is not built on this run's base",
        ),
        ("a wrong tag pushed", "name=$one:$each-$arch", "name=$one:$each-x-$arch", "build-app-amd64 pushes"),
        ("a tag left out", "tags=\"latest $CI_COMMIT_SHORT_SHA\"", "tags=latest", "build-app-amd64 pushes"),
        (
            "a tag that is taken for the run's alone",
            "fixed=\"$CI_COMMIT_SHORT_SHA\"",
            "fixed=latest",
            "this run's alone",
        ),
        (
            "the wrong machine",
            "platform=linux/arm64 arch=arm64",
            "platform=linux/amd64 arch=arm64",
            "nothing was pushed",
        ),
        ("the wrong architecture", "linux/arm64 arch=arm64", "linux/arm64 arch=amd64", "build-app-arm64 is not built"),
        (
            "the hand-over ignored",
            "--digests \".splitbuild/$key-$arch\"",
            "--digests \"acme/$key:latest-$arch\"",
            "what build-app-amd64 has pushed",
        ),
        ("another image published", "    - publish app\n", "    - publish base\n", "what build-app-amd64 has pushed"),
        (
            "what is not kept",
            "paths: [.splitbuild/app-*]",
            "paths: [.splitbuild/app]",
            "what build-app-amd64 has pushed",
        ),
    ];
    let planted = |(name, right, wrong, _): &(&str, &str, &str, &str)| {
        let planted = example.text.replace(right, wrong);
        assert_ne!(planted, example.text, "{name}: it is there");
        planted
    };
    for plant in &plants {
        assert!(example.refusal(&planted(plant)).is_some(), "{}: gen does not see it", plant.0);
    }
    for plant in some(&plants) {
        for shell in SHELLS {
            let found = fault(&planted(plant), shell);
            assert!(found.as_ref().is_some_and(|found| found.contains(plant.3)), "{}: {found:?}", plant.0);
        }
    }
    SHELLS.iter().for_each(|shell| assert_eq!(fault(&example.text, shell), None, "nothing is planted"));
}
