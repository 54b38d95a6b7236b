//! The faults of the table.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use crate::http::Message;
use crate::registry::plain;
use crate::relay::{Fault, Relay, nothing};

/// What goes wrong with a request.
#[derive(Clone, Copy)]
pub struct Trouble {
    /// As the table calls it.
    pub name: &'static str,
    pub make: fn(&Message) -> Fault,
}

/// Another host that has all that the registry has.
fn elsewhere() -> &'static str {
    static STORE: OnceLock<Relay> = OnceLock::new();
    &STORE.get_or_init(|| Relay::new(plain(), nothing())).host
}

/// Another host that wants a login.
fn closed() -> &'static str {
    static STORE: OnceLock<Relay> = OnceLock::new();
    let refuse = || Relay::new(plain(), Box::new(|request, _| answer(request, 403, &[])));
    &STORE.get_or_init(refuse).host
}

/// An error as registries make them; it repeats what it was sent to prove who we are, which must not be shown.
fn answer(request: &Message, status: u16, headers: &[(&str, &str)]) -> Fault {
    let sent = request.header("authorization").unwrap_or("nothing");
    let body = serde_json::json!({ "errors": [{ "code": "TEST", "message": format!("a fault; you sent {sent}") }] });
    Fault::Answer(Message::answer(status, headers, body.to_string().as_bytes()))
}

fn limited(request: &Message, wait: &str) -> Fault {
    answer(request, 429, &[("Retry-After", wait)])
}

/// The next second, as a date.
fn soon() -> String {
    httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(1))
}

fn to(request: &Message, place: &str) -> Fault {
    answer(request, 307, &[("Location", place)])
}

fn named(answer: &mut Message) {
    if answer.header("docker-content-digest").is_some() || answer.status() < 300 {
        let digits: String = Sha256::digest(b"another").iter().map(|byte| format!("{byte:02x}")).collect();
        answer.set("Docker-Content-Digest", &format!("sha256:{digits}"));
    }
}

fn altered(answer: &mut Message) {
    if let Some(byte) = answer.body.iter_mut().rev().nth(3) {
        *byte ^= 1;
    }
}

fn halved(answer: &mut Message) {
    let half = answer.body.len() / 2;
    answer.body.truncate(half);
}

const PORTAL: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 37\r\n\r\n<html><body>Log in here</body></html>";

macro_rules! troubles {
    ($($name:literal: |$request:ident| $fault:expr,)*) => {
        &[$(Trouble { name: $name, make: |$request| $fault }),*]
    };
}

/// All of them, in the order of the table.
pub const TROUBLES: &[Trouble] = troubles! {
    "400": |request| answer(request, 400, &[]),
    "401": |request| answer(request, 401, &[]),
    "401, Basic": |request| answer(request, 401, &[("WWW-Authenticate", "Basic realm=\"x\"")]),
    "401, expired token": |request| expired(request),
    "403": |request| answer(request, 403, &[]),
    "404": |request| answer(request, 404, &[]),
    "405": |request| answer(request, 405, &[]),
    "408": |request| answer(request, 408, &[]),
    "409": |request| answer(request, 409, &[]),
    "413": |request| answer(request, 413, &[]),
    "416": |request| answer(request, 416, &[]),
    "418": |request| answer(request, 418, &[]),
    "429": |request| answer(request, 429, &[]),
    "500": |request| answer(request, 500, &[]),
    "501": |request| answer(request, 501, &[]),
    "502": |request| answer(request, 502, &[]),
    "503": |request| answer(request, 503, &[]),
    "504": |request| answer(request, 504, &[]),
    "599": |request| answer(request, 599, &[]),
    "429, Retry-After: 1": |request| limited(request, "1"),
    "503, Retry-After: a date within a second": |request| answer(request, 503, &[("Retry-After", &soon())]),
    "429, Retry-After: a date that is past": |request| limited(request, "Sun, 06 Nov 1994 08:49:37 GMT"),
    "429, Retry-After: the year 2100": |request| limited(request, "Fri, 01 Jan 2100 00:00:00 GMT"),
    "503, Retry-After: 86400": |request| answer(request, 503, &[("Retry-After", "86400")]),
    "503, Retry-After: 99999999999999999999": |request| answer(request, 503, &[("Retry-After", "99999999999999999999")]),
    "429, Retry-After: soon": |request| limited(request, "soon"),
    "429, Retry-After: -1": |request| limited(request, "-1"),
    "dropped unanswered": |_request| Fault::Drop,
    "done, then dropped unanswered": |_request| Fault::DropAfter,
    "dropped within the head": |_request| Fault::HalfHead,
    "dropped within the body": |_request| Fault::Truncate,
    "dropped after the answer": |_request| Fault::Close,
    "half of the body": |_request| Fault::Alter(halved),
    "an empty 200": |_request| Fault::Answer(Message::answer(200, &[], b"")),
    "an empty 204": |_request| Fault::Answer(Message::answer(204, &[], b"")),
    "a page of HTML with 200": |_request| Fault::Raw(PORTAL),
    "another protocol": |_request| Fault::Raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "another byte": |_request| Fault::Alter(altered),
    "without end": |_request| Fault::Endless,
    "another digest in the head": |_request| Fault::Alter(named),
    "no digest in the head": |_request| Fault::Alter(|answer| answer.remove("docker-content-digest")),
    "a malformed digest in the head": |_request| Fault::Alter(|answer| answer.set("Docker-Content-Digest", "sha256:beef")),
    "0.3 s late": |_request| Fault::Late(Duration::from_millis(300)),
    "in small pieces": |_request| Fault::Pieces,
    "head byte by byte": |_request| Fault::DripHead,
    "body byte by byte": |_request| Fault::Drip,
    "silence": |_request| Fault::Stall,
    "silence after the head": |_request| Fault::Silence,
    "redirect to another host": |request| to(request, &format!("http://{}{}", elsewhere(), request.path())),
    "redirect to another host, which refuses": |request| to(request, &format!("http://{}{}", closed(), request.path())),
    "redirect to itself": |request| to(request, request.path()),
    "redirect to a file": |request| to(request, "file:///etc/passwd"),
    "redirect to nowhere": |request| answer(request, 307, &[]),
};

/// The token was good a moment ago. Another one can be had from a service at the same address.
pub fn expired(request: &Message) -> Fault {
    let host = request.header("host").unwrap_or_default();
    let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"registry\",error=\"invalid_token\"");
    answer(request, 401, &[("WWW-Authenticate", &challenge)])
}

#[test]
fn every_trouble_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<&str> = TROUBLES.iter().map(|trouble| trouble.name).collect();
    assert_eq!(names.len(), TROUBLES.len());
    assert!(names.iter().all(|name| !name.contains(['|', '\t', '`'])));
}
