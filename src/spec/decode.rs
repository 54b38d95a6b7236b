//! The document as a matrix: the top level, and what every section needs to be read.

use super::{Name, Registry, Script, Secret, Spec, Tool, Vocabulary};
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::yaml::{Entry, Mapping, Node};

/// Where the language is described, for people whose file is far from it.
const LANGUAGE: &str = "docs/matrix.md describes the matrix; `splitbuild gen --help` shows the smallest one";

/// The keys at the top; the providers' sections stand before the last.
const TOP: [&str; 8] = ["version", "vars", "registries", "secrets", "defaults", "images", "workflows", "tool"];

/// Reads a document and collects what is wrong with it.
pub(super) struct Decoder<'a> {
    pub(super) source: &'a str,
    pub(super) providers: &'a [&'static Vocabulary],
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(source: &'a str, providers: &'a [&'static Vocabulary]) -> Self {
        Self { source, providers, diagnostics: Vec::new() }
    }

    /// The provider of that name.
    pub(super) fn provider(&self, name: &str) -> Option<&'static Vocabulary> {
        self.providers.iter().find(|provider| provider.name == name).copied()
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub(super) fn spec(mut self, root: &Node) -> (Spec, Vec<Diagnostic>) {
        let mut spec = Spec::default();
        let mut top = TOP.to_vec();
        top.splice(TOP.len() - 1..TOP.len() - 1, self.providers.iter().map(|provider| provider.name));
        if root.is_null() {
            self.report(
                Diagnostic::new("empty-matrix", Span::default(), "there is no matrix in this file").help(LANGUAGE),
            );
            spec.doubtful = top;
            return (spec, self.diagnostics);
        }
        let Some(map) = self.map(root, "a matrix") else {
            spec.doubtful = top;
            return (spec, self.diagnostics);
        };
        let first = map.entries.first().map(|e| e.key.span).unwrap_or_default();
        let place = |key: &str| map.entry(key).map_or(first, |e| e.key.span);
        spec.places = super::Places { top: first, images: place("images"), workflows: place("workflows") };
        self.version(map, first);
        for entry in &map.entries {
            let before = self.diagnostics.len();
            match entry.key.text.as_str() {
                "version" => {}
                "vars" => spec.vars = self.vars(&entry.value),
                "registries" => spec.registries = self.registries(&entry.value),
                "secrets" => spec.secrets = self.secrets(&entry.value),
                "defaults" => spec.defaults = self.defaults(&entry.value),
                "images" => spec.images = self.images(&entry.value),
                "workflows" => spec.workflows = self.workflows(&entry.value),
                "tool" => spec.tool = self.tool(&entry.value),
                key => match self.provider(key) {
                    Some(provider) => spec.sections.push(self.section(provider, &entry.value)),
                    None => self.unknown_key(entry, "a matrix", &top),
                },
            }
            if self.diagnostics.len() > before {
                let meant = crate::similar::closest(&entry.key.text, top.iter().copied());
                spec.doubtful.extend(top.iter().filter(|section| Some(**section) == meant));
            }
        }
        (spec, self.diagnostics)
    }

    /// The map, or a problem.
    pub(super) fn map<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n Mapping> {
        let map = node.as_mapping();
        if map.is_none() {
            self.wrong_shape(node, what, "a map");
        }
        map
    }

    /// The list, or a problem.
    pub(super) fn list<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match node.as_sequence() {
            Some(items) => items,
            None => {
                let problem = self.shape_problem(node, what, "a list");
                let problem = match node.as_str() {
                    Some(text) if !node.is_null() => {
                        Diagnostic { help: vec![format!("write `[{}]`", flow_scalar(text))], ..problem }
                    }
                    _ => problem,
                };
                self.report(problem);
                &[]
            }
        }
    }

    pub(super) fn wrong_shape(&mut self, node: &Node, what: &str, wanted: &str) {
        let problem = self.shape_problem(node, what, wanted);
        self.report(problem);
    }

    pub(super) fn shape_problem(&self, node: &Node, what: &str, wanted: &str) -> Diagnostic {
        let found = match node.as_str() {
            Some(text) if !node.is_null() && text.len() < 40 => format!("`{}`", text.escape_debug()),
            _ => node.kind().to_owned(),
        };
        let help = match wanted {
            "a map" => "write `key: value` below it, indented, or `{ key: value }`".to_owned(),
            "a list" => "write `[one, two]`, or `- one` below it".to_owned(),
            "text" => "write one value, between quotes if it has YAML's own characters".to_owned(),
            other => format!("write {other}"),
        };
        Diagnostic::new("wrong-shape", node.span, format!("{what} is {wanted}, and here is {found}")).help(help)
    }

    pub(super) fn unknown_key(&mut self, entry: &Entry, what: &str, known: &[&str]) {
        if entry.key.text.starts_with("x-") {
            return;
        }
        let problem = Diagnostic::new("unknown-key", entry.key.span, format!("{what} has no key `{}`", entry.key.text));
        self.report(problem.did_you_mean(&entry.key.text, known.iter().copied()));
    }

    /// A yes or no, as every reader of YAML understands it.
    pub(super) fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        match node.as_scalar().map(|s| s.text.as_str()) {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => {
                self.wrong_shape(node, what, "`true` or `false`");
                None
            }
        }
    }

    pub(super) fn name_of(entry: &Entry) -> Name {
        Name { text: entry.key.text.clone(), span: entry.key.span }
    }

    pub(super) fn script(&mut self, node: &Node, what: &str) -> Option<Script> {
        let Some(scalar) = node.as_scalar() else {
            let problem = self.shape_problem(node, what, "shell");
            self.report(Diagnostic { help: vec!["write `|` and the script below it, indented".into()], ..problem });
            return None;
        };
        if let Some(typed) = scalar.looks_typed() {
            self.wrong_shape(node, what, &format!("shell (to YAML, `{}` is {typed}: quote it)", scalar.text));
            return None;
        }
        if scalar.text.contains('\0') {
            self.report(
                Diagnostic::new("nul", node.span, format!("{what} holds a NUL, which no script can")).help("remove it"),
            );
            return None;
        }
        Some(Script { text: scalar.text.clone(), span: node.span })
    }

    fn version(&mut self, map: &Mapping, first: Span) {
        let Some(node) = map.get("version") else {
            let problem =
                Diagnostic::new("version", first, "a matrix says which version of the language it is written in");
            return self.report(problem.help("begin it with `version: 1`"));
        };
        if node.as_str() != Some("1") {
            let found = node.as_str().unwrap_or(node.kind());
            let problem =
                Diagnostic::new("version", node.span, format!("this splitbuild reads version 1, not {found}"));
            self.report(problem.help("write `version: 1`"));
        }
    }

    fn registries(&mut self, node: &Node) -> Vec<(Name, Registry)> {
        let Some(map) = self.map(node, "`registries`") else { return Vec::new() };
        let mut registries = Vec::new();
        for entry in &map.entries {
            let host = &entry.key.text;
            if !crate::reference::is_registry(host) {
                let problem =
                    Diagnostic::new("registry", entry.key.span, format!("`{host}` is not the name of a registry"));
                self.report(
                    problem
                        .help("write its host, and its port if it has one: docker.io, ghcr.io, registry.acme.org:5000"),
                );
            }
            let Some(fields) = self.map(&entry.value, "a registry's login") else { continue };
            for field in &fields.entries {
                if !["username", "password"].contains(&field.key.text.as_str()) {
                    self.unknown_key(field, "a registry's login", &["username", "password"]);
                }
            }
            let mut field = |key: &str| match fields.get(key) {
                Some(node) => self.text(node, &format!("`{key}`")),
                None => {
                    let problem =
                        Diagnostic::new("registry", entry.key.span, format!("the login of `{host}` has no `{key}`"));
                    self.report(
                        problem.help("write `{ username: \"${USER_VARIABLE}\", password: \"${PASSWORD_VARIABLE}\" }`"),
                    );
                    None
                }
            };
            if let (Some(username), Some(password)) = (field("username"), field("password")) {
                registries.push((Self::name_of(entry), Registry { username, password }));
            }
        }
        registries
    }

    fn secrets(&mut self, node: &Node) -> Vec<(Name, Secret)> {
        let Some(map) = self.map(node, "`secrets`") else { return Vec::new() };
        let mut secrets = Vec::new();
        for entry in &map.entries {
            let form = "write `{ environment: NAME }` or `{ file: PATH }`";
            if !is_plain_word(&entry.key.text) {
                let text = format!("`{}` cannot name a secret", entry.key.text);
                self.report(
                    Diagnostic::new("secret", entry.key.span, text).help("use letters, digits, `_`, `.` and `-`"),
                );
            }
            let Some(fields) = self.map(&entry.value, "a secret") else { continue };
            let [field] = fields.entries.as_slice() else {
                let text = format!("the secret `{}` has one source", entry.key.text);
                self.report(Diagnostic::new("secret", entry.key.span, text).help(form));
                secrets.push((Self::name_of(entry), Secret::Environment(Name::default())));
                continue;
            };
            let secret = match field.key.text.as_str() {
                "environment" => self.environment_name(&field.value).map(Secret::Environment),
                "file" => self.text(&field.value, "`file`").map(Secret::File),
                _ => {
                    self.unknown_key(field, "a secret", &["environment", "file"]);
                    None
                }
            };
            // One that cannot be read is still there for those who use it.
            let secret = secret.unwrap_or_else(|| Secret::Environment(Name::default()));
            secrets.push((Self::name_of(entry), secret));
        }
        secrets
    }

    fn environment_name(&mut self, node: &Node) -> Option<Name> {
        let name = node.as_str().unwrap_or_default();
        if is_upper_name(name) {
            return Some(Name { text: name.to_owned(), span: node.span });
        }
        let problem =
            Diagnostic::new("secret", node.span, "`environment` is the name of a variable of the job's environment");
        self.report(problem.help("write the name alone, in upper case: `environment: NETRC`"));
        None
    }

    fn tool(&mut self, node: &Node) -> Option<Tool> {
        let map = self.map(node, "`tool`")?;
        for entry in &map.entries {
            if !["image", "install"].contains(&entry.key.text.as_str()) {
                self.unknown_key(entry, "`tool`", &["image", "install"]);
            }
        }
        match (map.get("image"), map.get("install")) {
            (Some(image), None) => self.text(image, "`tool.image`").map(Tool::Image),
            (None, Some(install)) => self.script(install, "`tool.install`").map(Tool::Install),
            (Some(_), Some(install)) => {
                let problem = Diagnostic::new("tool", install.span, "`tool` has both `image` and `install`");
                self.report(
                    problem.help("keep `image` to run manifest jobs in it, or `install` to run them where builds run"),
                );
                None
            }
            (None, None) => {
                if map.entries.is_empty() {
                    self.report(
                        Diagnostic::new("tool", node.span, "`tool` is empty").help("write `tool: { image: ... }`"),
                    );
                }
                None
            }
        }
    }
}

/// The text as an entry of a list between brackets.
fn flow_scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_./-:".contains(c);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("{text:?}") }
}

/// Whether `text` can be the name of a variable of a job's environment, as the matrix writes them.
pub(crate) fn is_upper_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Whether `text` has only letters, digits, `_`, `.` and `-`.
pub(super) fn is_plain_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}
