//! What the token of a workflow, or of a job, may do
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions>).

use crate::diagnostic::Diagnostic;
use crate::yaml::Mapping;

const SCOPES: [&str; 20] = [
    "actions",
    "artifact-metadata",
    "attestations",
    "checks",
    "code-quality",
    "contents",
    "copilot-requests",
    "deployments",
    "discussions",
    "drives",
    "id-token",
    "issues",
    "models",
    "packages",
    "pages",
    "pull-requests",
    "repository-projects",
    "security-events",
    "statuses",
    "vulnerability-alerts",
];

const LEVELS: [&str; 3] = ["read", "write", "none"];

/// Reports permissions that there are not, and those of everything.
pub(super) fn check(owner: &Mapping, problems: &mut Vec<Diagnostic>) {
    let Some(node) = owner.get("permissions") else { return };
    let Some(map) = node.as_mapping() else {
        match node.as_str() {
            Some("read-all") => {}
            Some("write-all") => {
                let problem = Diagnostic::new("write-all", node.span, "every step may change everything").warning();
                problems.push(problem.help("name what is written: `permissions: { contents: read, packages: write }`"));
            }
            _ => {
                let message = format!("`permissions` must be a map, `read-all` or `write-all`, found {}", node.kind());
                let problem = Diagnostic::new("permission", node.span, message);
                problems.push(problem.help("write `permissions: { contents: read }`, or `{}` for none"));
            }
        }
        return;
    };
    for entry in map.entries.iter().filter(|entry| entry.key.text != "<<") {
        let (scope, level) = (entry.key.text.as_str(), &entry.value);
        if !SCOPES.contains(&scope) {
            let problem = Diagnostic::new("permission", entry.key.span, format!("there is no permission `{scope}`"));
            let problem = match crate::similar::closest(scope, SCOPES) {
                Some(close) => problem.help(format!("did you mean `{close}`?")),
                None => problem.help("remove it, or correct the name"),
            };
            problems.push(problem);
        } else if !level.as_str().is_some_and(|level| LEVELS.contains(&level)) {
            let written = level.as_str().filter(|text| !text.is_empty());
            let found = written.map_or_else(|| level.kind().to_owned(), |text| format!("`{text}`"));
            let problem =
                Diagnostic::new("permission", level.span, format!("`{scope}` must be a level, found {found}"));
            problems.push(problem.help("write `read`, `write` or `none`"));
        }
    }
}
