//! The page that is made of the list: first what holds for most requests, then what is different for some.

use std::fmt::Write as _;
use std::fs;

use crate::fault::TROUBLES;
use crate::kind::{KINDS, Kind, Stage};
use crate::scale::is_overwriting;
use crate::table::{List, Row, listed, root};
use crate::tally;

/// Faults, and what comes of each of them.
type Group = (Vec<&'static str>, Row);

/// What is shown of a call that was not made.
const UNKNOWN: &str = "·";

fn row(list: &List, kind: &Kind, trouble: &str) -> Row {
    list.get(&(kind.title(), trouble.to_owned())).cloned().unwrap_or_default()
}

/// The same words for the same: what is done is published, and what shows something only leaves all as it was.
fn comparable(row: &Row) -> Row {
    row.clone().map(|cell| {
        let cell = cell.replacen("done", "published", 1);
        let is_whole = cell.is_empty() || [", old", ", new", " old"].iter().any(|end| cell.ends_with(end));
        match (is_whole, cell.starts_with("published")) {
            (true, _) => cell,
            (false, true) => cell + ", new",
            (false, false) => cell + ", old",
        }
    })
}

/// Whether they are the same, as far as both are known.
fn is_same(one: &Row, other: &Row) -> bool {
    one.iter().zip(other).all(|(one, other)| one == other || one.is_empty() || other.is_empty())
}

/// What most requests of a stage come to.
fn usual(list: &List, stage: Stage, trouble: &str) -> Row {
    let of_stage = KINDS.iter().filter(|kind| kind.stage == stage);
    let rows: Vec<Row> = of_stage.map(|kind| comparable(&row(list, kind, trouble))).collect();
    let whole = rows.iter().filter(|row| row.iter().all(|cell| !cell.is_empty()));
    // The first of several that are equally common.
    let count = |row: &Row| rows.iter().filter(|other| is_same(other, row)).count();
    whole.rev().max_by_key(|row| count(row)).cloned().unwrap_or_default()
}

/// Equal rows are one.
fn grouped(rows: impl Iterator<Item = (&'static str, Row)>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (name, row) in rows {
        match groups.iter_mut().find(|(_, known)| *known == row) {
            Some((names, _)) => names.push(name),
            None => groups.push((vec![name], row)),
        }
    }
    groups
}

fn cells((names, row): &Group) -> String {
    let cell = |cell: &String| match cell.as_str() {
        "" => UNKNOWN.to_owned(),
        cell => cell.replace("--timeout", "`--timeout`"),
    };
    format!("{} | {} | ✓ |", names.join("; "), row.each_ref().map(cell).join(" | "))
}

fn page(list: &List) -> String {
    let mut text = include_str!("page.md").to_owned();
    let known = list.values().flatten().filter(|cell| !cell.is_empty()).count();
    let unknown = KINDS.len() * TROUBLES.len() * 3 - known;
    let counted = [("cells", known), ("kinds", KINDS.len()), ("faults", TROUBLES.len())];
    let counted = counted.map(|(name, number)| (name.to_owned(), number));
    for (name, number) in tally::told().into_iter().chain(counted) {
        let place = format!("{{{name}}}");
        assert!(text.contains(&place), "the page has no {place}");
        text = text.replace(&place, &number.to_string());
    }
    let uncounted = text.split_once('{').map(|(_, rest)| rest.lines().next().unwrap_or_default());
    assert_eq!(uncounted, None, "FAULTS=whole SNAPSHOTS=overwrite counts it");
    if unknown > 0 {
        let _ = write!(
            text,
            "\n`{UNKNOWN}` is for {unknown} calls that are still to be made: `FAULTS=missing` makes them.\n"
        );
    }
    let columns = "fault | once | always | always, one of twenty | rules |";
    for (stage, title) in [(Stage::Reads, "reads"), (Stage::Writes, "writes")] {
        let _ = write!(text, "\n## A request that {title}\n\n| {columns}\n|---|---|---|---|---|\n");
        for group in grouped(TROUBLES.iter().map(|it| (it.name, usual(list, stage, it.name)))) {
            let _ = writeln!(text, "| {}", cells(&group));
        }
    }
    let _ = write!(text, "\n## What is different\n\n| request | {columns}\n|---|---|---|---|---|---|\n");
    let mut kinds: Vec<(Vec<String>, Vec<Group>)> = Vec::new();
    for kind in KINDS {
        let rows = TROUBLES.iter().map(|it| (it.name, row(list, kind, it.name)));
        let other = rows.filter(|(name, row)| !is_same(&comparable(row), &usual(list, kind.stage, name)));
        let groups = grouped(other);
        match kinds.iter_mut().find(|(_, known)| *known == groups) {
            Some((titles, _)) => titles.push(kind.title()),
            None => kinds.push((vec![kind.title()], groups)),
        }
    }
    for (titles, groups) in kinds {
        if groups.is_empty() {
            let _ = writeln!(text, "| {} | nothing | – | – | – | ✓ |", titles.join("; "));
        }
        for (number, group) in groups.iter().enumerate() {
            let titles = if number == 0 { titles.join("; ") } else { String::new() };
            let _ = writeln!(text, "| {titles} | {}", cells(group));
        }
    }
    text
}

#[test]
fn the_page_is_that_of_the_list() {
    let list = listed();
    let is_tested = |(kind, trouble): &(String, String)| {
        KINDS.iter().any(|it| it.title() == *kind) && TROUBLES.iter().any(|it| it.name == trouble)
    };
    assert!(list.keys().all(is_tested), "what is tested no more is listed");
    let (path, page) = (root("docs/faults.md"), page(&list));
    if is_overwriting() {
        fs::write(&path, &page).expect("written");
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(written == page, "docs/faults.md is stale: SNAPSHOTS=overwrite writes it");
}
