//! The forms in which problems are reported.

use clap::ValueEnum;

/// Who is to read a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// For people, on standard error
    #[default]
    Text,
    /// GitHub Actions: annotations of the files that a pull request changes
    #[value(name = "github")]
    Annotations,
    /// GitLab: a Code Quality report, for `artifacts: reports: codequality`
    #[value(name = "gitlab")]
    CodeQuality,
    /// SARIF 2.1.0, for code scanning and editors
    Sarif,
    /// A list of problems, for programs
    Json,
}
