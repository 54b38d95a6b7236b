//! What jobs hand on to later ones, as files of lines of words: a build job what it pushed, `.splitbuild/KEY-ARCH`; a
//! manifest or copy job what it published, `.splitbuild/KEY-index`; and what the files say together.
//!
//! They are written by `echo` and read by `while read`, too, so there is one way to write each: nothing is guessed here.

mod build;
mod combine;
mod error;
mod lines;
mod pins;
mod published;
mod words;

pub use build::{Handover, Pushed, is_of_build};
pub use combine::{Pushes, combine};
pub use error::HandoverError;
pub use lines::LONGEST;
pub use pins::Pins;
pub use words::Words;

/// The version of the files that is read here.
const VERSION: &str = "2";
