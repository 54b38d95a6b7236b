//! `splitbuild`, run as a user would, in an environment without anybody's credentials.

use std::process::{Command, Output};

pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The command, to be given arguments and an environment.
pub fn splitbuild(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_splitbuild"));
    command.env_clear().env("PATH", std::env::var("PATH").unwrap_or_default()).args(arguments);
    command
}

pub fn run(arguments: &[&str]) -> Run {
    finish(&mut splitbuild(arguments))
}

pub fn finish(command: &mut Command) -> Run {
    let Output { status, stdout, stderr } = command.output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Run { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

impl Run {
    /// It worked; what it printed.
    pub fn good(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }

    /// It did not work, and says all of this.
    pub fn bad(self, says: &[&str]) -> Self {
        assert_eq!(self.code, Some(1), "{}{}", self.stdout, self.stderr);
        for text in says {
            assert!(self.stderr.contains(text), "says {text:?}:\n{}", self.stderr);
        }
        self
    }

    /// Wrong usage, and it says all of this.
    pub fn wrong(self, says: &[&str]) -> Self {
        assert_eq!(self.code, Some(2), "{}{}", self.stdout, self.stderr);
        for text in says {
            assert!(self.stderr.contains(text), "says {text:?}:\n{}", self.stderr);
        }
        self
    }
}
