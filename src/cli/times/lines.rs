//! Times as lines `JOB SECONDS`.

use std::collections::BTreeMap;

use super::{Entry, expected, time};
use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// The entries of lines; the last word of each is the time, since names of hand-written jobs may have spaces.
pub(super) fn lines(text: &str) -> (Vec<Entry>, Vec<Diagnostic>) {
    let (mut entries, mut problems) = (Vec::<Entry>::new(), Vec::new());
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    let mut start = 0;
    for whole in text.split_inclusive('\n') {
        let line = without_comment(whole).trim_end();
        let content = line.trim_start();
        let at = start + line.len() - content.len();
        start += whole.len();
        if content.is_empty() {
            continue;
        }
        let span = |from: usize, length: usize| Span { start: at + from, end: at + from + length };
        let (job, word) = content.rsplit_once(char::is_whitespace).unwrap_or((content, ""));
        let is_decimal = word.chars().all(|c| c.is_ascii_digit() || c == '.');
        let time = is_decimal.then(|| time(word)).flatten();
        if time.is_none() {
            let marked =
                if word.is_empty() { span(0, content.len()) } else { span(content.len() - word.len(), word.len()) };
            let found = if word.is_empty() {
                "the seconds are missing".to_owned()
            } else {
                format!("`{word}` is not a number of seconds")
            };
            problems.push(Diagnostic::new("seconds", marked, found).help(expected("write `JOB SECONDS`")));
            // Which of the words were meant as the name is not known.
            entries.push(Entry { job: content.to_owned(), span: span(0, content.len()), time });
            continue;
        }
        let job = job.trim_end();
        let here = span(0, job.len());
        match first.get(job) {
            Some(first) => {
                let problem = Diagnostic::new("duplicate-job", here, format!("the job `{job}` is given twice"));
                problems.push(problem.related(*first, "first given here").help("keep one of them"));
            }
            None => {
                first.insert(job, here);
                entries.push(Entry { job: job.to_owned(), span: here, time });
            }
        }
    }
    (entries, problems)
}

/// A line up to a `#` at its start or after white space.
fn without_comment(line: &str) -> &str {
    let is_comment = |at: &usize| line[..*at].chars().next_back().is_none_or(char::is_whitespace);
    line.match_indices('#').map(|(at, _)| at).find(is_comment).map_or(line, |at| &line[..at])
}
