//! A child is built on the parents of its own run: by digest, under every name that they have in it.

use super::job::{Config, Job, Ran, SHELLS, Trigger, everywhere, some};

const MATRIX: &str = r#"
version: 1
images:
  base: { image: acme/base }
  pair: { image: [acme/one, acme/two], run: 'for it in one two; do docker build -t "acme/$it:$arch_tag" .; done' }
  only: { image: acme/only, platforms: [linux/amd64] }
  copied: { image: [acme/copied, acme/again], copy: redis }
  child:
    image: acme/child
    needs: [base, "build-pair-${arch}", only, copied]
  script:
    image: acme/script
    needs: [base, copied]
    run: docker build -t "$arch_image" .
workflows: { main: { on: { branches: [main] }, tags: [latest, "${git_short_sha}"] } }
tool: { image: r.acme.org/t }
"#;

const INDEX: &str = "acme/only:latest@sha256:0a\nacme/only:01234567@sha256:0b\n";
/// With a name that only a release may move: what it means in this run counts.
const COPIED: &str = "acme/copied:latest@sha256:0c\nacme/again:latest@sha256:0c\n\
                      moving acme/copied:stable acme/copied:latest sha256:0c\n";

fn job(config: &Config, name: &str) -> Job {
    config.job("main", name, Trigger::Branch("main"))
}

/// A job of the child's kind, after its parents. In GitLab it gets what the jobs have kept that it names, and no others.
fn after_parents(config: &Config, name: &str, shell: &[&str]) -> Job {
    let arch = name.rsplit('-').next().expect("an architecture");
    let build = |key: &str, arch: &str| job(config, &format!("build-{key}-{arch}")).run(shell).green();
    let publish = |key: &str, builds: &[Ran], text: &str| {
        let job = builds.iter().fold(job(config, &format!("build-{key}-manifest")), Job::after);
        job.behaving("published", text).run(shell).green()
    };
    let bases = [build("base", "amd64"), build("base", "arm64")];
    let only = [build("only", "amd64")];
    let copied = job(config, "build-copied").behaving("published", COPIED).run(shell).green();
    let job = job(config, name).after(&build("pair", arch)).after(&copied);
    let job = job.after(&publish("base", &bases, "acme/base:latest@sha256:0d\n")).after(&publish("only", &only, INDEX));
    match config.provider {
        "circleci" => bases.iter().chain(&only).fold(job, Job::after),
        _ => job,
    }
}

/// What the names of a parent mean, as it was handed on: that of the index, then that of this architecture.
fn pushed(ran: &Ran, file: &str) -> Vec<[String; 2]> {
    let text = String::from_utf8(ran.kept()[file].clone()).expect("text");
    let lines = text.lines().filter_map(|line| line.strip_prefix("pushed "));
    lines
        .flat_map(|line| {
            let [index, name, digest] = line.split(' ').collect::<Vec<_>>().try_into().expect("three words");
            let meant = format!("{}@{digest}", index.split(':').next().expect("an image"));
            [index, name].map(|name| [name.to_owned(), meant.clone()])
        })
        .collect()
}

/// What every name of the child's parents means.
fn pins(config: &Config, arch: &str, shell: &[&str]) -> Vec<[String; 2]> {
    let of = |key: &str, arch: &str| {
        let ran = job(config, &format!("build-{key}-{arch}")).run(shell).green();
        pushed(&ran, &format!(".splitbuild/{key}-{arch}"))
    };
    let index = |text: &str| -> Vec<[String; 2]> {
        let pin = |name: &str, digest: &str| {
            [name.to_owned(), format!("{}@{digest}", name.split(':').next().expect("an image"))]
        };
        let pins = text.lines().map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
            ["moving", index, name, digest] => [pin(index, digest), pin(name, digest)],
            _ => line.split_once('@').map(|(name, digest)| [pin(name, digest), pin(name, digest)]).expect("a digest"),
        });
        pins.flatten().collect()
    };
    let only = if arch == "amd64" { of("only", arch) } else { index(INDEX) };
    [of("base", arch), of("pair", arch), only, index(COPIED)].concat()
}

/// How many names have a meaning.
fn names(pins: &[[String; 2]]) -> usize {
    sorted(pins.iter().map(|[name, _]| name.clone()).collect()).len()
}

fn sorted(mut all: Vec<String>) -> Vec<String> {
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn a_build_is_told_what_every_name_of_its_parents_means() {
    everywhere(MATRIX, |config, shell| {
        for arch in ["amd64", "arm64"] {
            let name = format!("build-child-{arch}");
            let ran = after_parents(config, &name, shell).run(shell).green();
            let given = ran.one("docker", "build").iter().filter(|word| word.starts_with("--build-context="));
            let pins = pins(config, arch, shell);
            assert!(pins.len() > 10, "{pins:?}");
            let expected = pins.iter().map(|[name, meant]| format!("--build-context={name}=docker-image://{meant}"));
            assert_eq!(sorted(given.cloned().collect()), sorted(expected.collect()), "{}", ran.log);
            assert!(ran.of("docker", "pull").is_empty());
            // They are in the log, too.
            assert!(pins.iter().all(|[name, meant]| ran.log.contains(&format!("{name}=docker-image://{meant}"))));
        }
    });
}

#[test]
#[cfg_attr(not(feature = "whole"), ignore = "takes 4 s: `./test` runs it")]
fn what_takes_no_names_finds_the_parents_under_them() {
    let legacy = format!("{MATRIX}gitlab: {{ builder: legacy }}\n");
    let buildah = format!("{MATRIX}gitlab: {{ builder: buildah }}\n").replace("docker build", "buildah build");
    for (config, job, tool) in [
        (Config::of(MATRIX), "build-script-amd64", "docker"),
        (Config::for_provider(MATRIX, "gitlab"), "build-script-amd64", "docker"),
        (Config::for_provider(&legacy, "gitlab"), "build-child-amd64", "docker"),
        (Config::for_provider(&buildah, "gitlab"), "build-script-amd64", "buildah"),
    ] {
        for shell in SHELLS {
            let ready = after_parents(&config, job, shell);
            let ran = ready.clone().behaving("pull-fails", "2").run(shell).green();
            let scheme = if tool == "docker" { "" } else { "docker://" };
            for pin in pins(&config, "amd64", shell) {
                let [name, meant] = &pin;
                if job == "build-script-amd64"
                    && !["acme/base", "acme/copied", "acme/again"].iter().any(|it| name.starts_with(it))
                {
                    continue;
                }
                assert!(
                    ran.of(tool, "pull").contains(&&["pull".to_owned(), format!("{scheme}{meant}")][..]),
                    "{}",
                    ran.log
                );
                assert!(ran.of(tool, "tag").contains(&&["tag".to_owned(), meant.clone(), name.clone()][..]), "{name}");
            }
            let place =
                |word: &str| ran.calls.iter().position(|call| call.arguments.first().is_some_and(|it| it == word));
            assert!(place("pull") < place("build"));
            assert!(ran.one(tool, "build").iter().all(|word| !word.starts_with("--build-context")));
            let ran = ready.behaving("pull-fails", "3").run(shell);
            assert!(tool == "buildah" || !ran.succeeded && ran.of(tool, "build").is_empty(), "{}", ran.log);
        }
    }
}

#[test]
fn buildah_is_told_as_docker_is() {
    let matrix = format!("{MATRIX}gitlab: {{ builder: buildah }}\n").replace("docker build", "buildah build");
    let config = Config::for_provider(&matrix, "gitlab");
    for shell in SHELLS {
        let ran = after_parents(&config, "build-child-arm64", shell).run(shell).green();
        let build = ran.one("buildah", "build");
        let given = build.iter().filter(|word| word.starts_with("--build-context=")).cloned().collect();
        assert_eq!(sorted(given).len(), names(&pins(&config, "arm64", shell)));
        let pushes: Vec<&str> = ran.of("buildah", "push").iter().map(|words| words[3].as_str()).collect();
        assert_eq!(pushes, ["acme/child:latest-arm64", "acme/child:01234567-arm64"]);
        assert_eq!(ran.file(".splitbuild/child-arm64").matches(" sha256:").count(), 2);
        assert!(ran.calls.iter().all(|call| call.tool != "docker"));
    }
}

#[test]
fn a_parent_that_has_handed_nothing_on_stops_the_build() {
    everywhere(MATRIX, |config, shell| {
        for name in ["build-child-amd64", "build-script-amd64"] {
            let nothing = job(config, name);
            // Without the last line, nothing was pushed.
            let begun = after_parents(config, name, shell).given(".splitbuild/base-amd64", "splitbuild 2\nkey base\n");
            for job in [nothing, begun] {
                let ran = job.run(shell).red("base-amd64 is missing: rerun the parent's job");
                assert!(ran.calls.iter().all(|call| call.tool != "docker"), "{:?}", ran.calls);
            }
        }
    });
}

#[test]
fn what_is_handed_on_is_text() {
    everywhere(MATRIX, |config, shell| {
        for odd in some(&["$(touch pwned)", "`touch pwned`", "*", "a;touch pwned", "\\n", "%s"]) {
            let line = format!("pushed acme/base:{odd} acme/base:{odd}-amd64 sha256:00\n");
            for name in ["build-child-amd64", "build-script-amd64"] {
                let ran = after_parents(config, name, shell).given(".splitbuild/base-amd64", &line).run(shell);
                assert!(ran.found("pwned").is_none(), "{}", ran.log);
            }
        }
    });
}

#[test]
fn hand_written_jobs_keep_theirs_at_the_root() {
    let matrix =
        format!("{}circleci: {{ config: own.yml }}\n", MATRIX.replace(", only, copied]", ", only, copied, mine]"));
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("splitbuild.yml"), matrix).expect("written");
    let own = "version: 2.1\njobs: { mine: { docker: [{ image: a }], steps: [checkout] } }\nworkflows: { main: { jobs: [mine] } }\n";
    std::fs::write(folder.path().join("own.yml"), own).expect("written");
    let config = Config::generated(&folder.path().join("splitbuild.yml"), "circleci");
    for shell in SHELLS {
        let ready = after_parents(&config, "build-child-amd64", shell).given("mine/of-its-own", "x");
        let ran = ready.run(shell).green();
        assert_eq!(ran.file("mine/of-its-own"), "x");
        let given =
            ran.one("docker", "build").iter().filter(|word| word.starts_with("--build-context=")).cloned().collect();
        assert_eq!(sorted(given).len(), names(&pins(&config, "amd64", shell)));
        assert_eq!(ran.kept().keys().collect::<Vec<_>>(), [".splitbuild/child-amd64"]);
    }
}
