//! Shell in a matrix, which is handed on unread.

use super::Script;
use super::decode::Decoder;
use super::schema::Schema;
use crate::diagnostic::Diagnostic;
use crate::yaml::Node;

/// What a script may be.
pub(super) fn schema() -> Schema {
    Schema::text(r"^[^\x00]*$", "a script holds no NUL")
}

/// A script with a command in it.
pub(super) fn filled() -> Schema {
    Schema::text(r"\S", "write shell whose standard output is the password: `login: aws ecr get-login-password`")
}

impl Decoder<'_> {
    /// A script, or a problem. `what` says whose it is, as in "`setup`".
    pub(super) fn script(&mut self, node: &Node, what: &str) -> Option<Script> {
        let Some(scalar) = node.as_scalar() else {
            let problem = self.shape_problem(node, what, "shell");
            self.report(Diagnostic { help: vec!["write `|` and the script below it, indented".into()], ..problem });
            return None;
        };
        let text = &scalar.text;
        if let Some(typed) = scalar.looks_typed() {
            let message = format!("expected {what} to be shell, but YAML reads `{text}` as {typed}");
            self.error("wrong-shape", node.span, message, "quote it");
            return None;
        }
        if text.contains('\0') {
            self.error("nul", node.span, format!("{what} contains a NUL, which no script can"), "remove it");
            return None;
        }
        Some(Script { text: text.clone(), span: node.span })
    }
}
