//! A registry behind a token service, as the Docker Hub is: the service is ours, the registry is real and checks its
//! tokens.

use std::net::TcpListener;
use std::sync::{Mutex, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

use crate::http::Message;
use crate::registry::{folder, start, storage, write};
use crate::relay::{Fault, Relay, Rule};

pub const USER: &str = "builder";
pub const PASSWORD: &str = "correct-horse-battery";
pub const IDENTITY: &str = "identity-token-of-builder";

/// The registry, at a place of its own for every test that looks at the requests.
pub struct Service {
    pub relay: Relay,
}

struct Keys {
    certificate: String,
    pair: Mutex<EcdsaKeyPair>,
    bundle: String,
}

fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let key = KeyPair::generate().expect("a key");
        let mut parameters = CertificateParams::new(vec!["token".into()]).expect("parameters");
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).expect("a certificate");
        let bundle = write(&folder("token").join("bundle.pem"), &certificate.pem());
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.serialize_der(), &SystemRandom::new());
        let pair = Mutex::new(pair.expect("a key"));
        Keys { certificate: BASE64_STANDARD.encode(certificate.der()), pair, bundle }
    })
}

/// The certificate that registries know the service's tokens by.
pub fn bundle() -> &'static str {
    &keys().bundle
}

impl Service {
    /// Starts a registry whose tokens come from the relay before it. `rule` decides about requests of the registry.
    pub fn start(name: &str, rule: Rule, rounds: Option<Vec<usize>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let auth = format!(
            "auth:\n  token:\n    realm: http://{address}/token\n    service: registry\n    issuer: tests\n    rootcertbundle: {}\n",
            keys().bundle
        );
        let upstream = start(name, &storage(), &auth);
        let rule: Rule = Box::new(move |request, nth| match rule(request, nth) {
            Fault::Pass if request.path().starts_with("/token") => Fault::Answer(token(request)),
            fault => fault,
        });
        Self { relay: Relay::begin(listener, &upstream, (rule, rounds)) }
    }

    pub fn tokens_asked_for(&self) -> usize {
        self.relay.seen().iter().filter(|seen| seen.path.starts_with("/token")).count()
    }
}

/// The answer of the token service: anybody may pull, the builder may push.
pub fn token(request: &Message) -> Message {
    let form = request.text();
    let query = request.path().split_once('?').map_or(form.as_str(), |(_, query)| query);
    let values = |key: &str| -> Vec<String> {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let decode = |value: &str| value.replace('+', " ").replace("%3A", ":").replace("%2F", "/").replace("%2C", ",");
        pairs.filter(|(name, _)| *name == key).map(|(_, value)| decode(value)).collect()
    };
    let proof = BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let is_builder = match (request.method(), request.header("authorization")) {
        ("POST", _) if values("refresh_token") == [IDENTITY] && values("grant_type") == ["refresh_token"] => true,
        ("GET", Some(header)) if header == format!("Basic {proof}") => true,
        ("GET", None) => false,
        _ => return Message::answer(401, &[], br#"{"details":"incorrect username or password"}"#),
    };
    let scopes = values("scope");
    let access: Vec<Value> = scopes
        .iter()
        .flat_map(|scopes| scopes.split(' '))
        .filter_map(|scope| {
            let (name, actions) = scope.strip_prefix("repository:")?.rsplit_once(':')?;
            let granted: Vec<&str> = actions.split(',').filter(|action| is_builder || *action == "pull").collect();
            Some(json!({ "type": "repository", "name": name, "actions": granted }))
        })
        .collect();
    let body = json!({ "token": sign(&access), "expires_in": 300 }).to_string();
    Message::answer(200, &[("Content-Type", "application/json")], body.as_bytes())
}

fn sign(access: &[Value]) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let header = json!({ "typ": "JWT", "alg": "ES256", "x5c": [keys().certificate] });
    let claims = json!({
        "iss": "tests", "sub": USER, "aud": "registry", "jti": "1",
        "exp": now + 300, "nbf": now - 10, "iat": now - 10, "access": access,
    });
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let pair = keys().pair.lock().expect("no holder panics");
    let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).expect("signed");
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}
