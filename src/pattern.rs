//! Trigger patterns: reads branch and tag patterns, and compares what they match.

mod automaton;
mod decide;
mod glob;
mod scan;
mod shape;
mod subset;
#[cfg(test)]
mod tests;

use std::fmt;

pub use shape::{Set, Shape};

/// The longest pattern text, in bytes. Far longer than a name on any forge,
/// and short enough that everything computed from a pattern stays small.
const MAX_TEXT: usize = 4096;

/// What sort of pattern a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Plain text that matches only itself.
    Exact,
    /// Text with `*` or `**` in it.
    Glob,
    /// A regular expression between slashes.
    Regex,
}

/// A branch or tag pattern that was read and found valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    kind: Kind,
}

impl Pattern {
    /// Reads a pattern, and refuses what the CI systems would read differently.
    /// Builds no automaton.
    pub fn parse(text: &str) -> Result<Pattern, PatternError> {
        check_text(text)?;
        let kind = if text.starts_with('/') {
            subset::check(delimited(text)?)?;
            Kind::Regex
        } else {
            glob::check(text)?;
            glob::kind(text)
        };
        Ok(Pattern { text: text.to_owned(), kind })
    }

    /// The text the pattern was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What sort of pattern this is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether the pattern matches every name there can be, however it is
    /// written. A regular expression too large to decide counts as not.
    pub fn is_everything(&self) -> bool {
        match self.kind {
            Kind::Exact => false,
            // Any other glob misses `a` or `a/a`.
            Kind::Glob => self.text.bytes().all(|b| b == b'*') && self.text.len() > 1,
            Kind::Regex => decide::is_everything(self),
        }
    }

    /// An equivalent regular expression without delimiters: the body as written
    /// for a regular expression, a translation without anchors for the others.
    /// A body may be an alternation, so group it before you add anchors.
    pub fn regex(&self) -> String {
        match self.kind {
            Kind::Exact | Kind::Glob => glob::regex(&self.text),
            Kind::Regex => self.body().to_owned(),
        }
    }

    /// An equivalent regular expression between slashes that matches whole names only, for a provider that does not anchor
    /// by itself. A slash in it is escaped, because it would end it.
    pub fn anchored(&self) -> String {
        let mut escaped = String::new();
        let mut after_backslash = false;
        for c in self.regex().chars() {
            if c == '/' && !after_backslash {
                escaped.push('\\');
            }
            escaped.push(c);
            after_backslash = c == '\\' && !after_backslash;
        }
        format!("/^(?:{escaped})$/")
    }

    /// Whether the pattern matches the whole of `name`. A regular expression
    /// is compiled anew at each call.
    pub fn matches(&self, name: &str) -> bool {
        match self.kind {
            Kind::Exact => self.text == name,
            Kind::Glob => glob::matches(&self.text, name),
            Kind::Regex => decide::matches(self, name),
        }
    }

    /// The text between the slashes of a regular expression.
    fn body(&self) -> &str {
        self.text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).expect("parse saw both slashes")
    }
}

/// Refuses what no kind of pattern may hold.
fn check_text(text: &str) -> Result<(), PatternError> {
    if text.is_empty() {
        return Err(PatternError::new(0, "the pattern is empty", "write `**` to match every name"));
    }
    if text.len() > MAX_TEXT {
        // Not within a character.
        let last = (0..=MAX_TEXT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        return Err(PatternError::new(
            last,
            format!("the pattern is {} bytes long", text.len()),
            format!("keep it within {MAX_TEXT} bytes"),
        ));
    }
    let Some((offset, found)) = text.char_indices().find(|&(_, c)| !is_name_char(c)) else {
        return Ok(());
    };
    let what =
        if found == ' ' { "a space".to_owned() } else { format!("the control character {}", found.escape_unicode()) };
    Err(PatternError::new(offset, format!("the pattern contains {what}, which no git name can"), "remove it"))
}

/// Whether a name may hold `c`. The two line separators are out because `.`
/// matches them in one CI system and not in the other.
fn is_name_char(c: char) -> bool {
    c != ' ' && !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')
}

/// The body of a text that starts with a slash.
fn delimited(text: &str) -> Result<&str, PatternError> {
    let body = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let Some(body) = body else {
        return Err(PatternError::new(
            0,
            "the pattern starts with `/` but does not end with `/`",
            "a regular expression ends with `/`, and a name never starts with one",
        ));
    };
    if body.is_empty() {
        return Err(PatternError::new(0, "the regular expression is empty", "write `/.*/` to match every name"));
    }
    let backslashes = body.bytes().rev().take_while(|&b| b == b'\\').count();
    if backslashes % 2 == 1 {
        return Err(PatternError::new(
            text.len() - 2,
            "the last `/` is escaped, so the regular expression does not end",
            "a regular expression ends with `/`: add one, or remove the backslash",
        ));
    }
    Ok(body)
}

/// Why a text is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// Where in the text the trouble starts, in bytes.
    pub offset: usize,
    /// What was found.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl PatternError {
    fn new(offset: usize, message: impl Into<String>, help: impl Into<String>) -> PatternError {
        PatternError { offset, message: message.into(), help: Some(help.into()) }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.message, self.offset)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for PatternError {}

/// The patterns would take too much time or memory to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// The patterns at fault, as written and separated by commas.
    pub text: String,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "comparing the names that {} can match takes too much memory; \
             write simpler patterns, with fewer or smaller repetitions",
            self.text
        )
    }
}

impl std::error::Error for TooLarge {}

/// A shortest name that both sets match, or none if they share no name.
///
/// When the sets share a name written out in one of them, and the rest is too
/// large to search for a shorter one, the answer is that name.
pub fn overlap(a: &[Pattern], b: &[Pattern]) -> Result<Option<String>, TooLarge> {
    decide::overlap(a, b)
}

/// Whether every name that `a` matches is matched by `by` as well.
pub fn is_covered(a: &[Pattern], by: &[Pattern]) -> Result<bool, TooLarge> {
    Ok(leftover(a, by)?.is_none())
}

/// A shortest name that `a` matches and `minus` does not, or none.
///
/// When a name written out in `a` is left over, and the rest is too large to
/// search for a shorter one, the answer is that name.
pub fn leftover(a: &[Pattern], minus: &[Pattern]) -> Result<Option<String>, TooLarge> {
    decide::leftover(a, minus)
}
