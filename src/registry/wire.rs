//! One HTTP request and its answer, read within a bound. The only file that names `reqwest`; it follows no redirect,
//! repeats nothing and knows no registry.

mod sending;

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::Certificate;
pub(super) use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
pub(super) use reqwest::{Body, Method, Url};
use sending::Sending;
use tokio::time::timeout;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a connection may be silent, at most.
const SILENCE: Duration = Duration::from_secs(30);

/// The most of a body that is read, in bytes, when what matters is the status: the rest is not missed.
const REMARK: u64 = 64 << 10;

/// A request.
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Content>,
}

/// The body of a request.
pub(super) enum Content {
    /// A document.
    Whole(Vec<u8>),
    /// Something long, whose pieces are waited for.
    Pieces(Body),
}

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// Where the request went.
    pub(super) url: Url,
}

impl Answer {
    /// The value of a header, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether a word is in the body.
    pub(super) fn says(&self, word: &str) -> bool {
        self.body.windows(word.len()).any(|part| part == word.as_bytes())
    }
}

/// A piece of a body.
pub(super) type Piece = <Body as http_body::Body>::Data;

/// An answer of which the body is still to be read.
pub(super) struct Incoming {
    response: reqwest::Response,
    silence: Duration,
}

impl Incoming {
    pub(super) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub(super) fn headers(&mut self) -> &mut HeaderMap {
        self.response.headers_mut()
    }

    /// Where the request went.
    pub(super) fn url(&self) -> &Url {
        self.response.url()
    }

    /// The value of a header, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The next piece of the body, if there is one.
    pub(super) async fn piece(&mut self) -> Result<Option<Piece>, Broken> {
        let piece = timeout(self.silence, self.response.chunk()).await;
        piece.map_err(|_| silent(self.silence))?.map_err(|e| broken(&e))
    }

    /// The body, to be sent on.
    pub(super) fn into_body(self) -> Body {
        Body::from(self.response)
    }
}

/// Why there is no whole answer.
#[derive(Debug)]
pub(super) enum Broken {
    /// There was no connection: a name that is not known, a port that is closed.
    Unconnected(String),
    /// The server's certificate is not trusted.
    Certificate(String),
    /// The server does not speak TLS.
    PlainText(String),
    /// The connection broke, or fell silent.
    Cut(String),
    /// The answer is longer than the bound.
    TooLarge(u64),
}

/// The connections of this process: one pool for servers on this machine, to which no proxy leads, and one for others.
pub(super) struct Wire {
    roots: Vec<Certificate>,
    near: OnceLock<reqwest::Client>,
    far: OnceLock<reqwest::Client>,
    silence: Duration,
}

impl Wire {
    /// `authorities` are certificates in PEM, trusted in addition to the system's; no silence is longer than `timeout`.
    pub(super) fn new(authorities: Option<&[u8]>, timeout: Duration) -> Result<Self, String> {
        // An error means that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let roots = match authorities {
            Some(pem) => Certificate::from_pem_bundle(pem).map_err(|e| innermost(&e))?,
            None => Vec::new(),
        };
        if authorities.is_some() && roots.is_empty() {
            return Err("there is no certificate in it".into());
        }
        Ok(Self { roots, near: OnceLock::new(), far: OnceLock::new(), silence: SILENCE.min(timeout) })
    }

    fn client(&self, url: &Url) -> &reqwest::Client {
        if is_loopback(url.host_str().unwrap_or_default()) {
            self.near.get_or_init(|| self.build(|builder| builder.no_proxy()))
        } else {
            self.far.get_or_init(|| self.build(|builder| builder))
        }
    }

    fn build(&self, adapt: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder) -> reqwest::Client {
        let builder = || {
            let builder = reqwest::Client::builder()
                .user_agent(concat!("splitbuild/", env!("CARGO_PKG_VERSION")))
                .redirect(Policy::none())
                .referer(false)
                .connect_timeout(CONNECT);
            adapt(builder)
        };
        let roots = || self.roots.iter().cloned();
        // A machine without any certificates can still use plain HTTP and its own authority.
        let client = builder().tls_certs_merge(roots()).build();
        let client = client.or_else(|_| builder().tls_certs_only(roots()).build());
        client.expect("a client with certificates that were read, or without any, can be made")
    }

    /// Sends the request and reads the answer: at most `limit` bytes of what a good one holds, if that is of interest.
    pub(super) async fn ask(&self, ask: Ask, limit: Option<u64>) -> Result<Answer, Broken> {
        let mut incoming = self.open(ask).await?;
        let status = incoming.response.status();
        let mut answer = Answer {
            status: status.as_u16(),
            headers: std::mem::take(incoming.headers()),
            body: Vec::new(),
            url: incoming.url().clone(),
        };
        let limit = limit.filter(|_| status.is_success());
        while let Some(piece) = incoming.piece().await? {
            if (answer.body.len() + piece.len()) as u64 > limit.unwrap_or(REMARK) {
                match limit {
                    Some(limit) => return Err(Broken::TooLarge(limit)),
                    None => break,
                }
            }
            answer.body.extend_from_slice(&piece);
        }
        Ok(answer)
    }

    /// Sends the request; the body of the answer is still to be read.
    pub(super) async fn open(&self, ask: Ask) -> Result<Incoming, Broken> {
        let request = self.client(&ask.url).request(ask.method, ask.url).headers(ask.headers);
        let sending = Sending::begin();
        let request = match ask.body {
            Some(Content::Whole(document)) => request.body(document),
            Some(Content::Pieces(body)) => request.body(sending.watch(body)),
            None => request,
        };
        let response = tokio::select! {
            answer = request.send() => answer.map_err(|e| broken(&e))?,
            () = sending.silent(self.silence) => return Err(silent(self.silence)),
        };
        Ok(Incoming { response, silence: self.silence })
    }
}

fn silent(limit: Duration) -> Broken {
    Broken::Cut(format!("no answer in {} s", limit.as_secs_f64()))
}

/// Whether a host is this machine, as Docker decides it
/// (<https://docs.docker.com/reference/cli/dockerd/#insecure-registries>).
pub(super) fn is_loopback(host: &str) -> bool {
    let name = host.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn broken(error: &reqwest::Error) -> Broken {
    match tls_error(error) {
        Some(tls @ (rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented)) => {
            Broken::Certificate(tls.to_string())
        }
        Some(rustls::Error::InvalidMessage(_)) => Broken::PlainText("it answers in plain text".into()),
        _ if error.is_connect() => Broken::Unconnected(innermost(error)),
        _ => Broken::Cut(innermost(error)),
    }
}

/// The error of TLS, which may lie in errors of input and output, several deep.
fn tls_error<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e rustls::Error> {
    let inner = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(inner) => Some(inner as &(dyn std::error::Error + 'static)),
        None => error.source(),
    };
    error.downcast_ref().or_else(|| tls_error(inner?))
}

/// The cause at the bottom, which says what happened; those above it only say where.
fn innermost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".into();
    }
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine() {
        for host in ["localhost", "127.0.0.1", "127.8.9.1", "[::1]", "::1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example.com", "10.0.0.1", "128.0.0.1", "0.0.0.0", "registry-1.docker.io", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
