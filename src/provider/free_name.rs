//! Names that are free.

/// The name in letters, digits, `-` and `_`; with a number behind it if that is taken.
pub(super) fn free_name(wanted: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
    let first: String = wanted.chars().map(word).collect();
    let mut name = first.clone();
    let mut number = 2;
    while is_taken(&name) {
        name = format!("{first}-{number}");
        number += 1;
    }
    name
}
