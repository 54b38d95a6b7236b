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
    /// The place so many bytes later.
    #[must_use]
    pub fn shifted(self, by: usize) -> Self {
        Self { start: self.start + by, end: self.end + by }
    }

    /// The line and the column of its start in `text`, both from 1; a column is a character.
    #[must_use]
    pub fn position(self, text: &str) -> (usize, usize) {
        let before = &text[..Self::floor(text, self.start)];
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line..].chars().count() + 1)
    }

    /// The last place at or before `at` where a character of `text` begins, or the end of the text.
    #[must_use]
    pub fn floor(text: &str, at: usize) -> usize {
        let at = at.min(text.len());
        (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
    }
}
