//! Compose's references to its environment as references of the matrix
//! (<https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md>).
//!
//! One with a value, be it from `.env` or a default, becomes a var of the matrix with that value; any other is left to the
//! environment of the job, where it must be set.

use std::collections::{BTreeMap, BTreeSet};

use super::dotenv::Dotenv;
use crate::diagnostic::Diagnostic;
use crate::names::{OURS, SCRIPTS};
use crate::span::Span;
use crate::template::Template;

/// Names whose values are nobody's business.
const SECRET: [&str; 5] = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "PRIVATE_KEY"];

/// Why the value of such a name is left to the job.
const SECRETLY: &str = "it looks like a secret, so its value is not written down";

/// How deep defaults may stand in defaults.
const DEEPEST: usize = 16;

pub(super) struct Interpolation<'e> {
    environment: &'e Dotenv,
    /// The vars, each with the name and the value that Compose had for it.
    vars: BTreeMap<String, (String, Template)>,
    /// References to what `.env` has, by name.
    known: BTreeMap<String, Template>,
    /// What was told already.
    told: BTreeSet<String>,
}

/// What stands between `${` and `}`: a name, what to do, and with what.
struct Reference<'t> {
    name: &'t str,
    operator: &'t str,
    word: &'t str,
}

impl<'e> Interpolation<'e> {
    pub(super) fn new(environment: &'e Dotenv) -> Self {
        Self { environment, vars: BTreeMap::new(), known: BTreeMap::new(), told: BTreeSet::new() }
    }

    pub(super) fn vars(self) -> BTreeMap<String, Template> {
        self.vars.into_iter().map(|(name, (_, value))| (name, value)).collect()
    }

    /// A text in the words of the matrix.
    pub(super) fn filled(&mut self, text: &str, span: Span, problems: &mut Vec<Diagnostic>) -> String {
        self.template(text, span, 0, problems).to_string()
    }

    /// What a name stands for.
    pub(super) fn named(&mut self, name: &str, span: Span, problems: &mut Vec<Diagnostic>) -> Template {
        self.value(&Reference { name, operator: "", word: "" }, span, 0, problems)
    }

    fn template(&mut self, text: &str, span: Span, depth: usize, problems: &mut Vec<Diagnostic>) -> Template {
        let mut whole = Template::default();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            whole.push_literal(&rest[..at]);
            let after = &rest[at + 1..];
            if let Some(after) = after.strip_prefix('$') {
                whole.push_literal("$");
                rest = after;
                continue;
            }
            let Some((reference, after)) = Reference::parse(after).filter(|_| depth < DEEPEST) else {
                let message = "a `$` that begins no reference of Compose";
                let help = "write `$$` for a dollar, or `${NAME}` for a reference";
                problems.push(Diagnostic::new("unresolved", span, message).help(help));
                return Template::literal(text);
            };
            let value = self.value(&reference, span, depth, problems);
            whole.push(&value);
            rest = after;
        }
        whole.push_literal(rest);
        whole
    }

    fn value(&mut self, it: &Reference<'_>, span: Span, depth: usize, problems: &mut Vec<Diagnostic>) -> Template {
        let known =
            self.environment.get(it.name).filter(|(value, _)| !(it.operator.starts_with(':') && value.is_empty()));
        let is_alternative = it.operator.ends_with('+');
        if is_alternative {
            return match known {
                Some(_) => self.template(it.word, span, depth + 1, problems),
                None => Template::default(),
            };
        }
        if let Some((value, is_literal)) = known {
            if let Some(reference) = self.known.get(it.name) {
                return reference.clone();
            }
            if SECRET.iter().any(|word| it.name.to_uppercase().contains(word)) {
                return self.of_the_job(it.name, span, problems, SECRETLY);
            }
            let value = match is_literal {
                true => Template::literal(value),
                false => self.template(value, span, depth + 1, problems),
            };
            let reference = self.var(it.name, value);
            self.known.insert(it.name.to_owned(), reference.clone());
            return reference;
        }
        match it.operator {
            "-" | ":-" => {
                let value = self.template(it.word, span, depth + 1, problems);
                self.var(it.name, value)
            }
            _ => self.of_the_job(it.name, span, problems, "it has no value here"),
        }
    }

    /// A name that the job's environment has.
    fn of_the_job(&mut self, name: &str, span: Span, problems: &mut Vec<Diagnostic>, why: &str) -> Template {
        let upper = name.to_uppercase();
        if self.told.insert(upper.clone()) {
            let message = format!("`{name}` must be set where jobs run: {why}");
            let help = match why {
                SECRETLY => format!("set `{upper}` for the jobs"),
                _ => format!("set `{upper}` for the jobs, or give it a value: in `.env`, or `${{{name}:-value}}`"),
            };
            problems.push(Diagnostic::new("not-set", span, message).warning().help(help));
        }
        Template::name(&upper)
    }

    /// A reference to the var that has this value; another value of the same name has another var.
    fn var(&mut self, name: &str, value: Template) -> Template {
        let lower = name.to_lowercase();
        let is_good = lower.starts_with(|c: char| c.is_ascii_lowercase());
        let is_taken = !is_good || OURS.contains(&&*lower) || SCRIPTS.contains(&&*lower) || lower.ends_with("_proxy");
        let base = match (is_taken, is_good) {
            (true, true) => format!("{lower}_value"),
            (true, false) => format!("value{lower}"),
            _ => lower,
        };
        let mut candidate = base.clone();
        let mut number = 1;
        while let Some((of, known)) = self.vars.get(&candidate) {
            if of == name && *known == value {
                return Template::name(&candidate);
            }
            number += 1;
            candidate = format!("{base}_{number}");
        }
        self.vars.insert(candidate.clone(), (name.to_owned(), value));
        Template::name(&candidate)
    }
}

impl<'t> Reference<'t> {
    /// Reads what follows a `$`, and gives what is behind it.
    fn parse(text: &'t str) -> Option<(Self, &'t str)> {
        let length = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        let is_name = |name: &str| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let Some(inside) = text.strip_prefix('{') else {
            let (name, rest) = text.split_at(length(text));
            return is_name(name).then_some((Self { name, operator: "", word: "" }, rest));
        };
        let (name, rest) = inside.split_at(length(inside));
        if !is_name(name) {
            return None;
        }
        let operator = [":-", ":?", ":+", "-", "?", "+"].into_iter().find(|it| rest.starts_with(it)).unwrap_or("");
        let rest = &rest[operator.len()..];
        let mut depth = 0;
        let mut before = ' ';
        let end = rest.char_indices().find_map(|(at, c)| {
            match c {
                '{' if before == '$' => depth += 1,
                '}' if depth == 0 => return Some(at),
                '}' => depth -= 1,
                _ => {}
            }
            before = c;
            None
        })?;
        let (word, rest) = (&rest[..end], &rest[end + 1..]);
        (!operator.is_empty() || word.is_empty()).then_some((Self { name, operator, word }, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let dotenv = Dotenv::parse("SET=a${OTHER}\nOTHER=o\nEMPTY=\nAPI_TOKEN=x\nTAG=t");
        let mut of = Interpolation::new(&dotenv);
        let mut problems = Vec::new();
        for (text, expected) in [
            ("x$SET-${SET}", "x${set}-${set}"),
            ("${A:-b}${A:-c}${A-b}", "${a}${a_2}${a}"),
            ("${A:-${B:-c}}", "${a_3}"),
            ("${EMPTY:-d}${EMPTY-e}", "${empty}${empty_2}"),
            ("${SET:+yes}${UNSET:+no}", "yes"),
            ("${API_TOKEN}$${x}", "${API_TOKEN}$${x}"),
            ("${MUST:?set it}${lower}", "${MUST}${LOWER}"),
            ("${TAG}", "${tag_value}"),
        ] {
            assert_eq!(of.filled(text, Span::default(), &mut problems), expected, "{text}");
        }
        assert_eq!(problems.len(), 3, "{problems:?}");
        let vars = of.vars();
        let value = |name: &str| vars[name].to_string();
        assert_eq!(["set", "a_3", "empty", "empty_2"].map(value), ["a${other}", "${b}", "d", ""]);
        for text in ["$", "${", "${A", "${A:b}", "$1", "${A:-${B}"] {
            let mut problems = Vec::new();
            Interpolation::new(&dotenv).filled(text, Span::default(), &mut problems);
            assert_eq!(problems.len(), 1, "{text}");
        }
    }
}
