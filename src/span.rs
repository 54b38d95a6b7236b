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

    /// The last place at or before `at` where a character of `text` begins, or the end of the text.
    #[must_use]
    pub fn floor(text: &str, at: usize) -> usize {
        let at = at.min(text.len());
        (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
    }
}

/// Where something begins and ends, in lines and columns from 1; the end is after the last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

/// The lines of a text, for the positions of many spans.
pub struct Lines<'t> {
    text: &'t str,
    /// Where each begins.
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// Finds the lines.
    pub fn of(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// The place of a span in `text`, with columns in a unit of which a character has so many.
    #[must_use]
    pub fn place(&self, span: Span, width: fn(char) -> usize) -> Place {
        let (line, column) = self.position(span.start, width);
        let (end_line, end_column) = self.position(span.end, width);
        Place { line, column, end_line, end_column }
    }

    fn position(&self, at: usize, width: fn(char) -> usize) -> (usize, usize) {
        let at = Span::floor(self.text, at);
        let line = self.starts.partition_point(|start| *start <= at);
        (line, self.text[self.starts[line - 1]..at].chars().map(width).sum::<usize>() + 1)
    }
}
