//! Secrets and SSH keys of a build.

use super::Target;
use crate::diagnostic::Diagnostic;
use crate::draft::Value;
use crate::import::found::{Origin, SecretUse};
use crate::import::option::Fields;
use crate::span::Span;
use crate::template::Template;
use crate::yaml::Node;

/// The variable of the environment that a name stands for.
fn variable(name: &str) -> String {
    let upper = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    name.chars().map(upper).collect()
}

impl Target<'_> {
    pub(super) fn secrets(&mut self, node: &Node) {
        for item in self.reader.items(node, "secrets") {
            let found = match item.as_str() {
                Some(word) if !word.contains('=') => self.declared_secret(word, word, item.span),
                _ => self.written_secret(item),
            };
            self.found.secrets.extend(found);
        }
    }

    /// `id=x,env=Y`, or a map; Compose's map names a secret of the file.
    fn written_secret(&mut self, item: &Node) -> Option<SecretUse> {
        let fields = Fields::read(self.reader, item, "secrets")?;
        if let (Some(source), true) = (fields.literal("source"), item.as_mapping().is_some()) {
            let target = fields.literal("target").unwrap_or(source);
            return self.declared_secret(source, target.rsplit('/').next().unwrap_or(target), item.span);
        }
        let file = fields.get("src").or(fields.get("source"));
        let is_variable = fields.kind() == Some("env");
        let Some(id) = fields.literal("id").map(str::to_owned) else {
            let message = "a secret without an id has no name";
            let help = "write `id=NAME,env=VARIABLE`, or `id=NAME,src=FILE`";
            self.reader.problems.push(Diagnostic::new("secret", item.span, message).help(help));
            return None;
        };
        let origin = match (fields.literal("env"), file) {
            (Some(name), _) => self.environment(name, item.span),
            (None, Some(name)) if is_variable => self.environment(name.as_literal().unwrap_or(&id), item.span),
            (None, Some(path)) => self.file(path, item.span)?,
            (None, None) => {
                let name = variable(&id);
                let message = format!("the secret `{id}` says nowhere where it comes from");
                let help = format!("the matrix takes it from `{name}` of the job's environment");
                self.reader.unmapped(item.span, message, help);
                Origin::Environment(name)
            }
        };
        self.secret(&id, origin, item.span)
    }

    fn environment(&mut self, name: &str, span: Span) -> Origin {
        let upper = variable(name);
        if upper != name {
            let message = format!("the variable `{name}` is called `{upper}` in the matrix");
            self.reader.unmapped(
                span,
                message,
                "variables of a job's environment are upper case; set it under that name",
            );
        }
        Origin::Environment(upper)
    }

    fn file(&mut self, path: &Template, span: Span) -> Option<Origin> {
        if path.leading().starts_with('/') {
            return Some(Origin::File(path.clone()));
        }
        if path.leading().starts_with('~') {
            let message = format!("`{path}` is in somebody's home, which no job has");
            let help = "set what it holds as a variable of the job: `secrets: { NAME: { environment: VARIABLE } }`";
            self.reader.unmapped(span, message, help);
            let name = path.as_literal().and_then(|path| path.rsplit('/').next()).map_or("SECRET".into(), variable);
            return Some(Origin::Environment(name.trim_start_matches('_').to_owned()));
        }
        self.local(path, span).map(Origin::File)
    }

    fn declared_secret(&mut self, source: &str, id: &str, span: Span) -> Option<SecretUse> {
        let origin = match self.declared.get(source) {
            Some(Some(origin)) => origin.clone(),
            // What was declared wrongly is told there.
            Some(None) => return None,
            None => {
                let problem = Diagnostic::new("unknown-target", span, format!("there is no secret `{source}`"));
                let known = self.declared.keys().map(String::as_str);
                let help = "declare it under `secrets`, with `environment` or `file`";
                self.reader.problems.push(problem.did_you_mean(source, known).or_help(help));
                return None;
            }
        };
        self.secret(id, origin, span)
    }

    fn secret(&mut self, id: &str, origin: Origin, span: Span) -> Option<SecretUse> {
        let is_word = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
        if !is_word {
            let message = format!("`{}` is not a valid secret id", id.escape_debug());
            let help = "use letters, digits, `_`, `.` and `-`";
            self.reader.problems.push(Diagnostic::new("secret", span, message).help(help));
        }
        is_word.then(|| SecretUse { id: id.to_owned(), origin })
    }

    /// `default`, `id=key.pem`, or a map with an id and paths.
    pub(super) fn ssh(&mut self, node: &Node) {
        let mut keys = self.found.keys.get("ssh").and_then(Value::as_map).cloned().unwrap_or_default();
        let is_list = node.as_sequence().is_some();
        let items = if is_list { self.reader.items(node, "ssh") } else { vec![node] };
        for item in items {
            let by_id = item.get("id").is_some() || item.get("paths").is_some();
            if by_id {
                let id = item.get("id").and_then(|id| self.reader.word(id, "ssh.id")).unwrap_or("default".into());
                let mut paths = Template::default();
                for (path, _) in
                    item.get("paths").map(|paths| self.reader.texts(paths, "ssh.paths")).unwrap_or_default()
                {
                    if paths != Template::default() {
                        paths.push_literal(",");
                    }
                    paths.push(&path);
                }
                keys.put(&id, if paths == Template::default() { Value::Nothing } else { Value::from(paths) });
            } else {
                for (id, path, _) in self.reader.pairs(item, "ssh", &["="]) {
                    keys.put(&id, path.map_or(Value::Nothing, Value::from));
                }
            }
        }
        if !keys.is_empty() {
            self.found.keys.put("ssh", keys).behind("the job must have this key or agent: load it in `setup`");
        }
    }
}
