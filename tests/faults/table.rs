//! Every kind of request with every fault, as a list of cells and as a page.
//!
//! `tests/faults/cells.tsv` has a line for each kind and fault, and the page is made of it. `FAULTS=whole` makes every
//! call; without it a tenth of them is made, and compared with the list. `SNAPSHOTS=overwrite` writes the page, and with
//! `FAULTS=whole` the list.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::cell::{Flaw, Times, cell};
use crate::fault::TROUBLES;
use crate::kind::KINDS;
use crate::pool::each;
use crate::scale::{is_overwriting, is_whole};
use crate::scenario::Count;

/// A fault that happens once, always, and always to one of twenty targets.
pub type Row = [String; 3];

const MODES: [(Times, Count); 3] =
    [(Times::Once, Count::One), (Times::Always, Count::One), (Times::Always, Count::Twenty)];

/// How often a call that came to something else than the list has it is made before that is believed: the machine may
/// have been busy with others. What breaks a rule is believed at once.
const TRIALS: usize = 3;

pub fn root(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The cells of the list, by the titles of kinds and faults.
pub fn listed() -> BTreeMap<(String, String), Row> {
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

fn calls() -> Vec<Call> {
    let mut calls = Vec::new();
    for (kind, it) in KINDS.iter().enumerate() {
        for trouble in 0..TROUBLES.len() {
            let modes = if it.scenario.has_many() { 3 } else { 2 };
            calls.extend((0..modes).map(|mode| (kind, trouble, mode)));
        }
    }
    // Of each kind others, so that a tenth has some of all.
    let is_sampled = |(kind, trouble, mode): &Call| (kind + trouble + 3 * mode).is_multiple_of(10);
    let only = std::env::var("FAULTS_ONLY").unwrap_or_default();
    calls.retain(|call| {
        let title = format!("{}, {}", KINDS[call.0].title(), TROUBLES[call.1].name);
        (is_whole() || is_sampled(call)) && title.contains(&only)
    });
    calls
}

#[test]
fn every_request_with_every_fault() {
    let listed = listed();
    let known = |(kind, trouble, mode): Call| {
        let key = (KINDS[kind].title(), TROUBLES[trouble].name.to_owned());
        listed.get(&key).map(|row| row[mode].clone()).filter(|cell| !cell.is_empty())
    };
    let make = |call: Call| {
        let (kind, trouble, mode) = call;
        let (mut found, expected) = (Err("no trial".to_owned()), known(call));
        for _ in 0..TRIALS {
            match cell(&KINDS[kind], &TROUBLES[trouble], MODES[mode]) {
                Ok(cell) if expected.as_ref().is_none_or(|expected| *expected == cell) => return (call, Ok(cell)),
                Ok(cell) => found = Ok(cell),
                Err(Flaw::Unclear(why)) => found = Err(why),
                Err(Flaw::Broken(why)) => return (call, Err(why)),
            }
        }
        (call, found)
    };
    // Those with one target wait most of the time, those with twenty do not.
    let (twenty, one): (Vec<Call>, Vec<Call>) = calls().into_iter().partition(|call| call.2 == 2);
    let mut made = each((12, one), make);
    made.extend(each((5, twenty), make));
    let made_count = made.len();
    let (mut cells, mut broken) = (listed.clone(), Vec::new());
    for ((kind, trouble, mode), cell) in made {
        let key = (KINDS[kind].title(), TROUBLES[trouble].name.to_owned());
        match cell {
            Ok(cell) => cells.entry(key).or_default()[mode] = cell,
            Err(why) => broken.push(why),
        }
    }
    if is_overwriting() {
        let lines =
            KINDS.iter().flat_map(|kind| TROUBLES.iter().map(|trouble| (kind.title(), trouble.name.to_owned())));
        let line = |key: (String, String)| {
            let row = cells.get(&key)?;
            Some(format!("{}\t{}\t{}\n", key.0, key.1, row.join("\t")))
        };
        fs::write(root("tests/faults/cells.tsv"), lines.filter_map(line).collect::<String>()).expect("written");
    }
    assert!(broken.is_empty(), "{} calls break a rule:\n\n{}", broken.len(), broken.join("\n\n"));
    if is_overwriting() {
        return;
    }
    let differs = |(key, row): (&(String, String), &Row)| {
        let before = listed.get(key).cloned().unwrap_or_default();
        (before != *row).then(|| format!("{key:?}\n  was {before:?}\n  is  {row:?}"))
    };
    let differences: Vec<String> = cells.iter().filter_map(differs).collect();
    let shown = format!("{}\n\nFAULTS=whole SNAPSHOTS=overwrite writes the list", differences.join("\n"));
    // A few of so many calls that took another time tell that the machine is busy. A broken rule fails above.
    let bearable = if is_whole() { 0 } else { made_count / 20 };
    assert!(differences.len() <= bearable, "{shown}");
    if !differences.is_empty() {
        eprintln!("these differ from the list:\n{shown}");
    }
}
