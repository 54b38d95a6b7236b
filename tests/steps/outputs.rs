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
            let ready = ready.after(&one).handed("build-one-manifest", "published", "sha256:0a sha256:0a");
            let ran = ready.handed("build-copied", "published", "sha256:0b sha256:0b").run(shell).green();
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
        assert_eq!(digest(&index, "published").trim(), "");
        assert_eq!(index.outputs()["published"], "sha256:0c sha256:0c ");
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
