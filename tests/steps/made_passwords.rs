//! Passwords that a script of the project makes in the job: they reach every job that logs in, and no log.

use super::job::{Config, Job, Ran, Trigger, on_every_provider};

const HOST: &str = "1.dkr.ecr.eu-west-1.amazonaws.com";

/// The variable that holds the password.
const VARIABLE: &str = "registry_password";

/// What the script makes of the job's environment; nothing else may ever show it.
const MADE: &str = "MADE OF K3Y";

/// The script of a matrix: it has what shells and providers might take for something else.
const SCRIPT: &str = "note making\nname=$(cat <<EOF\nmade of\nEOF\n)\nprintf '%s %s' \"$name\" \"$KEY\" | tr a-z A-Z\n";

fn matrix(script: &str) -> String {
    let script = script.trim_end().replace('\n', "\n      ");
    format!(
        r#"
version: 1
registries:
  docker.io: {{ username: me, password: "${{DOCKER_PASS}}" }}
  {HOST}:
    username: AWS
    login: |
      {script}
images:
  app: {{ image: {HOST}/app, setup: "note setup", export: "app-${{tag}}-${{arch}}.tar" }}
  copied: {{ image: {HOST}/copied, copy: redis }}
workflows: {{ main: {{ on: {{ branches: [main] }}, tags: [latest] }} }}
github: {{ secrets: [KEY] }}
tool: {{ install: "note install" }}
"#
    )
}

fn job(config: &Config, name: &str) -> Job {
    let job = config.job("main", name, Trigger::Branch("main")).with("DOCKER_PASS", "d0cker").with("KEY", "k3y");
    let job = job.handed("build-app-manifest", "published", "sha256:00");
    job.given(".splitbuild/app-index", &format!("{HOST}/app:latest@sha256:00\n"))
}

fn assert_hidden(ran: &Ran) {
    assert!(!ran.log.contains(MADE), "{}", ran.log);
    assert!(ran.calls.iter().flat_map(|call| &call.arguments).all(|word| !word.contains(MADE)));
    assert!(ran.kept().values().all(|text| !String::from_utf8_lossy(text).contains(MADE)));
}

#[test]
fn a_made_password_reaches_builds() {
    on_every_provider(&matrix(SCRIPT), |config, shell| {
        let ran = job(config, "build-app-amd64").behaving("login-fails", "1").run(shell).green();
        let passwords = ran.recorded("passwords").unwrap_or_default();
        assert!(passwords.contains(&format!("{HOST}\0{MADE}\0")), "{passwords:?}");
        assert!(
            ran.of("docker", "login")
                .contains(&&["login", "--username", "AWS", "--password-stdin", HOST].map(str::to_owned)[..])
        );
        // What the project runs afterwards does not see it.
        assert_eq!(ran.variable(VARIABLE), None);
        assert_hidden(&ran);
    });
}

#[test]
fn a_made_password_reaches_what_runs_splitbuild() {
    on_every_provider(&matrix(SCRIPT), |config, shell| {
        for (name, verb) in [("build-app-manifest", "manifest"), ("build-copied", "copy"), ("export-app", "export")] {
            let ran = job(config, name).run(shell).green();
            for call in ran.of("splitbuild", verb) {
                let login = format!("{HOST}=user_1_dkr_ecr_eu_west_1_amazonaws_com:{VARIABLE}");
                assert!(Ran::values(call, "--login").contains(&login.as_str()), "{}", ran.log);
            }
            assert!(!ran.of("splitbuild", verb).is_empty());
            assert_eq!(ran.variable(VARIABLE).as_deref(), Some(MADE));
            // What it calls may be what `tool.install` installs.
            let notes: Vec<&str> =
                ran.calls.iter().filter(|it| it.tool == "note").map(|it| &*it.arguments[0]).collect();
            assert_eq!(notes, ["install", "making"]);
            assert_hidden(&ran);
        }
    });
}

#[test]
fn a_script_that_fails_or_prints_nothing_ends_the_job_by_the_registrys_name() {
    let says = format!("the login script of {HOST} failed, or printed nothing");
    for script in ["false; echo half", "echo half; exit 3", ":", "exit 0", "nothing-of-that-name", "echo \"$UNSET\""] {
        on_every_provider(&matrix(script), |config, shell| {
            let ran = job(config, "build-app-amd64").run(shell).red(&says);
            assert!(ran.of("docker", "build").is_empty(), "{script}");
            for name in ["build-app-manifest", "build-copied", "export-app"] {
                let ran = job(config, name).run(shell).red(&says);
                assert!(ran.calls.iter().all(|call| call.tool != "splitbuild"), "{script}");
            }
        });
    }
}
