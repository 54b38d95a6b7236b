//! The page that is made of the list: first what holds for most requests, then what is different for some.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use crate::fault::TROUBLES;
use crate::kind::{KINDS, Kind, Stage};
use crate::scale::is_overwriting;
use crate::table::{Row, listed, root};

type List = BTreeMap<(String, String), Row>;

/// Faults, and what comes of each of them.
type Group = (Vec<&'static str>, Row);

fn row(list: &List, kind: &Kind, trouble: &str) -> Row {
    list.get(&(kind.title(), trouble.to_owned())).cloned().unwrap_or_default()
}

/// The same words for the same: what is done is published, and what shows something only leaves all as it was.
fn comparable(row: &Row) -> Row {
    row.clone().map(|cell| {
        let cell = cell.replacen("done", "published", 1);
        let (is_empty, has_state) =
            (cell.is_empty(), cell.ends_with(", old") || cell.ends_with(", new") || cell.ends_with(" old"));
        match (is_empty || has_state, cell.starts_with("published")) {
            (true, _) => cell,
            (false, true) => cell + ", new",
            (false, false) => cell + ", old",
        }
    })
}

/// Whether they are the same, as far as both are there.
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
        "" => "–".to_owned(),
        cell => cell.replace("--timeout", "`--timeout`"),
    };
    format!("{} | {} | ✓ |", names.join("; "), row.each_ref().map(cell).join(" | "))
}

fn page(list: &List) -> String {
    let mut text = include_str!("page.md").to_owned();
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
    for kind in KINDS {
        for trouble in TROUBLES {
            let known = row(&list, kind, trouble.name).iter().filter(|cell| !cell.is_empty()).count();
            assert_eq!(known, if kind.scenario.has_many() { 3 } else { 2 }, "{}, {}", kind.title(), trouble.name);
        }
    }
    assert_eq!(list.len(), KINDS.len() * TROUBLES.len(), "what is tested no more is listed");
    let (path, page) = (root("docs/faults.md"), page(&list));
    if is_overwriting() {
        fs::write(&path, &page).expect("written");
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(written == page, "docs/faults.md is stale: SNAPSHOTS=overwrite writes it");
}
