//! Workflow commands: lines of a job's log of which the runner makes annotations.
//!
//! Commands: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>. What is escaped is what
//! the runner unescapes: `escapeData` and `escapeProperty` in
//! <https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts>.

use super::Finding;

pub(super) fn render(findings: &[Finding<'_>]) -> String {
    findings.iter().map(line).collect()
}

/// `::error file=F,line=1,endLine=1,col=1,endColumn=2,title=CODE::message%0Ahelp: …`
fn line(Finding { file, place, problem, .. }: &Finding<'_>) -> String {
    let help = problem.help.iter().map(|help| format!("\nhelp: {help}"));
    let text: String = std::iter::once(problem.message.clone()).chain(help).collect();
    format!(
        "::{} file={},line={},endLine={},col={},endColumn={},title={}::{}\n",
        problem.severity.word(),
        property(file),
        place.line,
        place.end_line,
        place.column,
        place.end_column,
        property(problem.code),
        data(&text),
    )
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_line_or_a_property() {
        assert_eq!(property("a:b,c%0A\r\nd::e"), "a%3Ab%2Cc%250A%0D%0Ad%3A%3Ae");
        assert_eq!(data("50%: ok, é\n::x"), "50%25: ok, é%0A::x");
    }
}
