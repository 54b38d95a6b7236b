//! A value with references: `${name}` and `$name` are references, `$$` is a dollar, as in Compose; `${name:7}` is the
//! beginning of a value.

use std::ops::Range;

/// A piece of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Text that means itself.
    Literal(String),
    /// A reference, by the name that it refers to; after a colon, the length that its value is cut to.
    Name(String),
}

/// A value: literals and references in turn; no literal is empty and no two are neighbours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Template {
    parts: Vec<Part>,
}

/// Why a text is no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// Where in the text, in bytes.
    pub range: Range<usize>,
    /// What was found.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl Template {
    /// Reads `text`, and tells where each reference stands in it, in order.
    pub fn parse(text: &str) -> Result<(Self, Vec<Range<usize>>), TemplateError> {
        let mut template = Self::default();
        let mut ranges = Vec::new();
        let mut at = 0;
        while let Some(found) = text[at..].find('$') {
            let dollar = at + found;
            template.push_literal(&text[at..dollar]);
            let rest = &text[dollar + 1..];
            let name_length = |s: &str| s.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(s.len());
            let starts_name = |s: &str| s.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            at = if rest.starts_with('$') {
                template.push_literal("$");
                dollar + 2
            } else if starts_name(rest) {
                let end = dollar + 1 + name_length(rest);
                template.parts.push(Part::Name(text[dollar + 1..end].to_owned()));
                ranges.push(dollar..end);
                end
            } else if let Some(inside) = rest.strip_prefix('{') {
                let mut length = name_length(inside);
                if let Some(cut) = inside[length..].strip_prefix(':') {
                    let digits = cut.find(|c: char| !c.is_ascii_digit()).unwrap_or(cut.len());
                    length += if digits > 0 { 1 + digits } else { 0 };
                }
                if !starts_name(inside) || !inside[length..].starts_with('}') {
                    return Err(braces_error(text, dollar));
                }
                let end = dollar + 2 + length + 1;
                template.parts.push(Part::Name(inside[..length].to_owned()));
                ranges.push(dollar..end);
                end
            } else {
                return Err(TemplateError {
                    range: dollar..dollar + 1,
                    message: "a `$` that begins no reference".into(),
                    help: "write `$$` for a dollar, or `${name}` for a reference".into(),
                });
            };
        }
        template.push_literal(&text[at..]);
        Ok((template, ranges))
    }

    /// A value without references.
    pub fn literal(text: &str) -> Self {
        let mut template = Self::default();
        template.push_literal(text);
        template
    }

    /// The reference to `name`, and nothing else.
    pub fn name(name: &str) -> Self {
        Self { parts: vec![Part::Name(name.to_owned())] }
    }

    /// The pieces, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The names that are referred to, in order, repetitions included.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// Whether `name` is referred to.
    pub fn mentions(&self, name: &str) -> bool {
        self.names().any(|n| n == name)
    }

    /// The text, if nothing is referred to.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The name, if the value is one reference and nothing else.
    pub fn as_name(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Name(name)] => Some(name),
            _ => None,
        }
    }

    /// The text at the beginning, up to the first reference.
    pub fn leading(&self) -> &str {
        match self.parts.first() {
            Some(Part::Literal(text)) => text,
            _ => "",
        }
    }

    /// The number of characters that are literal.
    pub fn literal_length(&self) -> usize {
        self.parts.iter().map(|p| if let Part::Literal(text) = p { text.chars().count() } else { 0 }).sum()
    }

    /// The value with every reference that `value_of` knows replaced by what it gives. One pass: what is put in is not
    /// looked at again.
    pub fn fill(&self, value_of: impl Fn(&str) -> Option<Template>) -> Self {
        let mut filled = Self::default();
        for part in &self.parts {
            match part {
                Part::Literal(text) => filled.push_literal(text),
                Part::Name(name) => match value_of(name) {
                    Some(value) if filled.parts.is_empty() => filled = value,
                    Some(value) => filled.push(&value),
                    None => filled.parts.push(part.clone()),
                },
            }
        }
        filled
    }

    /// Appends a value.
    pub fn push(&mut self, other: &Template) {
        self.push_parts(&other.parts);
    }

    fn push_parts(&mut self, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Literal(text) => self.push_literal(text),
                Part::Name(_) => self.parts.push(part.clone()),
            }
        }
    }

    /// Appends text that means itself.
    pub fn push_literal(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.parts.last_mut() {
            Some(Part::Literal(last)) => last.push_str(text),
            _ => self.parts.push(Part::Literal(text.to_owned())),
        }
    }

    /// The value cut in two at the first place where `separator` stands in literal text.
    pub fn split_once(&self, separator: &str) -> Option<(Self, Self)> {
        self.cut(separator, |text| text.find(separator), self.parts.iter().enumerate())
    }

    /// The value cut in two at the last place where `separator` stands in literal text.
    pub fn rsplit_once(&self, separator: &str) -> Option<(Self, Self)> {
        self.cut(separator, |text| text.rfind(separator), self.parts.iter().enumerate().rev())
    }

    fn cut<'a>(
        &self,
        separator: &str,
        find: impl Fn(&str) -> Option<usize>,
        mut parts: impl Iterator<Item = (usize, &'a Part)>,
    ) -> Option<(Self, Self)> {
        let (index, at, text) = parts.find_map(|(index, part)| match part {
            Part::Literal(text) => find(text).map(|at| (index, at, text)),
            Part::Name(_) => None,
        })?;
        let mut before = Self { parts: self.parts[..index].to_vec() };
        before.push_literal(&text[..at]);
        let mut after = Self::literal(&text[at + separator.len()..]);
        after.push_parts(&self.parts[index + 1..]);
        Some((before, after))
    }

    /// What stands behind `prefix`, if the value begins with it.
    pub fn strip_prefix(&self, prefix: &Self) -> Option<Self> {
        let Some((last, before)) = prefix.parts.split_last() else { return Some(self.clone()) };
        let (_, rest) = self.parts.split_at_checked(before.len()).filter(|(start, _)| *start == before)?;
        let (first, rest) = rest.split_first()?;
        let mut behind = match (first, last) {
            (Part::Literal(text), Part::Literal(prefix)) => Self::literal(text.strip_prefix(prefix.as_str())?),
            (first, last) if first == last => Self::default(),
            _ => return None,
        };
        behind.push_parts(rest);
        Some(behind)
    }

    /// The value without so many bytes of the text at its beginning.
    pub fn without_start(&self, length: usize) -> Self {
        let start = self.leading();
        let mut rest = Self::literal(&start[length..]);
        let is_literal = matches!(self.parts.first(), Some(Part::Literal(_)));
        rest.push_parts(&self.parts[usize::from(is_literal)..]);
        rest
    }
}

/// The value as it is written in a matrix.
impl std::fmt::Display for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(&text.replace('$', "$$")),
            Part::Name(name) => write!(f, "${{{name}}}"),
        })
    }
}

fn braces_error(text: &str, dollar: usize) -> TemplateError {
    let rest = &text[dollar..];
    let end = rest.find('}').map_or(text.len(), |at| dollar + at + 1);
    let written = &text[dollar..end];
    let (message, help) = if !written.ends_with('}') {
        ("a reference without its closing `}`".to_owned(), "write `${name}`, or `$$` for a dollar".to_owned())
    } else if written.contains([':', '-', '?', '+', '#', '%']) {
        (
            format!("`{written}`, which is more than a name"),
            "defaults and other shell forms have no place in a value: set the name in `vars` or in `setup`".to_owned(),
        )
    } else {
        (
            format!("`{written}`, which names nothing"),
            "a name has letters, digits and `_`: `${name}`; write `$$` for a dollar".to_owned(),
        )
    };
    TemplateError { range: dollar..end, message, help }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Template {
        Template::parse(text).expect("a value").0
    }

    #[test]
    fn references_and_dollars() {
        let (template, ranges) = Template::parse("a${b}-$c_1.$$d").expect("a value");
        assert_eq!(template.names().collect::<Vec<_>>(), ["b", "c_1"]);
        assert_eq!(ranges, [1..5, 6..10]);
        assert_eq!(parse(&template.to_string()), template);
        assert_eq!(parse("").as_literal(), Some(""));
        assert_eq!(parse("a-${b:7}").names().collect::<Vec<_>>(), ["b:7"]);
        assert_eq!(parse("a-${b:7}").to_string(), "a-${b:7}");
        assert_eq!(parse("$$x").as_literal(), Some("$x"));
    }

    #[test]
    fn what_is_no_value() {
        for (text, range) in [
            ("a$", 1..2),
            ("$1", 0..1),
            ("x${a", 1..4),
            ("${a:-b}", 0..7),
            ("${a:}", 0..5),
            ("${a:7-}", 0..7),
            ("${}", 0..3),
            ("$(x)", 0..1),
        ] {
            assert_eq!(Template::parse(text).expect_err(text).range, range, "{text}");
        }
    }

    #[test]
    fn cutting() {
        let (before, after) = parse("${r}/x#${ref}:a:b").rsplit_once(":").expect("a colon");
        assert_eq!((before.to_string(), after.to_string()), ("${r}/x#${ref}:a".into(), "b".into()));
        let (before, after) = parse("${r}/x#${ref}:a:b").split_once(":").expect("a colon");
        assert_eq!((before.to_string(), after.to_string()), ("${r}/x#${ref}".into(), "a:b".into()));
        assert_eq!(parse("${a}${b}").split_once(":"), None);
    }

    #[test]
    fn what_stands_behind() {
        let behind = |text: &str, prefix: &str| parse(text).strip_prefix(&parse(prefix)).map(|rest| rest.to_string());
        assert_eq!(behind("a/b${c}", "a/"), Some("b${c}".into()));
        assert_eq!(behind("./${c}/d", "./${c}/"), Some("d".into()));
        assert_eq!(behind("${c}${d}", "${c}"), Some("${d}".into()));
        assert_eq!(behind("a", ""), Some("a".into()));
        for (text, prefix) in [("a", "ab"), ("${c}", "a"), ("${c}", "${d}"), ("a", "a${c}")] {
            assert_eq!(behind(text, prefix), None, "{text} {prefix}");
        }
    }

    #[test]
    fn filling_is_one_pass() {
        let filled = parse("${a}${b}").fill(|name| (name == "a").then(|| parse("x${b}$$")));
        assert_eq!(filled.to_string(), "x${b}$$${b}");
    }
}
