//! A registry whose password is made in the job: every job that logs in makes it, and no log has it.

use super::pipeline::{Builder, Pipeline};
use super::registry::htpasswd;

/// What `docker-registry` knows the user by.
const PASSWORD: &str = "correct-horse-battery";

fn matrix(script: &str) -> String {
    let host = htpasswd();
    format!(
        r#"version: 1
registries:
  "{host}":
    username: builder
    login: |
      {script}
images:
  base: {{ image: "{host}/passwords/base", context: base, export: "base-${{tag}}-${{arch}}.tar" }}
  mirror: {{ image: "{host}/passwords/mirror", copy: "{host}/passwords/base:${{tag}}", needs: [base] }}
workflows:
  main: {{ on: {{ branches: [main] }}, tags: [latest] }}
gitlab: {{ services: [] }}
tool: {{ image: acme/tool }}
"#
    )
}

#[test]
fn a_password_that_is_made_reaches_every_job_and_no_log() {
    // The word is put together in the job, so the file does not have it, either.
    let matrix = matrix("word=horse; printf 'correct-%s-battery' \"$word\"");
    let pipeline = Pipeline::of("passwords", Builder::Daemon, (&matrix, ".gitlab-ci.yml"));
    let ran = pipeline.run("main", None).green();
    for job in ["build-base-amd64", "build-base-arm64", "build-base-manifest", "build-mirror", "export-base"] {
        assert!(ran.ended(job, "PASS"), "{job}: {}", ran.log);
    }
    assert!(!ran.log.contains(PASSWORD), "{}", ran.log);
    assert!(pipeline.left().is_empty(), "the logins are gone: {:?}", pipeline.left());
}

#[test]
fn a_script_that_makes_none_ends_the_job_by_the_registry() {
    let matrix = matrix("echo 'no permission' >&2; false");
    let pipeline = Pipeline::of("passwordless", Builder::Daemon, (&matrix, ".gitlab-ci.yml"));
    let ran = pipeline.run("main", None);
    let says = format!("the login script of {} failed, or printed nothing", htpasswd());
    assert!(!ran.is_green && ran.log.contains(&says) && ran.log.contains("no permission"), "{}", ran.log);
    assert!(!ran.ended("build-base-manifest", "PASS"), "{}", ran.log);
}
