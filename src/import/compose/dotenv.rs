//! `.env`: values that Compose puts into its file
//! (<https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax>).

/// Names with their values, as they were written.
#[derive(Debug, Default)]
pub(super) struct Dotenv(Vec<Line>);

#[derive(Debug)]
struct Line {
    name: String,
    value: String,
    /// Whether nothing in it refers to anything.
    is_literal: bool,
}

impl Dotenv {
    /// Reads all lines that have the form; others are of no use.
    pub(super) fn parse(text: &str) -> Self {
        let line = |line: &str| {
            let line = line.trim();
            let line = line.strip_prefix("export ").unwrap_or(line);
            let (name, value) = line.split_once('=')?;
            let (name, value) = (name.trim(), value.trim());
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || !name.chars().all(is_name) || line.starts_with('#') {
                return None;
            }
            let quoted = |quote: char| {
                let inside = value.strip_prefix(quote)?;
                inside.split_once(quote).map(|(inside, _)| inside.to_owned())
            };
            let (value, is_literal) = match (quoted('\''), quoted('"')) {
                (Some(value), _) => (value, true),
                (_, Some(value)) => (value, false),
                // A comment has a blank before it.
                _ => (value.split_once(" #").map_or(value, |(value, _)| value.trim_end()).to_owned(), false),
            };
            Some(Line { name: name.to_owned(), value, is_literal })
        };
        Self(text.lines().filter_map(line).collect())
    }

    /// The value of a name, in which others may be referred to, unless it is literal.
    pub(super) fn get(&self, name: &str) -> Option<(&str, bool)> {
        self.0.iter().rev().find(|line| line.name == name).map(|line| (line.value.as_str(), line.is_literal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let text = "# A=1\nA=b c # d\nexport B='${A}' #\nC=\"x#y\"\nD=\n E = f\nA=last\nno line\nG=a#b\n";
        let dotenv = Dotenv::parse(text);
        let expected =
            [("A", "last", false), ("B", "${A}", true), ("C", "x#y", false), ("D", "", false), ("E", "f", false)];
        for (name, value, is_literal) in expected {
            assert_eq!(dotenv.get(name), Some((value, is_literal)), "{name}");
        }
        assert_eq!((dotenv.get("G"), dotenv.get("F")), (Some(("a#b", false)), None));
    }
}
