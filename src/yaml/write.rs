//! Writes texts and trees as YAML that every YAML 1.1 and 1.2 reader understands alike.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use super::{Entry, Key, Node, Scalar, Style, Value};

/// YAML allows an implicit key no more than 1024 characters.
const LONGEST_IMPLICIT_KEY: usize = 1000;

/// Writes `text` on one line, as the value or key of a block map or the item of a block list.
///
/// The result is plain when that is obviously safe, and between quotes otherwise. As a
/// key, it has to follow a `? ` when it is longer than 1024 characters.
#[must_use]
pub fn scalar(text: &str) -> String {
    if is_safe_plain(text) { text.to_owned() } else { quoted(text) }
}

/// Writes `text` as a key, a value or an item between brackets or braces, where some characters end a plain scalar.
#[must_use]
pub fn in_flow(text: &str) -> String {
    in_brackets(&scalar(text), text)
}

/// Between quotes: single ones where double ones would need escapes and single ones do not.
fn quoted(text: &str) -> String {
    let is_printed = text.chars().all(|c| (' '..='~').contains(&c));
    match is_printed && text.contains(['"', '\\']) && !text.contains('\'') {
        true => format!("'{text}'"),
        false => double_quoted(text),
    }
}

/// Writes `text` as a literal block whose content is indented by `indent` spaces.
///
/// The result starts with the header (`|`, `|-`, `|+`), and has no line break at its end. When
/// `text` starts with a blank, the header says that the content is two columns further in than
/// the map or list that holds the block, so `indent` has to be two more than their column.
///
/// `None` when a literal block cannot carry `text` exactly: it has no line with content, a line
/// of blanks only, a carriage return or a character that has to be escaped.
#[must_use]
pub fn block(text: &str, indent: usize) -> Option<String> {
    let is_ambiguous = |line: &str| !line.is_empty() && line.trim_matches([' ', '\t']).is_empty();
    let has_content = text.chars().any(|c| c != '\n');
    let is_carried = text.chars().all(|c| matches!(c, '\n' | '\t') || !needs_escape(c));
    if indent == 0 || !has_content || !is_carried || text.split('\n').any(is_ambiguous) {
        return None;
    }
    let starts_blank = text.trim_start_matches('\n').starts_with([' ', '\t']);
    if starts_blank && indent < 2 {
        return None;
    }

    let mut out = String::from(if starts_blank { "|2" } else { "|" });
    let body = match text.strip_suffix('\n') {
        None => {
            out.push('-');
            text
        }
        Some(body) if body.ends_with('\n') => {
            out.push('+');
            body
        }
        Some(body) => body,
    };
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            push_spaces(&mut out, indent);
            out.push_str(line);
        }
    }
    Some(out)
}

/// Writes a tree in block style, to be put right after the `:` of a key or the `-` of an item.
///
/// `indent` is the column of the tree's own keys and dashes, two more than that of the key or
/// dash it follows. The result has no line break at its end, and starts with:
///
/// - nothing, being empty, for a plain scalar without text;
/// - a space for any other scalar, an empty list (` []`) and an empty map (` {}`);
/// - a line break for every other list and map.
///
/// Plain text stays as it is when it can, and other text is never made to look typed. For a
/// tree that is a whole document, use an `indent` of zero and drop the blank at the start.
#[must_use]
pub fn node(node: &Node, indent: usize) -> String {
    let mut out = String::new();
    push_child(&mut out, node, indent);
    out
}

/// The longest line with a collection between brackets or braces.
const LINE: usize = 100;

/// Like [`node`], but a list or a map that holds only scalars stands on one line, as a person writes it, if it fits there.
#[must_use]
pub fn compact(node: &Node, indent: usize) -> String {
    let mut out = String::new();
    push_compact(&mut out, node, indent);
    out
}

fn push_compact(out: &mut String, node: &Node, indent: usize) {
    let line = out.len() - out.rfind('\n').map_or(0, |at| at + 1);
    // What stands before the first line is not known here: a key, which is seldom longer.
    let line = if out.contains('\n') { line } else { line + indent + 20 };
    match (on_one_line(node), &node.value) {
        (Some(text), _) if line + 1 + text.chars().count() <= LINE => out.extend([" ", &text]),
        (_, Value::Scalar(_)) => push_child(out, node, indent),
        (_, Value::Sequence(items)) if items.is_empty() => push_child(out, node, indent),
        (_, Value::Mapping(mapping)) if mapping.entries.is_empty() => push_child(out, node, indent),
        (_, Value::Sequence(items)) => {
            for item in items {
                push_line(out, indent);
                out.push('-');
                let at = out.len();
                push_compact(out, item, indent + 2);
                // A map or a list begins on the line of its dash.
                let begins = format!("\n{:width$}", "", width = indent + 2);
                if out[at..].starts_with(&begins) {
                    out.replace_range(at..at + begins.len(), " ");
                }
            }
        }
        (_, Value::Mapping(mapping)) => {
            for entry in &mapping.entries {
                push_line(out, indent);
                out.push_str(&key(&entry.key));
                out.push(':');
                push_compact(out, &entry.value, indent + 2);
            }
        }
    }
}

/// A list or a map of scalars between brackets or braces; `None` for anything else, and for what has lines.
fn on_one_line(node: &Node) -> Option<String> {
    let scalar = |node: &Node| {
        let scalar = node.as_scalar().filter(|scalar| !scalar.text.contains('\n'))?;
        let is_nothing = scalar.text.is_empty() && scalar.style == Style::Plain;
        let written = in_brackets(&styled(scalar, 0), &scalar.text);
        // Some readers take `1,000` for a number, which it is no more when it is quoted.
        let is_changed = scalar.looks_typed().is_some() && written != scalar.text;
        (!is_nothing && !is_changed).then_some(written)
    };
    match &node.value {
        Value::Sequence(items) if !items.is_empty() => {
            let items: Vec<String> = items.iter().map(scalar).collect::<Option<_>>()?;
            Some(format!("[{}]", items.join(", ")))
        }
        Value::Mapping(map) if !map.entries.is_empty() => {
            let entry = |entry: &Entry| {
                let key = in_brackets(&key(&entry.key), &entry.key.text);
                Some(format!("{key}: {}", scalar(&entry.value)?))
            };
            let entries: Vec<String> = map.entries.iter().map(entry).collect::<Option<_>>()?;
            Some(format!("{{ {} }}", entries.join(", ")))
        }
        _ => None,
    }
}

/// A scalar as it stands between brackets, where some characters end a plain one.
fn in_brackets(written: &str, text: &str) -> String {
    let is_quoted = written.starts_with(['"', '\'']);
    if !is_quoted && written.contains([',', '[', ']', '{', '}']) { quoted(text) } else { written.to_owned() }
}

/// Writes texts as a list that follows a key: between brackets if that has no more than `room` characters, else an item a
/// line, indented by `indent` spaces.
#[must_use]
pub fn list<T: AsRef<str>>(texts: &[T], indent: usize, room: usize) -> String {
    let items: Vec<String> = texts.iter().map(|text| in_flow(text.as_ref())).collect();
    let line = format!(" [{}]", items.join(", "));
    if line.chars().count() <= room {
        return line;
    }
    node(&Node::list(texts.iter().map(|text| Node::text(text.as_ref()))), indent)
}

fn push_child(out: &mut String, node: &Node, indent: usize) {
    match &node.value {
        Value::Scalar(scalar) if scalar.text.is_empty() && scalar.style == Style::Plain => {}
        Value::Scalar(scalar) => {
            out.push(' ');
            out.push_str(&styled(scalar, indent));
        }
        Value::Sequence(items) if items.is_empty() => out.push_str(" []"),
        Value::Mapping(mapping) if mapping.entries.is_empty() => out.push_str(" {}"),
        Value::Sequence(_) | Value::Mapping(_) => {
            push_line(out, indent);
            push_collection(out, node, indent);
        }
    }
}

/// Writes a list or map that is not empty, at a position that is already indented.
fn push_collection(out: &mut String, node: &Node, indent: usize) {
    match &node.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    push_line(out, indent);
                }
                out.push('-');
                push_item(out, item, indent + 2);
            }
        }
        Value::Mapping(mapping) => {
            for (index, entry) in mapping.entries.iter().enumerate() {
                if index > 0 {
                    push_line(out, indent);
                }
                push_entry(out, entry, indent);
            }
        }
    }
}

/// Like [`push_child`], but starts a list or map on the line of the dash.
fn push_item(out: &mut String, item: &Node, indent: usize) {
    let is_filled = match &item.value {
        Value::Scalar(_) => false,
        Value::Sequence(items) => !items.is_empty(),
        Value::Mapping(mapping) => !mapping.entries.is_empty(),
    };
    if !is_filled {
        push_child(out, item, indent);
        return;
    }
    out.push(' ');
    push_collection(out, item, indent);
}

fn push_entry(out: &mut String, entry: &Entry, indent: usize) {
    let key = key(&entry.key);
    if key.chars().count() > LONGEST_IMPLICIT_KEY {
        out.push_str("? ");
        out.push_str(&key);
        push_line(out, indent);
    } else {
        out.push_str(&key);
    }
    out.push(':');
    push_child(out, &entry.value, indent + 2);
}

fn key(key: &Key) -> String {
    // A plain `<<` would merge, although the reader only keeps one that was quoted.
    if key.style == Style::Plain && key.text != "<<" && stays_plain(&key.text) {
        return key.text.clone();
    }
    scalar(&key.text)
}

fn styled(source: &Scalar, indent: usize) -> String {
    match source.style {
        Style::Plain if stays_plain(&source.text) => source.text.clone(),
        Style::Literal | Style::Folded if source.text.contains('\n') => {
            block(&source.text, indent).unwrap_or_else(|| double_quoted(&source.text))
        }
        _ => scalar(&source.text),
    }
}

/// Whether text that was plain in some document is still plain in a block on one line.
fn stays_plain(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return false;
    };
    let starts_content = match first {
        '-' | '?' | ':' => chars.next().is_some_and(|c| !c.is_whitespace()),
        _ => !",[]{}#&*!|>'\"%@`".contains(first),
    };
    starts_content && has_plain_shape(text) && !text.chars().any(|c| c == '\t' || needs_escape(c))
}

/// Whether text is plain to every reader, and a string to every reader.
fn is_safe_plain(text: &str) -> bool {
    // YAML 1.1 gives a meaning of their own to `<<` and `=`.
    if matches!(text, "<<" | "=") || super::typed::plain_type(text).is_some() {
        return false;
    }
    let starts_word = |c: char| c.is_ascii_alphanumeric() || "_./$(+~^\\;<=".contains(c);
    let is_option = text.strip_prefix("--").is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphanumeric()));
    (is_option || text.starts_with(starts_word))
        && has_plain_shape(text)
        && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Whether nothing inside `text` would end a plain scalar or be lost from it.
fn has_plain_shape(text: &str) -> bool {
    let ends = |pair: &[u8]| matches!(pair, b": " | b" #");
    text.trim() == text
        && !text.starts_with("---")
        && !text.starts_with("...")
        && !text.ends_with(':')
        && !text.as_bytes().windows(2).any(ends)
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if needs_escape(c) => push_escape(&mut out, c),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

fn push_escape(out: &mut String, c: char) {
    let code = u32::from(c);
    let written = match code {
        0..=0xFF => write!(out, "\\x{code:02X}"),
        0x100..=0xFFFF => write!(out, "\\u{code:04X}"),
        _ => write!(out, "\\U{code:08X}"),
    };
    // Writing to a string cannot fail.
    debug_assert!(written.is_ok());
}

/// Characters that some reader rejects, or takes for a line break or a byte-order mark.
fn needs_escape(c: char) -> bool {
    let code = u32::from(c);
    let is_noncharacter = matches!(code, 0xFDD0..=0xFDEF) || code & 0xFFFE == 0xFFFE;
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}') || is_noncharacter
}

fn push_line(out: &mut String, indent: usize) {
    out.push('\n');
    push_spaces(out, indent);
}

fn push_spaces(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}
