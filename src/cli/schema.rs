//! `splitbuild schema`: the JSON schema of a matrix.

use super::{Failure, print};
use crate::provider::vocabularies;
use crate::spec;

pub(super) fn run() -> Result<(), Failure> {
    print(spec::schema(&vocabularies()).to_string())
}
