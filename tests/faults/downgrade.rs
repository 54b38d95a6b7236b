//! A registry with TLS that sends requests on to plain HTTP: nobody goes there, whatever is asked for.

use std::net::{IpAddr, Ipv4Addr};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use rustls::ServerConfig;

use crate::cell::{Ended, Times, rule, tags, written};
use crate::command::splitbuild;
use crate::front::{Front, config};
use crate::http::Message;
use crate::kind::{KINDS, Kind, Stage};
use crate::pool::each;
use crate::registry::{folder, plain, write};
use crate::relay::{Fault, Relay, nothing};
use crate::scenario::{Count, Scenario};

/// The certificate of an authority, in a file, and what a server of this machine needs of it.
fn keys() -> (String, Arc<ServerConfig>) {
    let authority_key = KeyPair::generate().expect("a key");
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let file = folder("downgrade").join("authority.pem");
    write(&file, &authority.self_signed(&authority_key).expect("a certificate").pem());
    let key = KeyPair::generate().expect("a key");
    let mut server = CertificateParams::new(Vec::new()).expect("parameters");
    server.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    let issuer = Issuer::from_params(&authority, &authority_key);
    let certificate = server.signed_by(&key, &issuer).expect("a certificate").pem();
    (file.display().to_string(), config(certificate.as_bytes(), key.serialize_pem().as_bytes()))
}

#[test]
fn nothing_goes_from_tls_to_plain_http() {
    let (authority, config) = keys();
    let is_tested = |kind: &&Kind| {
        let tested = [Scenario::Manifest, Scenario::CopyTo, Scenario::CopyFrom, Scenario::Export, Scenario::Inspect];
        tested.contains(&kind.scenario) && kind.name != "every request"
    };
    let kinds: Vec<&'static Kind> = KINDS.iter().filter(is_tested).collect();
    assert!(kinds.len() > 15, "{}", kinds.len());
    each((4, kinds), |kind| {
        let case = kind.scenario.case(Count::One);
        let store = Relay::new(plain(), nothing());
        let (place, victim) = (store.host.clone(), case.victim.clone());
        let is = move |request: &Message| (kind.is)(request, &victim);
        let away = move |request: &Message| {
            let location = format!("http://{place}{}", request.path());
            Fault::Answer(Message::answer(307, &[("Location", &location)], b""))
        };
        let relay = Relay::new(plain(), rule(None, is, away, Times::Always));
        let host = Front::before(&relay.host, &config, Duration::ZERO).host;
        let arguments: Vec<String> =
            case.arguments.iter().map(|text| text.replace("HOST", &host).replace("PLAIN", plain())).collect();
        let mut command = splitbuild(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        command.args(["--ca-file", &authority, "--plain-http", plain(), "--timeout", "40s"]).stdin(Stdio::null());
        let start = Instant::now();
        let output = command.output().expect("it runs");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let (stdout, stderr, took) = (text(output.stdout), text(output.stderr), start.elapsed());
        let ended = Ended { code: output.status.code(), stdout, stderr, took, seen: relay.seen() };
        let is_asked = ended.seen.iter().any(|seen| seen.path.contains(&case.victim.repository));
        assert!(is_asked, "{}: {}", kind.title(), ended.stderr);
        assert_eq!(store.short(), Vec::<String>::new(), "{}", kind.title());
        let is_good = ended.code == Some(0);
        tags(&case, &ended, is_good).unwrap_or_else(|why| panic!("{}: {why}: {}", kind.title(), ended.stderr));
        if let Some(file) = &case.file {
            written(&std::fs::read(file).expect("it is there"), is_good).expect("old or whole");
        }
        // What a tag leads to, and whether something is there already, is looked at to spare work.
        let is_spared = kind.name.starts_with("HEAD") || kind.name == "GET the tag";
        assert_eq!(is_good, is_spared, "{}: {}", kind.title(), ended.stderr);
        assert!(is_good || ended.stderr.contains("redirects to 127.0.0.1"), "{}: {}", kind.title(), ended.stderr);
        let why =
            if kind.stage == Stage::Reads || kind.name.starts_with("GET") { "not encrypted" } else { "only reads" };
        assert!(is_good || ended.stderr.contains(why), "{}: {}", kind.title(), ended.stderr);
        [relay, store].iter().for_each(Relay::end);
    });
}
