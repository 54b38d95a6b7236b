//! Logging in: from the environment into Docker's configuration, beside what other steps have put there.

use serde_json::{Value, json};

use super::job::{Config, Ran, SHELLS, Trigger};

const MATRIX: &str = r#"
version: 1
registries:
  docker.io: { username: "${DOCKER_USER}", password: "${DOCKER_PASS}" }
  registry.acme.org:5000: { username: "robot", password: "${ACME_TOKEN}" }
images: { app: { image: acme/app } }
workflows: { main: { on: { branches: [main] }, tags: [latest] } }
tool: { image: "registry.acme.org:5000/tool:1" }
"#;

fn run(shell: &[&str], before: Option<&str>) -> Ran {
    let job = Config::of(MATRIX).job("main", "build-app-manifest", Trigger::Branch("main"));
    let job = job.with("DOCKER_USER", "me").with("DOCKER_PASS", "p w$\"'\\").with("ACME_TOKEN", "t0ken");
    job.run_prepared(shell, |record, folder| {
        std::fs::create_dir_all(folder.join(".splitbuild")).expect("a folder");
        if let Some(before) = before {
            std::fs::create_dir_all(record.join("home/.docker")).expect("a folder");
            std::fs::write(record.join("home/.docker/config.json"), before).expect("a file");
        }
    })
    .green()
}

fn written(ran: &Ran) -> Value {
    serde_json::from_str(&ran.home(".docker/config.json")).expect("JSON")
}

const HUB: &str = "bWU6cCB3JCInXA==";
const ACME: &str = "cm9ib3Q6dDBrZW4=";

#[test]
fn credentials_come_from_the_environment() {
    for shell in SHELLS {
        let ran = run(shell, None);
        let auths = json!({"https://index.docker.io/v1/": {"auth": HUB}, "registry.acme.org:5000": {"auth": ACME}});
        assert_eq!(written(&ran), json!({ "auths": auths }));
        assert!(!ran.log.contains("p w") && !ran.log.contains("t0ken") && !ran.log.contains(HUB), "{}", ran.log);
    }
}

#[test]
fn what_is_there_stays_there() {
    for shell in SHELLS {
        for before in [
            "{}",
            "{\n\t\"auths\": {}\n}",
            "{ \"credsStore\": \"x\" }",
            "{\"auths\":{\"a\":{\"auth\":\"b\"}},\"x\":1}",
            "{\"x\": {\"y\": [1, 2]},\n \"auths\": {\n \"a\": {} } }",
        ] {
            let found = written(&run(shell, Some(before)));
            let mut expected: Value = serde_json::from_str(before).expect("JSON");
            let auths = expected.as_object_mut().expect("a map").entry("auths").or_insert(json!({}));
            auths["https://index.docker.io/v1/"] = json!({"auth": HUB});
            auths["registry.acme.org:5000"] = json!({"auth": ACME});
            assert_eq!(found, expected, "{before}");
        }
    }
}

#[test]
fn a_missing_password_is_named() {
    for shell in SHELLS {
        let job = Config::of(MATRIX).job("main", "build-app-manifest", Trigger::Branch("main"));
        let ran = job.with("DOCKER_USER", "me").with("DOCKER_PASS", "").run(shell);
        assert!(!ran.succeeded);
        assert!(ran.log.contains("$DOCKER_PASS is empty in this job"), "{}", ran.log);
    }
}

#[test]
fn an_install_that_ends_the_job_is_no_success() {
    let matrix = MATRIX.replace("image: \"registry.acme.org:5000/tool:1\"", "install: \"exit 0\"");
    let matrix = matrix.replace("registries:\n", "x-registries:\n");
    for shell in SHELLS {
        let ran = Config::of(&matrix).job("main", "build-app-manifest", Trigger::Branch("main")).run(shell);
        assert!(!ran.succeeded && ran.log.contains("tool.install has ended the job"), "{}", ran.log);
    }
}

#[test]
fn another_version_of_the_tool_stops_the_job() {
    for shell in SHELLS {
        let job = Config::of(MATRIX).job("main", "build-app-manifest", Trigger::Branch("main"));
        let job = job
            .with("DOCKER_USER", "me")
            .with("DOCKER_PASS", "p")
            .with("ACME_TOKEN", "t")
            .with("RECORD_VERSION", "0.9.9");
        let ran = job.run(shell);
        assert!(!ran.succeeded && ran.log.contains("here runs 'splitbuild 0.9.9'"), "{}", ran.log);
        assert!(ran.of("splitbuild", "manifest").is_empty());
    }
}

/// The logins that a splitbuild would find in a manifest job of GitLab's, and what is left of them afterwards.
fn gitlab(shell: &[&str], variables: &[(&str, &str)]) -> (Value, Vec<String>) {
    let mut job =
        Config::for_provider(MATRIX, "gitlab").gitlab_job("main", "build-app-manifest", Trigger::Branch("main"));
    for (name, value) in
        [("DOCKER_USER", "me"), ("DOCKER_PASS", "p w$\"'\\"), ("ACME_TOKEN", "t0ken")].iter().chain(variables)
    {
        job = job.with(name, value);
    }
    let ran = job
        .run_prepared(shell, |record, folder| {
            std::fs::create_dir_all(folder.join(".splitbuild")).expect("a folder");
            std::fs::create_dir_all(record.join("home/.docker")).expect("a folder");
            std::fs::create_dir_all(record.join("home/tmp")).expect("a folder");
            std::fs::write(record.join("home/.docker/config.json"), r#"{"auths":{"before":{"auth":"eA=="}}}"#)
                .expect("a file");
            // What splitbuild finds, for us to see.
            std::fs::write(
                record.join("bin/splitbuild"),
                "#!/bin/sh\n[ \"$1\" = --version ] && exec echo \"splitbuild 0.1.0\"\n\
                 cp \"$DOCKER_CONFIG/config.json\" \"$HOME/found.json\"\necho \"$DOCKER_CONFIG\" >\"$HOME/where\"\n",
            )
            .expect("a tool");
        })
        .green();
    assert_eq!(
        ran.home(".docker/config.json"),
        r#"{"auths":{"before":{"auth":"eA=="}}}"#,
        "the runner's own is untouched"
    );
    let place = ran.home("where").trim().to_owned();
    let left = std::path::Path::new(&place).exists().then_some(place);
    (serde_json::from_str(&ran.home("found.json")).expect("JSON"), left.into_iter().collect())
}

#[test]
fn a_job_of_gitlabs_has_logins_of_its_own_and_the_project_registry_s() {
    for shell in SHELLS {
        let (found, left) = gitlab(shell, &[]);
        let hub = json!({"auth": HUB});
        assert_eq!(found["auths"]["https://index.docker.io/v1/"], hub);
        assert_eq!(found["auths"]["before"]["auth"], "eA==", "what the runner has is there as well");
        assert!(left.is_empty(), "{left:?}");
        let variables =
            [("CI_REGISTRY", "registry.gitlab.example.com"), ("CI_REGISTRY_USER", "u"), ("CI_REGISTRY_PASSWORD", "p")];
        let (found, _) = gitlab(shell, &variables);
        assert_eq!(found["auths"]["registry.gitlab.example.com"]["auth"], "dTpw", "{found}");
        assert_eq!(found["auths"]["registry.acme.org:5000"]["auth"], ACME, "{found}");
        // The matrix's own login for it counts more.
        let (found, _) = gitlab(shell, &[("CI_REGISTRY", "registry.acme.org:5000"), ("CI_REGISTRY_PASSWORD", "p")]);
        assert_eq!(found["auths"]["registry.acme.org:5000"]["auth"], ACME, "{found}");
    }
}
