//! One HTTP request and its answer, read within a bound. The only file that names `reqwest`; it follows no redirect,
//! repeats nothing and knows no registry.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::Certificate;
pub(super) use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
pub(super) use reqwest::{Body, Method, Url};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a connection may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// The most of an error's body that is read, in bytes; the rest is not missed.
const ERROR: u64 = 64 << 10;

/// A request.
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Body>,
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
}

/// A piece of a body.
pub(super) type Piece = <Body as http_body::Body>::Data;

/// An answer of which the body is still to be read.
pub(super) struct Incoming(reqwest::Response);

impl Incoming {
    pub(super) fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    pub(super) fn headers(&mut self) -> &mut HeaderMap {
        self.0.headers_mut()
    }

    /// Where the request went.
    pub(super) fn url(&self) -> &Url {
        self.0.url()
    }

    /// The value of a header, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.0.headers().get(name)?.to_str().ok()
    }

    /// The next piece of the body, if there is one.
    pub(super) async fn piece(&mut self) -> Result<Option<Piece>, Broken> {
        self.0.chunk().await.map_err(|e| broken(&e))
    }

    /// The body, to be sent on.
    pub(super) fn into_body(self) -> Body {
        Body::from(self.0)
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
}

impl Wire {
    /// `authorities` are certificates in PEM, trusted in addition to the system's.
    pub(super) fn new(authorities: Option<&[u8]>) -> Result<Self, String> {
        // An error means that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let roots = match authorities {
            Some(pem) => Certificate::from_pem_bundle(pem).map_err(|e| innermost(&e))?,
            None => Vec::new(),
        };
        if authorities.is_some() && roots.is_empty() {
            return Err("there is no certificate in it".into());
        }
        Ok(Self { roots, near: OnceLock::new(), far: OnceLock::new() })
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
                .connect_timeout(CONNECT)
                .read_timeout(SILENCE);
            adapt(builder)
        };
        let roots = || self.roots.iter().cloned();
        // A machine without any certificates can still use plain HTTP and its own authority.
        let client = builder().tls_certs_merge(roots()).build();
        let client = client.or_else(|_| builder().tls_certs_only(roots()).build());
        client.expect("a client with certificates that were read, or without any, can be made")
    }

    /// Sends the request and reads at most `limit` bytes of what a good answer holds.
    pub(super) async fn ask(&self, ask: Ask, limit: u64) -> Result<Answer, Broken> {
        let mut response = self.open(ask).await?.0;
        let status = response.status();
        let mut answer = Answer {
            status: status.as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: Vec::new(),
            url: response.url().clone(),
        };
        let limit = if status.is_success() { limit } else { ERROR };
        while let Some(chunk) = response.chunk().await.map_err(|e| broken(&e))? {
            if (answer.body.len() + chunk.len()) as u64 > limit {
                if status.is_success() {
                    return Err(Broken::TooLarge(limit));
                }
                break;
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok(answer)
    }

    /// Sends the request; the body of the answer is still to be read.
    pub(super) async fn open(&self, ask: Ask) -> Result<Incoming, Broken> {
        let request = self.client(&ask.url).request(ask.method, ask.url).headers(ask.headers);
        let request = match ask.body {
            Some(body) => request.body(body),
            None => request,
        };
        request.send().await.map(Incoming).map_err(|e| broken(&e))
    }
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
