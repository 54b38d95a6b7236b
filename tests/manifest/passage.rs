//! A way to a server for bytes of any protocol, which counts connections: what is said over TLS nobody else can count.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

pub struct Passage {
    pub host: String,
    passed: Arc<AtomicUsize>,
}

impl Passage {
    /// A port of its own that leads to `upstream`.
    pub fn to(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        let passed = Arc::new(AtomicUsize::new(0));
        let (count, upstream) = (Arc::clone(&passed), upstream.to_owned());
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                count.fetch_add(1, Ordering::Relaxed);
                let far = TcpStream::connect(&upstream).expect("a server");
                carry(near.try_clone().expect("a socket"), far.try_clone().expect("a socket"));
                carry(far, near);
            }
        });
        Self { host, passed }
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.passed.load(Ordering::Relaxed)
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
}
