//! Patterns of branches and tags, one a line: what automata say of two, and what each matches.

use splitbuild::pattern::{Pattern, is_covered, leftover, overlap};

pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut patterns: Vec<Pattern> = Vec::new();
    for line in text.lines().take(4) {
        match Pattern::parse(line) {
            Ok(pattern) => {
                assert_eq!(
                    Pattern::parse(pattern.text()).as_ref(),
                    Ok(&pattern),
                    "what is printed is the same pattern"
                );
                pattern.shape();
                if pattern.is_everything() {
                    assert!(pattern.matches("main"), "{line}");
                }
                patterns.push(pattern);
            }
            Err(error) => {
                assert!(line.is_char_boundary(error.offset), "{error:?} of {line:?}");
                assert!(!error.message.is_empty(), "{error:?}");
            }
        }
    }
    let [one, others @ ..] = patterns.as_slice() else { return };
    let one = std::slice::from_ref(one);
    let matches = |set: &[Pattern], name: &str| set.iter().any(|pattern| pattern.matches(name));
    if let Ok(shared) = overlap(one, others) {
        assert!(shared.iter().all(|name| matches(one, name) && matches(others, name)), "{shared:?} is in both");
        assert_eq!(overlap(others, one).map(|other| other.is_some()), Ok(shared.is_some()), "{patterns:?}");
    }
    if let Ok(left) = leftover(one, others) {
        assert!(left.iter().all(|name| matches(one, name) && !matches(others, name)), "{left:?} is in one only");
        assert_eq!(is_covered(one, others), Ok(left.is_none()));
    }
    assert!(is_covered(one, one).unwrap_or(true), "{one:?}");
}
