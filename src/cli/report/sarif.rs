//! SARIF 2.1.0, the Static Analysis Results Interchange Format.
//!
//! The form: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>. What code scanning asks for beyond it:
//! <https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning>.
//!
//! Braces stay as they are. Section 3.11.5 has them doubled, for messages with arguments; readers show `${{{{…}}}}` then.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Finding, explanation, fingerprints};
use crate::span::Place;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A log with one run; columns are UTF-16 code units.
pub(super) fn render(findings: &[Finding<'_>]) -> Value {
    let codes: BTreeSet<&str> = findings.iter().map(|finding| finding.problem.code).collect();
    let codes: Vec<&str> = codes.into_iter().collect();
    let mut driver = json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") });
    let home = env!("CARGO_PKG_REPOSITORY");
    if !home.is_empty() {
        driver["informationUri"] = home.into();
    }
    driver["rules"] = codes.iter().map(|code| rule(code)).collect();
    let results = findings.iter().zip(fingerprints(findings));
    let results: Vec<Value> = results.map(|(finding, fingerprint)| result(finding, &codes, &fingerprint)).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "columnKind": "utf16CodeUnits", "results": results }],
    })
}

/// A code, with what the documentation says of it.
fn rule(code: &str) -> Value {
    let text = explanation::of(code).unwrap_or_else(|| code.to_owned());
    let first = text.split_once(". ").map_or(text.trim_end_matches('.'), |(first, _)| first);
    json!({
        "id": code,
        "shortDescription": { "text": format!("{first}.") },
        "fullDescription": { "text": text },
        "help": { "text": text, "markdown": text },
    })
}

fn result(finding: &Finding<'_>, codes: &[&str], fingerprint: &str) -> Value {
    let Finding { file, place, problem, related } = finding;
    let help = problem.help.iter().map(|help| format!("\nhelp: {help}"));
    let text: String = std::iter::once(problem.message.clone()).chain(help).collect();
    let related = related.iter().map(|(place, label)| {
        let mut location = location(file, place);
        location["message"] = message(label);
        location
    });
    json!({
        "ruleId": problem.code,
        "ruleIndex": codes.binary_search(&problem.code).expect("the code of every finding is among them"),
        "level": problem.severity.word(),
        "message": message(&text),
        "locations": [location(file, place)],
        "relatedLocations": related.collect::<Vec<_>>(),
        "partialFingerprints": { "problem/v1": fingerprint },
    })
}

/// A message in which nothing is a link (section 3.11.6).
fn message(text: &str) -> Value {
    json!({ "text": text.replace("](", "] (") })
}

fn location(file: &str, place: &Place) -> Value {
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(file) },
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        },
    } })
}

/// A path as a relative reference, or as a `file:` address if it is absolute (RFC 3986, sections 2.3 and 4.2).
fn uri(path: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'/' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    scheme.chars().map(String::from).chain(path.bytes().map(escaped)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_an_address_whatever_is_in_it() {
        assert_eq!(uri(".ci/a b:é%.yml"), ".ci/a%20b%3A%C3%A9%25.yml");
        assert_eq!(uri("/x\n.yml"), "file:///x%0A.yml");
    }
}
