//! Sources of credentials, in the order in which they count.

use super::*;

/// `user:secret`
const AUTH: &str = "dXNlcjpzZWNyZXQ=";
/// `other:secret`
const OTHER: &str = "b3RoZXI6c2VjcmV0";

fn sources(variables: &[(&str, &str)]) -> Sources {
    let pairs = variables.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    Sources::new(Vec::new(), Environment(pairs.collect()), Duration::from_secs(60))
}

/// The source and the username of what is found for the registry of `name`.
fn found(sources: &Sources, name: &str) -> Option<(String, String)> {
    let repository = Repository::of(name);
    let registries = [repository.registry.as_str()].into();
    let found = sources.find(&repository.registry, std::slice::from_ref(&repository), &registries);
    let credentials = found.expect("no error")?;
    let name = match credentials.secret {
        Secret::Password(name, _) => name,
        Secret::IdentityToken(token) => format!("token {token}"),
    };
    Some((credentials.source, name))
}

fn refused(sources: &Sources, name: &str, registries: &[&str]) -> CredentialError {
    let repository = Repository::of(name);
    let registries = registries.iter().copied().collect();
    sources.find(&repository.registry, std::slice::from_ref(&repository), &registries).expect_err("an error")
}

fn auths(entries: &[(&str, &str)]) -> String {
    let entries: Vec<String> = entries.iter().map(|(key, auth)| format!(r#""{key}":{{"auth":"{auth}"}}"#)).collect();
    format!(r#"{{"auths":{{{}}}}}"#, entries.join(","))
}

#[test]
fn the_order_of_sources() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("text");
    let (docker, podman) = (format!("{path}/config.json"), format!("{path}/auth.json"));
    std::fs::write(&docker, auths(&[("r.io", AUTH)])).expect("written");
    std::fs::write(&podman, auths(&[("r.io", AUTH)])).expect("written");
    let config = auths(&[("r.io", AUTH)]);
    let mut variables = vec![
        ("U", "user"),
        ("P", "secret"),
        ("SPLITBUILD_USERNAME", "user"),
        ("SPLITBUILD_PASSWORD", "secret"),
        ("DOCKER_AUTH_CONFIG", &config),
        ("DOCKER_CONFIG", path),
        ("REGISTRY_AUTH_FILE", &podman),
        ("CI_REGISTRY", "r.io"),
        ("CI_REGISTRY_USER", "user"),
        ("CI_REGISTRY_PASSWORD", "secret"),
    ];
    let mut all = sources(&variables);
    all.logins = vec![Login { registry: "r.io".into(), username: "U".into(), password: "P".into() }];
    assert_eq!(found(&all, "r.io/a"), Some(("--login".into(), "user".into())));
    for (gone, next) in [
        ("", "SPLITBUILD_USERNAME"),
        ("SPLITBUILD_", "DOCKER_AUTH_CONFIG"),
        ("DOCKER_AUTH_CONFIG", &docker),
        ("DOCKER_CONFIG", &podman),
        ("REGISTRY_AUTH_FILE", "CI_REGISTRY_USER"),
    ] {
        variables.retain(|(name, _)| gone.is_empty() || !name.starts_with(gone));
        assert_eq!(found(&sources(&variables), "r.io/a"), Some((next.into(), "user".into())), "without {gone}");
    }
    assert_eq!(found(&sources(&variables), "other.io/a"), None, "a login is for its own registry");
    assert_eq!(found(&sources(&[]), "r.io/a"), None);
}

#[test]
fn variables_for_the_one_registry() {
    let ours = [("SPLITBUILD_USERNAME", "u"), ("SPLITBUILD_PASSWORD", "p")];
    let two = refused(&sources(&ours), "r.io/a", &["r.io", "s.io"]);
    assert!(two.to_string().contains("which of r.io, s.io"), "{two}");
    let mut named = ours.to_vec();
    named.push(("SPLITBUILD_REGISTRY", "s.io"));
    assert_eq!(found(&sources(&named), "r.io/a"), None);
    assert_eq!(found(&sources(&named), "s.io/a"), Some(("SPLITBUILD_USERNAME".into(), "u".into())));
    let half = refused(&sources(&ours[..1]), "r.io/a", &["r.io"]);
    assert_eq!(half.to_string(), "SPLITBUILD_PASSWORD, the password for r.io, is not set or is empty");
}

/// Docker Hub's entry has the key `https://index.docker.io/v1/`; other tools write others.
#[test]
fn the_docker_hub_goes_by_several_names() {
    for key in HUB_KEYS {
        let config = auths(&[(key, AUTH)]);
        let sources = sources(&[("DOCKER_AUTH_CONFIG", &config)]);
        assert_eq!(found(&sources, "base").map(|found| found.1), Some("user".into()), "{key}");
        assert_eq!(found(&sources, "ghcr.io/base"), None, "{key}");
    }
}

const HUB_KEYS: [&str; 4] =
    ["https://index.docker.io/v1/", "index.docker.io", "docker.io", "https://registry-1.docker.io/v2/"];

#[test]
fn keys_with_a_scheme_and_keys_with_a_path() {
    let config = auths(&[("https://r.io/v2/", OTHER), ("r.io/team", AUTH)]);
    let sources = sources(&[("DOCKER_AUTH_CONFIG", &config)]);
    assert_eq!(found(&sources, "r.io/team/app").map(|found| found.1), Some("user".into()));
    assert_eq!(found(&sources, "r.io/teams/app").map(|found| found.1), Some("other".into()));
}

/// As Docker cuts them: `docker login` has written several forms over time.
#[test]
fn keys_of_one_host_in_many_forms() {
    for key in [
        "r.io",
        "r.io/",
        "r.io/v1/",
        "r.io/v2",
        "r.io/v2/",
        "http://r.io",
        "https://r.io/",
        "https://r.io/v1/",
        "https://r.io/any/path",
    ] {
        let config = auths(&[("s.io", OTHER), (key, AUTH)]);
        let of_key = sources(&[("DOCKER_AUTH_CONFIG", &config)]);
        assert_eq!(found(&of_key, "r.io/a").map(|found| found.1), Some("user".into()), "{key}");
        assert_eq!(found(&of_key, "r.io:5000/a"), None, "{key}");
        // One that is called as the host is beats all others.
        let config = auths(&[(key, OTHER), ("r.io", AUTH)]);
        let both = sources(&[("DOCKER_AUTH_CONFIG", &config)]);
        assert_eq!(found(&both, "r.io/a").map(|found| found.1), Some("user".into()), "{key}");
    }
}

/// A registry is logged in to once in a call.
#[test]
fn namespaces_of_one_registry() {
    let find = |config: &str, names: [&str; 2]| {
        sources(&[("DOCKER_AUTH_CONFIG", config)]).find("r.io", &names.map(Repository::of), &["r.io"].into())
    };
    let same = auths(&[("r.io/a", AUTH), ("r.io/b/c", AUTH)]);
    assert!(find(&same, ["r.io/a/x", "r.io/b/c"]).expect("no error").is_some(), "two keys and one login");
    let one = auths(&[("r.io/a", AUTH)]);
    assert!(find(&one, ["r.io/public", "r.io/a/x"]).expect("no error").is_some(), "what is open needs none");
    assert!(find(&one, ["r.io/aa", "r.io/b"]).expect("no error").is_none());
    let two = auths(&[("r.io/a", AUTH), ("r.io", OTHER)]);
    let error = find(&two, ["r.io/a/x", "r.io/b"]).expect_err("two logins").to_string();
    assert!(error.starts_with("r.io/a/x and r.io/b have different credentials in DOCKER_AUTH_CONFIG"), "{error}");
    assert!(error.contains("--login r.io=USER_VAR:PASS_VAR"), "{error}");
}

#[test]
fn entries_as_docker_reads_them() {
    let entry = |entry: &str| format!(r#"{{"auths":{{"r.io":{entry}}}}}"#);
    for (config, user) in [
        (r#"{"auth":"dXNlcjpzZWNyZXQ"}"#, Some("user")),
        (r#"{"auth":"dXNlcjpz\r\nZWNyZXQ=\n"}"#, Some("user")),
        (r#"{"username":"user","password":"secret"}"#, Some("user")),
        (r#"{"auth":"dXNlcjpzZWNyZXQ=","username":"x","password":"y"}"#, Some("user")),
        ("{}", None),
        (r#"{"auth":""}"#, None),
        ("null", None),
    ] {
        let config = entry(config);
        let of_entry = sources(&[("DOCKER_AUTH_CONFIG", &config)]);
        assert_eq!(found(&of_entry, "r.io/a").map(|found| found.1).as_deref(), user, "{config}");
    }
    for (config, says) in [
        (r#"{"auth":"dXNlcjo="}"#, "the entry of r.io has an empty password: log in again"),
        (r#"{"auth":"Og=="}"#, "the entry of r.io has an empty password: log in again"),
        (r#"{"username":"user","password":""}"#, "the entry of r.io has an empty password: log in again"),
        (r#"{"auth":"dXNlcg=="}"#, "the entry of r.io is malformed: log in again"),
        (r#"{"auth":"%%%"}"#, "the entry of r.io is malformed: log in again"),
    ] {
        let config = entry(config);
        let error = refused(&sources(&[("DOCKER_AUTH_CONFIG", &config)]), "r.io/a", &["r.io"]).to_string();
        assert_eq!(error, format!("cannot read credentials from DOCKER_AUTH_CONFIG: {says}"));
    }
}

#[test]
fn the_name_of_a_helper_is_no_path() {
    for name in ["../x", "a b", "a;b", "/bin/sh", "é"] {
        let config = format!(r#"{{"credHelpers":{{"r.io":"{name}"}}}}"#);
        let error = refused(&sources(&[("DOCKER_AUTH_CONFIG", &config)]), "r.io/a", &["r.io"]).to_string();
        assert!(error.contains("only letters, digits, `.`, `_` and `-`"), "{error}");
    }
}

#[test]
fn a_folder_is_no_file_of_credentials() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("text");
    let error = refused(&sources(&[("REGISTRY_AUTH_FILE", path)]), "r.io/a", &["r.io"]).to_string();
    assert_eq!(
        error,
        format!(
            "cannot read credentials from {path}: it is a folder, not a file; DOCKER_AUTH_CONFIG can hold the same text"
        )
    );
    assert_eq!(found(&sources(&[("REGISTRY_AUTH_FILE", "/dev/null/x")]), "r.io/a"), None);
}

#[test]
fn identity_tokens() {
    let config = format!(r#"{{"auths":{{"r.io":{{"auth":"{AUTH}","identitytoken":"abc"}}}}}}"#);
    let sources = sources(&[("DOCKER_AUTH_CONFIG", &config)]);
    assert_eq!(found(&sources, "r.io/a").map(|found| found.1), Some("token abc".into()));
}

#[test]
fn what_cannot_be_read_is_told_without_the_secret() {
    let mut told = Vec::new();
    for config in [
        r#"{"auths":{"r.io":{"auth":"c2VjcmV0""#,
        r#"{"auths":{"r.io":{"auth":"c2VjcmV0"}}}"#,
        r#"{"auths":"c2VjcmV0"}"#,
        r#"{"credHelpers":{"r.io":"is-not-there"},"x":"c2VjcmV0"}"#,
    ] {
        told.push(refused(&sources(&[("DOCKER_AUTH_CONFIG", config)]), "r.io/a", &["r.io"]).to_string());
    }
    assert!(told.iter().all(|text| !text.contains("c2Vj") && !text.contains("secret")), "{told:?}");
    assert!(told[0].contains("line 1 column 35"), "{}", told[0]);
    assert!(told[1].contains("the entry of r.io is malformed"), "{}", told[1]);
    assert!(told[2].contains("does not have its form"), "{}", told[2]);
    assert!(told[3].contains("leaves to a helper"), "{}", told[3]);
    let shown =
        format!("{:?}", Credentials { secret: Secret::Password("u".into(), "p4ss".into()), source: "x".into() });
    assert_eq!(shown, "Credentials(from x)");
}
