//! Names the constructs of a regular expression that Java and RE2 do not share.

use super::PatternError;

/// Names the constructs outside the language that show in the text alone, some
/// of which the parser would accept with another meaning.
pub(super) fn check(body: &str) -> Result<(), PatternError> {
    let mut in_class = false;
    let mut at = 0;
    while let Some(c) = body[at..].chars().next() {
        let rest = &body[at..];
        match c {
            '\\' => {
                check_escape(at, rest)?;
                at += rest[1..].chars().next().map_or(0, char::len_utf8);
            }
            '[' if in_class => return Err(class_in_class(at, rest)),
            '[' => {
                in_class = true;
                let head = if rest.starts_with("[^") { 2 } else { 1 };
                if rest[head..].starts_with(']') {
                    return Err(refuse(
                        at + head,
                        "a class starts with `]`",
                        r"write `\]` for the character; a class cannot be empty",
                    ));
                }
                // The `^` that negates is no member; step over it with the `[`.
                at += head - 1;
            }
            ']' => in_class = false,
            '&' | '-' | '~' if in_class && rest[1..].starts_with(c) => {
                return Err(refuse(
                    at,
                    format!("`{c}{c}` in a class can mean a set operation"),
                    format!(r"write `\{c}` for the character, and spell the class out"),
                ));
            }
            '(' if !in_class => check_group(at, rest)?,
            _ => {}
        }
        at += c.len_utf8();
    }
    Ok(())
}

fn class_in_class(at: usize, rest: &str) -> PatternError {
    if rest.starts_with("[:") {
        return refuse(
            at,
            "a POSIX class such as `[:alpha:]` is not in the language shared by the CI systems",
            "write the characters out, as in `[A-Za-z]`",
        );
    }
    refuse(
        at,
        "a class contains `[`, which can open another class",
        r"write `\[` for the character, and spell the class out",
    )
}

/// Allows `\d \w \s \D \W \S` and escaped ASCII punctuation.
fn check_escape(at: usize, rest: &str) -> Result<(), PatternError> {
    let Some(c) = rest[1..].chars().next() else {
        return Err(refuse(at, "the regular expression ends with a backslash", "remove it"));
    };
    let (what, help) = match c {
        'd' | 'w' | 's' | 'D' | 'W' | 'S' => return Ok(()),
        '<' | '>' => ("a word boundary to some", "write it without the backslash"),
        _ if c.is_ascii_punctuation() => return Ok(()),
        '1'..='9' => ("a back reference", "spell out what it repeats"),
        '0' => ("an octal escape", "write the character itself"),
        'k' => ("a named back reference", "spell out what it repeats"),
        'p' | 'P' => ("a Unicode class", "write the characters out, as in `[A-Za-z]`"),
        'b' | 'B' => ("a word boundary", "write the characters around it"),
        'A' | 'G' => ("an anchor", "remove it: the whole name is matched, or use `^`"),
        'z' | 'Z' => ("an anchor", "remove it: the whole name is matched, or use `$`"),
        'Q' | 'E' => ("quoting", "put a backslash before each special character"),
        'x' | 'u' | 'U' => ("a numeric escape", "write the character itself"),
        'n' | 't' | 'r' | 'f' | 'v' | 'a' | 'e' | 'c' => {
            ("an escape for a control character", "remove it: no git name contains one")
        }
        _ => ("an escape", "remove the backslash, or write the characters out"),
    };
    Err(refuse(at, format!(r"`\{c}` ({what}) is not in the language shared by the CI systems"), help))
}

/// Allows `(` and `(?:`.
fn check_group(at: usize, rest: &str) -> Result<(), PatternError> {
    let Some(mark) = rest.strip_prefix("(?") else {
        return Ok(());
    };
    let starts = |heads: &[&str]| heads.iter().any(|head| mark.starts_with(head));
    let (what, help) = if mark.starts_with(':') {
        return Ok(());
    } else if starts(&["=", "!"]) {
        ("look-ahead", "use two patterns, or spell the names out")
    } else if starts(&["<=", "<!"]) {
        ("look-behind", "use two patterns, or spell the names out")
    } else if starts(&[">"]) {
        ("an atomic group", "write `(?:`")
    } else if starts(&["P=", "P>", "&", "R"]) {
        ("a back reference", "spell out what it repeats")
    } else if starts(&["<", "P<", "'"]) {
        ("a named group", "write `(` or `(?:`")
    } else if starts(&["#"]) {
        ("a comment", "remove it")
    } else {
        ("an inline flag", "write `(?:`, and both cases as in `[aA]` for a match without case")
    };
    let shown: String = rest.chars().take(4).collect();
    Err(refuse(at, format!("`{shown}` ({what}) is not in the language shared by the CI systems"), help))
}

/// An error at byte `at` of the body, which comes after a slash.
pub(super) fn refuse(at: usize, message: impl Into<String>, help: impl Into<String>) -> PatternError {
    PatternError::new(at + 1, message, help)
}
