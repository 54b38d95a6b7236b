//! A registry with TLS that sends requests on to plain HTTP: nobody goes there, whatever is asked for.

use std::io::{BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::cell::{Ended, Times, rule, tags, written};
use crate::command::splitbuild;
use crate::http::{Message, send};
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
    let certificate: CertificateDer<'static> = server.signed_by(&key, &issuer).expect("a certificate").der().clone();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key);
    (file.display().to_string(), Arc::new(config.expect("a good key")))
}

/// Speaks TLS, and passes on what it is asked.
fn front(relay: &Relay, config: &Arc<ServerConfig>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let host = listener.local_addr().expect("an address").to_string();
    let (upstream, config) = (relay.host.clone(), Arc::clone(config));
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (upstream, config) = (upstream.clone(), Arc::clone(&config));
            std::thread::spawn(move || {
                let connection = ServerConnection::new(config).expect("a good configuration");
                let mut reader = BufReader::new(StreamOwned::new(connection, stream));
                while let Some(request) = Message::read(&mut reader, true) {
                    let has_body = request.method() != "HEAD";
                    let mut answer = send(&upstream, request);
                    answer.remove("connection");
                    let body: &[u8] = if has_body { &answer.body } else { b"" };
                    if reader.get_mut().write_all(&[&answer.head(), body].concat()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    host
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
        let host = front(&relay, &config);
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
