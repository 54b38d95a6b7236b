//! Dockerfiles, as `init` reads them.

use splitbuild::dockerfile::{Dockerfile, expand};

pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // A value whose variables are all known, and have some of those themselves, is filled in once.
    let _ = expand(text, &|name| (name != "NONE").then(|| format!("<{name}>")));
    match Dockerfile::parse(text) {
        Ok(read) => {
            let lines = text.lines().count();
            assert!(
                read.bases.iter().all(|base| (1..=lines).contains(&base.line)),
                "{:?} of {lines} lines",
                read.bases
            );
        }
        Err(error) => {
            assert!(error.at <= text.len() && text.is_char_boundary(error.at), "{error:?} of {} bytes", text.len());
            assert!(!error.message.is_empty(), "{error:?}");
        }
    }
}
