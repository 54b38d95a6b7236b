//! Expressions, as in the `filters` of a job: `pipeline.git.branch == "main" and not (pipeline.git.tag matches /v.*/)`
//! (<https://circleci.com/docs/reference/configuration-reference/#using-expressions-in-your-configuration>). Comparing
//! numbers is not known here.

use serde_json::Value;

use super::condition::truthy;
use super::node::{Node, Result};
use super::pattern;
use super::template::Scope;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Sign(&'static str),
    Value(Value),
    Pattern(String),
}

/// Whether an expression holds.
pub fn holds(node: &Node, text: &str, scope: &Scope) -> Result<bool> {
    value(node, text, scope).map(|value| truthy(&value))
}

/// The value of an expression: of `and` and `or`, that of the operand which decides.
pub fn value(node: &Node, text: &str, scope: &Scope) -> Result<Value> {
    let mut reader = Reader { node, scope, tokens: tokens(node, text)?, at: 0, is_skipped: false };
    let value = reader.either()?;
    match reader.next() {
        None => Ok(value),
        Some(token) => node.refuse(format!("{token:?} does not belong here")),
    }
}

/// Whether an expression asks for a value.
pub fn names(node: &Node, text: &str, name: &str) -> Result<bool> {
    Ok(tokens(node, text)?.contains(&Token::Word(name.to_owned())))
}

fn tokens(node: &Node, text: &str) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = if let Some(sign) = ["==", "!=", "(", ")"].into_iter().find(|s| rest.starts_with(s)) {
            (Token::Sign(sign), sign.len())
        } else if first == '"' || first == '/' {
            let inner = quoted(&rest[1..], first).ok_or_else(|| node.refusal(format!("{rest} is not closed")))?;
            let token = match first {
                // Whether a backslash escapes in a text is documented nowhere.
                '"' if inner.contains('\\') => return node.refuse(format!("a backslash in \"{inner}\"")),
                '"' => Token::Value(Value::String(inner.to_owned())),
                _ => Token::Pattern(inner.to_owned()),
            };
            (token, inner.len() + 2)
        } else {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(rest.len());
            match &rest[..end] {
                "" => return node.refuse(format!("'{first}' is not known in an expression")),
                "true" => (Token::Value(Value::Bool(true)), end),
                "false" => (Token::Value(Value::Bool(false)), end),
                word => (Token::Word(word.to_owned()), end),
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// The text before the next unescaped end.
fn quoted(text: &str, end: char) -> Option<&str> {
    let mut escaped = false;
    let at = text.char_indices().find(|(_, c)| {
        let found = *c == end && !escaped;
        escaped = *c == '\\' && !escaped;
        found
    });
    at.map(|(at, _)| &text[..at])
}

/// Evaluates while it reads. Both sides of `and` and `or` are read whatever the first one is, but what that decides alone
/// is not asked for values: they are "short-circuiting".
struct Reader<'r, 'v> {
    node: &'r Node<'v>,
    scope: &'r Scope<'r>,
    tokens: Vec<Token>,
    at: usize,
    is_skipped: bool,
}

impl Reader<'_, '_> {
    fn next(&mut self) -> Option<Token> {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned()
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str) -> bool {
        self.take(&Token::Word(word.to_owned()))
    }

    fn either(&mut self) -> Result<Value> {
        let mut left = self.both()?;
        while self.word("or") {
            let right = self.unless(truthy(&left), Self::both)?;
            left = if truthy(&left) { left } else { right };
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Value> {
        let mut left = self.comparison()?;
        while self.word("and") {
            let right = self.unless(!truthy(&left), Self::comparison)?;
            left = if truthy(&left) { right } else { left };
        }
        Ok(left)
    }

    /// Reads what comes next, without asking for its values if that is decided.
    fn unless(&mut self, is_decided: bool, read: impl Fn(&mut Self) -> Result<Value>) -> Result<Value> {
        let before = self.is_skipped;
        self.is_skipped |= is_decided;
        let value = read(self);
        self.is_skipped = before;
        value
    }

    fn comparison(&mut self) -> Result<Value> {
        let left = self.operand()?;
        let holds = if self.take(&Token::Sign("==")) {
            left == self.operand()?
        } else if self.take(&Token::Sign("!=")) {
            left != self.operand()?
        } else if self.word("starts-with") {
            let right = self.operand()?;
            self.text(&left)?.starts_with(self.text(&right)?)
        } else if self.word("matches") {
            match self.next() {
                Some(Token::Pattern(pattern)) => pattern::matches(self.node, &pattern, self.text(&left)?)?,
                other => return self.node.refuse(format!("a pattern was expected, and {other:?} found")),
            }
        } else {
            return Ok(left);
        };
        Ok(Value::Bool(holds))
    }

    fn operand(&mut self) -> Result<Value> {
        if self.word("not") {
            return Ok(Value::Bool(!truthy(&self.operand()?)));
        }
        match self.next() {
            Some(Token::Value(value)) => Ok(value),
            Some(Token::Word(_)) if self.is_skipped => Ok(Value::String(String::new())),
            Some(Token::Word(name)) => self.scope.value(self.node, &name),
            Some(Token::Sign("(")) => {
                let value = self.either()?;
                if self.take(&Token::Sign(")")) { Ok(value) } else { self.node.refuse("a '(' is not closed") }
            }
            other => self.node.refuse(format!("a value was expected, and {other:?} found")),
        }
    }

    fn text<'t>(&self, value: &'t Value) -> Result<&'t str> {
        value.as_str().ok_or_else(|| self.node.refusal(format!("{value} is no text")))
    }
}
