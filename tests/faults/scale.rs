//! How much is done: a tenth; with `FAULTS=whole` all of it, as `just full` does; with `FAULTS=missing` what the list of
//! cells lacks, such as a new fault.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Tenth,
    Missing,
    Whole,
}

pub fn scale() -> Scale {
    match std::env::var("FAULTS").as_deref() {
        Ok("whole") => Scale::Whole,
        Ok("missing") => Scale::Missing,
        Ok(other) => panic!("FAULTS is `whole`, `missing` or not set, and not {other}"),
        Err(_) => Scale::Tenth,
    }
}

/// Whether everything is done.
pub fn is_whole() -> bool {
    scale() == Scale::Whole
}

/// Whether expectations are written.
pub fn is_overwriting() -> bool {
    std::env::var("SNAPSHOTS").is_ok_and(|it| it == "overwrite")
}

/// Whether only some of it is asked for.
pub fn is_partial() -> bool {
    ["FAULTS_ONLY", "FAULTS_SEED"].iter().any(|name| std::env::var(name).is_ok_and(|it| !it.is_empty()))
}
