//! The processes of a job, which end with it, and with the tests.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A process group. Its leader holds its number as long as the group is used, so that nothing else is ever ended.
pub struct Group {
    leader: Child,
    deadline: Instant,
}

impl Group {
    /// A group that must be done by then.
    pub fn new(deadline: Instant) -> io::Result<Self> {
        Ok(Self { leader: leader()?, deadline })
    }

    /// Whether its time is up.
    pub fn is_late(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Waits, but not longer than there is time.
    pub fn pause(&self, delay: Duration) {
        sleep(delay.min(self.deadline.saturating_duration_since(Instant::now())));
    }

    /// Runs a command, which writes to the log; what went wrong, if it did.
    pub fn run(&mut self, command: &mut Command, log: &File, patience: Duration) -> Result<(), String> {
        let failed = |error: io::Error| format!("{}: {error}", command.get_program().display());
        let (output, errors) = (log.try_clone().map_err(failed)?, log.try_clone().map_err(failed)?);
        let group = i32::try_from(self.leader.id()).expect("a process number");
        let mut child = command
            .process_group(group)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
        let length = || log.metadata().map_or(0, |metadata| metadata.len());
        let (mut said, mut since) = (length(), Instant::now());
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(status.to_string()),
                Ok(None) => {}
                Err(error) => return Err(error.to_string()),
            }
            if length() != said {
                (said, since) = (length(), Instant::now());
            }
            let late = self.is_late();
            if late || since.elapsed() >= patience {
                self.end();
                let ended = child.wait().and_then(|_| leader());
                self.leader = ended.map_err(|error| error.to_string())?;
                return Err(if late { "the job has taken too long" } else { "too long with no output" }.into());
            }
            sleep(Duration::from_millis(5));
        }
    }

    /// Ends every process of the group.
    fn end(&mut self) {
        drop(self.leader.stdin.take());
        // It ends itself along with the others.
        let _ = self.leader.wait();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

/// A process that ends its group as soon as its standard input does, and that is also when the tests end.
fn leader() -> io::Result<Child> {
    let mut command = Command::new("sh");
    command.args(["-c", "cat; kill -KILL 0"]).process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}
