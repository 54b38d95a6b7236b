//! Secrets: they come from the environment by standard input, and stand in no argument, no log and no file of ours.

use super::job::{Config, Job, Ran, SHELLS, Trigger, on_every_provider};

const MATRIX: &str = r#"
version: 1
registries:
  docker.io: { username: "${DOCKER_USER}", password: "${DOCKER_PASS}" }
  registry.acme.org:5000: { username: "robot", password: "${ACME_TOKEN}" }
  1.dkr.ecr.eu-west-1.amazonaws.com: { username: AWS, password: "${ECR_PASS}" }
  gcr.io: { username: _json_key, password: "${GCR_KEY}" }
secrets: { token: { environment: BUILD_TOKEN }, file: { file: secret.txt } }
images:
  app: { image: acme/app, secrets: [token, file, { source: token, target: other }], export: "app-${tag}-${arch}.tar" }
  copied: { image: acme/copied, copy: redis }
workflows: { main: { on: { branches: [main] }, tags: [latest] } }
tool: { image: "registry.acme.org:5000/tool:1" }
"#;

/// What must be seen nowhere: texts that shells and readers of lines might change.
const SECRETS: &[(&str, &str)] = &[
    ("DOCKER_PASS", "p w$\"'\\"),
    ("ACME_TOKEN", "t0ken\\n%s$(touch pwned)"),
    ("ECR_PASS", "-e c r"),
    ("GCR_KEY", "{\n  \"private_key\": \"a\\nb\"\n}"),
    ("BUILD_TOKEN", "build t0ken"),
];

fn job(config: &Config, name: &str) -> Job {
    let job = config.job("main", name, Trigger::Branch("main")).with("DOCKER_USER", "me & you");
    SECRETS.iter().fold(job, |job, (name, value)| job.with(name, value))
}

/// The passwords that a tool got by standard input, by host.
fn passwords(ran: &Ran) -> Vec<(String, String)> {
    let text = ran.recorded("passwords").unwrap_or_default();
    let words: Vec<&str> = text.split_terminator('\0').collect();
    words.chunks(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect()
}

fn assert_hidden(ran: &Ran) {
    let words: Vec<&String> = ran.calls.iter().flat_map(|call| &call.arguments).collect();
    for (name, secret) in SECRETS {
        let first = secret.lines().next_back().expect("a line");
        for part in [*secret, first] {
            assert!(part.len() < 4 || !ran.log.contains(part), "{name}: {}", ran.log);
            assert!(part.len() < 4 || words.iter().all(|word| !word.contains(part)), "{name}: {words:?}");
        }
    }
    assert!(ran.found("pwned").is_none());
    assert!(ran.kept().values().all(|text| !String::from_utf8_lossy(text).contains("t0ken")));
}

#[test]
fn builds_log_in_from_the_environment() {
    let hosts = ["docker.io", "registry.acme.org:5000", "1.dkr.ecr.eu-west-1.amazonaws.com", "gcr.io"];
    let buildah = format!("{MATRIX}gitlab: {{ builder: buildah }}\n");
    for (config, tool) in [
        (Config::of(MATRIX), "docker"),
        (Config::for_provider(MATRIX, "gitlab"), "docker"),
        (Config::for_provider(&buildah, "gitlab"), "buildah"),
        (Config::for_provider(MATRIX, "github"), "docker"),
    ] {
        for shell in SHELLS {
            let ran = job(&config, "build-app-amd64").behaving("login-fails", "2").run(shell).green();
            let mut calls = Vec::new();
            for (user, host) in ["me & you", "robot", "AWS", "_json_key"].into_iter().zip(hosts) {
                calls.push(["login", "--username", user, "--password-stdin", host].map(str::to_owned).to_vec());
            }
            // The first is tried three times.
            calls.splice(0..0, [calls[0].clone(), calls[0].clone()]);
            assert_eq!(ran.of(tool, "login"), calls, "{}", ran.log);
            let expected =
                hosts.iter().zip(SECRETS).map(|(host, (_, secret))| ((*host).to_owned(), (*secret).to_owned()));
            assert_eq!(passwords(&ran), expected.collect::<Vec<_>>());
            assert_hidden(&ran);
            let ran = job(&config, "build-app-amd64").behaving("login-fails", "3").run(shell).red("503 Service");
            assert!(ran.of(tool, "build").is_empty());
        }
    }
}

#[test]
fn splitbuild_is_told_the_names_of_the_variables() {
    let variables = [
        ("docker.io", "DOCKER_USER", "me & you", "DOCKER_PASS"),
        ("registry.acme.org:5000", "user_registry_acme_org_5000", "robot", "ACME_TOKEN"),
        ("1.dkr.ecr.eu-west-1.amazonaws.com", "user_1_dkr_ecr_eu_west_1_amazonaws_com", "AWS", "ECR_PASS"),
        ("gcr.io", "user_gcr_io", "_json_key", "GCR_KEY"),
    ];
    on_every_provider(MATRIX, |config, shell| {
        for (name, verb) in [("build-app-manifest", "manifest"), ("build-copied", "copy"), ("export-app", "export")] {
            let ready = job(config, name).given(".splitbuild/app-index", "acme/app:latest@sha256:00\n");
            let ran = ready.handed("build-app-manifest", "published", "sha256:00").run(shell).green();
            for call in ran.of("splitbuild", verb) {
                let logins = variables.map(|(host, user, _, password)| format!("{host}={user}:{password}"));
                assert_eq!(Ran::values(call, "--login"), logins, "{}", ran.log);
            }
            assert!(!ran.of("splitbuild", verb).is_empty());
            for (_, user, value, _) in variables {
                assert_eq!(ran.variable(user).as_deref(), Some(value), "{user}");
            }
            assert!(ran.calls.iter().all(|call| call.tool == "splitbuild"), "no Docker");
            assert_hidden(&ran);
        }
    });
}

#[test]
fn a_missing_name_or_password_is_told_before_anything_is_done() {
    on_every_provider(MATRIX, |config, shell| {
        for name in ["DOCKER_USER", "DOCKER_PASS", "GCR_KEY"] {
            let ran = job(config, "build-app-amd64").with(name, "").run(shell);
            let ran = ran.red(&format!("{name}: set it "));
            assert!(ran.of("docker", "build").is_empty());
            assert_hidden(&ran);
        }
    });
}

#[test]
fn builds_get_secrets_by_their_variables() {
    on_every_provider(MATRIX, |config, shell| {
        let ran = job(config, "build-app-amd64").run(shell).green();
        let secrets = ["id=token,env=BUILD_TOKEN", "id=file,src=secret.txt", "id=other,env=BUILD_TOKEN"];
        assert_eq!(Ran::values(ran.one("docker", "build"), "--secret"), secrets);
        assert_eq!(ran.variable("BUILD_TOKEN").as_deref(), Some("build t0ken"));
        assert_hidden(&ran);
        let ran = job(config, "build-app-amd64").with("BUILD_TOKEN", "").run(shell).red("BUILD_TOKEN: set it ");
        assert!(ran.of("docker", "build").is_empty());
    });
}

#[test]
fn a_job_of_gitlabs_logs_in_to_the_project_registry() {
    let config = Config::for_provider(MATRIX, "gitlab");
    let own = |host: &str| {
        let job = job(&config, "build-app-amd64").with("CI_REGISTRY", host);
        job.with("CI_REGISTRY_USER", "u").with("CI_REGISTRY_PASSWORD", "the job's own")
    };
    for shell in SHELLS {
        let ran = own("registry.gitlab.example.com").run(shell).green();
        assert_eq!(passwords(&ran)[0], ("registry.gitlab.example.com".to_owned(), "the job's own".to_owned()));
        assert_eq!(passwords(&ran).len(), 5);
        assert!(!ran.log.contains("the job's own"));
        // The matrix's own login for it counts more: it is the later one.
        let ran = own("registry.acme.org:5000").run(shell).green();
        let last = passwords(&ran).into_iter().rfind(|(host, _)| host == "registry.acme.org:5000").expect("a login");
        assert_eq!(last.1, SECRETS[1].1);
        // A project without a registry has none.
        assert_eq!(passwords(&job(&config, "build-app-amd64").run(shell).green()).len(), 4);
    }
}

#[test]
fn a_lasting_machine_keeps_no_login_and_lends_its_own() {
    let matrix = format!("{MATRIX}gitlab: {{ services: [] }}\n");
    let config = Config::for_provider(&matrix, "gitlab");
    for shell in SHELLS {
        let ran = job(&config, "build-app-amd64").behaving("home/.docker/config.json", "{}").run(shell).green();
        assert!(ran.recorded("home/.docker/logins").is_none(), "the machine's own is untouched");
        assert_eq!(std::fs::read_dir(ran.path("record/tmp")).expect("a folder").count(), 0);
        let config = ran.variable("DOCKER_CONFIG").expect("a folder of its own");
        assert!(!std::path::Path::new(&config).exists(), "{config}");
    }
}
