//! What the pages quote of messages is what the code says: a quote is a piece of one of its texts.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::{Page, pages, root};

/// A character of a message, or what is filled in (`None`), which is taken for one word.
type Message = Vec<Option<char>>;

/// How many characters of a quote the message itself must have, if the quote is not shorter: what is filled in fits
/// every word.
const LEAST: usize = 9;

/// What is filled in: of literals in Rust, and of lines of shell.
fn filled_in() -> (Regex, Regex) {
    let [rust, shell] = [r"\{[^{}]*\}", r"\$[a-z]\w*|\$\{\w*"].map(|text| Regex::new(text).expect("a pattern"));
    (rust, shell)
}

/// The texts of a folder's sources.
fn messages(folder: &Path, found: &mut Vec<Message>) {
    let literal = Regex::new(r#""((?:[^"\\]|\\.|\\\n)*)""#).expect("a pattern");
    let joined = Regex::new(r"\\\n\s*").expect("a pattern");
    let comment = Regex::new(r"(?m)^\s*//.*$").expect("a pattern");
    let (rust, shell) = filled_in();
    let paths = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    for path in paths.collect::<Vec<PathBuf>>() {
        if path.is_dir() {
            messages(&path, found);
            continue;
        }
        let text = fs::read_to_string(&path).expect("text");
        if path.extension().is_some_and(|end| end == "rs") {
            let text = comment.replace_all(&text, "");
            let literals = literal.captures_iter(&text).map(|found| joined.replace_all(&found[1], "").into_owned());
            found.extend(literals.map(|text| message(&text, &rust)));
        } else {
            found.extend(text.lines().map(|line| message(line, &shell)));
        }
    }
}

fn message(text: &str, filled_in: &Regex) -> Message {
    let text = text.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let marked = filled_in.replace_all(&text, "\0").replace('\u{1}', "{").replace('\u{2}', "}");
    marked.chars().map(|c| (c != '\0').then_some(c)).collect()
}

/// How many characters of a quote a message has in itself, from its beginning on; none if it does not say it.
fn said(message: &[Option<char>], quote: &[char]) -> Option<usize> {
    match (message, quote) {
        (_, []) => Some(0),
        ([], _) => None,
        ([None, after @ ..], [' ', ..]) => said(after, quote),
        ([None, after @ ..], [_, rest @ ..]) => said(after, quote).max(said(message, rest)),
        ([Some(c), after @ ..], [wanted, rest @ ..]) if c == wanted => said(after, rest).map(|count| count + 1),
        _ => None,
    }
}

fn is_said(messages: &[Message], quote: &str) -> bool {
    let quote: Vec<char> = quote.chars().collect();
    messages.iter().any(|message| {
        let at = |begin| said(&message[begin..], &quote).is_some_and(|count| count >= quote.len().min(LEAST));
        (0..message.len()).any(at)
    })
}

/// What a page quotes: of a table, in its first column.
fn quotes(page: &Page) -> Vec<String> {
    let quote = Regex::new(r#""([^"]+)""#).expect("a pattern");
    let cell = Regex::new(r"^\| ((?:[^|\\]|\\.)*) \|").expect("a pattern");
    let is_code = Regex::new("`[^`]*`").expect("a pattern");
    let prose = page.parts().0;
    let mut texts: Vec<String> = prose.iter().filter_map(|line| Some(cell.captures(line)?[1].to_owned())).collect();
    texts.push(prose.iter().filter(|line| !line.starts_with('|')).copied().collect::<Vec<_>>().join("\n"));
    let of = |text: &String| {
        let text = is_code.replace_all(text, "").into_owned();
        quote.captures_iter(&text).map(|found| found[1].to_owned()).collect::<Vec<_>>()
    };
    texts.iter().flat_map(of).collect()
}

#[test]
fn messages_that_are_quoted_are_messages() {
    let mut all = Vec::new();
    ["src", "templates"].iter().for_each(|folder| messages(&root().join(folder), &mut all));
    let (mut seen, mut unsaid) = (0, Vec::new());
    for page in pages() {
        if !["docs/publishing-errors.md", "docs/jobs.md", "docs/errors.md"].contains(&page.name.as_str()) {
            continue;
        }
        for quoted in quotes(&page) {
            // `…` is anything, so each piece stands for itself; one that is too short says nothing.
            for piece in quoted.split('…').map(str::trim).filter(|piece| piece.len() > 3) {
                if !is_said(&all, piece) {
                    unsaid.push(format!("{}: {piece}", page.name));
                }
                seen += 1;
            }
        }
    }
    assert!(unsaid.is_empty(), "no message says:\n{}", unsaid.join("\n"));
    assert!(seen > 40, "{seen}");
}

#[test]
fn a_quote_is_a_piece_of_a_message() {
    let all = ["{from} is for {platform}, not {{{other}}}", "{error}"].map(|text| message(text, &filled_in().0));
    assert!(is_said(&all, "is for linux/amd64, not {it}") && is_said(&all, "is for"));
    assert!(!is_said(&all, "is by linux/amd64") && !is_said(&all, "another message"));
}
