//! Regular expressions. CircleCI's are Java's, and match the whole text
//! (<https://circleci.com/docs/guides/orchestrate/workflows/#using-regular-expressions-to-filter-tags-and-branches>);
//! what Java alone understands is refused.

use regex::Regex;

use super::node::{Node, Result};

/// Whether a pattern matches a whole text.
pub fn matches(node: &Node, pattern: &str, text: &str) -> Result<bool> {
    match Regex::new(&format!(r"\A(?:{pattern})\z")) {
        Ok(regex) => Ok(regex.is_match(text)),
        Err(error) => node.refuse(format!("the pattern /{pattern}/ cannot be read: {error}")),
    }
}
