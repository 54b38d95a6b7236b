//! Which problems are of the form of a matrix, so that its schema finds them, and which are for `gen` alone, which knows
//! what names stand for, what other files say and what a provider can do.

use splitbuild::diagnostic::Diagnostic;
use splitbuild::yaml::{Node, Style};

use crate::instance;

/// Whether the schema finds a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Always,
    Perhaps,
}

/// What decides it, for the problems of a code.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// It is a mistake of form.
    Form,
    /// It is one where no reference is in the value: what they stand for is not known.
    Literal,
    /// It is one where a reader of YAML 1.2 has no text: an editor takes `yes` and `2026-11-21` for text.
    Typed,
    /// It is none.
    Meaning,
}

use Rule::{Form, Literal, Meaning, Typed};

/// The rule of each code, but for messages that contain one of these words, which are about what is meant.
const RULES: &[(&str, Rule, &[&str])] = &[
    ("annotation", Meaning, &[]),
    ("arch", Literal, &[]),
    ("arch-image", Meaning, &[]),
    ("builder", Literal, &[]),
    ("cache-to", Meaning, &[]),
    ("context", Meaning, &[]),
    ("contexts", Form, &[]),
    ("copy", Literal, &[]),
    ("cycle", Meaning, &[]),
    ("disabled-image", Meaning, &[]),
    // Of a Dockerfile.
    ("dockerfile-syntax", Meaning, &[]),
    ("duplicate-image", Meaning, &[]),
    ("duplicate-key", Meaning, &[]),
    ("duplicate-tag", Meaning, &[]),
    ("empty-matrix", Form, &[]),
    ("executor", Form, &[]),
    ("export", Literal, &["every tag", "two images", "ambiguous", "is not one of the names"]),
    ("for-empty", Form, &[]),
    ("for-key", Meaning, &[]),
    ("for-name", Form, &["is a var already"]),
    ("image-key", Form, &[]),
    ("image-name", Literal, &["is empty in the workflow", "at most"]),
    ("key", Meaning, &[]),
    ("late-name", Meaning, &[]),
    ("left-out", Meaning, &[]),
    ("login", Form, &[]),
    ("manual", Form, &["is not plain"]),
    ("merge", Meaning, &[]),
    ("misplaced-key", Form, &[]),
    ("misplaced-name", Meaning, &[]),
    ("missing-need", Meaning, &[]),
    ("no-image", Form, &[]),
    ("no-image-name", Form, &[]),
    ("no-member", Meaning, &[]),
    ("no-platform", Form, &[]),
    ("no-runner", Meaning, &[]),
    ("no-tag", Form, &[]),
    ("no-tool", Form, &[]),
    ("no-trigger", Form, &[]),
    ("no-workflow", Form, &[]),
    ("not-text", Typed, &[]),
    ("nul", Form, &[]),
    ("old-docker", Meaning, &[]),
    ("own-file", Meaning, &[]),
    ("password", Form, &[]),
    // A language of its own: `gen` says what is wrong with one.
    ("pattern", Meaning, &[]),
    ("platform", Literal, &["is listed twice", "generated jobs run on Linux"]),
    ("pull-requests", Form, &[]),
    ("reference", Form, &[]),
    ("registry", Form, &[]),
    ("same-arch", Meaning, &[]),
    ("same-job", Meaning, &[]),
    ("same-name", Meaning, &[]),
    ("schedule", Form, &[]),
    ("secret", Form, &[]),
    ("syntax", Meaning, &[]),
    ("tag", Literal, &["with its architecture", "holds no version", "is one tag for all"]),
    ("too-large", Meaning, &[]),
    ("too-many-jobs", Meaning, &[]),
    (
        "tool",
        Literal,
        &[
            "names no file",
            "cannot contain",
            "an archive and another",
            "credentials",
            "cannot unpack",
            "there is no download",
        ],
    ),
    ("unknown-image", Meaning, &[]),
    ("unknown-key", Form, &[]),
    ("unknown-name", Meaning, &[]),
    ("unknown-need", Meaning, &[]),
    ("unknown-secret", Meaning, &[]),
    ("unknown-var", Meaning, &[]),
    ("unreachable-workflow", Meaning, &[]),
    ("unset-name", Meaning, &[]),
    ("unused-name", Meaning, &[]),
    ("unused-need", Meaning, &[]),
    ("unusable-key", Form, &["a Docker manifest list holds none", "needs the daemon of a Docker"]),
    ("username", Literal, &[]),
    ("value-too-long", Meaning, &[]),
    ("var-cycle", Meaning, &[]),
    ("var-name", Form, &[]),
    ("version", Form, &[]),
    ("version-tag", Meaning, &[]),
    ("workflow-name", Form, &[]),
    ("wrong-shape", Form, &[]),
];

/// Whether a code is in the table.
pub fn is_known(code: &str) -> bool {
    RULES.iter().any(|(known, ..)| *known == code)
}

/// Whether the reader gives up the map in which it finds a problem, and says nothing of the rest.
pub fn stops(problem: &Diagnostic) -> bool {
    ["must stand below a platform", "must have exactly one source"].iter().any(|it| problem.message.contains(it))
}

/// Whether the schema must find a problem of a matrix.
pub fn found(problem: &Diagnostic, text: &str) -> Found {
    let (_, rule, meant) = RULES.iter().find(|(code, ..)| *code == problem.code).unwrap_or_else(|| {
        panic!("`{}` is in no table: {}", problem.code, problem.message);
    });
    let written = text.get(problem.span.start..problem.span.end).unwrap_or_default();
    let is_form = match rule {
        _ if meant.iter().any(|word| problem.message.contains(word)) => false,
        Form => true,
        Literal => !written.contains('$'),
        Typed if written.starts_with(['"', '\'']) => true,
        Typed => !written.contains('$') && !instance::json(&Node::scalar(written, Style::Plain)).is_string(),
        Meaning => false,
    };
    if is_form { Found::Always } else { Found::Perhaps }
}
