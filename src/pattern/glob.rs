//! Exact and glob patterns: which texts git allows, what they match, and their translation.

use super::{Kind, PatternError};

/// What a glob is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    /// This character.
    Char(char),
    /// `*`: any run of characters but `/`.
    Segment,
    /// `**`, or a longer run of stars, which matches the same: any run at all.
    Anything,
}

/// Whether `text` is plain or a glob.
pub(super) fn kind(text: &str) -> Kind {
    if text.contains('*') { Kind::Glob } else { Kind::Exact }
}

/// Refuses a text that only matches names git cannot have.
pub(super) fn check(text: &str) -> Result<(), PatternError> {
    if let Some((offset, found)) = text.char_indices().find(|&(_, c)| "?[^~:\\".contains(c)) {
        return Err(refused_char(offset, found));
    }
    for (found, help) in [
        ("..", "remove a dot, or write `*` for what is between"),
        ("@{", "remove the `@` or the `{`"),
        ("//", "write one `/`"),
        ("/.", "no part of a name starts with a dot"),
        (".lock/", "no part of a name ends with `.lock`"),
    ] {
        if let Some(offset) = text.find(found) {
            let message = format!("the pattern contains `{found}`, which no git name can");
            return Err(PatternError::new(offset, message, help));
        }
    }
    if text.starts_with('.') {
        return Err(PatternError::new(
            0,
            "the pattern starts with `.`, which no git name can",
            "remove the dot, or write `*` before it",
        ));
    }
    for (end, help) in [
        ("/", "write `/**` at the end for every name below"),
        (".lock", "git keeps that ending for itself"),
        (".", "remove the dot, or write `*` after it"),
    ] {
        if let Some(rest) = text.strip_suffix(end) {
            let message = format!("the pattern ends with `{end}`, which no git name can");
            return Err(PatternError::new(rest.len(), message, help));
        }
    }
    Ok(())
}

fn refused_char(offset: usize, found: char) -> PatternError {
    if "?[^".contains(found) {
        return PatternError::new(
            offset,
            format!("`{found}` is not a glob character here, and no git name contains it"),
            "write `*`, `**`, or a regular expression between slashes: `/…/`",
        );
    }
    let help = if found == '\\' {
        "remove it: only `*` is special here, and a git name cannot contain that either"
    } else {
        "remove it, or write `*` in its place"
    };
    PatternError::new(offset, format!("the pattern contains `{found}`, which no git name can"), help)
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for c in text.chars() {
        let token = match (c, tokens.last()) {
            ('*', Some(Token::Segment | Token::Anything)) => {
                tokens.pop();
                Token::Anything
            }
            ('*', _) => Token::Segment,
            _ => Token::Char(c),
        };
        tokens.push(token);
    }
    tokens
}

/// The regular expression that matches the same names.
pub(super) fn regex(text: &str) -> String {
    let mut source = String::new();
    for token in tokens(text) {
        match token {
            Token::Segment => source.push_str("[^/]*"),
            Token::Anything => source.push_str(".*"),
            Token::Char(c) => {
                if r"\.+*?()|[]{}^$".contains(c) {
                    source.push('\\');
                }
                source.push(c);
            }
        }
    }
    source
}

/// Whether the glob matches all of `name`, in time proportional to the
/// product of their lengths: it follows every way to match at once.
pub(super) fn matches(text: &str, name: &str) -> bool {
    let tokens = tokens(text);
    // `reached[i]`: the tokens before `i` match the characters read so far.
    let mut reached = vec![false; tokens.len() + 1];
    reached[0] = true;
    skip_stars(&tokens, &mut reached);
    for c in name.chars() {
        let mut next = vec![false; tokens.len() + 1];
        for (i, &token) in tokens.iter().enumerate() {
            if !reached[i] {
                continue;
            }
            match token {
                Token::Char(expected) => next[i + 1] |= expected == c,
                Token::Segment => next[i] |= c != '/',
                Token::Anything => next[i] = true,
            }
        }
        skip_stars(&tokens, &mut next);
        reached = next;
    }
    reached[tokens.len()]
}

/// A star may match nothing, so what is reached before it is reached after it.
fn skip_stars(tokens: &[Token], reached: &mut [bool]) {
    for (i, token) in tokens.iter().enumerate() {
        if reached[i] && matches!(token, Token::Segment | Token::Anything) {
            reached[i + 1] = true;
        }
    }
}
