//! How a drafted matrix is laid out: what is short stands on one line, and everything else on lines of its own.

use super::{Entry, IMAGE, Map, TOP, Value, comment};
use crate::yaml::write;

/// The longest line with a list or a map on it.
const LINE: usize = 100;

/// Where comments behind lines begin, if the lines are shorter, and the longest line with one.
const COMMENTS: usize = 56;
const LONGEST: usize = 120;

/// How many lists and maps may stand in each other on one line, and how many keys an image may have there.
const DEEPEST: usize = 3;
const MOST_KEYS: usize = 4;

/// The one word of the matrix that is bare although some readers take it for no text: the matrix' own reader does not.
const ON: &str = "on";

/// YAML allows a key before a `:` on its line no more than 1024 characters.
const LONGEST_KEY: usize = 1000;

/// The whole file.
pub(super) fn matrix(comments: &[String], top: &Map) -> String {
    let mut out: String = comments.iter().map(|line| comment::lines(line, 0)).collect();
    out.push_str("version: 1\n");
    for section in top.ordered(&TOP, 1) {
        let Some(map) = section.value.as_map().filter(|map| !map.is_empty()) else { continue };
        out.push('\n');
        match section.key.as_str() {
            "images" => images(&mut out, section, map),
            "vars" | "registries" | "secrets" | "workflows" => block(&mut out, section, 0),
            "defaults" => push(&mut out, &sorted(section), 0),
            _ => push(&mut out, section, 0),
        }
    }
    out
}

/// The images: all on one line each, or each a paragraph.
fn images(out: &mut String, section: &Entry, images: &Map) {
    let images: Vec<Entry> = images.entries.iter().map(sorted).collect();
    let is_short = |image: &Entry| {
        let is_line = line_of(image, 2).is_some() && image.above.is_empty();
        is_line && image.value.as_map().is_none_or(|map| map.entries.len() <= MOST_KEYS)
    };
    let are_short = images.iter().all(is_short);
    head(out, section, 0);
    for (place, image) in images.iter().enumerate() {
        if are_short {
            push(out, image, 2);
            continue;
        }
        if place > 0 {
            out.push('\n');
        }
        block(out, image, 2);
    }
}

/// An image with its keys in their order.
fn sorted(image: &Entry) -> Entry {
    match &image.value {
        Value::Map(map) => {
            let entries = map.ordered(&IMAGE, 0).into_iter().cloned().collect();
            Entry { value: Value::Map(Map { entries }), ..image.clone() }
        }
        _ => image.clone(),
    }
}

/// An entry: on one line if it fits there.
fn push(out: &mut String, entry: &Entry, column: usize) {
    match line_of(entry, column) {
        Some(line) => commented(out, entry, column, &line),
        None => block(out, entry, column),
    }
}

/// An entry whose list or map has lines of its own.
fn block(out: &mut String, entry: &Entry, column: usize) {
    match &entry.value {
        Value::Map(map) if !map.is_empty() => {
            head(out, entry, column);
            map.entries.iter().for_each(|inner| push(out, inner, column + 2));
        }
        Value::List(items) if !items.is_empty() => {
            head(out, entry, column);
            items.iter().for_each(|item| push_item(out, item, column + 2));
        }
        value => {
            let line = format!("{}: {}", key(entry, column), lines_of(value, column + 2));
            commented(out, entry, column, &line);
        }
    }
}

/// An item of a list on lines of its own, behind its dash.
fn push_item(out: &mut String, item: &Value, column: usize) {
    if let Some(text) = flow(item, 1).filter(|text| column + 2 + text.chars().count() <= LINE) {
        let text = if item.scalar().is_some() { lines_of(item, column + 2) } else { text };
        return out.push_str(&format!("{:column$}- {text}\n", ""));
    }
    match item {
        Value::Map(map) => {
            let mut lines = String::new();
            map.entries.iter().for_each(|inner| push(&mut lines, inner, column + 2));
            out.push_str(&format!("{:column$}- {}", "", &lines[column + 2..]));
        }
        Value::List(items) => {
            out.push_str(&format!("{:column$}-\n", ""));
            items.iter().for_each(|inner| push_item(out, inner, column + 2));
        }
        scalar => out.push_str(&format!("{:column$}- {}\n", "", lines_of(scalar, column + 2))),
    }
}

/// The line of a key whose value follows on other lines.
fn head(out: &mut String, entry: &Entry, column: usize) {
    commented(out, entry, column, &format!("{}:", key(entry, column)));
}

/// A line at a column, with its comments; the rest of what begins on it may follow on other lines.
fn commented(out: &mut String, entry: &Entry, column: usize, line: &str) {
    let behind = entry.behind.as_ref().map(|behind| comment::line(behind));
    let width = column + line.chars().count();
    let start = COMMENTS.max(width + 1);
    let fits = |behind: &String| !line.contains('\n') && start + 2 + behind.chars().count() <= LONGEST;
    let (behind, over) = match behind {
        Some(behind) if fits(&behind) => (Some(behind), None),
        other => (None, other),
    };
    entry.above.iter().chain(&over).for_each(|text| out.push_str(&comment::lines(text, column)));
    out.push_str(&format!("{:column$}{line}", ""));
    if let Some(behind) = behind {
        out.push_str(&format!("{:pad$}# {behind}", "", pad = start - width));
    }
    out.push('\n');
}

/// An entry on one line, if it fits there and no comment stands in it.
fn line_of(entry: &Entry, column: usize) -> Option<String> {
    let is_collection = entry.value.scalar().is_none();
    let value = flow(&entry.value, 1)?;
    let value = if is_collection { value } else { lines_of(&entry.value, column + 2) };
    let line = format!("{}: {value}", key(entry, column));
    (!is_collection || column + line.chars().count() <= LINE).then_some(line)
}

/// A value between brackets or braces, or a scalar among such; `None` for what has lines or comments in it.
fn flow(value: &Value, depth: usize) -> Option<String> {
    match value {
        Value::List(items) if items.is_empty() => Some("[]".into()),
        Value::Map(map) if map.is_empty() => Some("{}".into()),
        Value::List(_) | Value::Map(_) if depth > DEEPEST => None,
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| flow(item, depth + 1)).collect::<Option<_>>()?;
            Some(format!("[{}]", items.join(", ")))
        }
        Value::Map(map) => {
            let inner = |entry: &Entry| {
                let is_bare = entry.above.is_empty() && entry.behind.is_none();
                let key = if entry.key == ON { ON.into() } else { write::in_flow(&entry.key) };
                is_bare.then(|| flow(&entry.value, depth + 1).map(|value| format!("{key}: {value}")))?
            };
            let entries: Vec<String> = map.entries.iter().map(inner).collect::<Option<_>>()?;
            Some(format!("{{ {} }}", entries.join(", ")))
        }
        scalar => {
            let text = scalar.scalar()?;
            if text.contains('\n') {
                return None;
            }
            Some(if scalar.is_typed() { text } else { write::in_flow(&text) })
        }
    }
}

/// A scalar behind a key or a dash, its lines at a column.
fn lines_of(scalar: &Value, column: usize) -> String {
    let Some(text) = scalar.scalar() else { return flow(scalar, DEEPEST).unwrap_or_default() };
    if scalar.is_typed() {
        return text;
    }
    // One with blank lines at its end would take those that follow for its own.
    let is_lines = text.contains('\n') && !text.ends_with("\n\n");
    let lines = if is_lines { write::block(&text, column) } else { None };
    // A reference is quoted wherever it stands, so that nobody has to know where it need not be.
    lines.unwrap_or_else(|| if text.contains('{') { write::in_flow(&text) } else { write::scalar(&text) })
}

/// A key before its `:`.
fn key(entry: &Entry, column: usize) -> String {
    let key = if entry.key == ON { ON.into() } else { write::scalar(&entry.key) };
    if key.chars().count() > LONGEST_KEY { format!("? {key}\n{:column$}", "") } else { key }
}
