//! What a configuration includes: files of this repository, put in their place as GitLab merges them, and everything else,
//! which cannot be read here (<https://docs.gitlab.com/ci/yaml/includes/>).

use std::collections::HashMap;

use super::INCLUDED;
use super::keywords::one_or_more;
use crate::yaml::{Entry, Mapping, Node, Value};

/// Keys that say from where something is included (<https://docs.gitlab.com/ci/yaml/#include>).
const KINDS: [&str; 5] = ["local", "project", "template", "remote", "component"];

/// What a configuration includes and is not in it. The generated file, which is known, is none of these.
pub(super) fn unread(root: &Node) -> impl Iterator<Item = &Node> {
    let include = root.as_mapping().and_then(|map| map.get("include"));
    include.into_iter().flat_map(one_or_more).filter(|item| local(item) != Some(INCLUDED))
}

/// Something that is included, for a person: `template: Jobs/SAST.gitlab-ci.yml`.
pub(super) fn described(item: &Node) -> String {
    if let Some(path) = item.as_str() {
        return path.to_owned();
    }
    let text = |kind: &&str| Some(format!("{kind}: {}", item.as_mapping()?.get(kind)?.as_str()?));
    KINDS.iter().find_map(text).unwrap_or_else(|| "something".to_owned())
}

/// The path of a file of this repository, from its root.
fn local(item: &Node) -> Option<&str> {
    let path = item.as_str().filter(|path| !path.contains("://"));
    let path = path.or_else(|| item.as_mapping()?.get("local")?.as_str())?;
    Some(path.trim_start_matches('/'))
}

/// Puts what is included of this repository in its place, as far as `read` can, with at most so many files.
pub(super) fn include(root: &mut Node, read: &mut dyn FnMut(&str) -> Option<Node>, most: usize) {
    let mut left = most;
    expand(root, read, &mut left, &mut Vec::new());
}

/// `path` are the files that are being included, each by the one before.
fn expand(node: &mut Node, read: &mut dyn FnMut(&str) -> Option<Node>, left: &mut usize, path: &mut Vec<String>) {
    let Some(include) = node.get_mut("include") else { return };
    let items: Vec<Node> = one_or_more(include).cloned().collect();
    let mut unread = Vec::new();
    let mut below: Option<Node> = None;
    for item in items {
        // Several that are not included together may say different things.
        let is_always = item.as_mapping().is_none_or(|map| map.get("rules").is_none());
        let name = local(&item)
            .filter(|_| is_always)
            .filter(|name| *left > 0 && !path.iter().any(|outer| outer == name))
            .map(str::to_owned);
        let Some(mut found) = name.as_deref().and_then(&mut *read).filter(|node| node.as_mapping().is_some()) else {
            unread.push(item);
            continue;
        };
        *left -= 1;
        path.extend(name);
        expand(&mut found, read, left, path);
        path.pop();
        if let Some(Value::Sequence(more)) = found.get_mut("include").map(|include| &mut include.value) {
            unread.append(more);
        }
        below = Some(match below {
            Some(below) => merged(below, found),
            None => found,
        });
    }
    include.value = Value::Sequence(unread);
    if let Some(below) = below {
        let own = std::mem::replace(node, Node::list([]));
        *node = merged(below, own);
    }
}

/// Two nodes as GitLab merges them: maps by their keys, of anything else what stands above
/// (<https://docs.gitlab.com/ci/yaml/includes/#override-included-configuration-values>).
fn merged(below: Node, above: Node) -> Node {
    let span = above.span;
    let (below, above) = match (below.value, above.value) {
        (Value::Mapping(below), Value::Mapping(above)) => (below, above),
        (_, value) => return Node { value, span },
    };
    let mut entries: Vec<Option<Entry>> = below.entries.into_iter().map(Some).collect();
    let places: HashMap<String, usize> =
        entries.iter().flatten().enumerate().map(|(place, entry)| (entry.key.text.clone(), place)).collect();
    for Entry { key, value } in above.entries {
        match places.get(&key.text) {
            Some(place) => {
                let other = entries[*place].take().expect("a map has a key once");
                entries[*place] = Some(Entry { key, value: merged(other.value, value) });
            }
            None => entries.push(Some(Entry { key, value })),
        }
    }
    Node { value: Value::Mapping(Mapping { entries: entries.into_iter().flatten().collect() }), span }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::read::{Budget, read};

    fn parsed(text: &str) -> Node {
        read(text, Budget::default()).expect("YAML").root
    }

    #[test]
    fn what_is_included_lies_below_and_maps_are_merged() {
        let mut root = parsed(
            "include: [a.yml, { local: /b.yml }, { local: a.yml, rules: [] }, { template: T.yml }]\njob: { variables: { X: main }, tags: [main] }\n",
        );
        let mut read = |path: &str| match path {
            "a.yml" => Some(parsed("job: { script: [a], tags: [a, b], variables: { X: a, Y: a } }")),
            "b.yml" => Some(parsed("include: [a.yml, c.yml]\njob: { script: [b] }")),
            _ => None,
        };
        include(&mut root, &mut read, 9);
        let expected = "job: { script: [b], tags: [main], variables: { X: main, Y: a } }";
        let job = |node: &Node| node.as_mapping().and_then(|map| map.get("job")).expect("a job").clone();
        assert!(job(&root).says_the_same(&job(&parsed(expected))), "{root:?}");
        assert_eq!(unread(&root).map(described).collect::<Vec<_>>(), ["c.yml", "local: a.yml", "template: T.yml"]);
    }

    #[test]
    fn files_that_include_each_other_come_to_an_end() {
        let mut root = parsed("include: a.yml");
        let mut asked = 0;
        include(
            &mut root,
            &mut |path| {
                asked += 1;
                Some(parsed(if path == "a.yml" { "include: [b.yml, b.yml]" } else { "include: a.yml" }))
            },
            9,
        );
        assert!(asked <= 9, "{asked}");
    }
}
