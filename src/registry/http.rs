//! One HTTP request and its answer, read within a bound. The only file that names `reqwest`; it follows no redirect,
//! repeats nothing and knows no registry.

mod room;
mod sending;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

pub(super) use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
pub(super) use reqwest::{Body, Method, Url};
use reqwest::{Certificate, Client, Version};
use room::{Bounds, Room};
use sending::Sending;
use tokio::time::timeout;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a connection may be silent, at most.
const SILENCE: Duration = Duration::from_secs(30);

/// The most of a body that is read, in bytes, when what matters is the status: the rest is not missed.
const REMARK: u64 = 64 << 10;

pub(super) struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Content>,
}

/// The body of a request.
pub(super) enum Content {
    Document(Vec<u8>),
    /// Something long, whose pieces are waited for.
    Stream(Body),
}

/// What is done with the body of a good answer. Of any other one the beginning is read, for what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyUse {
    /// Its status is enough.
    None,
    /// It is read whole, and has at most so many bytes.
    Document(u64),
    /// It is read by the caller, piece by piece.
    Stream,
}

/// An answer.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// What was read of the body.
    pub(super) body: Vec<u8>,
    /// The body, where the caller reads it.
    pub(super) stream: Option<BodyStream>,
    /// Where the request went.
    pub(super) url: Url,
}

impl Response {
    /// The value of a header, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

pub(super) type Piece = <Body as http_body::Body>::Data;

/// A body that is still to be read.
pub(super) struct BodyStream {
    response: reqwest::Response,
    usage: Usage,
    silence: Duration,
}

/// A connection in use, which ends with this unless it may be used again.
struct Usage {
    room: Arc<Room>,
    is_reusable: bool,
}

impl Drop for Usage {
    fn drop(&mut self) {
        if !self.is_reusable {
            self.room.ended();
        }
    }
}

impl BodyStream {
    /// The next piece, if there is one.
    pub(super) async fn piece(&mut self) -> Result<Option<Piece>, HttpError> {
        let piece = timeout(self.silence, self.response.chunk()).await;
        let piece = piece.map_err(|_| silent(self.silence))?.map_err(|e| http_error(&e))?;
        self.usage.is_reusable = piece.is_none() && !self.is_last();
        Ok(piece)
    }

    /// The same, to be sent on.
    pub(super) fn into_body(mut self) -> Body {
        self.usage.is_reusable = true;
        Body::from(self.response)
    }

    /// Whether the server ends the connection with this answer.
    fn is_last(&self) -> bool {
        let said = self.response.headers().get(header::CONNECTION).and_then(|value| value.to_str().ok());
        self.response.version() < Version::HTTP_11 || said.is_some_and(|said| said.eq_ignore_ascii_case("close"))
    }
}

impl HttpError {
    pub(super) fn cause(&self) -> &str {
        match self {
            Self::Unconnected(cause)
            | Self::Certificate(cause)
            | Self::PlainText(cause)
            | Self::Cut(cause)
            | Self::Silent(cause) => cause,
            Self::TooLarge(_) => "more than the limit",
        }
    }
}

/// Why there is no whole answer.
#[derive(Debug)]
pub(super) enum HttpError {
    /// There was no connection: a name that is not known, a port that is closed.
    Unconnected(String),
    /// The server's certificate is not trusted.
    Certificate(String),
    /// The server does not speak TLS.
    PlainText(String),
    /// The connection broke.
    Cut(String),
    /// The connection fell silent, and was given up.
    Silent(String),
    /// The answer is longer than the bound.
    TooLarge(u64),
}

/// The connections of this process: a pool for servers on this machine, to which no proxy leads, and one for others; each
/// of them once more without TLS, for to read the system's certificates takes longer than a request.
pub(super) struct Http {
    roots: Vec<Certificate>,
    pools: [OnceLock<Client>; 4],
    /// The connections to each host, by its origin: `https://ghcr.io`.
    rooms: Mutex<BTreeMap<String, Arc<Room>>>,
    /// How many requests there are at a time, and how many bodies that are read for long.
    width: (usize, usize),
    tls_proxy: bool,
    silence: Duration,
}

impl Http {
    /// `authorities` are certificates in PEM, trusted in addition to the system's; with `tls_proxy` those are needed for
    /// plain HTTP, too. No silence is longer than `timeout`. `width` is how many requests there are at a time, and how
    /// many bodies that are read for long.
    pub(super) fn new(
        authorities: Option<&[u8]>,
        tls_proxy: bool,
        timeout: Duration,
        width: (usize, usize),
    ) -> Result<Self, String> {
        // An error means that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let roots = match authorities {
            Some(pem) => Certificate::from_pem_bundle(pem).map_err(|e| innermost(&e))?,
            None => Vec::new(),
        };
        if authorities.is_some() && roots.is_empty() {
            return Err("it contains no certificate".into());
        }
        let (pools, rooms) = Default::default();
        Ok(Self { roots, pools, rooms, width, tls_proxy, silence: SILENCE.min(timeout) })
    }

    fn room(&self, url: &Url) -> Arc<Room> {
        let mut rooms = self.rooms.lock().expect("no holder panics");
        let (requests, streams) = self.width;
        Arc::clone(rooms.entry(url.origin().ascii_serialization()).or_insert_with(|| Room::new(requests, streams)))
    }

    fn pool(&self, url: &Url) -> &Client {
        let is_near = is_loopback(url.host_str().unwrap_or_default());
        let is_tls = url.scheme() != "http" || (self.tls_proxy && !is_near);
        self.pools[usize::from(is_near) + 2 * usize::from(is_tls)].get_or_init(|| {
            let builder = || {
                let builder = Client::builder()
                    .user_agent(concat!("splitbuild/", env!("CARGO_PKG_VERSION")))
                    .redirect(Policy::none())
                    .referer(false)
                    .connect_timeout(CONNECT)
                    .connector_layer(Bounds);
                if is_near { builder.no_proxy() } else { builder }
            };
            let roots = || self.roots.iter().cloned();
            let client = if is_tls { builder().tls_certs_merge(roots()).build().ok() } else { None };
            // A machine without any certificates can still use plain HTTP and its own authority.
            let client = client.map_or_else(|| builder().tls_certs_only(roots()).build(), Ok);
            client.expect("a client with certificates that were read, or without any, can be made")
        })
    }

    /// Sends the request, and reads the answer as far as `body_use` says.
    pub(super) async fn send(&self, request: Request, body_use: BodyUse) -> Result<Response, HttpError> {
        let mut stream = self.open(request).await?;
        let is_good = stream.response.status().is_success();
        let mut response = Response {
            status: stream.response.status().as_u16(),
            headers: std::mem::take(stream.response.headers_mut()),
            body: Vec::new(),
            url: stream.response.url().clone(),
            stream: None,
        };
        let limit = match body_use {
            BodyUse::Stream if is_good => {
                stream.usage.room.stream();
                response.stream = Some(stream);
                return Ok(response);
            }
            BodyUse::Document(limit) if is_good => Some(limit),
            _ => None,
        };
        while let Some(piece) = stream.piece().await? {
            if (response.body.len() + piece.len()) as u64 > limit.unwrap_or(REMARK) {
                match limit {
                    Some(limit) => return Err(HttpError::TooLarge(limit)),
                    None => break,
                }
            }
            response.body.extend_from_slice(&piece);
        }
        Ok(response)
    }

    async fn open(&self, request: Request) -> Result<BodyStream, HttpError> {
        let room = self.room(&request.url);
        let builder = self.pool(&request.url).request(request.method, request.url).headers(request.headers);
        let sending = Sending::begin();
        let builder = match request.body {
            Some(Content::Document(document)) => builder.body(document),
            Some(Content::Stream(body)) => builder.body(sending.watch(body)),
            None => builder,
        };
        let mut usage = Usage { room: Arc::clone(&room), is_reusable: false };
        let response = tokio::select! {
            answer = room::send(&room, builder.send()) => answer.map_err(|e| {
                // Who could not be reached has no connection that ends.
                usage.is_reusable = e.is_connect();
                http_error(&e)
            })?,
            () = sending.silent(self.silence) => return Err(silent(self.silence)),
        };
        Ok(BodyStream { response, usage, silence: self.silence })
    }
}

fn silent(limit: Duration) -> HttpError {
    HttpError::Silent(format!("no answer in {} s", limit.as_secs_f64()))
}

/// Whether a host is this machine, as Docker decides it
/// (<https://docs.docker.com/reference/cli/dockerd/#insecure-registries>).
pub(super) fn is_loopback(host: &str) -> bool {
    let name = host.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn http_error(error: &reqwest::Error) -> HttpError {
    match tls_error(error) {
        Some(tls @ (rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented)) => {
            HttpError::Certificate(tls.to_string())
        }
        Some(rustls::Error::InvalidMessage(_)) => HttpError::PlainText("it answers in plain text".into()),
        _ if error.is_connect() => HttpError::Unconnected(innermost(error)),
        _ => HttpError::Cut(innermost(error)),
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
pub(super) fn innermost(error: &reqwest::Error) -> String {
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
