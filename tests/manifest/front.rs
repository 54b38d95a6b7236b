//! A server with TLS and HTTP/1.1 before the registry, as nginx is where nobody has turned HTTP/2 on; it counts connections.

use std::io::{BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::http::{Message, send};

pub struct Front {
    pub host: String,
    opened: Arc<AtomicUsize>,
}

/// A server's certificate and key, in PEM.
pub fn config(certificate: &[u8], key: &[u8]) -> Arc<ServerConfig> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificate = CertificateDer::from_pem_slice(certificate).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(key).expect("a key");
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key);
    Arc::new(config.expect("a good key"))
}

impl Front {
    /// Every connection but the first takes as long as `pause` to come about.
    pub fn before(upstream: &str, config: &Arc<ServerConfig>, pause: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        let opened = Arc::new(AtomicUsize::new(0));
        let (count, upstream, config) = (Arc::clone(&opened), upstream.to_owned(), Arc::clone(config));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let pause = if count.fetch_add(1, Ordering::Relaxed) == 0 { Duration::ZERO } else { pause };
                let connection = ServerConnection::new(Arc::clone(&config)).expect("a good configuration");
                let upstream = upstream.clone();
                thread::spawn(move || {
                    thread::sleep(pause);
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
        Self { host, opened }
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }
}
