//! Values as texts in which what only a job knows is one character a name, so that a Dockerfile can be read with them.

use crate::names::whole;
use crate::reference::full_name;
use crate::template::{Part, Template};

/// The character of what nothing is known of; those after it are names.
/// The [private use](https://www.unicode.org/faq/private_use.html) of a whole plane is nobody's text.
const UNKNOWN: char = '\u{f0000}';

/// The last one.
const LAST: char = '\u{ffffd}';

/// The names that stand in texts.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    names: Vec<String>,
}

impl Symbols {
    /// The value as a text.
    pub(super) fn text(&mut self, value: &Template) -> String {
        let mut text = String::new();
        for part in value.parts() {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Name(name) => text.push(self.symbol(name)),
            }
        }
        text
    }

    /// A value that nothing is known of.
    pub(super) fn unknown() -> String {
        UNKNOWN.to_string()
    }

    fn symbol(&mut self, name: &str) -> char {
        let place = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        let code = u32::try_from(place).ok().and_then(|place| (UNKNOWN as u32 + 1).checked_add(place));
        code.and_then(char::from_u32).filter(|symbol| *symbol <= LAST).unwrap_or(UNKNOWN)
    }

    /// Whether a character can be part of what a symbol stands for.
    fn can_have(&self, symbol: char, c: char) -> bool {
        let place = (symbol as u32).checked_sub(UNKNOWN as u32 + 1).and_then(|place| usize::try_from(place).ok());
        match place.and_then(|place| self.names.get(place)).map(|name| whole(name)) {
            Some("git_sha" | "git_short_sha") => c.is_ascii_hexdigit(),
            Some("pipeline" | "pr") => c.is_ascii_digit(),
            _ => true,
        }
    }

    /// An image's name in full, with its tag, so that equal images have equal names; as far as it is known.
    pub(super) fn full(&self, name: &str) -> String {
        let last = name.rfind('/').map_or(0, |at| at + 1);
        let end = name[last..].find(':').map_or(name.len(), |at| last + at);
        let (name, tag) = name.split_at(end);
        let first = name.split('/').next().unwrap_or_default();
        let name = match first.find(is_symbol) {
            None => full_name(name),
            // It may be a registry, or begin with one.
            Some(0) if first.chars().next().is_some_and(|symbol| self.can_have(symbol, '.')) => name.to_owned(),
            Some(_) => format!("{UNKNOWN}{name}"),
        };
        match tag {
            "" if name[name.rfind('/').map_or(0, |at| at + 1)..].contains(is_symbol) => name,
            "" => format!("{name}:latest"),
            tag => name + tag,
        }
    }

    /// Whether two texts can be the same, whatever is filled in.
    pub(super) fn may_be(&self, one: &str, other: &str) -> bool {
        let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
        let same = one.iter().zip(&other).take_while(|(a, b)| a == b && !is_symbol(**a)).count();
        let (one, other) = (&one[same..], &other[same..]);
        let mut seen = vec![false; (one.len() + 1) * (other.len() + 1)];
        let mut open = vec![(0, 0)];
        while let Some((i, j)) = open.pop() {
            if i == one.len() && j == other.len() {
                return true;
            }
            if std::mem::replace(&mut seen[i * (other.len() + 1) + j], true) {
                continue;
            }
            let (a, b) = (one.get(i).copied(), other.get(j).copied());
            let (is_open_a, is_open_b) = (a.is_some_and(is_symbol), b.is_some_and(is_symbol));
            let takes = |symbol: Option<char>, c: Option<char>| match (symbol, c) {
                (Some(symbol), Some(c)) => is_symbol(symbol) && (is_symbol(c) || self.can_have(symbol, c)),
                _ => false,
            };
            open.extend((is_open_a).then_some((i + 1, j)));
            open.extend((is_open_b).then_some((i, j + 1)));
            open.extend(takes(a, b).then_some((i, j + 1)));
            open.extend(takes(b, a).then_some((i + 1, j)));
            open.extend((a == b && a.is_some() && !is_open_a).then_some((i + 1, j + 1)));
        }
        false
    }
}

/// Whether a character stands for what is not known.
fn is_symbol(c: char) -> bool {
    (UNKNOWN..=LAST).contains(&c)
}

/// Whether a text has something that is not known.
pub(super) fn is_open(text: &str) -> bool {
    text.contains(is_symbol)
}

/// Whether all of a text is known, or is a name whose value is the same wherever it stands.
pub(super) fn is_certain(text: &str) -> bool {
    !text.contains(UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(symbols: &mut Symbols, text: &str) -> String {
        let (value, _) = Template::parse(text).expect("a value");
        let text = symbols.text(&value);
        symbols.full(&text)
    }

    #[test]
    fn names_that_can_be_the_same() {
        for (one, other, expected) in [
            ("acme/base", "docker.io/acme/base:latest", true),
            ("redis", "docker.io/library/redis", true),
            ("acme/base:1", "acme/base:2", false),
            ("acme/base:${tag}", "acme/base:1", true),
            ("acme/base:${tag}-slim", "acme/base:1-full", false),
            ("acme/base:${tag}", "acme/bas:${tag}", false),
            ("acme/base", "acme/base:${git_sha}", false),
            ("acme/base:${git_sha:7}", "acme/base:c0ffee1", true),
            ("acme/base:v${pipeline}", "acme/base:v12", true),
            ("acme/base:v${pipeline}", "acme/base:v1.2", false),
            ("${REGISTRY}/base", "ghcr.io/acme/base:latest", true),
            ("${BASE}", "ghcr.io/acme/base:1", true),
            ("ghcr.io/acme/${NAME}", "ghcr.io/acme/base:1", true),
            ("ghcr.io/acme/${NAME}", "ghcr.io/umbrella/base:1", false),
            ("x${NAME}", "docker.io/library/xy:latest", true),
            ("${git_sha}/a", "docker.io/abc/a:latest", true),
            ("${A}b${B}", "${B}c${A}", true),
        ] {
            let mut symbols = Symbols::default();
            let (a, b) = (full(&mut symbols, one), full(&mut symbols, other));
            assert_eq!(symbols.may_be(&a, &b), expected, "{one} {other}");
            assert_eq!(symbols.may_be(&b, &a), expected, "{other} {one}");
        }
    }

    #[test]
    fn what_is_one_name_is_the_same() {
        let mut symbols = Symbols::default();
        let one = full(&mut symbols, "${REGISTRY}/base:${tag}");
        assert_eq!(one, full(&mut symbols, "${REGISTRY}/base:${tag}"));
        assert!(is_certain(&one) && is_open(&one));
        assert_ne!(one, full(&mut symbols, "${OTHER}/base:${tag}"));
        assert!(!is_certain(&Symbols::unknown()) && is_open(&Symbols::unknown()));
    }

    #[test]
    fn long_texts_of_names_take_no_time() {
        let mut symbols = Symbols::default();
        let (one, other) = ("${A}a".repeat(200), "${B}b".repeat(200));
        let (one, other) = (full(&mut symbols, &one), full(&mut symbols, &(other + "c")));
        assert!(!symbols.may_be(&one, &other));
    }
}
