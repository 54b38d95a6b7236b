//! What a run of everything did, in numbers: the page tells those of the run that wrote it.
//!
//! `tests/faults/tally.tsv` has a line for each. They are written with `FAULTS=whole SNAPSHOTS=overwrite`, by the tests that
//! count them; a run of everything that does less than the page says fails.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;

use crate::scale::{is_overwriting, is_partial, is_whole};
use crate::table::root;

const FILE: &str = "tests/faults/tally.tsv";

/// The numbers of the run that wrote the page, by what they count.
pub fn told() -> BTreeMap<String, usize> {
    let text = fs::read_to_string(root(FILE)).unwrap_or_default();
    let pair = |line: &str| {
        let (name, number) = line.split_once('\t')?;
        Some((name.to_owned(), number.parse().ok()?))
    };
    text.lines().filter_map(pair).collect()
}

/// Tells a number that follows from the test alone: each run of everything has the same.
pub fn fixed(name: &str, number: usize) {
    chance(name, number);
    if is_whole() && !is_partial() {
        assert_eq!(told().get(name), Some(&number), "{name}: the page tells another number");
    }
}

/// Tells a number that depends on the machine.
pub fn chance(name: &str, number: usize) {
    static WRITING: Mutex<()> = Mutex::new(());
    println!("{name}: {number}");
    if is_whole() && is_overwriting() && !is_partial() {
        let _guard = WRITING.lock().expect("no holder panics");
        let mut told = told();
        told.insert(name.to_owned(), number);
        let lines: String = told.iter().map(|(name, number)| format!("{name}\t{number}\n")).collect();
        fs::write(root(FILE), lines).expect("written");
    }
}
