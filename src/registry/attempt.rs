//! Why one attempt at a request failed, and whether another may succeed.

use std::time::Duration;

use super::error::Error;
use super::http::HttpError;
use super::retry::Late;

/// Why an attempt failed.
pub(super) enum AttemptError {
    /// There was no connection; another attempt may help soon, or never.
    Unconnected(Error),
    /// Another attempt may help.
    Temporary {
        /// What to report if it does not.
        error: Error,
        /// How long the registry asks to wait.
        wait: Option<Duration>,
    },
    /// It is not answered for as long as a connection may be silent; another attempt may help.
    Silent(Error),
    /// Other bytes came than were asked for: they are asked for once more, since a cache on the way may have kept bad ones.
    Altered(Error),
    TimedOut,
    /// No attempt will help.
    Permanent(Error),
}

impl AttemptError {
    /// Whether the registry may have done what it was asked without our hearing of it: the connection broke, or who
    /// stands before it had no answer.
    pub(super) fn is_unanswered(&self) -> bool {
        match self {
            Self::Temporary { error, .. } => {
                matches!(error, Error::Unreachable { .. } | Error::Unavailable { status: 500.., .. })
            }
            error => error.may_come_late(),
        }
    }

    /// Whether the registry may do it yet: we, or a gateway before it, have ceased to wait
    /// ([RFC 9110, section 15.6.5](https://www.rfc-editor.org/rfc/rfc9110#section-15.6.5)).
    pub(super) fn may_come_late(&self) -> bool {
        match self {
            Self::Temporary { error, .. } => matches!(error, Error::Unavailable { status: 504, .. }),
            Self::Silent(_) | Self::TimedOut => true,
            Self::Unconnected(_) | Self::Altered(_) | Self::Permanent(_) => false,
        }
    }

    /// What became of a connection, in words.
    pub(super) fn of_http(error: HttpError, registry: &str, what: &str) -> Self {
        let (registry, what) = (registry.to_owned(), what.to_owned());
        match error {
            HttpError::Unconnected(cause) => {
                Self::Unconnected(Error::Unreachable { registry, what, cause, attempts: 1 })
            }
            HttpError::Cut(cause) => {
                let error = Error::Unreachable { registry, what, cause, attempts: 1 };
                Self::Temporary { error, wait: None }
            }
            HttpError::Silent(cause) => Self::Silent(Error::Unreachable { registry, what, cause, attempts: 1 }),
            HttpError::Certificate(cause) => Self::Permanent(Error::Certificate { registry, cause }),
            HttpError::PlainText(cause) => Self::Permanent(Error::PlainText { registry, cause }),
            HttpError::TooLarge(limit) => Self::Permanent(Error::TooLarge { registry, what, limit }),
        }
    }
}

impl From<Error> for AttemptError {
    fn from(error: Error) -> Self {
        match error {
            Error::WrongBytes { .. } => Self::Altered(error),
            _ => Self::Permanent(error),
        }
    }
}

impl From<Late> for AttemptError {
    fn from(_: Late) -> Self {
        Self::TimedOut
    }
}
