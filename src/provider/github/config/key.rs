//! Keys: those that a map may have, and what GitHub's reader takes keys for.

use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::yaml::{Mapping, Node, Style, Value};

/// Reports the keys of a map that nothing is called. GitHub refuses the whole file for them.
pub(super) fn check(map: &Mapping, what: &str, known: &[&str], problems: &mut Vec<Diagnostic>) {
    for key in unknown(map, known) {
        let problem = Diagnostic::new("unknown-key", key.span, format!("{what} has no key `{}`", key.text));
        problems.push(match crate::similar::closest(&key.text, known.iter().copied()) {
            Some(close) => problem.help(format!("did you mean `{close}`?")),
            None => problem.help("remove it, or indent it under the key that it belongs to"),
        });
    }
}

/// The keys of a map that are not known; an expression may come to anything, and merges are reported by themselves.
pub(super) fn unknown<'n>(map: &'n Mapping, known: &[&str]) -> impl Iterator<Item = &'n crate::yaml::Key> {
    let keys = map.entries.iter().map(|entry| &entry.key);
    keys.filter(|key| !known.contains(&key.text.as_str()) && key.text != "<<" && !key.text.contains("${{"))
}

/// Reports what no map of a workflow may have: merges, and keys that differ by case alone.
pub(super) fn check_tree(node: &Node, problems: &mut Vec<Diagnostic>) {
    match &node.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => items.iter().for_each(|item| check_tree(item, problems)),
        Value::Mapping(map) => {
            check_map(map, problems);
            map.entries.iter().for_each(|entry| check_tree(&entry.value, problems));
        }
    }
}

/// `TemplateReader` takes `Env` and `env` for one key, wherever they are; `<<` is one as any other, so that GitHub has
/// anchors and no merges (<https://github.com/actions/runner/issues/1182>).
fn check_map(map: &Mapping, problems: &mut Vec<Diagnostic>) {
    let mut seen = HashMap::new();
    for entry in &map.entries {
        let key = &entry.key;
        if key.text == "<<" && key.style == Style::Plain && entry.value.as_scalar().is_none() {
            let problem = Diagnostic::new("merge", key.span, "GitHub has anchors, but does not merge with `<<`");
            problems.push(problem.help("write the keys out, or repeat a whole value with `*alias`"));
        }
        if let Some(first) = seen.insert(key.text.to_lowercase(), key) {
            let message = format!("`{}` is given already, as `{}`: GitHub ignores case in keys", key.text, first.text);
            let problem = Diagnostic::new("duplicate-key", key.span, message).related(first.span, "first given here");
            problems.push(problem.help("rename one of them"));
        }
    }
}
