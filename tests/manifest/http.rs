//! As much of HTTP as the tests need to look at a registry without the client that is tested.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

/// A request or an answer, whole.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// `GET /v2/ HTTP/1.1`, or `HTTP/1.1 200 OK`.
    pub first: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Message {
    pub fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Self {
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        Self { first: format!("HTTP/1.1 {status} X"), headers: headers.collect(), body: body.to_vec() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    pub fn remove(&mut self, name: &str) {
        self.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    pub fn method(&self) -> &str {
        self.first.split(' ').next().unwrap_or_default()
    }

    pub fn path(&self) -> &str {
        self.first.split(' ').nth(1).unwrap_or_default()
    }

    pub fn status(&self) -> u16 {
        self.first.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The bytes of it on a connection; its length is that of the body unless it says another one.
    pub fn head(&self) -> Vec<u8> {
        let mut head = format!("{}\r\n", self.first);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let is_chunked = self.header("transfer-encoding").is_some();
        if self.header("content-length").is_none() && !is_chunked && self.status() != 204 {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        (head + "\r\n").into_bytes()
    }

    /// Reads one; `None` if the connection ends. `has_body` is wrong for the answer to HEAD.
    pub fn read(reader: &mut impl BufRead, has_body: bool) -> Option<Self> {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let mut message = Self { first: line.trim_end().to_owned(), ..Self::default() };
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            message.headers.push((name.to_owned(), value.trim().to_owned()));
        }
        if has_body {
            let length: Option<usize> = message.header("content-length").and_then(|value| value.parse().ok());
            if message.header("transfer-encoding").is_some() {
                message.body = chunks(reader)?;
                message.remove("transfer-encoding");
            } else if let Some(length) = length {
                message.body = vec![0; length];
                reader.read_exact(&mut message.body).ok()?;
            }
        }
        Some(message)
    }
}

fn chunks(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let length = usize::from_str_radix(line.trim(), 16).ok()?;
        let mut chunk = vec![0; length + 2];
        reader.read_exact(&mut chunk).ok()?;
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(&chunk[..length]);
    }
}

/// Sends one request over a connection of its own.
pub fn send(host: &str, mut request: Message) -> Message {
    let mut stream = TcpStream::connect(host).expect("a server");
    if request.header("host").is_none() {
        request.set("Host", host);
    }
    request.set("Connection", "close");
    stream.write_all(&[request.head(), request.body.clone()].concat()).expect("sent");
    Message::read(&mut BufReader::new(stream), request.method() != "HEAD").expect("an answer")
}

/// Sends a request without headers that matter.
pub fn ask(host: &str, method: &str, path: &str) -> Message {
    let accept = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
                  application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
    let headers = vec![("Accept".to_owned(), accept.to_owned())];
    send(host, Message { first: format!("{method} {path} HTTP/1.1"), headers, body: Vec::new() })
}
