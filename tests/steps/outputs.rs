//! What GitHub's jobs hand to each other as outputs, of which GitHub drops those with a secret in them; and that a step has
//! nothing in its environment but what it names.

use super::job::{Config, Job, REVISION, Ran, SHELLS, Trigger};

const MATRIX: &str = r#"
version: 1
registries: { docker.io: { username: me, password: "${PASS}" } }
images:
  base: { image: [acme/base, acme/second] }
  one: { image: acme/one, platforms: [linux/amd64] }
  copied: { image: acme/copied, copy: redis }
  app:
    image: acme/app
    needs: ["build-base-${arch}", one, copied]
    args: { TOKEN: "${TOKEN}" }
    export: "app-${tag}-${arch}.tar"
workflows: { main: { on: { branches: [main] }, tags: [latest, "${git_short_sha}"] } }
tool: { image: r.acme.org/t }
"#;

fn job(config: &Config, name: &str) -> Job {
    config.job("main", name, Trigger::Branch("main")).with("PASS", "p4ss").with("TOKEN", "t0ken")
}

/// With the configuration, in every shell.
fn in_every_shell(test: impl Fn(&Config, &[&str])) {
    let config = Config::for_provider(MATRIX, "github");
    SHELLS.iter().for_each(|shell| test(&config, shell));
}

/// The last digest of a job's output: every tag of an image has the same.
fn digest(ran: &Ran, output: &str) -> String {
    ran.outputs()[output].rsplit(' ').next().expect("a digest").to_owned()
}

#[test]
fn a_build_hands_on_its_commit_and_the_digest_of_every_name() {
    in_every_shell(|config, shell| {
        let ran = job(config, "build-base-arm64").run(shell).green();
        assert_eq!(ran.pushes().len(), 4);
        let outputs = ran.outputs();
        let words: Vec<&str> = outputs["pushed"].split(' ').collect();
        assert_eq!((words[0], words.len()), (REVISION, 5), "{words:?}");
        assert!(words[1..].iter().all(|word| word.len() == 71 && word.starts_with("sha256:")), "{words:?}");
    });
}

#[test]
fn a_build_is_told_what_every_name_of_its_parents_means() {
    in_every_shell(|config, shell| {
        for arch in ["amd64", "arm64"] {
            let base = job(config, &format!("build-base-{arch}")).run(shell).green();
            let ready = job(config, &format!("build-app-{arch}")).after(&base);
            let one = job(config, "build-one-amd64").run(shell).green();
            // Where its own architecture is not built, the index is what it is built on.
            let published = |name: &str, lines: &str| job(config, name).behaving("published", lines);
            let index = published("build-one-manifest", "acme/one:latest@sha256:0a\nacme/one:0@sha256:0a\n");
            let index = index.after(&one).run(shell).green();
            let copied = published("build-copied", "acme/copied:latest@sha256:0b\nacme/copied:0@sha256:0b\n");
            let ready = ready.after(&one).after(&index).after(&copied.run(shell).green());
            let ran = ready.run(shell).green();
            let mut expected = Vec::new();
            for tag in ["latest", &REVISION[..8]] {
                for image in ["base", "second"] {
                    let meant = format!("acme/second@{}", digest(&base, "pushed"));
                    expected.extend([
                        format!("acme/{image}:{tag}=docker-image://{meant}"),
                        format!("acme/{image}:{tag}-{arch}=docker-image://{meant}"),
                    ]);
                }
                expected.push(format!("acme/copied:{tag}=docker-image://acme/copied@sha256:0b"));
                if arch == "amd64" {
                    let meant = format!("acme/one@{}", digest(&one, "pushed"));
                    expected.push(format!("acme/one:{tag}=docker-image://{meant}"));
                    expected.push(format!("acme/one:{tag}-amd64=docker-image://{meant}"));
                } else {
                    expected.push(format!("acme/one:{tag}=docker-image://acme/one@sha256:0a"));
                }
            }
            expected.sort();
            let words = ran.one("docker", "build").iter().filter_map(|word| word.strip_prefix("--build-context="));
            let mut found: Vec<&str> = words.collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{}", ran.log);
        }
    });
}

/// Names of another repository, of another architecture, of several images and tags.
const NAMED: &str = r#"
version: 1
defaults: { arch_image: "${image}/stage:${tag}_${arch}" }
images:
  base: { image: [acme/base, acme/second] }
  x86: { image: acme/x86, platforms: [linux/amd64] }
  app: { image: acme/app, needs: [base, build-x86-amd64] }
  script: { image: acme/script, needs: [base], run: docker build --tag "$image:$arch_tag" . }
  mirror: { image: acme/mirror, copy: "acme/base:${tag}", needs: [base] }
workflows:
  main: { on: { branches: [main] }, tags: [latest, edge, stable] }
tool: { image: r.acme.org/t }
"#;

#[test]
fn a_parent_has_its_names_wherever_it_was_pushed() {
    let config = &Config::for_provider(NAMED, "github");
    for shell in SHELLS {
        let base = job(config, "build-base-arm64").run(shell).green();
        let x86 = job(config, "build-x86-amd64").run(shell).green();
        let app = job(config, "build-app-arm64").after(&base).after(&x86).run(shell).green();
        let mut expected = Vec::new();
        for tag in ["latest", "edge", "stable"] {
            for (image, arch, meant) in [
                ("base", "arm64", format!("acme/second/stage@{}", digest(&base, "pushed"))),
                ("second", "arm64", format!("acme/second/stage@{}", digest(&base, "pushed"))),
                ("x86", "amd64", format!("acme/x86/stage@{}", digest(&x86, "pushed"))),
            ] {
                expected.push(format!("acme/{image}:{tag}=docker-image://{meant}"));
                expected.push(format!("acme/{image}/stage:{tag}_{arch}=docker-image://{meant}"));
            }
        }
        expected.sort();
        let words = app.one("docker", "build").iter().filter_map(|word| word.strip_prefix("--build-context="));
        let mut found: Vec<&str> = words.collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{}", app.log);
        // A script finds them under the same names.
        let script = job(config, "build-script-arm64").after(&base).run(shell).green();
        let meant = format!("acme/second/stage@{}", digest(&base, "pushed"));
        assert!(script.of("docker", "pull").iter().all(|call| call.contains(&meant)), "{}", script.log);
        let named = |name: &str| script.of("docker", "tag").iter().any(|call| call.last().is_some_and(|it| it == name));
        assert!(named("acme/base:stable") && named("acme/second/stage:edge_arm64"), "{}", script.log);
        // What was published is found by every name that it has.
        let lines = "acme/base:latest@sha256:0d\nacme/base:edge@sha256:0d\n";
        let manifest = job(config, "build-base-manifest").after(&base).behaving("published", lines).run(shell).green();
        let mirror = job(config, "build-mirror").after(&manifest).run(shell).green();
        let handed = mirror.file(".splitbuild/base-index");
        assert_eq!(handed.lines().count(), 6, "{handed}");
        assert!(handed.lines().any(|line| line == "acme/base:stable@sha256:0d"), "{handed}");
    }
}

#[test]
fn a_parent_that_has_handed_nothing_on_stops_the_build_by_its_name() {
    in_every_shell(|config, shell| {
        let ready = job(config, "build-app-amd64").handed("build-one-amd64", "pushed", "c sha256:0a");
        let ready = ready.handed("build-copied", "published", "sha256:0b");
        let ran = ready.run(shell).red("build-base-amd64 handed on nothing");
        assert!(ran.of("docker", "build").is_empty() && ran.pushes().is_empty());
    });
}

/// With the real splitbuild, which says it before it asks a registry for anything.
#[test]
fn an_index_is_not_made_of_an_output_that_was_dropped() {
    in_every_shell(|config, shell| {
        let amd64 = job(config, "build-base-amd64").run(shell).green();
        // A secret whose value is part of the commit, which nobody would choose; GitHub looks for nothing else.
        let arm64 = job(config, "build-base-arm64").with("PASS", &REVISION[..8]).run(shell).green();
        assert_eq!(arm64.outputs().get("pushed"), None);
        let ready = job(config, "build-base-manifest").after(&amd64).after(&arm64);
        let ran = ready.with("RECORD_SPLITBUILD", env!("CARGO_BIN_EXE_splitbuild")).run(shell);
        let ran = ran.red("the build for linux/arm64 handed on nothing");
        assert!(!ran.log.contains("p4ss"), "{}", ran.log);
        assert!(ran.outputs().is_empty());
    });
}

#[test]
fn what_was_published_is_saved_by_digest() {
    in_every_shell(|config, shell| {
        let published = "acme/app:latest@sha256:0c\nacme/app:01234567@sha256:0c\n";
        let index = job(config, "build-app-manifest").behaving("published", published).run(shell).green();
        assert_eq!(
            index.recorded("summary").as_deref(),
            Some(&*format!("    {}", published.replace("\na", "\n    a")))
        );
        assert_eq!(index.outputs()["published"], "sha256:0c sha256:0c");
        let ran = job(config, "export-app").after(&index).run(shell).green();
        for call in ran.of("splitbuild", "export") {
            assert_eq!(call.last().map(String::as_str), Some("acme/app@sha256:0c"), "{}", ran.log);
        }
        assert_eq!(ran.of("splitbuild", "export").len(), 4);
        job(config, "export-app").run(shell).red("build-app-manifest handed on nothing");
    });
}

#[test]
fn a_step_has_no_secret_that_it_does_not_name() {
    in_every_shell(|config, shell| {
        let base = job(config, "build-base-amd64").run(shell).green();
        assert_eq!(base.variable("PASS"), None, "the build has no use for it");
        let ready = job(config, "build-app-amd64").after(&base).handed("build-one-amd64", "pushed", "c sha256:0a");
        let ready = ready.handed("build-copied", "published", "sha256:0b");
        let ran = ready.clone().run(shell).green();
        assert_eq!(ran.variable("TOKEN").as_deref(), Some("t0ken"));
        assert_eq!(ran.variable("PASS"), None);
        assert!(!ran.log.contains("t0ken") && !ran.log.contains("p4ss"), "{}", ran.log);
        let ran = ready.with("TOKEN", "").run(shell).red("TOKEN: set it as a secret or variable");
        assert!(ran.of("docker", "build").is_empty());
    });
}
