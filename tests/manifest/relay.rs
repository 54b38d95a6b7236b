//! A server before the registry: it writes down what is asked, counts steps, and puts in faults that a real registry
//! does not have when a test wants them.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use crate::http::{Message, send};

/// What is done with a request.
pub enum Fault {
    /// It goes on to the registry.
    Pass,
    /// It is answered so, and the registry does not hear of it.
    Answer(Message),
    /// It goes on, and the registry's answer is changed.
    Alter(fn(&mut Message)),
    /// The connection ends without an answer.
    Drop,
    /// It goes on, and the connection ends within the head of the registry's answer.
    HalfHead,
    /// The registry's answer, whole, and then the connection ends, though nothing said that it would.
    Close,
    /// These bytes, be they HTTP or not, and then the end.
    Raw(&'static [u8]),
    /// It goes on, and the connection ends without an answer.
    DropAfter,
    /// The head of the registry's answer and half of its body, then the end.
    Truncate,
    /// The head of the registry's answer and so many bytes of its body, then the end.
    Cut(usize),
    /// The same from the beginning, whatever part was asked for.
    Again(usize),
    /// The registry's answer in small pieces.
    Pieces,
    /// The registry does not hear that only a part is wanted.
    Whole,
    /// A body that never ends.
    Endless,
    /// The head of an answer, then silence.
    Silence,
    /// Nothing at all.
    Stall,
    /// The registry's answer after a while.
    Late(Duration),
    /// The head of the registry's answer, and its body byte by byte, slowly.
    Drip,
    /// A head without end, byte by byte, slowly.
    DripHead,
}

/// Decides about a request and how many of the same method and path came before it.
pub type Rule = Box<dyn Fn(&Message, usize) -> Fault + Send + Sync>;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub authorization: Option<String>,
    pub range: Option<String>,
}

#[derive(Default)]
struct State {
    seen: Vec<Seen>,
    connections: usize,
    /// The sizes of the rounds that are still to come; the first is the one under way.
    rounds: Option<Vec<usize>>,
    arrived: usize,
    round: usize,
    is_stuck: bool,
    is_over: bool,
}

/// How long a slow answer takes for a byte.
const DROP: Duration = Duration::from_millis(50);

pub struct Relay {
    pub host: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl Relay {
    /// Relays to `upstream` and does what `rule` says.
    pub fn new(upstream: &str, rule: Rule) -> Self {
        Self::begin(TcpListener::bind("127.0.0.1:0").expect("a port"), upstream, (rule, None))
    }

    /// Relays, and answers no request of a round before all of it have arrived: if the requests of a round are made one
    /// after another, the first waits in vain and [`Relay::rounds_were_kept`] tells.
    pub fn with_rounds(upstream: &str, rule: Rule, rounds: &[usize]) -> Self {
        Self::begin(TcpListener::bind("127.0.0.1:0").expect("a port"), upstream, (rule, Some(rounds.to_vec())))
    }

    /// Relays, and reads what it is sent slowly: `pause` for every 64 KiB.
    pub fn slow(upstream: &str, pause: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        Self::reading(listener, upstream, (nothing(), None), Reading { pause, ..Reading::default() })
    }

    /// Relays, and ends a connection when so many bytes of it were read, in the midst of what it is sent; so many times.
    pub fn cutting(upstream: &str, bytes: usize, times: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let reading = Reading { bytes, cuts: Arc::new(AtomicUsize::new(times)), ..Reading::default() };
        Self::reading(listener, upstream, (nothing(), None), reading)
    }

    pub fn begin(listener: TcpListener, upstream: &str, (rule, rounds): (Rule, Option<Vec<usize>>)) -> Self {
        Self::reading(listener, upstream, (rule, rounds), Reading::default())
    }

    fn reading(
        listener: TcpListener,
        upstream: &str,
        (rule, rounds): (Rule, Option<Vec<usize>>),
        reading: Reading,
    ) -> Self {
        let host = listener.local_addr().expect("an address").to_string();
        let state = Arc::new((Mutex::new(State { rounds, ..State::default() }), Condvar::new()));
        let (shared, rule, upstream) = (Arc::clone(&state), Arc::new(rule), upstream.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut state = shared.0.lock().expect("no holder panics");
                if state.is_over {
                    return;
                }
                state.connections += 1;
                drop(state);
                let (shared, rule, upstream) = (Arc::clone(&shared), Arc::clone(&rule), upstream.clone());
                let reading = reading.clone();
                std::thread::spawn(move || connection((&stream, reading), &upstream, &rule, &shared));
            }
        });
        Self { host, state }
    }

    /// Every request, in the order of arrival.
    pub fn seen(&self) -> Vec<Seen> {
        self.state.0.lock().expect("no holder panics").seen.clone()
    }

    /// The methods and paths of the requests, without the repository.
    pub fn short(&self) -> Vec<String> {
        self.seen().iter().map(|seen| format!("{} {}", seen.method, seen.path)).collect()
    }

    pub fn count(&self, method: &str) -> usize {
        self.seen().iter().filter(|seen| seen.method == method).count()
    }

    /// How many connections there were, also such that nothing was asked by.
    pub fn connections(&self) -> usize {
        self.state.0.lock().expect("no holder panics").connections
    }

    /// Listens no more; a test that makes thousands of relays needs their ports.
    pub fn end(&self) {
        self.state.0.lock().expect("no holder panics").is_over = true;
        let _ = TcpStream::connect(&self.host);
    }

    /// Whether exactly the requests of all rounds came, and those of a round together.
    pub fn rounds_were_kept(&self) -> bool {
        let state = self.state.0.lock().expect("no holder panics");
        let rounds = state.rounds.as_ref().expect("there are rounds");
        !state.is_stuck && state.round == rounds.len() && state.arrived == 0
    }
}

fn connection((stream, reading): (&TcpStream, Reading), upstream: &str, rule: &Rule, shared: &(Mutex<State>, Condvar)) {
    let mut first = [0];
    if stream.peek(&mut first).is_err() || first[0] == 0x16 {
        // Somebody speaks TLS.
        let _ = (&mut &*stream).write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        let _ = stream.shutdown(Shutdown::Write);
        return;
    }
    let mut reader = BufReader::new(Sent { stream, reading, count: 0 });
    while let Some(request) = Message::read(&mut reader, true) {
        let nth = arrive(&request, shared);
        if !reply(&mut &*stream, &request, upstream, rule(&request, nth)) {
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
    }
}

/// How it is read what clients send.
#[derive(Clone, Default)]
struct Reading {
    /// Before every 64 KiB.
    pause: Duration,
    /// How many bytes of a connection are read, as long as any is to be cut.
    bytes: usize,
    /// How many connections are still to be cut.
    cuts: Arc<AtomicUsize>,
}

/// What a client sends.
struct Sent<'s> {
    stream: &'s TcpStream,
    reading: Reading,
    count: usize,
}

impl Read for Sent<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        std::thread::sleep(self.reading.pause);
        let most = buffer.len().min(64 << 10);
        let count = self.stream.read(&mut buffer[..most])?;
        self.count += count;
        let cut = |left: usize| left.checked_sub(1);
        if self.count > self.reading.bytes
            && self.reading.cuts.fetch_update(Ordering::Relaxed, Ordering::Relaxed, cut).is_ok()
        {
            self.stream.shutdown(Shutdown::Both)?;
            return Err(std::io::ErrorKind::ConnectionAborted.into());
        }
        Ok(count)
    }
}

/// Writes the request down, waits for the others of its round, and says how many like it came before.
fn arrive(request: &Message, (state, turn): &(Mutex<State>, Condvar)) -> usize {
    let mut state = state.lock().expect("no holder panics");
    let like = |seen: &&Seen| seen.method == request.method() && seen.path == request.path();
    let nth = state.seen.iter().filter(like).count();
    let seen = Seen {
        method: request.method().to_owned(),
        path: request.path().to_owned(),
        authorization: request.header("authorization").map(str::to_owned),
        range: request.header("range").map(str::to_owned),
    };
    state.seen.push(seen);
    let Some(size) = state.rounds.as_ref().map(|rounds| rounds.get(state.round).copied()) else { return nth };
    let Some(size) = size else {
        state.is_stuck = true;
        return nth;
    };
    let round = state.round;
    state.arrived += 1;
    if state.arrived == size {
        state.arrived = 0;
        state.round += 1;
        turn.notify_all();
        return nth;
    }
    // Only a test that fails waits so long.
    let waiting = turn.wait_timeout_while(state, Duration::from_secs(20), |state| state.round == round);
    let (mut state, timeout) = waiting.expect("no holder panics");
    state.is_stuck |= timeout.timed_out();
    nth
}

/// Answers; whether the connection goes on.
fn reply(stream: &mut impl Write, request: &Message, upstream: &str, fault: Fault) -> bool {
    let forward = || send(upstream, request.clone());
    let answer = match fault {
        Fault::Pass => forward(),
        Fault::Answer(answer) => answer,
        Fault::Alter(alter) => {
            let mut answer = forward();
            // The length is that of the body that it gets.
            answer.remove("content-length");
            alter(&mut answer);
            answer
        }
        Fault::Drop => return false,
        Fault::DropAfter => {
            forward();
            return false;
        }
        Fault::HalfHead => {
            let head = forward().head();
            let _ = stream.write_all(&head[..head.len() / 2]);
            return false;
        }
        Fault::Close => {
            let mut answer = forward();
            answer.remove("connection");
            let body: &[u8] = if request.method() == "HEAD" { b"" } else { &answer.body };
            let _ = stream.write_all(&[&answer.head(), body].concat());
            return false;
        }
        Fault::Raw(bytes) => {
            let _ = stream.write_all(bytes);
            return false;
        }
        Fault::Truncate | Fault::Cut(_) | Fault::Again(_) => {
            let mut request = request.clone();
            if let Fault::Again(_) = fault {
                request.remove("range");
            }
            let answer = send(upstream, request);
            let length = match fault {
                Fault::Cut(length) | Fault::Again(length) => length,
                _ => answer.body.len() / 2,
            };
            let _ = stream.write_all(&answer.head());
            let _ = stream.write_all(&answer.body[..length]);
            return false;
        }
        Fault::Pieces => {
            let answer = forward();
            let _ = stream.write_all(&answer.head());
            return answer.body.chunks(777).all(|piece| stream.write_all(piece).is_ok());
        }
        Fault::Whole => {
            let mut whole = request.clone();
            whole.remove("range");
            send(upstream, whole)
        }
        Fault::Endless => {
            let answer = Message::answer(200, &[("Transfer-Encoding", "chunked")], b"");
            let _ = stream.write_all(&answer.head());
            let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
            while stream.write_all(chunk.as_bytes()).is_ok() {}
            return false;
        }
        Fault::Stall => {
            std::thread::park_timeout(Duration::from_secs(60));
            return false;
        }
        Fault::Late(wait) => {
            std::thread::sleep(wait);
            forward()
        }
        Fault::Drip | Fault::DripHead => {
            let answer = forward();
            let (at_once, slowly) = match fault {
                Fault::Drip => (answer.head(), answer.body),
                _ => (b"HTTP/1.1 200 OK\r\nX: ".to_vec(), vec![b'x'; 10_000]),
            };
            let _ = stream.write_all(&at_once);
            for byte in slowly {
                std::thread::sleep(DROP);
                if stream.write_all(&[byte]).is_err() {
                    break;
                }
            }
            return false;
        }
        Fault::Silence => {
            let answer = Message::answer(200, &[("Content-Length", "10")], b"");
            let _ = stream.write_all(&answer.head());
            std::thread::park_timeout(Duration::from_secs(60));
            return false;
        }
    };
    let mut answer = answer;
    answer.remove("connection");
    let body: &[u8] = if request.method() == "HEAD" { b"" } else { &answer.body };
    stream.write_all(&answer.head()).and_then(|()| stream.write_all(body)).is_ok()
}

/// Nothing is changed.
pub fn nothing() -> Rule {
    Box::new(|_, _| Fault::Pass)
}
