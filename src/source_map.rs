//! Several files looked at as one text, so that a place is a place in any of them.

use crate::diagnostic::{Diagnostic, Report, Source};
use crate::span::Span;

/// Files, each beginning where the one before ends.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<(usize, Source)>,
    pub text: String,
}

impl SourceMap {
    /// Adds a file, and tells where it begins: what is read from it is to be moved there.
    pub fn add(&mut self, source: Source) -> usize {
        let start = self.text.len();
        self.text.push_str(&source.text);
        self.text.push('\n');
        self.files.push((start, source));
        start
    }

    /// The place of the file that a span is in, among the files in their order.
    pub fn file(&self, span: Span) -> usize {
        self.files.iter().rposition(|(start, _)| *start <= span.start).unwrap_or_default()
    }

    /// Problems as reports, one for each file that has some. Other places are told if they are in the same file.
    pub fn reports(&self, problems: Vec<Diagnostic>) -> Vec<Report> {
        let mut of_file: Vec<Vec<Diagnostic>> = vec![Vec::new(); self.files.len()];
        for mut problem in problems {
            let file = self.file(problem.span);
            let back = |span: Span| Span { start: span.start - self.files[file].0, end: span.end - self.files[file].0 };
            problem.related.retain(|(span, _)| self.file(*span) == file);
            problem.related.iter_mut().for_each(|(span, _)| *span = back(*span));
            problem.span = back(problem.span);
            of_file[file].push(problem);
        }
        self.files.iter().zip(of_file).filter_map(|((_, source), problems)| Report::of(source, problems)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_in_its_file() {
        let source = |name: &str| Source { name: name.into(), text: "one\ntwo\n".into() };
        let mut files = SourceMap::default();
        let starts: Vec<usize> = ["a.yml", "b.yml"].map(|name| files.add(source(name))).into();
        let place = Span { start: starts[1] + 4, end: starts[1] + 7 };
        let problem = Diagnostic::new("x", place, "y").related(Span { start: 0, end: 3 }, "elsewhere");
        let reports = files.reports(vec![problem]);
        assert_eq!(reports.len(), 1);
        let shown = reports[0].render(crate::diagnostic::Colour::Never);
        assert!(shown.contains("b.yml:2:1") && !shown.contains("elsewhere"), "{shown}");
    }
}
