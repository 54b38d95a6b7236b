//! Programs that keep credentials, by
//! [their protocol](https://github.com/docker/docker-credential-helpers#development): asked within a time, and heard within a
//! bound.

use std::io::{IsTerminal, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::Secret;

/// The most of an answer that is read, in bytes.
const LONGEST: usize = 1 << 20;

/// How often it is looked whether a helper has ended.
const TICK: Duration = Duration::from_millis(5);

/// How long the answer of a helper that has ended may be on its way, while a child of it keeps the output open.
const GRACE: Duration = Duration::from_millis(300);

/// The name of the user that stands for an identity token.
const TOKEN: &str = "<token>";

/// When a helper must have answered, and how long that is from the beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// `None` if it is further away than a clock can tell.
    deadline: Option<Instant>,
    whole: Duration,
}

impl Limit {
    pub(super) fn new(whole: Duration) -> Self {
        Self { deadline: Instant::now().checked_add(whole), whole }
    }

    fn is_over(self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// What a helper has for a server. What it printed is not told: it may be a secret.
pub(super) fn get(name: &str, server: &str, limit: Limit) -> Result<Option<Secret>, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err(format!(
            "`{}` names none: the name of one has only letters, digits, `.`, `_` and `-`",
            shown(name)
        ));
    }
    let program = format!("docker-credential-{name}");
    let look = format!("`echo {} | {program} get` shows why", shown(server));
    let (status, printed) = run(&program, server, limit)?;
    if !status.success() {
        let says_nothing = |stream: &[u8]| String::from_utf8_lossy(stream).contains(UNKNOWN);
        return match printed.answer.len() <= LONGEST && (says_nothing(&printed.answer) || says_nothing(&printed.errors))
        {
            true => Ok(None),
            false => Err(format!("{program} failed; {look}")),
        };
    }
    let answer: Answer = serde_json::from_slice(&printed.answer)
        .map_err(|_| format!("{program} answered something else than credentials; {look}"))?;
    match (answer.username.as_str(), answer.secret) {
        // So some say that they have nothing.
        ("", secret) if secret.is_empty() => Ok(None),
        (_, secret) if secret.is_empty() => Err(format!("{program} has an empty password: log in again")),
        (TOKEN, secret) => Ok(Some(Secret::IdentityToken(secret))),
        (username, secret) => Ok(Some(Secret::Password(username.to_owned(), secret))),
    }
}

/// What a helper that has nothing says
/// (<https://github.com/docker/docker-credential-helpers/blob/v0.8.2/credentials/error.go>).
const UNKNOWN: &str = "credentials not found";

fn shown(text: &str) -> String {
    text.escape_debug().to_string()
}

/// What a helper printed, up to the bound.
#[derive(Default)]
struct Printed {
    answer: Vec<u8>,
    errors: Vec<u8>,
}

enum Piece {
    Answer(Vec<u8>),
    Error(Vec<u8>),
}

/// Runs a helper to its end, which comes when it wants, when the time is over, or when it says too much.
fn run(program: &str, server: &str, limit: Limit) -> Result<(ExitStatus, Printed), String> {
    let mut command = Command::new(program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let is_alone = stand_alone(&mut command);
    let mut child = command.spawn().map_err(|cause| match cause.kind() {
        std::io::ErrorKind::NotFound => {
            format!("{program} is not on the PATH; install it, or log in another way: {OTHER_WAYS}")
        }
        _ => format!("{program} cannot be run: {cause}"),
    })?;
    // Far less than a pipe takes in without a reader. A helper may answer without having listened.
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(server.as_bytes()));
    let (sender, pieces) = sync_channel(4);
    let (answer, errors) = (child.stdout.take(), child.stderr.take());
    listen(answer, sender.clone(), Piece::Answer);
    listen(errors, sender, Piece::Error);
    let mut printed = Printed::default();
    let mut ended: Option<(ExitStatus, Instant)> = None;
    loop {
        let is_silent = match pieces.recv_timeout(TICK) {
            Ok(Piece::Answer(piece)) => {
                printed.answer.extend(piece);
                false
            }
            Ok(Piece::Error(mut piece)) => {
                piece.truncate(LONGEST - printed.errors.len());
                printed.errors.extend(piece);
                false
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => {
                if ended.is_none() {
                    std::thread::sleep(Duration::from_millis(1));
                }
                true
            }
        };
        if printed.answer.len() > LONGEST {
            stop(child, is_alone);
            return Err(format!("{program} answered more than {LONGEST} bytes"));
        }
        if ended.is_none() {
            let status = child.try_wait().map_err(|cause| format!("{program} is lost: {cause}"))?;
            ended = status.map(|status| (status, Instant::now()));
        }
        match ended {
            Some((status, at)) if is_silent || at.elapsed() >= GRACE => return Ok((status, printed)),
            None if limit.is_over() => {
                stop(child, is_alone);
                return Err(format!(
                    "{program} gave no answer in {:?}; `echo {} | {program} get` shows whether it asks for something; \
                     --timeout sets how long it may take",
                    limit.whole,
                    shown(server)
                ));
            }
            _ => {}
        }
    }
}

/// How to log in without a helper.
const OTHER_WAYS: &str = "--login HOST=USER_VAR:PASS_VAR, or SPLITBUILD_USERNAME and SPLITBUILD_PASSWORD";

/// Passes on what a stream holds. The thread ends with the stream, or with this process.
fn listen(stream: Option<impl Read + Send + 'static>, pieces: SyncSender<Piece>, of: fn(Vec<u8>) -> Piece) {
    let Some(mut stream) = stream else { return };
    std::thread::spawn(move || {
        let mut buffer = vec![0; 16 << 10];
        while let Ok(length @ 1..) = stream.read(&mut buffer) {
            if pieces.send(of(buffer[..length].to_vec())).is_err() {
                return;
            }
        }
    });
}

/// Puts a helper into a group of its own, to be ended with all its children; but for a person's terminal, at which it may
/// ask something, and where Ctrl-C is to reach it.
fn stand_alone(command: &mut Command) -> bool {
    let is_alone = cfg!(unix) && !std::io::stdin().is_terminal();
    #[cfg(unix)]
    if is_alone {
        std::os::unix::process::CommandExt::process_group(command, 0);
    }
    is_alone
}

/// Ends a helper, with its children if they are in its group.
fn stop(mut child: Child, is_alone: bool) {
    #[cfg(unix)]
    if is_alone {
        // It may have ended meanwhile; its number is its own until it is waited for.
        let group = nix::unistd::Pid::from_raw(child.id().cast_signed());
        let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}
