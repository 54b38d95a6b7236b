//! The keys of one build, as bake and Compose write them, in the words of the matrix. Both mean the options of `docker build`,
//! and differ in little but hyphens (<https://docs.docker.com/build/bake/reference/>,
//! <https://github.com/compose-spec/compose-spec/blob/main/build.md>).

mod cache;
mod secret;

use std::collections::BTreeMap;

use super::found::{Found, Origin, Parent};
use super::option::Fields;
use super::path;
use super::reader::{Reader, entries, map_of};
use crate::diagnostic::Diagnostic;
use crate::draft::{Map, Value};
use crate::platform::Platform;
use crate::span::Span;
use crate::template::Template;
use crate::yaml::{Entry, Mapping, Node};

/// Every key that is known, as the matrix would write it, for those that are misspelt.
const KNOWN: [&str; 32] = [
    "additional_contexts",
    "annotations",
    "args",
    "attest",
    "cache_from",
    "cache_to",
    "call",
    "context",
    "description",
    "dockerfile",
    "dockerfile_inline",
    "entitlements",
    "extra_hosts",
    "inherits",
    "isolation",
    "labels",
    "network",
    "no_cache",
    "no_cache_filter",
    "output",
    "platforms",
    "policy",
    "privileged",
    "provenance",
    "pull",
    "resources",
    "sbom",
    "secrets",
    "shm_size",
    "ssh",
    "tags",
    "target",
];

/// Labels and annotations that say when and from what an image was made: they are true of one run only.
const OF_ONE_RUN: [&str; 2] = ["org.opencontainers.image.created", "org.opencontainers.image.revision"];

/// What a build is read with.
pub(super) struct Target<'r> {
    pub(super) reader: &'r mut Reader,
    /// The folder that paths begin in.
    pub(super) folder: &'r str,
    /// Secrets that the file declares by name.
    pub(super) declared: &'r BTreeMap<String, Option<Origin>>,
    pub(super) found: Found,
}

impl Target<'_> {
    /// Reads all keys of a build.
    pub(super) fn read(&mut self, map: &Mapping) {
        for entry in entries(map) {
            self.key(entry);
        }
    }

    fn key(&mut self, entry: &Entry) {
        let (written, node) = (entry.key.text.as_str(), &entry.value);
        let name = match written.replace('-', "_").as_str() {
            "contexts" => "additional_contexts".to_owned(),
            "secret" => "secrets".to_owned(),
            name => name.to_owned(),
        };
        match name.as_str() {
            "context" => self.context(node),
            "dockerfile" => self.dockerfile(node),
            "dockerfile_inline" => self.inline(entry),
            "additional_contexts" => self.contexts(node),
            "args" | "labels" => self.pairs(&name, node),
            "annotations" => self.annotations(node),
            "tags" => {
                let texts = self.reader.texts(node, written);
                self.found.references.extend(texts);
            }
            "cache_from" | "cache_to" => self.cache(&name, node),
            "target" | "network" | "shm_size" => self.text(&name, node),
            "provenance" | "sbom" => self.attestation(&name, node),
            "attest" => self.attest(node),
            "pull" | "no_cache" => {
                if self.reader.flag(node, written) == Some(true) {
                    self.found.keys.put(&name, true);
                }
            }
            "secrets" => self.secrets(node),
            "ssh" => self.ssh(node),
            "platforms" => self.platforms(node),
            "output" => self.output(node),
            "ulimits" => self.ulimits(node),
            "extra_hosts" => {
                let hosts = self.reader.pairs(node, written, &["=", ":"]);
                self.found.keys.put(&name, map_of(hosts));
            }
            "description" => {
                let text = self.reader.word(node, written);
                self.found.remarks.extend(text);
            }
            "call" => self.call(entry),
            // Compose gives its build more keys of bake there, which are added
            // (<https://docs.docker.com/build/bake/compose-file/#extension-field-with-x-bake>).
            "x_bake" => {
                if let Some(map) = self.reader.map(node, written) {
                    self.read(map);
                }
            }
            _ => self.unknown(entry, &name),
        }
    }

    fn unknown(&mut self, entry: &Entry, name: &str) {
        let (written, span) = (&entry.key.text, entry.key.span);
        let daemon =
            "builds run on the daemon of the job; what differs is set there, or built by `run`, a script of your own";
        let help = match name {
            // They are resolved before.
            "inherits" | "name" | "matrix" => return,
            "no_cache_filter" => "`no_cache: true` leaves the cache aside for all stages",
            "entitlements" | "privileged" | "isolation" | "resources" | "policy" => daemon,
            _ if name.starts_with("x_") => return,
            _ => {
                let message = format!("a build has no key `{written}`");
                let problem = Diagnostic::new("unmapped", span, message).warning();
                return self.reader.problems.push(problem.did_you_mean(name, KNOWN));
            }
        };
        self.reader.unmapped(span, format!("`{written}` has no counterpart, and is left out"), help);
    }

    fn text(&mut self, name: &str, node: &Node) {
        if let Some(text) = self.reader.text(node, name) {
            self.found.keys.put(name, text);
        }
    }

    /// The sources: a folder of the repository, or a git repository, as Docker has it in both.
    fn context(&mut self, node: &Node) {
        let Some(text) = self.reader.text(node, "context") else { return };
        let is_other = ["docker-image://", "oci-layout://", "target:"].iter().any(|it| text.leading().starts_with(it));
        if is_other || text.as_literal() == Some("-") {
            let message = format!("`{text}` is no folder and no git repository to build from");
            let help = "name a folder, and an image under `contexts`";
            return self.reader.problems.push(Diagnostic::new("context", node.span, message).help(help));
        }
        if path::is_elsewhere(&text) {
            self.found.keys.put("context", text);
        } else if let Some(path) = self.local(&text, node.span)
            && path.as_literal() != Some(".")
        {
            self.found.keys.put("context", path);
        }
    }

    fn local(&mut self, text: &Template, span: Span) -> Option<Template> {
        let path = path::from_root(self.folder, text);
        if path.is_none() {
            let message = format!("`{text}` is not in the repository");
            let help = "paths begin in the folder that `--folder` names, from the root of the repository";
            self.reader.problems.push(Diagnostic::new("context", span, message).help(help));
        }
        path
    }

    fn dockerfile(&mut self, node: &Node) {
        let Some(text) = self.reader.text(node, "dockerfile") else { return };
        let text = if text.leading().starts_with("./") { text.without_start(2) } else { text };
        if text.leading().starts_with("cwd://") || text.leading().starts_with('/') {
            let message = format!("the Dockerfile `{text}` does not lie in the context");
            let help = "put it there; it is named from the context";
            return self.reader.problems.push(Diagnostic::new("context", node.span, message).help(help));
        }
        if text.as_literal() != Some("Dockerfile") {
            self.found.keys.put("dockerfile", text);
        }
    }

    /// A Dockerfile in the file itself: the matrix names files only, so the job says that it is not there until it is.
    fn inline(&mut self, entry: &Entry) {
        let file = format!("{}.Dockerfile", self.found.name);
        let message =
            format!("the Dockerfile of `{}` is in this file, and the matrix can only name one", self.found.name);
        let help = format!(
            "write it to `{file}`, in the context: the matrix names that, and the build fails until it is there"
        );
        self.reader.unmapped(entry.key.span, message, help);
        self.found.keys.put("dockerfile", file.as_str()).behind("to be written: its text is in the imported file");
    }

    fn contexts(&mut self, node: &Node) {
        for (alias, value, span) in self.reader.pairs(node, "contexts", &["="]) {
            let Some(value) = value else { continue };
            let target = ["target:", "service:"].iter().find_map(|it| value.leading().strip_prefix(it));
            if let (Some(target), true) = (target, value.as_literal().is_some()) {
                let target = target.to_owned();
                self.found.parents.push(Parent { alias, target, span });
                continue;
            }
            let kept = if path::is_elsewhere(&value) { Some(value) } else { self.local(&value, span) };
            if let Some(kept) = kept {
                self.found.keys.map("additional_contexts").put(&alias, kept);
            }
        }
    }

    fn pairs(&mut self, name: &str, node: &Node) {
        let mut pairs = self.reader.pairs(node, name, &["="]);
        if name == "labels" {
            self.of_one_run(&mut pairs);
            pairs.retain(|(_, value, _)| value.is_some());
        }
        if !pairs.is_empty() {
            self.found.keys.put(name, map_of(pairs));
        }
    }

    /// Leaves out what is true of one run only. Splitbuild labels every image with its commit.
    fn of_one_run(&mut self, pairs: &mut Vec<(String, Option<Template>, Span)>) {
        for (name, _, span) in pairs.extract_if(.., |(name, ..)| OF_ONE_RUN.contains(&name.as_str())) {
            let message = format!("`{name}` was true when this file was made, and is left out");
            let help = "images are labelled with their commit, `org.opencontainers.image.revision`, in every run";
            self.reader.unmapped(span, message, help);
        }
    }

    /// Annotations of the index; those of its images are no part of the matrix
    /// (<https://docs.docker.com/build/metadata/annotations/#specify-annotation-level>).
    fn annotations(&mut self, node: &Node) {
        let (mut of_index, mut others) = (Vec::new(), Vec::new());
        for (name, value, span) in self.reader.pairs(node, "annotations", &["="]) {
            match name.split_once(':') {
                Some((levels, name)) if levels.split(',').any(|level| level == "index") => {
                    if levels != "index" {
                        others.push((name.to_owned(), span));
                    }
                    of_index.push((name.to_owned(), value, span));
                }
                _ => others.push((name, span)),
            }
        }
        if let Some((name, span)) = others.first() {
            let count = others.len();
            let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
            let message = format!("annotations of each platform's image are left out: `{name}`{more}");
            let help = "the matrix annotates indexes: `annotations: [\"index:NAME=VALUE\"]`; for an image use `labels`";
            self.reader.unmapped(*span, message, help);
        }
        self.of_one_run(&mut of_index);
        of_index.retain(|(_, value, _)| value.is_some());
        if !of_index.is_empty() {
            self.found.keys.put("annotations", map_of(of_index));
        }
    }

    fn attestation(&mut self, name: &str, node: &Node) {
        match node.as_str() {
            Some("true") => drop(self.found.keys.put(name, true)),
            Some("false") => drop(self.found.keys.put(name, false)),
            _ => self.text(name, node),
        }
    }

    fn attest(&mut self, node: &Node) {
        for item in self.reader.items(node, "attest") {
            let Some(fields) = Fields::read(self.reader, item, "attest") else { continue };
            let Some(name) = fields.kind().filter(|kind| ["provenance", "sbom"].contains(kind)).map(str::to_owned)
            else {
                self.reader.unmapped(
                    fields.span,
                    "this attestation has no counterpart",
                    "there is `provenance` and `sbom`",
                );
                continue;
            };
            let value = match (fields.literal("disabled"), fields.without("type")) {
                (Some("true"), _) => Value::from(false),
                (_, Some(rest)) => Value::from(rest),
                (_, None) => Value::from(true),
            };
            self.found.keys.put(&name, value);
        }
    }

    fn platforms(&mut self, node: &Node) {
        for item in self.reader.items(node, "platforms") {
            let Some(word) = self.reader.word(item, "platforms") else { continue };
            match Platform::by_any_name(&word) {
                Ok(platform) if platform.is_windows() => {
                    let message = "images for Windows cannot be built this way, and are left out";
                    let help = "build them in a job of your own, and link them with `splitbuild manifest --source`";
                    self.reader.unmapped(item.span, message, help);
                }
                Ok(platform) if !self.found.platforms.contains(&platform) => self.found.platforms.push(platform),
                Ok(_) => {}
                Err(error) => {
                    let problem = Diagnostic::new("platform", item.span, error.to_string());
                    self.reader.problems.push(problem.help(error.help));
                }
            }
        }
    }

    /// `nofile=1024:2048` as bake has it, or Compose's map.
    fn ulimits(&mut self, node: &Node) {
        let mut limits = Map::default();
        let number = |text: &str| match text.parse::<u64>() {
            Ok(number) => Some(Value::from(number)),
            Err(_) => text.parse::<i64>().ok().map(|_| Value::verbatim(text)),
        };
        if let Some(map) = node.as_mapping() {
            for Entry { key, value } in &map.entries {
                let field = |name| number(value.get(name)?.as_str()?);
                let limit = match (value.as_str().and_then(number), field("soft"), field("hard")) {
                    (Some(limit), ..) => limit,
                    (None, Some(soft), Some(hard)) => Map::of([("soft", soft), ("hard", hard)]).into(),
                    _ => continue,
                };
                limits.put(&key.text, limit);
            }
        } else {
            for (text, _) in self.reader.texts(node, "ulimits") {
                let Some((name, limit)) = text.as_literal().and_then(|text| text.split_once('=')) else { continue };
                let limit = match limit.split_once(':') {
                    Some((soft, hard)) => number(soft)
                        .zip(number(hard))
                        .map(|(soft, hard)| Value::from(Map::of([("soft", soft), ("hard", hard)]))),
                    None => number(limit),
                };
                if let Some(limit) = limit {
                    limits.put(name, limit);
                }
            }
        }
        if !limits.is_empty() {
            self.found.keys.put("ulimits", limits);
        }
    }

    /// Where the result goes. Images are pushed here, so what is no image is left out, unless others are built on it.
    fn output(&mut self, node: &Node) {
        for item in self.reader.items(node, "output") {
            let Some(fields) = Fields::read(self.reader, item, "output") else { continue };
            match fields.kind() {
                Some("image" | "registry") => {
                    let name = fields.get("name").map(|name| (name.clone(), fields.span));
                    let is_new =
                        |(name, _): &(Template, Span)| self.found.references.iter().all(|(known, _)| known != name);
                    self.found.references.extend(name.filter(is_new));
                    let known = ["type", "name", "push", "push-by-digest", "unpack", "store", "oci-mediatypes"];
                    let other = fields.fields.iter().find(|(name, _)| !known.contains(&name.as_str()));
                    if let Some((name, _)) = other {
                        let message = format!("`{name}` of an output has no counterpart, and is left out");
                        self.reader.unmapped(fields.span, message, "images are pushed as `docker build` makes them");
                    }
                }
                Some("docker") => {}
                Some("oci") => {
                    let help = "`export: FILE.tar` writes the published image to a tarball";
                    self.reader.unmapped(fields.span, "an OCI tarball has no counterpart, and is left out", help);
                }
                kind => {
                    let why = match kind {
                        Some("cacheonly") => "only fills a cache",
                        _ => "is written to files, and pushed nowhere",
                    };
                    self.found.only_for_others = Some((fields.span, why));
                }
            }
        }
    }

    fn call(&mut self, entry: &Entry) {
        let call = self.reader.word(&entry.value, "call");
        if call.is_some_and(|call| call != "build") {
            self.found.only_for_others = Some((entry.key.span, "only checks or describes a build"));
        }
    }
}
