//! Globs that people wrote: what GitHub refuses, and what it takes for something else than is meant.

/// What is wrong with one pattern of `branches`, `tags` and their like: where, in bytes, what, and what to do. Not for
/// `paths`, which may begin with `/`. That a list needs one pattern without `!` is the caller's business.
///
/// What breaks a pattern is after actionlint (`glob.go` in <https://github.com/rhysd/actionlint>). A file with a broken
/// one fails at every event (`C++` in <https://github.com/tenstorrent/tt-inference-server/pull/3115>).
pub(in crate::provider::github) fn glob_problem(text: &str) -> Option<(usize, String, String)> {
    let start = usize::from(text.starts_with('!'));
    let body = &text[start..];
    let found = |at: usize, message: &str, help: &str| Some((start + at, message.to_owned(), help.to_owned()));
    if body.is_empty() {
        return found(0, "the pattern is empty", "write `**` to match every name");
    }
    if body.starts_with('/') {
        return match body.len() > 1 && body.ends_with('/') {
            true => found(
                0,
                "GitHub knows no regular expressions here, only globs",
                "write a glob without the slashes, such as `v[0-9]+.[0-9]+`",
            ),
            false => found(0, "no branch and no tag begins with `/`", "remove the `/`"),
        };
    }
    if body.ends_with('/') {
        return found(
            body.len() - 1,
            "no branch and no tag ends with `/`",
            "write `/**` at the end for every name below",
        );
    }
    if let Some((at, group)) = group(body) {
        let message = format!("GitHub knows no groups: `{group}` is plain text");
        return found(at, &message, "write one pattern for each of the alternatives");
    }
    Walk { body, at: 0, can_repeat: false }.problem().map(|(at, message, help)| (start + at, message, help))
}

/// The first `(…|…)`, and where it stands. Names may hold all of these characters, and seldom do so in this order.
fn group(body: &str) -> Option<(usize, &str)> {
    let open = body.find('(')?;
    let length = body[open..].find(')')? + 1;
    let group = &body[open..open + length];
    group.contains('|').then_some((open, group))
}

type Problem = (usize, String, String);

/// Reads a pattern from its beginning.
struct Walk<'a> {
    body: &'a str,
    at: usize,
    /// Whether `?` and `+` may follow.
    can_repeat: bool,
}

impl Walk<'_> {
    fn problem(mut self) -> Option<Problem> {
        while let Some(c) = self.body[self.at..].chars().next() {
            let rest = &self.body[self.at..];
            let problem = |message: String, help: &str| Some((self.at, message, help.to_owned()));
            let mut length = c.len_utf8();
            match c {
                '?' | '+' if !self.can_repeat => {
                    return problem(
                        format!("`{c}` repeats the character before it, and there is none that can be repeated"),
                        &format!("write `\\{c}` for the character, or `*` for any text"),
                    );
                }
                '\\' => match rest[1..].chars().next() {
                    Some('[' | '?' | '+' | '*' | '\\' | '!') => length = 2,
                    _ => {
                        return problem(
                            "a backslash stands only before `*`, `?`, `+`, `[`, `!` and itself".to_owned(),
                            "remove it: GitHub knows globs, in which a dot is a dot, and `[0-9]` is a digit",
                        );
                    }
                },
                '[' => match class(rest) {
                    Ok(its) => length = its,
                    Err((message, help)) => return problem(message.to_owned(), help),
                },
                '^' | '~' | ':' => {
                    return problem(
                        format!("no branch and no tag holds `{c}`"),
                        "remove it: a pattern matches whole names",
                    );
                }
                _ if c.is_whitespace() || c.is_control() => {
                    return problem("no branch and no tag holds a space".to_owned(), "remove it");
                }
                _ => {}
            }
            self.can_repeat = !matches!(c, '?' | '+' | '*');
            self.at += length;
        }
        None
    }
}

/// The length of the `[…]` that a text starts with.
fn class(text: &str) -> Result<usize, (&'static str, &'static str)> {
    let Some(end) = text.find(']') else {
        return Err(("the `[` is not closed", "add `]`"));
    };
    let inner = &text[1..end];
    if inner.is_empty() {
        return Err(("`[]` matches nothing", "name the letters and digits that may stand there, as in `[0-9a-z]`"));
    }
    if inner.starts_with(['^', '!']) {
        return Err((
            "GitHub has no class of all but some characters",
            "name the letters and digits that may stand there, as in `[0-9a-z]`",
        ));
    }
    let inner: Vec<char> = inner.chars().collect();
    let mut at = 0;
    while at + 1 < inner.len() {
        if inner[at + 1] != '-' {
            at += 1;
            continue;
        }
        match inner.get(at + 2) {
            None => return Err(("a range in `[…]` has no end", "write both ends, as in `[0-9]`")),
            Some(last) if inner[at] > *last => {
                return Err(("a range in `[…]` ends before it begins", "write the smaller end first, as in `[0-9]`"));
            }
            Some(_) => at += 3,
        }
    }
    Ok(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_found() {
        for (text, at, message) in [
            ("", 0, "empty"),
            ("!", 1, "empty"),
            ("/v.*/", 0, "regular expressions"),
            ("!/v.*/", 1, "regular expressions"),
            ("/main", 0, "begins with `/`"),
            ("/", 0, "begins with `/`"),
            ("feature/", 7, "ends with `/`"),
            ("x(a|b)", 1, "`(a|b)`"),
            ("v[0-9", 1, "not closed"),
            ("v[]", 1, "matches nothing"),
            ("v[^a]", 1, "all but"),
            ("v[a-]", 1, "no end"),
            ("[xz-a]", 0, "before it begins"),
            ("+a", 0, "`+` repeats"),
            ("!?", 1, "`?` repeats"),
            ("a*+", 2, "`+` repeats"),
            ("a++", 2, "`+` repeats"),
            (r"v\d", 1, "a backslash"),
            (r"v\", 1, "a backslash"),
            ("^v", 0, "`^`"),
            ("é b", 2, "a space"),
        ] {
            let (offset, found, help) = glob_problem(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(offset, at, "{text}: {found}");
            assert!(found.contains(message), "{text}: {found}");
            assert!(!help.is_empty());
        }
    }

    #[test]
    fn what_is_sound_is_let_be() {
        for text in [
            "main",
            "!main",
            "**",
            "*",
            "v[12].[0-9]+.[0-9]+",
            "*.jsx?",
            r"c\+\+",
            r"\++",
            r"\!a",
            "a!+",
            "[a-zA-Z_]",
            "[0-9]?",
            "a)|(b",
            "release-(x)",
            "é+",
            "a]",
        ] {
            assert_eq!(glob_problem(text), None, "{text}");
        }
    }
}
