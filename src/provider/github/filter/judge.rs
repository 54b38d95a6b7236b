//! GitHub's filters after its documentation, to try ours on
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet>).
//! It shares no code with what writes them, and refuses every form that the documentation does not show.

/// How `**/` is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Any characters, and a `/`.
    Plain,
    /// Any folders, or none: act's `(.+/)?` (`pkg/workflowpattern` in <https://github.com/nektos/act>).
    Folders,
}

/// A list of patterns: the last that matches decides.
pub(super) struct Judge {
    items: Vec<(bool, Vec<Token>)>,
}

#[derive(Debug)]
enum Token {
    Star,
    Stars,
    Folders,
    /// One of the characters, which may be missing, or be there several times.
    One {
        from: Vec<char>,
        may_miss: bool,
        may_repeat: bool,
    },
}

impl Judge {
    pub(super) fn new(items: &[String], reading: Reading) -> Self {
        assert!(items.first().is_none_or(|first| !first.starts_with('!')), "{items:?} takes nothing in first");
        let item = |item: &String| match item.strip_prefix('!') {
            Some(rest) => (false, tokens(rest, reading)),
            None => (true, tokens(item, reading)),
        };
        Self { items: items.iter().map(item).collect() }
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        self.items.iter().rev().find(|(_, tokens)| matches(tokens, &name)).is_some_and(|(is_taken, _)| *is_taken)
    }
}

fn tokens(glob: &str, reading: Reading) -> Vec<Token> {
    assert!(!glob.is_empty() && !glob.starts_with('!'), "{glob} is no pattern");
    let chars: Vec<char> = glob.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    let one = |from: Vec<char>| Token::One { from, may_miss: false, may_repeat: false };
    while at < chars.len() {
        let rest: String = chars[at..].iter().collect();
        assert!(!rest.starts_with("***"), "{glob}: three stars are not documented");
        let (token, length) = match chars[at] {
            '*' if rest.starts_with("**/") && reading == Reading::Folders => (Token::Folders, 3),
            '*' if rest.starts_with("**") => (Token::Stars, 2),
            '*' => (Token::Star, 1),
            '\\' => {
                assert!("+!?*[\\".contains(chars[at + 1]), "{glob}: no such escape");
                (one(vec![chars[at + 1]]), 2)
            }
            '[' => {
                let end = chars[at..].iter().position(|c| *c == ']').expect("a closing bracket");
                (one(class(&chars[at + 1..at + end])), end + 1)
            }
            sign @ ('?' | '+') => {
                let Some(Token::One { may_miss, may_repeat, .. }) = tokens.last_mut() else {
                    panic!("{glob}: nothing to repeat");
                };
                assert!(!*may_miss && !*may_repeat, "{glob}: repeated twice");
                *(if sign == '?' { may_miss } else { may_repeat }) = true;
                at += 1;
                continue;
            }
            c => {
                assert!(!"]^$~:".contains(c) && !c.is_whitespace(), "{glob}: `{c}`");
                (one(vec![c]), 1)
            }
        };
        tokens.push(token);
        at += length;
    }
    tokens
}

fn class(mut inner: &[char]) -> Vec<char> {
    let mut members = Vec::new();
    while let Some(&first) = inner.first() {
        let last = if inner.get(1) == Some(&'-') { inner[2] } else { first };
        inner = &inner[if inner.get(1) == Some(&'-') { 3 } else { 1 }..];
        members.extend(first..=last);
    }
    assert!(!members.is_empty() && members.iter().all(char::is_ascii_alphanumeric), "{members:?}");
    members
}

fn matches(tokens: &[Token], name: &[char]) -> bool {
    let Some((token, rest)) = tokens.split_first() else {
        return name.is_empty();
    };
    let after = |count: usize| matches(rest, &name[count..]);
    match token {
        Token::Stars => (0..=name.len()).any(after),
        Token::Star => (0..=name.len()).take_while(|&count| !name[..count].contains(&'/')).any(after),
        Token::Folders => after(0) || (2..=name.len()).any(|count| name[count - 1] == '/' && after(count)),
        Token::One { from, may_miss, may_repeat } => {
            let most = name.iter().take_while(|c| from.contains(c)).count();
            let most = if *may_repeat { most } else { most.min(1) };
            (usize::from(!*may_miss)..=most).any(after)
        }
    }
}
