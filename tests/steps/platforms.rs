//! Platforms for which there may be no machine: the daemon is asked for them by name.

use super::job::{Ran, Trigger, on_every_provider};

const MATRIX: &str = r#"
version: 1
defaults: { platforms: [linux/amd64, linux/arm64, linux/arm] }
images:
  app: { image: acme/app }
  twice: { image: acme/twice, retry: 1 }
  runs: { image: acme/runs, run: 'family "$arch_tag"; note "$platform"' }
  broken: { image: acme/broken, retry: 1, run: "note broken; false; note unreached" }
workflows: { main: { on: { branches: [main] }, tags: [latest] } }
circleci: { runners: { linux/arm/v7: arm.medium } }
gitlab: { runners: { linux/arm/v7: arm } }
github: { runners: { linux/arm/v7: arm } }
tool: { image: acme/tool }
"#;

const HINT: &str = "an 'exec format error' means that this machine cannot run linux/arm/v7";

#[test]
fn builds_and_scripts_are_told_the_platform() {
    on_every_provider(MATRIX, |config, shell| {
        for (arch, platform) in [("amd64", "linux/amd64"), ("arm64", "linux/arm64"), ("armv7", "linux/arm/v7")] {
            let job = config.job("main", &format!("build-app-{arch}"), Trigger::Branch("main"));
            let ran = job.with("RECORD_PLATFORM", platform).run(shell).green();
            assert_eq!(Ran::values(ran.one("docker", "build"), "--platform"), [platform]);
            assert_eq!(ran.pushes(), [format!("acme/app:latest-{arch}")]);
            let job = config.job("main", &format!("build-runs-{arch}"), Trigger::Branch("main"));
            let job = job.with("RECORD_PLATFORM", platform).with("RECORD_IMAGES", "acme/runs");
            assert_eq!(job.run(shell).green().one("note", platform).len(), 1);
        }
    });
}

#[test]
fn one_platform_has_several_names() {
    on_every_provider(MATRIX, |config, shell| {
        for (arch, found, is_same) in [
            ("armv7", "linux/arm/v7", true),
            ("armv7", "linux/arm", true),
            ("armv7", "linux/arm/v6", false),
            ("armv7", "linux/arm64", false),
            ("armv7", "linux/arm64/v8", false),
            ("arm64", "linux/arm64/v8", true),
            ("arm64", "linux/arm/v7", false),
        ] {
            let job = config.job("main", &format!("build-app-{arch}"), Trigger::Branch("main"));
            let ran = job.with("RECORD_PLATFORM", found).run(shell);
            if is_same {
                assert_eq!(ran.green().pushes().len(), 1, "{arch}: {found}");
            } else {
                assert!(ran.red("nothing was pushed").pushes().is_empty(), "{arch}: {found}");
            }
        }
    });
}

#[test]
fn a_build_that_fails_says_what_the_machine_may_lack() {
    on_every_provider(MATRIX, |config, shell| {
        for (name, fails) in [("build-app-armv7", "1"), ("build-twice-armv7", "2")] {
            let job = config.job("main", name, Trigger::Branch("main")).with("RECORD_PLATFORM", "linux/arm/v7");
            let ran = job.clone().behaving("build-fails", fails).run(shell).red(HINT);
            assert!(ran.pushes().is_empty(), "{}", ran.log);
            assert!(!job.run(shell).green().log.contains(HINT));
        }
        // A script that fails in its middle, as a build would.
        let job = config.job("main", "build-broken-armv7", Trigger::Branch("main"));
        let ran = job.with("RECORD_PLATFORM", "linux/arm/v7").run(shell).red(HINT);
        assert_eq!(ran.of("note", "broken").len(), 2, "{}", ran.log);
        assert!(ran.pushes().is_empty() && ran.of("note", "unreached").is_empty());
    });
}
