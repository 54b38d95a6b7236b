//! A Code Quality report, which a merge request shows beside what it changes.
//!
//! The form: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>. Of issues with the same fingerprint
//! only the first is shown.

use serde_json::{Value, json};

use super::{Finding, fingerprints};
use crate::diagnostic::Severity;

pub(super) fn render(findings: &[Finding<'_>]) -> Value {
    findings.iter().zip(fingerprints(findings)).map(|(finding, fingerprint)| issue(finding, fingerprint)).collect()
}

fn issue(Finding { file, place, problem, .. }: &Finding<'_>, fingerprint: String) -> Value {
    // It is shown on one line.
    let said: Vec<&str> = std::iter::once(&problem.message).chain(&problem.help).map(String::as_str).collect();
    json!({
        "description": said.join("; "),
        "check_name": problem.code,
        "fingerprint": fingerprint,
        "severity": match problem.severity {
            Severity::Error => "major",
            Severity::Warning => "minor",
        },
        "location": { "path": file, "lines": { "begin": place.line, "end": place.end_line } },
    })
}
