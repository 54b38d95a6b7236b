//! Two builds as one, as Compose merges them: maps name by name, lists behind each other, everything else replaced
//! (<https://github.com/compose-spec/compose-spec/blob/main/13-merge.md>).

use crate::yaml::{Entry, Key, Mapping, Node, Style, Value};

/// Lists of `NAME=VALUE` that may be maps as well
/// (`mergeSpecials` of <https://github.com/compose-spec/compose-go/blob/main/override/merge.go>).
const NAMED: [&str; 3] = ["args", "additional_contexts", "labels"];

/// Puts a key of a service over what it has already.
pub(super) fn put(lower: &mut Mapping, mut entry: Entry) {
    if entry.key.text == "build" {
        entry = long(entry);
    }
    let Some(known) = lower.entries.iter_mut().find(|known| known.key.text == entry.key.text) else {
        return lower.entries.push(entry);
    };
    let is_named = NAMED.contains(&entry.key.text.as_str());
    if is_named && !(is_list(&known.value) && is_list(&entry.value)) {
        known.value = map(std::mem::replace(&mut known.value, entry.value.clone()));
        entry.value = map(entry.value);
    }
    match (&mut known.value.value, entry.value.value) {
        (Value::Mapping(low), Value::Mapping(high)) => high.entries.into_iter().for_each(|entry| put(low, entry)),
        (Value::Sequence(low), Value::Sequence(high)) => {
            low.retain(|item| !high.iter().any(|other| is_same(item, other, is_named)));
            low.extend(high);
        }
        (low, high) => *low = high,
    }
}

/// A build in its short form is a context.
fn long(mut entry: Entry) -> Entry {
    if entry.value.as_scalar().is_some() && !entry.value.is_null() {
        let span = entry.value.span;
        let key = Key { text: "context".into(), span, style: Style::Plain };
        let map = Mapping { entries: vec![Entry { key, value: entry.value }] };
        entry.value = Node { value: Value::Mapping(map), span };
    }
    entry
}

fn is_list(node: &Node) -> bool {
    node.as_sequence().is_some()
}

/// A list of `NAME=VALUE` as a map; one that has something else in it stays.
fn map(node: Node) -> Node {
    let pair = |item: &Node| {
        let (name, value) =
            item.as_str()?.split_once('=').map_or((item.as_str()?, None), |(name, it)| (name, Some(it)));
        let key = Key { text: name.to_owned(), span: item.span, style: Style::Plain };
        let text = value.map_or_else(|| Node::scalar("null", Style::Plain), |it| Node::scalar(it, Style::DoubleQuoted));
        (!name.contains('$')).then_some(Entry { key, value: Node { span: item.span, ..text } })
    };
    let entries: Option<Vec<Entry>> = node.as_sequence().and_then(|items| items.iter().map(pair).collect());
    match entries {
        Some(entries) => Node { value: Value::Mapping(Mapping { entries }), span: node.span },
        None => node,
    }
}

/// Whether an item of a list takes the place of another: it is the same, or has the same name.
fn is_same(one: &Node, other: &Node, is_named: bool) -> bool {
    let name = |node: &'_ Node| {
        let text = node.as_str()?;
        Some(if is_named { text.split_once('=').map_or(text, |(name, _)| name) } else { text }.to_owned())
    };
    name(one).is_some() && name(one) == name(other)
}
