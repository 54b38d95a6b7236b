//! Says which bytes of a source text something came from.

/// Byte offsets into the source text, half open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset just past the last byte.
    pub end: usize,
}

impl Span {
    /// The last place at or before `at` where a character of `text` begins, or the end of the text.
    #[must_use]
    pub fn floor(text: &str, at: usize) -> usize {
        let at = at.min(text.len());
        (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
    }
}
