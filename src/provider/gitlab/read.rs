//! A configuration as GitLab would read it: what jobs extend put under them, variables filled in, rules as workflows.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{HIDDEN, VAR, WORKFLOW, predefined};
use crate::plan::{Graph, RunName, Seen, Vertex};
use crate::yaml::{Entry, Mapping, Node};

/// A variable of a rule or a job, and whether GitLab fills it in.
type Variables<'n> = HashMap<&'n str, (&'n str, bool)>;

/// The graph of a configuration: its jobs that extend what is hidden of ours.
pub(super) fn read(document: &Node) -> Result<Graph<'_>, String> {
    let root = document.as_mapping().ok_or("the file is no map")?;
    let mut graph = Graph::default();
    // By their conditions.
    let mut workflows: HashMap<&str, (&str, &Node)> = HashMap::new();
    let mut kinds: HashMap<&str, Variables<'_>> = HashMap::new();
    for entry in root.entries.iter().filter(|entry| entry.key.text.starts_with(HIDDEN)) {
        let name = entry.key.text.as_str();
        if let Some(workflow) = name.strip_prefix(WORKFLOW) {
            let rule = rules(&entry.value).first().ok_or_else(|| format!("{name} has no rule"))?;
            let condition = condition(rule).ok_or_else(|| format!("the rule of {name} has no condition"))?;
            if workflows.insert(condition, (workflow, rule)).is_some() {
                return Err(format!("{name} has the condition of another workflow"));
            }
            graph.workflows.insert(workflow, HashMap::new());
        } else {
            kinds.insert(name, variables(entry.value.as_mapping()));
        }
    }
    for entry in &root.entries {
        let Some(kind) = entry.value.as_mapping().and_then(|job| job.get("extends")).and_then(Node::as_str) else {
            continue;
        };
        let Some(common) = kinds.get(kind) else { continue };
        for rule in rules(&entry.value) {
            let found = condition(rule).and_then(|condition| workflows.get(condition));
            let (workflow, known) = found.ok_or_else(|| format!("{} has a rule of no workflow", entry.key.text))?;
            if !rule.says_the_same(known) {
                return Err(format!("{} has another rule for {workflow}", entry.key.text));
            }
            let vertex = vertex(entry, common, &variables(rule.as_mapping()))?;
            graph.workflows.get_mut(workflow).expect("it was put in").insert(&entry.key.text, vertex);
        }
    }
    Ok(graph)
}

fn rules(job: &Node) -> &[Node] {
    job.as_mapping().and_then(|map| map.get("rules")).and_then(Node::as_sequence).unwrap_or_default()
}

fn condition(rule: &Node) -> Option<&str> {
    rule.as_mapping()?.get("if")?.as_str()
}

fn variables(holder: Option<&Mapping>) -> Variables<'_> {
    let map = holder.and_then(|map| map.get("variables")).and_then(Node::as_mapping);
    map.into_iter().flat_map(|map| &map.entries).filter_map(variable).collect()
}

fn variable(entry: &Entry) -> Option<(&str, (&str, bool))> {
    // The long form, which is the one that is not filled in.
    let (text, is_filled) = match entry.value.as_mapping() {
        Some(long) => (long.get("value")?.as_str()?, long.get("expand").and_then(Node::as_str) != Some("false")),
        None => (entry.value.as_str()?, true),
    };
    Some((entry.key.text.as_str(), (text, is_filled)))
}

fn vertex<'n>(job: &'n Entry, common: &Variables<'n>, of_rule: &Variables<'n>) -> Result<Vertex<'n>, String> {
    let body = job.value.as_mapping().ok_or("a job is no map")?;
    let needs =
        body.get("needs").and_then(Node::as_sequence).ok_or_else(|| format!("{} has no needs", job.key.text))?;
    let name = |need: &'n Node| need.as_mapping().map_or(need.as_str(), |map| map.get("job").and_then(Node::as_str));
    let mut vertex = Vertex { needs: needs.iter().filter_map(name).collect(), ..Vertex::default() };
    let mut all: Variables<'n> = common.clone();
    all.extend(variables(Some(body)));
    // Only jobs that make references have tags.
    if all.contains_key("SPLITBUILD_TAG_ROOM")
        && let Some(tags) = of_rule.get("SPLITBUILD_TAGS")
    {
        all.insert("SPLITBUILD_TAGS", *tags);
    }
    for (name, (text, is_filled)) in all {
        let is_ours = name.starts_with("SPLITBUILD_") || matches!(name, "platform" | "arch");
        let run = RunName::ALL.into_iter().find(|run| run.name() == name);
        if !is_ours && run.is_none() {
            continue;
        }
        let seen = match run {
            Some(run) if text == predefined(run) && is_filled => Seen::Run(run),
            _ if name == "SPLITBUILD_VARS" => Seen::Text(Cow::Owned(vars(text, of_rule)?)),
            _ if name == "SPLITBUILD_TAGS" => Seen::Text(once_expanded(text)?),
            _ if is_filled && text.contains(['$', '%']) => {
                return Err(format!("GitLab would fill in {name} of {}", job.key.text));
            }
            _ => Seen::Text(Cow::Borrowed(text)),
        };
        vertex.environment.push((name, seen));
    }
    Ok(vertex)
}

/// The words of vars, with the values that the workflow's rule gives.
fn vars(words: &str, of_rule: &Variables<'_>) -> Result<String, String> {
    let word = |word: &str| -> Result<String, String> {
        if word.contains('=') {
            return Ok(word.to_owned());
        }
        let found = of_rule.iter().find(|(name, _)| name.strip_prefix(VAR) == Some(word));
        let (_, (text, _)) = found.ok_or_else(|| format!("no rule gives a value to {word}"))?;
        Ok(format!("{word}={}", once_expanded(text)?))
    };
    Ok(words.split(' ').map(word).collect::<Result<Vec<_>, _>>()?.join(" "))
}

/// Undoes what was done so that GitLab's own filling in changes nothing: it takes one of two dollars away.
fn once_expanded(text: &str) -> Result<Cow<'_, str>, String> {
    if !text.contains(['$', '%']) {
        return Ok(Cow::Borrowed(text));
    }
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '%']) {
        filled.push_str(&rest[..at]);
        rest = rest[at..].strip_prefix("$$").ok_or_else(|| format!("GitLab would fill in `{text}`"))?;
        filled.push('$');
    }
    filled.push_str(rest);
    // The word for a per cent sign, which stands for itself elsewhere.
    let mut words = String::new();
    let mut characters = filled.chars();
    while let Some(c) = characters.next() {
        match c {
            '$' => match characters.next() {
                Some(',') => words.push('%'),
                next => {
                    words.push('$');
                    words.extend(next);
                }
            },
            c => words.push(c),
        }
    }
    Ok(Cow::Owned(words))
}

#[cfg(test)]
mod tests {
    use super::super::view::expanded_once;
    use super::*;

    #[test]
    fn words_come_out_as_they_went_in() {
        for words in ["", "plain", "a$$b ${c}$_d", "50%", "%HOME%", "$$,", "$$%$$,", "${tag}%", "$[$/$]"] {
            let written = expanded_once(words);
            assert_eq!(once_expanded(&written).expect("it is escaped"), words, "{written}");
        }
        assert!(once_expanded("$HOME").is_err() && once_expanded("%HOME%").is_err());
    }
}
