//! `$NAME`, `${NAME}` and `${NAME:-default}` in the values of a Dockerfile.

/// The longest value, in bytes: no path may be longer on Linux (`PATH_MAX`), and no name of an image is. A value of which
/// the next consists twice would soon be longer than memory.
const LONGEST: usize = 4096;

/// So many defaults may stand in one another.
const DEEPEST: usize = 16;

/// The text with its variables filled in, as far as Docker's
/// [replacement](https://docs.docker.com/reference/dockerfile/#environment-replacement) is plain; `None` if a variable has no
/// value, or is changed on its way, and for what is too long or too deep to be meant.
pub fn expand(text: &str, value_of: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    filled(text, value_of, 0)
}

fn filled(text: &str, value_of: &dyn Fn(&str) -> Option<String>, depth: usize) -> Option<String> {
    if depth > DEEPEST {
        return None;
    }
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        filled.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(inner) = rest.strip_prefix('{') {
            let (inside, after) = split_at_brace(inner)?;
            filled.push_str(&braced(inside, value_of, depth + 1)?);
            rest = after;
        } else {
            let length = name_length(rest);
            if length == 0 {
                filled.push('$');
                continue;
            }
            filled.push_str(&value_of(&rest[..length])?);
            rest = &rest[length..];
        }
        if filled.len() > LONGEST {
            return None;
        }
    }
    filled.push_str(rest);
    (filled.len() <= LONGEST).then_some(filled)
}

/// The one variable that a text consists of: of `$BASE` and `${BASE:-x}`, `BASE`.
pub(super) fn sole_name(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('$')?;
    if let Some(inner) = rest.strip_prefix('{') {
        let (inside, after) = split_at_brace(inner)?;
        let name = &inside[..name_length(inside)];
        return (after.is_empty() && !name.is_empty()).then_some(name);
    }
    (!rest.is_empty() && name_length(rest) == rest.len()).then_some(rest)
}

fn braced(inside: &str, value_of: &dyn Fn(&str) -> Option<String>, depth: usize) -> Option<String> {
    let (name, rest) = inside.split_at(name_length(inside));
    let value = value_of(name);
    if rest.is_empty() {
        return value;
    }
    let is_empty = |value: &Option<String>| value.as_ref().is_none_or(String::is_empty);
    if let Some(default) = rest.strip_prefix(":-") {
        return if is_empty(&value) { filled(default, value_of, depth) } else { value };
    }
    if let Some(default) = rest.strip_prefix('-') {
        return value.or_else(|| filled(default, value_of, depth));
    }
    if let Some(other) = rest.strip_prefix(":+") {
        return if is_empty(&value) { Some(String::new()) } else { filled(other, value_of, depth) };
    }
    None
}

/// What stands before the brace that closes the one before the text, and what follows it.
fn split_at_brace(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
    }
    None
}

fn name_length(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_what_stands_for_them() {
        let value_of = |name: &str| match name {
            "A" => Some("a".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        for (text, expected) in [
            ("x", Some("x")),
            ("$A/${A}", Some("a/a")),
            ("${A:-b}${EMPTY:-b}${X:-b}", Some("abb")),
            ("${EMPTY-b}${X-b}", Some("b")),
            ("${X:-${Y:-${A}}}", Some("a")),
            ("${A:+b}${EMPTY:+b}${X:+b}", Some("b")),
            ("$", Some("$")),
            ("$$A", Some("$a")),
            ("$X", None),
            ("${A#a}", None),
            ("${A", None),
        ] {
            assert_eq!(expand(text, &value_of).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_too_long_or_too_deep_has_no_value() {
        let long = "a".repeat(LONGEST / 2);
        let value_of = |name: &str| (name == "LONG").then(|| long.clone());
        assert_eq!(expand("$LONG$LONG", &value_of).map(|text| text.len()), Some(LONGEST));
        for text in ["$LONG$LONG$LONG", "$LONG${LONG}x", "x$LONG${X:-$LONG}"] {
            assert_eq!(expand(text, &value_of), None, "{text}");
        }
        let nested = |depth: usize| "${X:-".repeat(depth) + "a" + &"}".repeat(depth);
        assert_eq!(expand(&nested(DEEPEST), &value_of).as_deref(), Some("a"));
        assert_eq!(expand(&nested(100_000), &value_of), None);
    }

    #[test]
    fn a_text_that_is_one_variable() {
        for (text, expected) in [("$A", Some("A")), ("${A_1}", Some("A_1")), ("${A:-x}", Some("A"))] {
            assert_eq!(sole_name(text), expected, "{text}");
        }
        for text in ["A", "$A/x", "x$A", "${A}x", "${}", "$", "${A"] {
            assert_eq!(sole_name(text), None, "{text}");
        }
    }
}
