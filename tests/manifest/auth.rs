//! Being logged in: by password, by token, over TLS; and what is said when it does not work.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};

use crate::command::{Run, finish, run, splitbuild};
use crate::http::Message;
use crate::image::{get, pair, platforms};
use crate::interrupted::one_layer;
use crate::registry::{folder, htpasswd, plain, start, storage, write};
use crate::relay::{Fault, Relay, Rule, nothing};
use crate::token::{IDENTITY, PASSWORD, Service, USER};

/// A registry with TLS, whose certificate is that of an authority of the tests; and the authority's certificate.
pub fn tls() -> &'static (String, String) {
    static TLS: OnceLock<(String, String)> = OnceLock::new();
    TLS.get_or_init(|| {
        let folder = folder("tls-keys");
        let authority_key = KeyPair::generate().expect("a key");
        let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = authority.self_signed(&authority_key).expect("a certificate");
        let file = write(&folder.join("authority.pem"), &certificate.pem());
        let key = KeyPair::generate().expect("a key");
        let mut server = CertificateParams::new(vec!["localhost".into()]).expect("parameters");
        server.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        let issuer = Issuer::from_params(&authority, &authority_key);
        let server = server.signed_by(&key, &issuer).expect("a certificate");
        let certificate = write(&folder.join("server.pem"), &server.pem());
        let key = write(&folder.join("server.key"), &key.serialize_pem());
        let more = format!("  tls:\n    certificate: {certificate}\n    key: {key}\n");
        (start("tls", &storage(), &more), file)
    })
}

fn with(arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    finish(splitbuild(arguments).envs(environment.iter().copied()))
}

pub const LOGIN: [(&str, &str); 2] = [("SPLITBUILD_USERNAME", USER), ("SPLITBUILD_PASSWORD", PASSWORD)];
const WRONG: [(&str, &str); 2] = [("SPLITBUILD_USERNAME", USER), ("SPLITBUILD_PASSWORD", "wr0ng-secret")];

#[test]
fn a_password_takes_one_step_more() {
    pair("auth/basic", "v1");
    let relay = Relay::with_rounds(htpasswd(), nothing(), &[1, 3, 2, 1]);
    let target = format!("{}/auth/basic:v1", relay.host);
    with(&["manifest", &target], &LOGIN).good();
    assert!(relay.rounds_were_kept(), "{:#?}", relay.short());
    assert_eq!(relay.seen()[0].authorization, None, "nothing is told before it is asked for");
    assert_eq!(platforms("auth/basic", "v1").len(), 2);
}

#[test]
fn a_wrong_password_is_said_once_and_not_sent_with_everything() {
    let names: Vec<String> = (0..5).map(|number| format!("auth/wrong{number}")).collect();
    names.iter().for_each(|name| drop(pair(name, "v1")));
    let basic = Relay::new(htpasswd(), nothing());
    let token = Service::start("auth-wrong", nothing(), None);
    // A token service is asked once; without one, the first few requests try the password out.
    for (relay, times) in [(&basic, 3), (&token.relay, 1)] {
        let targets: Vec<String> = names.iter().map(|name| format!("{}/{name}:v1", relay.host)).collect();
        let mut arguments = vec!["manifest", "-v"];
        arguments.extend(targets.iter().map(String::as_str));
        let run = with(&arguments, &WRONG).bad(&["nothing of any image was published"]);
        let says = "rejects the username and password from SPLITBUILD_USERNAME: 401";
        assert_eq!(run.stderr.matches(says).count(), 1, "{}", run.stderr);
        assert!(!run.stderr.contains("not authorized"), "{}", run.stderr);
        let sent = relay.seen().iter().filter(|seen| seen.authorization.is_some()).count();
        assert!(sent <= times, "{sent}: {:#?}", relay.short());
    }
}

#[test]
fn nobody_is_logged_in() {
    pair("auth/nobody", "v1");
    let target = format!("{}/auth/nobody:v1", htpasswd());
    run(&["manifest", &target]).bad(&["requires a login to", "no credentials were found for it", "docker login"]);
    // Anybody may pull from the registry with tokens, and nobody may push.
    let service = Service::start("auth-nobody", nothing(), None);
    let target = format!("{}/auth/nobody:v1", service.relay.host);
    run(&["manifest", &target, "--dry-run"]).good();
    run(&["inspect", &format!("{}/auth/nobody:v1-amd64", service.relay.host)]).good();
    let asked = service.tokens_asked_for();
    run(&["manifest", &target]).bad(&["requires a login to publish", "auth/nobody:v1"]);
    assert_eq!(service.tokens_asked_for(), asked + 1);
    assert_eq!(get("auth/nobody", "v1"), None);
}

#[test]
fn a_dry_run_asks_for_no_right_to_write() {
    pair("auth/scope", "v1");
    let service = Service::start("auth-scope", nothing(), None);
    let target = format!("{}/auth/scope:v1", service.relay.host);
    with(&["manifest", &target, "--dry-run"], &LOGIN).good();
    let asked: Vec<String> = service.relay.short().into_iter().filter(|line| line.contains("/token")).collect();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].contains("auth%2Fscope%3Apull") && !asked[0].contains("push"), "{asked:?}");
}

#[test]
fn every_source_of_credentials_works() {
    pair("auth/sources", "v1");
    let target = format!("{}/auth/sources:v1", htpasswd());
    let proof = BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let config = format!(r#"{{"auths":{{"{}":{{"auth":"{proof}"}}}}}}"#, htpasswd());
    let home = folder("auth-home");
    let docker = home.join("docker");
    std::fs::create_dir_all(&docker).expect("a folder");
    write(&docker.join("config.json"), &config);
    let docker = docker.display().to_string();
    let podman = write(&home.join("auth.json"), &config);
    let login = format!("{}=MY_USER:MY_PASS", htpasswd());
    for (more, environment) in [
        (&["--login", login.as_str()][..], &[("MY_USER", USER), ("MY_PASS", PASSWORD)][..]),
        (&[], &LOGIN),
        (&[], &[("DOCKER_AUTH_CONFIG", &*config)]),
        (&[], &[("DOCKER_CONFIG", &*docker)]),
        (&[], &[("REGISTRY_AUTH_FILE", &*podman)]),
        (&[], &[("CI_REGISTRY", htpasswd()), ("CI_REGISTRY_USER", USER), ("CI_REGISTRY_PASSWORD", PASSWORD)]),
    ] {
        let arguments = [&["manifest", &*target][..], more].concat();
        with(&arguments, environment).good();
    }
    let arguments = ["manifest", &target, "--login", &login];
    with(&arguments, &[("MY_USER", USER)]).bad(&["MY_PASS, the password for 127.0.0.1"]);
}

#[test]
fn a_helper_is_asked() {
    pair("auth/helper", "v1");
    let folder = folder("auth-helper");
    let asked = folder.join("asked");
    let script = format!(
        "#!/bin/sh\ncat >'{}'\nprintf '{{\"ServerURL\":\"x\",\"Username\":\"%s\",\"Secret\":\"%s\"}}' {USER} {PASSWORD}\n",
        asked.display()
    );
    write(&folder.join("docker-credential-tests"), &script);
    write(&folder.join("docker-credential-broken"), "#!/bin/sh\ncat >/dev/null\necho s3cret-of-the-helper\nexit 1\n");
    write(
        &folder.join("docker-credential-empty"),
        "#!/bin/sh\ncat >/dev/null\necho credentials not found in native keychain\nexit 1\n",
    );
    for helper in ["tests", "broken", "empty"] {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.join(format!("docker-credential-{helper}"));
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("executable");
    }
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let target = format!("{}/auth/helper:v1", htpasswd());
    let config = |helper: &str| format!(r#"{{"credHelpers":{{"{}":"{helper}"}}}}"#, htpasswd());
    let with_helper = |config: &str| with(&["manifest", &target], &[("DOCKER_AUTH_CONFIG", config), ("PATH", &path)]);
    with_helper(&config("tests")).good();
    assert_eq!(std::fs::read_to_string(&asked).expect("it was asked"), htpasswd());
    with_helper(r#"{"credsStore":"tests"}"#).good();
    let broken = with_helper(&config("broken")).bad(&["leaves to a helper: docker-credential-broken failed"]);
    assert!(!broken.stderr.contains("s3cret"), "{}", broken.stderr);
    with_helper(&config("empty")).bad(&["no credentials were found for it"]);
}

#[test]
fn an_identity_token_is_exchanged() {
    pair("auth/identity", "v1");
    let service = Service::start("auth-identity", nothing(), None);
    let target = format!("{}/auth/identity:v1", service.relay.host);
    let config = |token: &str| format!(r#"{{"auths":{{"{}":{{"identitytoken":"{token}"}}}}}}"#, service.relay.host);
    with(&["manifest", &target], &[("DOCKER_AUTH_CONFIG", &config(IDENTITY))]).good();
    assert!(service.relay.short().contains(&"POST /token".to_owned()), "{:#?}", service.relay.short());
    let wrong = with(&["manifest", &target], &[("DOCKER_AUTH_CONFIG", &config("expired-identity"))]);
    let wrong = wrong.bad(&["rejects the username and password from DOCKER_AUTH_CONFIG"]);
    assert!(!wrong.stderr.contains("expired-identity"), "{}", wrong.stderr);
}

/// The fault is a clock's: the registry takes the token until the images are read, and then no more.
#[test]
fn a_token_that_expires_midway_is_renewed_once_for_all() {
    let names: Vec<String> = (0..3).map(|number| format!("auth/expires{number}")).collect();
    names.iter().for_each(|name| drop(pair(name, "v1")));
    let expired = OnceLock::new();
    let rule: Rule = Box::new(move |request, _| {
        let Some(proof) = request.header("authorization").filter(|_| request.method() == "PUT") else {
            return Fault::Pass;
        };
        if expired.get_or_init(|| proof.to_owned()) != proof {
            return Fault::Pass;
        }
        let realm = format!("http://{}/token", request.header("host").expect("a host"));
        let challenge = format!(r#"Bearer realm="{realm}",service="registry",error="invalid_token""#);
        Fault::Answer(Message::answer(401, &[("WWW-Authenticate", &challenge)], b""))
    });
    let service = Service::start("auth-expires", rule, None);
    let targets: Vec<String> = names.iter().map(|name| format!("{}/{name}:v1", service.relay.host)).collect();
    let mut arguments = vec!["manifest"];
    arguments.extend(targets.iter().map(String::as_str));
    with(&arguments, &LOGIN).good();
    assert_eq!(service.tokens_asked_for(), 2, "{:#?}", service.relay.short());
}

/// A token that is good for the manifests, and no more when the layers are asked for, or are written.
#[test]
fn a_token_that_expires_before_a_layer_is_renewed() {
    let (source, layer) = one_layer("auth/layer");
    for (method, is_layer) in [("GET", true), ("PUT", false)] {
        let (expired, layer) = (OnceLock::new(), layer.clone());
        let rule: Rule = Box::new(move |request, _| {
            let is_meant = if is_layer { request.path() == layer } else { request.path().contains("/blobs/uploads/") };
            let proof = request.header("authorization").filter(|_| is_meant && request.method() == method);
            let Some(proof) = proof else { return Fault::Pass };
            if expired.get_or_init(|| proof.to_owned()) != proof {
                return Fault::Pass;
            }
            let realm = format!("http://{}/token", request.header("host").expect("a host"));
            let challenge = format!(r#"Bearer realm="{realm}",service="registry",error="invalid_token""#);
            Fault::Answer(Message::answer(401, &[("WWW-Authenticate", &challenge)], b""))
        });
        let service = Service::start(&format!("auth-layer-{method}"), rule, None);
        let through = source.replace(plain(), &service.relay.host);
        let folder = folder("auth-layer").join(method).display().to_string();
        let layout = format!("oci:{folder}:v1");
        if is_layer {
            with(&["copy", &through, &layout], &LOGIN).good();
            assert!(!service.relay.short().iter().any(|asked| asked.starts_with("HEAD") && asked.contains("/blobs/")));
        } else {
            run(&["copy", &source, &layout]).good();
            with(&["copy", &layout, &format!("{}/auth/written:v1", service.relay.host)], &LOGIN).good();
        }
        assert_eq!(service.tokens_asked_for(), 2, "{:#?}", service.relay.short());
    }
}

/// The registry takes every token for an expired one when a layer is written: a new one is tried, and that is all.
#[test]
fn a_layer_that_no_token_is_good_for() {
    let rule: Rule = Box::new(|request, _| match request.method() == "PUT" && request.path().contains("/uploads/") {
        true => {
            let realm = format!("http://{}/token", request.header("host").expect("a host"));
            let challenge = format!(r#"Bearer realm="{realm}",service="registry",error="invalid_token""#);
            Fault::Answer(Message::answer(401, &[("WWW-Authenticate", &challenge)], b""))
        }
        false => Fault::Pass,
    });
    let service = Service::start("auth-no-token", rule, None);
    let target = format!("{}/auth/no-token:v1", service.relay.host);
    let says = ["does not allow the user of SPLITBUILD_USERNAME to take", "no-token: 401", "grant this user"];
    let source = one_layer("auth/no-token-source").0;
    with(&["copy", &source, &target], &[&LOGIN[..], &[("SPLITBUILD_REGISTRY", &service.relay.host)]].concat())
        .bad(&says);
    // A configuration and a layer, each with the token that there was and with one that is newer.
    let (tokens, sent) = (service.tokens_asked_for(), service.relay.count("PUT"));
    assert!((2..=3).contains(&tokens) && sent <= 4, "{:#?}", service.relay.short());
}

/// What a registry says of a layer is told as it is of a manifest.
#[test]
fn a_layer_that_a_user_may_not_read() {
    let (source, layer) = one_layer("auth/members");
    let rule: Rule = Box::new(move |request, _| match request.path() == layer {
        true => Fault::Answer(Message::answer(403, &[], br#"{"errors":[{"code":"DENIED","message":"members only"}]}"#)),
        false => Fault::Pass,
    });
    let service = Service::start("auth-members", rule, None);
    let through = source.replace(plain(), &service.relay.host);
    let folder = folder("auth-members").join("layout").display().to_string();
    let says = ["does not allow the user of SPLITBUILD_USERNAME to read", "403: DENIED members only"];
    with(&["copy", &through, &format!("oci:{folder}:v1")], &LOGIN).bad(&says);
}

/// A user who may read and not write.
#[test]
fn what_a_user_may_not_do() {
    pair("auth/denied", "v1");
    let rule: Rule = Box::new(|request, _| match request.method() {
        "PUT" => Fault::Answer(Message::answer(403, &[], br#"{"errors":[{"code":"DENIED","message":"no"}]}"#)),
        _ => Fault::Pass,
    });
    let service = Service::start("auth-denied", rule, None);
    let target = format!("{}/auth/denied:v1", service.relay.host);
    let says = ["does not allow the user of SPLITBUILD_USERNAME to publish", "auth/denied:v1: 403: DENIED no"];
    with(&["manifest", &target], &LOGIN).bad(&says);
}

#[test]
fn token_services_that_are_not_followed() {
    pair("auth/realm", "v1");
    for (realm, says) in [
        ("ftp://127.0.0.1/token", "its address is neither https nor http"),
        ("http://user:pass@127.0.0.1/token", "its address contains a login"),
        ("/token", "its address is malformed"),
    ] {
        let challenge = format!(r#"Bearer realm="{realm}",service="x""#);
        let rule: Rule =
            Box::new(move |_, _| Fault::Answer(Message::answer(401, &[("WWW-Authenticate", &challenge)], b"")));
        let relay = Relay::new(plain(), rule);
        let target = format!("{}/auth/realm:v1", relay.host);
        with(&["manifest", &target], &LOGIN).bad(&["names a token service that cannot be trusted", says]);
    }
}

/// A registry whose tokens come from a service of its own address, which is another host.
fn registry_with_tokens_from(name: &str, service: &str, more: &str) -> String {
    let auth = format!(
        "auth:\n  token:\n    realm: http://{service}/token\n    service: registry\n    issuer: tests\n    rootcertbundle: {}\n",
        crate::token::bundle()
    );
    start(name, &storage(), &format!("{more}{auth}"))
}

#[test]
fn a_token_service_on_another_host() {
    pair("auth/elsewhere", "v1");
    let service = Relay::new(plain(), Box::new(|request, _| Fault::Answer(crate::token::token(request))));
    let host = registry_with_tokens_from("auth-elsewhere", &service.host, "");
    with(&["manifest", &format!("{host}/auth/elsewhere:v1")], &LOGIN).good();
    assert_eq!(service.seen().len(), 1);
    // The same service, for a registry with TLS: the password would go in plain text.
    let (_, authority) = tls();
    let keys = folder("tls-keys");
    let path = |file: &str| keys.join(file).display().to_string();
    let more = format!("  tls:\n    certificate: {}\n    key: {}\n", path("server.pem"), path("server.key"));
    let host = registry_with_tokens_from("auth-downgrade", &service.host, &more);
    let target = format!("{host}/auth/elsewhere:v1");
    let says = ["names a token service that cannot be trusted", "it does not use TLS, but the registry does"];
    with(&["manifest", &target, "--ca-file", authority], &LOGIN).bad(&says);
    assert_eq!(service.seen().len(), 1, "it was not asked");
}

/// No proxy leads to this machine.
#[test]
fn a_proxy_is_not_asked_about_this_machine() {
    pair("auth/proxy", "v1");
    let proxy = Relay::new(plain(), nothing());
    let address = format!("http://{}", proxy.host);
    let environment = [("HTTP_PROXY", &*address), ("http_proxy", &*address), ("HTTPS_PROXY", &*address)];
    with(&["manifest", &format!("{}/auth/proxy:v1", plain())], &environment).good();
    assert_eq!(proxy.short(), [""; 0]);
}

/// A token service on another host than the registry's gets the password, as the registry says; nobody else does.
#[test]
fn credentials_go_to_the_registry_and_its_token_service_only() {
    pair("auth/two", "v1");
    let other = Relay::new(plain(), nothing());
    let service = Service::start("auth-two", nothing(), None);
    let targets = [format!("{}/auth/two:v1", service.relay.host), format!("{}/auth/two:other", other.host)];
    pair("auth/two", "other");
    let environment = [LOGIN[0], LOGIN[1], ("SPLITBUILD_REGISTRY", &*service.relay.host)];
    with(&["manifest", &targets[0], &targets[1]], &environment).good();
    assert!(other.seen().iter().all(|seen| seen.authorization.is_none()), "{:?}", other.seen());
    assert!(service.relay.seen().iter().any(|seen| seen.authorization.is_some()));
    with(&["manifest", &targets[0], &targets[1]], &LOGIN).bad(&["does not say which of", "SPLITBUILD_REGISTRY"]);
}

#[test]
fn a_certificate_of_an_own_authority() {
    pair("auth/tls", "v1");
    let (host, authority) = tls();
    let target = format!("{host}/auth/tls:v1");
    run(&["manifest", &target, "--ca-file", authority]).good();
    assert_eq!(platforms("auth/tls", "v1").len(), 2);
    run(&["manifest", &target]).bad(&["the certificate of", "is not trusted", "--ca-file"]);
    with(&["manifest", &target], &[("SSL_CERT_FILE", authority)]).good();
    let empty = write(&folder("tls-empty").join("empty.pem"), "");
    run(&["manifest", &target, "--ca-file", &empty]).bad(&["it contains no certificate"]);
    run(&["manifest", &target, "--ca-file", "is/not/there"]).bad(&["cannot read is/not/there"]);
    run(&["manifest", &target, "--plain-http", host, "--timeout", "1s"]).bad(&["400"]);
}

/// Plain HTTP that goes through a proxy behind TLS. The registry with TLS is a proxy here: what it is asked for another
/// host it answers itself.
#[test]
fn a_proxy_is_spoken_to_by_tls_for_plain_http() {
    pair("auth/proxy-by-tls", "v1");
    let (host, authority) = tls();
    let proxy = [("HTTP_PROXY", &*format!("https://{host}")), ("SSL_CERT_FILE", authority)];
    let target = "registry.example/auth/proxy-by-tls:v1";
    with(&["manifest", target, "--plain-http", "registry.example"], &proxy).good();
    assert_eq!(platforms("auth/proxy-by-tls", "v1").len(), 2);
}

/// Addresses that are not this machine's are spoken to with TLS, unless it is said otherwise. This one reaches us, and
/// does not look like it.
#[test]
fn other_hosts_are_not_spoken_to_in_plain_text() {
    pair("auth/far", "v1");
    let relay = Relay::new(plain(), nothing());
    let port = relay.host.rsplit_once(':').expect("a port").1;
    let host = format!("0.0.0.0:{port}");
    let target = format!("{host}/auth/far:v1");
    with(&["manifest", &target], &LOGIN).bad(&["0.0.0.0", "does not speak TLS", "--plain-http HOST:PORT"]);
    assert_eq!(relay.short(), [""; 0]);
    run(&["manifest", &target, "--plain-http", &host]).good();
}
