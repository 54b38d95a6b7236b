//! Every kind of request with every fault, as a list of cells and as a page.
//!
//! `tests/faults/cells.tsv` has a line for each kind and fault, and the page is made of it. `FAULTS=whole` makes every
//! call, `FAULTS=missing` those that the list lacks; without it a tenth of them is made, and compared with the list.
//! `SNAPSHOTS=overwrite` writes the page and the list.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cell::{Flaw, Times, cell};
use crate::fault::TROUBLES;
use crate::kind::KINDS;
use crate::pool::each;
use crate::scale::{Scale, is_overwriting, is_whole, scale};
use crate::scenario::Count;

/// A fault that happens once, always, and always to one of twenty targets.
pub type Row = [String; 3];

/// The rows by the titles of kinds and faults.
pub type List = BTreeMap<(String, String), Row>;

const MODES: [(Times, Count); 3] =
    [(Times::Once, Count::One), (Times::Always, Count::One), (Times::Always, Count::Twenty)];

/// How patient a call is, one after another, that did not come to what the list has: the machine may be busy with others.
/// What comes twice in a row is believed, and what breaks a rule at once.
const PATIENT: [u32; 4] = [1, 2, 4, 4];

/// So many calls are made side by side of those that wait most of the time, and of the others.
const WAITING: usize = 12;
const WORKING: usize = 3;

pub fn root(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The cells of the list.
pub fn listed() -> List {
    let text = fs::read_to_string(root("tests/faults/cells.tsv")).unwrap_or_default();
    let row = |line: &str| {
        let mut cells = line.split('\t').map(str::to_owned);
        let mut next = || cells.next().unwrap_or_default();
        ((next(), next()), [next(), next(), next()])
    };
    text.lines().map(row).collect()
}

/// A call of the table.
type Call = (usize, usize, usize);

fn key((kind, trouble, _): Call) -> (String, String) {
    (KINDS[kind].title(), TROUBLES[trouble].name.to_owned())
}

fn calls(listed: &List) -> Vec<Call> {
    let mut calls = Vec::new();
    for kind in 0..KINDS.len() {
        for trouble in 0..TROUBLES.len() {
            calls.extend((0..MODES.len()).map(|mode| (kind, trouble, mode)));
        }
    }
    let only = std::env::var("FAULTS_ONLY").unwrap_or_default();
    calls.retain(|call| {
        let (kind, trouble, mode) = *call;
        let is_meant = match scale() {
            Scale::Whole => true,
            Scale::Missing => known(listed, *call).is_none(),
            // Of each kind others, so that a tenth has some of all.
            Scale::Tenth => (kind + trouble + 3 * mode).is_multiple_of(10) && known(listed, *call).is_some(),
        };
        is_meant && format!("{}, {}", KINDS[kind].title(), TROUBLES[trouble].name).contains(&only)
    });
    calls
}

fn known(listed: &List, call: Call) -> Option<String> {
    listed.get(&key(call)).map(|row| row[call.2].clone()).filter(|cell| !cell.is_empty())
}

/// Makes a call until it is clear what comes of it.
fn made(call: Call, expected: Option<String>) -> Result<String, String> {
    let (kind, trouble, mode) = call;
    let (mut before, mut unclear) = (None, String::new());
    for patient in PATIENT {
        match cell(&KINDS[kind], &TROUBLES[trouble], MODES[mode], patient) {
            Ok(cell) if [&expected, &before].contains(&&Some(cell.clone())) => return Ok(cell),
            Ok(cell) => before = Some(cell),
            Err(Flaw::Unclear(why)) => unclear = why,
            Err(Flaw::Broken(why)) => return Err(why),
        }
    }
    Err(format!("{:?} {mode} comes to another thing each time: {before:?}\n{unclear}", key(call)))
}

/// Writes the list.
fn write(cells: &List) {
    let keys = KINDS.iter().flat_map(|kind| TROUBLES.iter().map(|trouble| (kind.title(), trouble.name.to_owned())));
    let line = |key: (String, String)| {
        let row = cells.get(&key)?;
        Some(format!("{}\t{}\t{}\n", key.0, key.1, row.join("\t")))
    };
    fs::write(root("tests/faults/cells.tsv"), keys.filter_map(line).collect::<String>()).expect("written");
}

/// Cells without the time that they took.
fn timeless(row: &Row) -> Row {
    row.each_ref().map(|cell| cell.replace("a pause", "at once").replace("--timeout", "at once"))
}

#[test]
fn every_request_with_every_fault() {
    let (listed, calls) = (listed(), calls(&listed()));
    let (cells, broken) = (Mutex::new(listed.clone()), Mutex::new(Vec::new()));
    let done = AtomicUsize::new(0);
    let make = |call: Call| {
        match made(call, known(&listed, call)) {
            Ok(cell) => cells.lock().expect("no holder panics").entry(key(call)).or_default()[call.2] = cell,
            Err(why) => broken.lock().expect("no holder panics").push(why),
        }
        // So that a run that is broken off has not been in vain.
        if is_overwriting() && done.fetch_add(1, Ordering::Relaxed) % 20 == 19 {
            write(&cells.lock().expect("no holder panics"));
        }
    };
    // Those that wait until they give up do nothing meanwhile, and are many at a time; others do what they can.
    let made_count = calls.len();
    let is_waiting = |call: &Call| known(&listed, *call).is_none_or(|cell| cell.contains("--timeout"));
    let (mut waiting, working): (Vec<Call>, Vec<Call>) = calls.into_iter().partition(is_waiting);
    waiting.sort_by_key(|call| std::cmp::Reverse(call.2));
    std::thread::scope(|scope| {
        scope.spawn(|| each((WAITING, waiting), make));
        each((WORKING, working), make);
    });
    let (cells, broken) = (cells.into_inner().expect("no panic"), broken.into_inner().expect("no panic"));
    println!("{made_count} calls with one fault each");
    if is_overwriting() {
        write(&cells);
    }
    assert!(broken.is_empty(), "{} calls break a rule:\n\n{}", broken.len(), broken.join("\n\n"));
    if is_overwriting() {
        return;
    }
    let before = |key: &(String, String)| listed.get(key).cloned().unwrap_or_default();
    let differs = |(key, row): &(&(String, String), &Row)| before(key) != **row;
    let (late, other): (Vec<_>, Vec<_>) =
        cells.iter().filter(differs).partition(|(key, row)| timeless(&before(key)) == timeless(row));
    let show = |(key, row): &(&(String, String), &Row)| format!("{key:?}\n  was {:?}\n  is  {row:?}", before(key));
    let shown: Vec<String> = late.iter().chain(&other).map(show).collect();
    let shown = format!("{}\n\nFAULTS=whole SNAPSHOTS=overwrite writes the list", shown.join("\n"));
    // A few of so many calls that took another time tell that the machine is busy. A broken rule fails above.
    let bearable = if is_whole() { (0, made_count / 200) } else { (made_count / 20, made_count / 20) };
    assert!(other.len() <= bearable.0 && late.len() + other.len() <= bearable.1, "{shown}");
    if !late.is_empty() || !other.is_empty() {
        eprintln!("these differ from the list:\n{shown}");
    }
}
