//! A problem in a file that the user wrote: its code, its place, what to do about it, and how it is shown.

mod allow;
mod hints;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::span::Span;

pub use allow::Allowed;
pub use hints::Hints;

/// The width of a rendered diagnostic, in columns; longer source lines are cut around the marked place.
const WIDTH: usize = 140;

/// The most problems of one kind that are rendered; more are counted, since a person mends the first of them first.
const MOST: usize = 50;

/// A file as it was read.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as the user gave it.
    pub name: String,
    pub text: String,
}

impl Source {
    /// Its name for a line of a log, in which it cannot begin another.
    pub fn shown_name(&self) -> String {
        self.name.replace(char::is_control, "\u{fffd}")
    }
}

/// One problem in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The kind of problem, as a word to search for: `unknown-image`.
    pub code: &'static str,
    /// What is wrong, on one line.
    pub message: String,
    pub span: Span,
    /// What is written at the marked place; may be empty.
    pub label: String,
    /// What to do.
    pub help: Vec<String>,
    /// Other places that have to do with it.
    pub related: Vec<(Span, String)>,
    /// Whether what is marked may be a secret, and is not shown.
    pub is_secret: bool,
    /// Whether it stops anything.
    pub severity: Severity,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It stops what was asked for.
    Error,
    /// It is reported, and stops nothing.
    Warning,
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Diagnostic {
    /// A problem at `span`.
    pub fn new(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            message: shortened(message.into()),
            span,
            label: String::new(),
            help: Vec::new(),
            related: Vec::new(),
            is_secret: false,
            severity: Severity::Error,
        }
    }

    /// Says something at the marked place.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = shortened(label.into());
        self
    }

    /// Adds a line that says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(shortened(help.into()));
        self
    }

    /// Adds advice where there is none yet.
    pub fn or_help(self, help: &str) -> Self {
        if self.help.is_empty() { self.help(help) } else { self }
    }

    /// Adds "did you mean", if one of `known` is close to `word`, else the list of what is known, if it is short.
    pub fn did_you_mean<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        /// More words than this are no help.
        const MOST: usize = 12;
        let known: Vec<&str> = known.into_iter().collect();
        if let Some(close) = crate::similar::closest(word, known.iter().copied()) {
            return self.help(format!("did you mean `{close}`?"));
        }
        match known.len() {
            0 => self,
            n if n <= MOST => self.help(format!("there is {}", list(&known))),
            n => self.help(format!("there is {} and {} more", list(&known[..MOST]), n - MOST)),
        }
    }

    /// Shows asterisks for what is marked, in every problem of the file: it may be a secret, and logs are read by many.
    pub fn secret(mut self) -> Self {
        self.is_secret = true;
        self
    }

    /// Lets it stop nothing.
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Marks another place.
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, shortened(label.into())));
        self
    }
}

/// Problems of one file, sorted by position and each once.
#[derive(Clone, Debug)]
pub struct Report {
    /// The file.
    pub source: Source,
    /// What is wrong with it; not empty.
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Sorts the problems and keeps one of those that say the same of one place; `None` if there are none.
    pub fn of(source: &Source, mut diagnostics: Vec<Diagnostic>) -> Option<Self> {
        diagnostics.sort_by(|a, b| (a.span, a.code, &a.message).cmp(&(b.span, b.code, &b.message)));
        // What was found on every platform is one problem.
        let what = |d: &Diagnostic| (d.span, d.code, d.help.clone(), d.related.clone());
        diagnostics.dedup_by(|a, b| what(a) == what(b));
        let mut source = source.clone();
        for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.is_secret) {
            let (start, end) =
                (Span::floor(&source.text, diagnostic.span.start), Span::floor(&source.text, diagnostic.span.end));
            source.text.replace_range(start..end, &"*".repeat(end - start));
        }
        (!diagnostics.is_empty()).then_some(Self { source, diagnostics })
    }

    /// The part of a span that is marked in a text: what is on its first line.
    pub fn marked(text: &str, span: Span) -> Span {
        let start = Span::floor(text, span.start);
        let end = Span::floor(text, span.end).max(start);
        let line = text[start..end].find('\n').map_or(end, |at| start + at);
        Span { start, end: text[start..line].trim_end().len() + start }
    }

    /// The problems as text for a person, in the form that rustc gives them, with or without terminal colours.
    pub fn render(&self, colour: Colour) -> String {
        let renderer = match colour {
            Colour::Always => Renderer::styled(),
            Colour::Never => Renderer::plain(),
        };
        let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(WIDTH);
        let mut text = String::new();
        let mut kinds: Vec<(Severity, &str, usize)> = Vec::new();
        for diagnostic in &self.diagnostics {
            let is_same = |(severity, code, _): &(Severity, &str, usize)| {
                (*severity, *code) == (diagnostic.severity, diagnostic.code)
            };
            let at = kinds.iter().position(is_same).unwrap_or_else(|| {
                kinds.push((diagnostic.severity, diagnostic.code, 0));
                kinds.len() - 1
            });
            kinds[at].2 += 1;
            if kinds[at].2 <= MOST {
                text.push_str(&renderer.render(&[self.group(diagnostic)]));
                text.push_str("\n\n");
            }
        }
        for (severity, code, count) in kinds.into_iter().filter(|(_, _, count)| *count > MOST) {
            text.push_str(&format!(
                "{}[{code}]: {} more in {}\n\n",
                severity.word(),
                count - MOST,
                self.source.shown_name()
            ));
        }
        text
    }

    fn group<'a>(&'a self, diagnostic: &'a Diagnostic) -> Group<'a> {
        let marked = |span: Span| {
            let Span { start, end } = Self::marked(&self.source.text, span);
            start..end
        };
        let mut primary = AnnotationKind::Primary.span(marked(diagnostic.span));
        if !diagnostic.label.is_empty() {
            primary = primary.label(diagnostic.label.as_str());
        }
        let related = diagnostic
            .related
            .iter()
            .map(|(span, label)| AnnotationKind::Context.span(marked(*span)).label(label.as_str()));
        let snippet = Snippet::source(self.source.text.as_str())
            .path(self.source.shown_name())
            .annotation(primary)
            .annotations(related);
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
        title.element(snippet).elements(diagnostic.help.iter().map(|help| Level::HELP.message(help.as_str())))
    }
}

/// Whether text is coloured for a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// With escape sequences.
    Always,
    /// Plain.
    Never,
}

/// `a → b → c`, with what is between left out if it is long.
pub fn chain(names: &[&str]) -> String {
    /// As many fit on a line.
    const MOST: usize = 12;
    match names {
        [first @ .., last] if first.len() > MOST => format!("{} → … → {last}", first[..MOST].join(" → ")),
        _ => names.join(" → "),
    }
}

/// Text on its way to a person: one that is longer than any screen keeps its beginning and its end.
fn shortened(text: String) -> String {
    /// In bytes.
    const LONGEST: usize = 1000;
    // A message is a line, whatever it quotes.
    let text = if text.contains(char::is_control) { text.replace(char::is_control, "\u{fffd}") } else { text };
    if text.len() <= LONGEST {
        return text;
    }
    let (start, end) = (Span::floor(&text, LONGEST / 2), Span::floor(&text, text.len() - LONGEST / 4));
    format!("{}…{}", &text[..start], &text[end..])
}

/// `a`, `b` and `c`, each in backquotes.
pub fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|w| format!("`{w}`")).collect();
            format!("{} and `{last}`", first.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str, diagnostics: Vec<Diagnostic>) -> String {
        let source = Source { name: "splitbuild.yml".into(), text: text.into() };
        Report::of(&source, diagnostics).expect("a problem").render(Colour::Never)
    }

    #[test]
    fn a_problem_has_its_place_line_code_and_help() {
        let text = "images:\n  dév:\n    needs: [bse]\n";
        let at = text.find("bse").expect("it is there");
        let problem =
            Diagnostic::new("unknown-image", Span { start: at, end: at + 3 }, "no image or job is called `bse`")
                .did_you_mean("bse", ["base", "dev"]);
        let shown = report(text, vec![problem.clone(), problem]);
        assert_eq!(shown.matches("error[unknown-image]").count(), 1, "{shown}");
        assert!(shown.contains("splitbuild.yml:3:13"), "{shown}");
        assert!(shown.contains("needs: [bse]"), "{shown}");
        assert!(shown.contains("did you mean `base`?"), "{shown}");
    }

    #[test]
    fn of_many_problems_of_one_kind_the_first_are_shown_and_all_are_counted() {
        let text = "x\n".repeat(400);
        let at = |line: usize| Span { start: line * 2, end: line * 2 + 1 };
        let mut problems: Vec<_> = (0..300).map(|line| Diagnostic::new("many", at(line), "one of many")).collect();
        problems.push(Diagnostic::new("rare", at(399), "the only one"));
        problems.push(Diagnostic::new("many", at(398), "a warning").warning());
        let shown = report(&text, problems);
        assert_eq!(shown.matches("error[many]: one of many").count(), 50);
        assert!(shown.contains(":50:1") && !shown.contains(":51:1"), "the first ones");
        assert!(shown.contains("the only one") && shown.contains("a warning"));
        assert!(shown.ends_with("error[many]: 250 more in splitbuild.yml\n\n"), "{shown}");
    }

    #[test]
    fn a_place_outside_the_text_is_no_panic() {
        let shown = report("é\n", vec![Diagnostic::new("x", Span { start: 1, end: 99 }, "y")]);
        assert!(shown.contains("splitbuild.yml:1:1"), "{shown}");
    }
}
