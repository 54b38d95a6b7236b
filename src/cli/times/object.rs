//! Times as a JSON object from job to seconds.

use super::{Entry, expected, time};
use crate::diagnostic::Diagnostic;
use crate::yaml::{Mapping, Node, Style, Value};

/// The object, if no value of it has parts.
pub(super) fn plain(root: &Node) -> Option<&Mapping> {
    root.as_mapping().filter(|map| map.entries.iter().all(|entry| entry.value.as_scalar().is_some()))
}

/// The entries of an object, with what is wrong with their values.
pub(super) fn object(map: &Mapping) -> (Vec<Entry>, Vec<Diagnostic>) {
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    for entry in &map.entries {
        let time = match &entry.value.value {
            Value::Scalar(scalar) if scalar.style == Style::Plain => time(&scalar.text),
            _ => None,
        };
        if time.is_none() {
            let message = format!("this is not a number of seconds for the job `{}`", entry.key.text);
            let help = expected("write `\"JOB\": SECONDS`");
            problems.push(Diagnostic::new("seconds", entry.value.span, message).help(help));
        }
        entries.push(Entry { job: entry.key.text.clone(), span: entry.key.span, time });
    }
    (entries, problems)
}
