//! Problems that the user knows of and accepts.

use std::collections::BTreeSet;

use super::Diagnostic;
use crate::span::Span;

/// What begins a comment that accepts the codes after it, on the line of a problem or in the comment above it.
const COMMENT: &str = "# splitbuild: allow ";

/// The codes that are accepted wherever they are found.
#[derive(Clone, Debug, Default)]
pub struct Allowed(BTreeSet<String>);

impl Allowed {
    /// Accepts these codes everywhere.
    pub fn new(codes: &[String]) -> Self {
        Self(codes.iter().cloned().collect())
    }

    /// Whether a problem in `text` is accepted, everywhere or where it is.
    pub fn admits(&self, text: &str, problem: &Diagnostic) -> bool {
        if self.0.contains(problem.code) {
            return true;
        }
        let at = Span::floor(text, problem.span.start);
        let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
        let line = text[start..].lines().next().unwrap_or_default();
        let above = text[..start].lines().rev().take_while(|line| line.trim_start().starts_with('#'));
        std::iter::once(line).chain(above).any(|line| names(line, problem.code))
    }
}

/// Whether a line has a comment that accepts a code.
fn names(line: &str, code: &str) -> bool {
    let codes = line.split_once(COMMENT).map_or("", |(_, codes)| codes);
    codes.split([',', ' ']).any(|word| word == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_accepts_what_is_on_its_line_or_below_it() {
        let text =
            "a: 1 # splitbuild: allow one, two\nb: 2\n  # splitbuild: allow three, as it is old\n  # More.\nc: 3\n";
        let admits = |code, key: &str| {
            let start = text.find(key).expect("it is there");
            Allowed::default().admits(text, &Diagnostic::new(code, Span { start, end: start + 1 }, "x"))
        };
        assert!(admits("one", "a:") && admits("two", "a:") && admits("three", "c:"));
        assert!(!admits("three", "a:") && !admits("one", "b:") && !admits("tw", "a:"));
        let everywhere = Allowed::new(&["one".into()]);
        assert!(everywhere.admits("", &Diagnostic::new("one", Span { start: 9, end: 9 }, "x")));
    }
}
