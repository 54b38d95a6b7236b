//! Actions and workflows of others: how they are named, and whether they can change.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::yaml::Node;

/// Whose code `uses` means.
enum Action<'n> {
    /// Of the same repository, or fixed by a commit or digest.
    Fixed,
    /// Whatever a name leads to on the day.
    Moving(&'n str),
    Wrong,
}

impl<'n> Action<'n> {
    /// As `ConvertToStep` of GitHub's parser takes it apart.
    fn of(text: &'n str) -> Self {
        if ["./", ".\\", "$/"].iter().any(|start| text.starts_with(start)) {
            return Self::Fixed;
        }
        if let Some(image) = text.strip_prefix("docker://") {
            return if image.contains("@sha256:") { Self::Fixed } else { Self::Moving(text) };
        }
        let parts: Vec<&str> = text.split('@').collect();
        let [path, commit] = parts.as_slice() else { return Self::Wrong };
        let segments = path.split(['/', '\\']).filter(|segment| !segment.is_empty()).count();
        let is_commit = matches!(commit.len(), 40 | 64) && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        match (segments, commit.is_empty()) {
            (2.., false) if is_commit => Self::Fixed,
            (2.., false) => Self::Moving(path),
            _ => Self::Wrong,
        }
    }
}

/// Reports names that are none, and once for each action that it is not fixed.
pub(super) fn check<'n>(uses: impl Iterator<Item = &'n Node>, problems: &mut Vec<Diagnostic>) {
    let mut moving: BTreeMap<&str, (Span, &str, usize)> = BTreeMap::new();
    for node in uses {
        let Some(text) = node.as_str().filter(|text| !text.contains("${{")) else { continue };
        match Action::of(text) {
            Action::Fixed => {}
            Action::Moving(name) => moving.entry(name).or_insert((node.span, text, 0)).2 += 1,
            Action::Wrong => {
                let problem = Diagnostic::new("uses", node.span, format!("`{text}` names no action or workflow"));
                problems.push(problem.help("write `owner/name@REF`, `./path`, or `docker://image`"));
            }
        }
    }
    for (span, text, count) in moving.into_values() {
        let problem =
            Diagnostic::new("unpinned", span, format!("the owner of `{text}` can change what it is")).warning();
        let problem = if count > 1 { problem.label(format!("and {} more", count - 1)) } else { problem };
        problems.push(match text.starts_with("docker://") {
            true => problem.help("name the image by its digest: `docker://image@sha256:...`"),
            false => problem.help("name a commit, and the version in a comment: `@<40 hexadecimal digits> # v1.2.3`"),
        });
    }
}
