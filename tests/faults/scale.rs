//! How much is done: a tenth, or with `FAULTS=whole` all of it, as `just full` does.

/// Whether everything is done.
pub fn is_whole() -> bool {
    match std::env::var("FAULTS").as_deref() {
        Ok("whole") => true,
        Ok(other) => panic!("FAULTS is `whole` or not set, and not {other}"),
        Err(_) => false,
    }
}

/// Whether expectations are written.
pub fn is_overwriting() -> bool {
    std::env::var("SNAPSHOTS").is_ok_and(|it| it == "overwrite")
}
