//! The conditions of rules, as far as they are known without a run
//! (<https://docs.gitlab.com/ci/jobs/job_rules/#cicd-variable-expressions>).

use std::collections::HashMap;

use crate::pattern::{Pattern, leftover};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Condition<'t> {
    /// Whether a variable has a value that is not empty.
    Set(&'t str),
    /// Whether a variable is text; `None` is a variable that is not there.
    Is(&'t str, Option<&'t str>),
    /// Whether a variable matches a regular expression, by what stands between the slashes.
    Matches(&'t str, &'t str),
    Not(Box<Condition<'t>>),
    All(Vec<Condition<'t>>),
    Any(Vec<Condition<'t>>),
}

/// The variables of a run; what is not there is not known, and what is `None` has no value.
pub(super) type Run = HashMap<&'static str, Option<String>>;

impl<'t> Condition<'t> {
    /// Reads a condition; `None` if it is of a form that is not known here.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let mut reader = Reader { rest: text, depth: 0 };
        let condition = reader.any()?;
        reader.rest.trim().is_empty().then_some(condition)
    }

    /// Whether it holds in a run, if that is known.
    pub(super) fn holds(&self, run: &Run) -> Option<bool> {
        match self {
            Self::Set(name) => Some(run.get(name)?.as_ref().is_some_and(|value| !value.is_empty())),
            Self::Is(name, text) => Some(run.get(name)?.as_deref() == *text),
            Self::Matches(name, regex) => match run.get(name)? {
                // GitLab looks anywhere in the value.
                Some(value) => Some(anywhere(regex)?.matches(value)),
                None => Some(false),
            },
            Self::Not(inner) => inner.holds(run).map(|holds| !holds),
            Self::All(all) => {
                let known: Vec<Option<bool>> = all.iter().map(|one| one.holds(run)).collect();
                if known.contains(&Some(false)) {
                    Some(false)
                } else {
                    known.iter().all(Option::is_some).then_some(true)
                }
            }
            Self::Any(all) => {
                let known: Vec<Option<bool>> = all.iter().map(|one| one.holds(run)).collect();
                if known.contains(&Some(true)) {
                    Some(true)
                } else {
                    known.iter().all(Option::is_some).then_some(false)
                }
            }
        }
    }

    /// Values of a variable for which the condition may differ: its texts, and a shortest match of its expressions.
    pub(super) fn values(&self, variable: &str, values: &mut Vec<String>) {
        match self {
            Self::Is(name, Some(text)) if *name == variable => values.push((*text).to_owned()),
            Self::Matches(name, regex) if *name == variable => {
                let match_of = anywhere(regex).and_then(|pattern| leftover(&[pattern], &[]).ok()?);
                values.extend(match_of);
            }
            Self::Not(inner) => inner.values(variable, values),
            Self::All(all) | Self::Any(all) => all.iter().for_each(|one| one.values(variable, values)),
            Self::Set(_) | Self::Is(..) | Self::Matches(..) => {}
        }
    }
}

fn anywhere(regex: &str) -> Option<Pattern> {
    Pattern::parse(&format!("/.*(?:{regex}).*/")).ok()
}

enum Side<'t> {
    Variable(&'t str),
    Text(Option<&'t str>),
    Regex(&'t str),
}

struct Reader<'t> {
    rest: &'t str,
    /// How many brackets are open.
    depth: usize,
}

/// Brackets within brackets; nobody writes more, and a reader that calls itself for each has room for so many.
const DEEPEST: usize = 100;

impl<'t> Reader<'t> {
    fn take(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(word);
        rest.inspect(|rest| self.rest = rest).is_some()
    }

    fn any(&mut self) -> Option<Condition<'t>> {
        let mut all = vec![self.all()?];
        while self.take("||") {
            all.push(self.all()?);
        }
        if all.len() == 1 { all.pop() } else { Some(Condition::Any(all)) }
    }

    fn all(&mut self) -> Option<Condition<'t>> {
        let mut all = vec![self.one()?];
        while self.take("&&") {
            all.push(self.one()?);
        }
        if all.len() == 1 { all.pop() } else { Some(Condition::All(all)) }
    }

    fn one(&mut self) -> Option<Condition<'t>> {
        if self.take("(") {
            self.depth += 1;
            let inner = if self.depth <= DEEPEST { self.any()? } else { return None };
            self.depth -= 1;
            return self.take(")").then_some(inner);
        }
        let left = self.side()?;
        let not = |is_not: bool, inner: Condition<'t>| if is_not { Condition::Not(Box::new(inner)) } else { inner };
        for (word, is_regex, is_not) in
            [("==", false, false), ("!=", false, true), ("=~", true, false), ("!~", true, true)]
        {
            if !self.take(word) {
                continue;
            }
            let condition = match (left, self.side()?) {
                (Side::Variable(name), Side::Text(text)) | (Side::Text(text), Side::Variable(name)) if !is_regex => {
                    Condition::Is(name, text)
                }
                (Side::Variable(name), Side::Regex(regex)) if is_regex => Condition::Matches(name, regex),
                _ => return None,
            };
            return Some(not(is_not, condition));
        }
        match left {
            Side::Variable(name) => Some(Condition::Set(name)),
            Side::Text(_) | Side::Regex(_) => None,
        }
    }

    fn side(&mut self) -> Option<Side<'t>> {
        let rest = self.rest.trim_start();
        if let Some(after) = rest.strip_prefix('$') {
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            self.rest = &after[end..];
            return (end > 0).then_some(Side::Variable(&after[..end]));
        }
        if self.take("null") {
            return Some(Side::Text(None));
        }
        for quote in ['"', '\''] {
            if let Some(after) = rest.strip_prefix(quote) {
                let end = after.find(quote)?;
                self.rest = &after[end + 1..];
                return Some(Side::Text(Some(&after[..end])));
            }
        }
        let after = rest.strip_prefix('/')?;
        let mut is_escaped = false;
        let end = after.find(|c: char| {
            let is_end = c == '/' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            is_end
        })?;
        self.rest = &after[end + 1..];
        // Flags change what it matches.
        (!self.rest.starts_with(|c: char| c.is_ascii_alphabetic())).then_some(Side::Regex(&after[..end]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(branch: Option<&str>, tag: Option<&str>) -> Run {
        HashMap::from([("CI_COMMIT_BRANCH", branch.map(str::to_owned)), ("CI_COMMIT_TAG", tag.map(str::to_owned))])
    }

    #[test]
    fn conditions_hold_or_do_not_or_are_unknown() {
        let cases = [
            (r#"$CI_COMMIT_BRANCH == "main""#, Some(true), Some(false)),
            (r#"$CI_COMMIT_BRANCH != "main" && $CI_COMMIT_TAG"#, Some(false), Some(true)),
            (r"$CI_COMMIT_TAG =~ /^v[0-9]+$/", Some(false), Some(true)),
            (r"$CI_COMMIT_TAG !~ /^v[0-9]+$/", Some(true), Some(false)),
            (r"$CI_COMMIT_TAG =~ /[0-9]/ || $UNKNOWN", None, Some(true)),
            (r"$CI_COMMIT_TAG =~ /[0-9]/ && $UNKNOWN", Some(false), None),
            (r#"(($CI_COMMIT_BRANCH == "main") || ($CI_COMMIT_TAG =~ /^(?:v\/1|v1)$/))"#, Some(true), Some(true)),
            ("$CI_COMMIT_TAG == null", Some(true), Some(false)),
        ];
        for (text, on_main, on_tag) in cases {
            let condition = Condition::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(condition.holds(&run(Some("main"), None)), on_main, "{text}");
            assert_eq!(condition.holds(&run(None, Some("v1"))), on_tag, "{text}");
        }
        for odd in ["", "$A ==", "$A =~ /x/i", "$A == $B == $C", "(", "$A =~ $B", "1 == 1"] {
            assert_eq!(Condition::parse(odd), None, "{odd}");
        }
        let nested = |depth: usize| "(".repeat(depth) + "$A" + &")".repeat(depth);
        assert!(Condition::parse(&format!("{0} && {0}", nested(DEEPEST))).is_some());
        assert_eq!(Condition::parse(&nested(100_000)), None);
    }
}
