//! POSIX shell text: values written as words that a shell takes for just those values, and a command taken apart again.
//!
//! What is known when generating is quoted here; what only a job knows stands as a parameter between double quotes, so
//! that its value is never read as shell
//! ([Shell Command Language, section 2.2](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02)).

use std::borrow::Cow;

use crate::template::{Part, Template};

/// The value as one word. `parameter` gives, for a name, the parameter that holds its value in the job: a variable's name,
/// or a whole expansion, such as `${CIRCLE_TAG:-$CIRCLE_BRANCH}`, or what a provider fills in, `<< pipeline.number >>`.
///
/// What stands before the first `=` stays bare, as a person writes it: `VERSION="$tag"`.
pub fn word(value: &Template, parameter: &dyn Fn(&str) -> Cow<'_, str>) -> String {
    if let Some(text) = value.as_literal() {
        return literal(text);
    }
    let start = value.leading();
    let bare = start.split_inclusive('=').next().filter(|key| key.ends_with('=') && is_plain(key)).unwrap_or_default();
    let rest = if bare.is_empty() { value.clone() } else { value.without_start(bare.len()) };
    format!("{bare}\"{}\"", quoted(&rest, parameter))
}

/// The text as one word: bare if it can be, else between single quotes.
pub fn literal(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    // A provider may take `<<` for the beginning of a reference of its own, also between quotes.
    let escaped = text.replace('\'', r"'\''");
    format!("'{}'", apart(&escaped, "''"))
}

/// The value as it stands between double quotes.
pub fn quoted(value: &Template, named: &dyn Fn(&str) -> Cow<'_, str>) -> String {
    let mut text = String::new();
    let mut parts = value.parts().iter().peekable();
    while let Some(part) = parts.next() {
        match part {
            Part::Literal(literal) => {
                for c in literal.chars() {
                    if matches!(c, '$' | '`' | '"' | '\\') {
                        text.push('\\');
                    }
                    // See `apart`.
                    if c == '<' && text.ends_with('<') {
                        text.push_str("\"\"");
                    }
                    text.push(c);
                }
            }
            Part::Name(name) => {
                let parameter = named(name);
                let goes_on = match parts.peek() {
                    Some(Part::Literal(next)) => next.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'),
                    // What a provider fills in may begin with a letter.
                    Some(Part::Name(next)) => named(next).starts_with('<'),
                    None => false,
                };
                match parameter.starts_with(['$', '<']) {
                    true => {
                        // A backslash before it may be the provider's way to say that no reference is meant.
                        if parameter.starts_with('<') && text.ends_with(['<', '\\']) {
                            text.push_str("\"\"");
                        }
                        text.push_str(&parameter);
                    }
                    false if goes_on => text.extend(["${", &parameter, "}"]),
                    false => text.extend(["$", &parameter]),
                }
            }
        }
    }
    text
}

/// The text with no two less-than signs side by side: between quotes, these close and open again.
fn apart(text: &str, quotes: &str) -> String {
    let mut apart = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        if c == '<' && before == '<' {
            apart.push_str(quotes);
        }
        apart.push(c);
        before = c;
    }
    apart
}

/// Whether no shell reads anything into the text where it stands as a word.
fn is_plain(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    !text.is_empty() && text.chars().all(is_plain)
}

/// A command that was taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its words; a reference is a parameter, as it is written behind its `$`, without plain braces.
    pub words: Vec<Template>,
    /// Where it ends in the text: at the line break, at `||`, or the end.
    pub end: usize,
}

/// A name as the parameter that [`command`] finds in its place.
pub fn found(parameter: &str) -> Template {
    if parameter.matches('$').count() > 1 {
        let words = command(&format!("\"{parameter}\"")).map(|command| command.words);
        return words.and_then(|mut words| words.pop()).unwrap_or_default();
    }
    match parameter.strip_prefix('$') {
        Some(expansion) => {
            let inner = expansion.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
            Template::name(inner.unwrap_or(expansion))
        }
        None if parameter.starts_with('<') => Template::literal(parameter),
        None => Template::name(parameter),
    }
}

/// Takes the command at the beginning of `text` apart, as far as the end of its line, or a `||`; lines that end in a
/// backslash go on.
///
/// `None` for what is no simple command of words: anything but text, quotes and parameters between double quotes.
pub fn command(text: &str) -> Option<Command> {
    let mut words: Vec<Template> = Vec::new();
    let mut word: Option<Template> = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        match c {
            '\n' => break,
            '|' if after.starts_with('|') && word.is_none() => break,
            ' ' | '\t' => {
                words.extend(word.take());
                rest = after;
            }
            '\\' if after.starts_with('\n') => rest = &after[1..],
            '\\' => {
                let next = after.chars().next()?;
                word.get_or_insert_default().push_literal(&after[..next.len_utf8()]);
                rest = &after[next.len_utf8()..];
            }
            '\'' => {
                let (inside, left) = after.split_once('\'')?;
                word.get_or_insert_default().push_literal(inside);
                rest = left;
            }
            '"' => rest = double(after, word.get_or_insert_default())?,
            '$' | '`' | ';' | '&' | '|' | '(' | ')' | '<' | '>' | '#' | '*' | '?' | '[' | '~' | '!' | '{' | '}' => {
                return None;
            }
            c => {
                word.get_or_insert_default().push_literal(c.encode_utf8(&mut [0; 4]));
                rest = after;
            }
        }
    }
    words.extend(word);
    Some(Command { words, end: text.len() - rest.len() })
}

/// Reads on between double quotes; returns what follows them.
fn double<'t>(mut rest: &'t str, word: &mut Template) -> Option<&'t str> {
    loop {
        let c = rest.chars().next()?;
        let after = &rest[c.len_utf8()..];
        match c {
            '"' => return Some(after),
            '\\' => {
                let next = after.chars().next()?;
                match next {
                    '$' | '`' | '"' | '\\' => word.push_literal(&after[..1]),
                    '\n' => {}
                    _ => {
                        word.push_literal("\\");
                        word.push_literal(&after[..next.len_utf8()]);
                    }
                }
                rest = &after[next.len_utf8()..];
            }
            '$' => rest = parameter(after, word)?,
            '`' => return None,
            c => {
                word.push_literal(c.encode_utf8(&mut [0; 4]));
                rest = after;
            }
        }
    }
}

/// Reads a parameter after its `$`; returns what follows it.
fn parameter<'t>(rest: &'t str, word: &mut Template) -> Option<&'t str> {
    let length = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    if let Some(inside) = rest.strip_prefix('{') {
        let (name, left) = inside.split_once('}')?;
        word.push(&Template::name(name));
        return Some(left);
    }
    if rest.starts_with('(') {
        // A command of ours, which holds no parenthesis.
        let end = rest.find(')')? + 1;
        word.push(&Template::name(&rest[..end]));
        return Some(&rest[end..]);
    }
    match rest.chars().next()? {
        // All arguments: a word of its own.
        '@' => {
            word.push(&Template::name("@"));
            Some(&rest[1..])
        }
        c if c.is_ascii_alphabetic() || c == '_' => {
            word.push(&Template::name(&rest[..length(rest)]));
            Some(&rest[length(rest)..])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    fn parse(text: &str) -> Template {
        Template::parse(text).expect("a value").0
    }

    fn same(name: &str) -> Cow<'_, str> {
        Cow::Borrowed(name)
    }

    /// Values with the words that stand for them.
    const WORDS: &[(&str, &str)] = &[
        ("", "''"),
        ("plain", "plain"),
        ("--build-arg", "--build-arg"),
        ("acme/app:1.0", "acme/app:1.0"),
        ("a b", "'a b'"),
        ("it's $$5", r"'it'\''s $5'"),
        ("~", "'~'"),
        ("*", "'*'"),
        ("#", "'#'"),
        ("a\nb", "'a\nb'"),
        ("a<<b<<<c", "'a<''<b<''<''<c'"),
        ("<", "'<'"),
        ("ü", "'ü'"),
        ("$tag", "\"$tag\""),
        ("TAG=$tag", "TAG=\"$tag\""),
        ("A=B=$tag", "A=\"B=$tag\""),
        ("a b=$tag", "\"a b=$tag\""),
        ("acme/app:${tag}-$arch", "\"acme/app:$tag-$arch\""),
        ("${tag}x${tag}_", "\"${tag}x${tag}_\""),
        ("X=\"`\\$$$tag", "X=\"\\\"\\`\\\\\\$$tag\""),
        ("X=<<$tag<<", "X=\"<\"\"<$tag<\"\"<\""),
        ("X='$tag'", "X=\"'$tag'\""),
        ("X=\n$tag", "X=\"\n$tag\""),
    ];

    #[test]
    fn words_are_what_a_person_would_write() {
        for (value, expected) in WORDS {
            assert_eq!(word(&parse(value), &same), *expected, "{value}");
            assert!(!word(&parse(value), &same).contains("<<"), "{value}");
        }
    }

    #[test]
    fn shells_take_words_for_their_values() {
        for (value, _) in WORDS {
            let template = parse(value);
            let expected = template.fill(|_| Some(Template::literal("$(id) 'x' \"y\" *")));
            let script = format!("printf %s {}", word(&template, &same));
            for shell in [&["sh"][..], &["bash"], &["dash"], &["busybox", "sh"]] {
                let mut process = std::process::Command::new(shell[0]);
                process.args(&shell[1..]).arg("-c").arg(&script).env("tag", "$(id) 'x' \"y\" *");
                let Ok(output) = process.env("arch", "$(id) 'x' \"y\" *").output() else { continue };
                assert_eq!(String::from_utf8_lossy(&output.stdout), expected.as_literal().expect("text"), "{script}");
            }
        }
    }

    #[test]
    fn expansions_stand_as_they_are() {
        fn parameter(_: &str) -> Cow<'_, str> {
            Cow::Borrowed("${CIRCLE_TAG:-$CIRCLE_BRANCH}")
        }
        assert_eq!(word(&parse("X=${git_ref}a"), &parameter), "X=\"${CIRCLE_TAG:-$CIRCLE_BRANCH}a\"");
        fn filled_in(name: &str) -> Cow<'_, str> {
            Cow::Borrowed(if name == "pipeline" { "<< pipeline.number >>" } else { name })
        }
        assert_eq!(word(&parse("$tag\\${pipeline}"), &filled_in), "\"$tag\\\\\"\"<< pipeline.number >>\"");
        assert_eq!(word(&parse("X=${tag}$pipeline"), &filled_in), "X=\"${tag}<< pipeline.number >>\"");
    }

    #[test]
    fn commands_are_taken_apart_into_what_was_put_together() {
        let values: Vec<Template> = WORDS.iter().map(|(value, _)| parse(value)).collect();
        let words: Vec<String> = values.iter().map(|value| word(value, &same)).collect();
        let text = format!("{}\nnext line", words.join(" \\\n  "));
        let found = command(&text).expect("a command");
        assert_eq!(found.words, values);
        assert_eq!(&text[found.end..], "\nnext line");
        assert_eq!(command("a b || exit 1").expect("a command").words, command("a b").expect("a command").words);
        let all = command("docker build \"$@\" \"${X:-$Y}\" .").expect("a command");
        assert_eq!(all.words[2..4], [Template::name("@"), Template::name("X:-$Y")]);
    }

    #[test]
    fn what_is_no_simple_command() {
        for text in ["a $b", "a | b", "a; b", "a $(b)", "a \"`b`\"", "a 'b", "a \"b", "a >b", "a <b", "a & b", "a *"] {
            assert_eq!(command(text), None, "{text}");
        }
    }
}
