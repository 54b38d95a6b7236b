//! Comments of a drafted matrix: lines of text that can be nothing else to YAML, whatever they quote.

/// The longest line of a comment.
const LONGEST: usize = 110;

/// A comment as one line, without its `#`: what ends lines, or is no character for YAML, is a blank.
pub(super) fn line(text: &str) -> String {
    let is_odd = |c: char| {
        let code = u32::from(c);
        c.is_control() || matches!(code, 0x2028 | 0x2029 | 0xFEFF | 0xFDD0..=0xFDEF) || code & 0xFFFE == 0xFFFE
    };
    text.split(|c: char| c.is_whitespace() || is_odd(c)).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A comment as lines of its own at a column, each with its line break.
pub(super) fn lines(text: &str, column: usize) -> String {
    let mut lines = String::new();
    let mut current = String::new();
    for word in line(text).split(' ') {
        let width = column + 2 + current.chars().count() + 1 + word.chars().count();
        if !current.is_empty() && width > LONGEST {
            lines.push_str(&written(&current, column));
            current.clear();
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
    }
    lines + &written(&current, column)
}

fn written(text: &str, column: usize) -> String {
    let text = format!("# {text}");
    format!("{:column$}{}\n", "", text.trim_end())
}
