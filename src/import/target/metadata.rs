//! What is said about an image, and vouched for: labels, annotations, attestations.

use super::Target;
use crate::draft::Value;
use crate::import::option::Fields;
use crate::import::reader::map_of;
use crate::span::Span;
use crate::template::Template;
use crate::yaml::Node;

/// Labels and annotations that say when and from what an image was made: they are true of one run only.
const OF_ONE_RUN: [&str; 2] = ["org.opencontainers.image.created", "org.opencontainers.image.revision"];

impl Target<'_> {
    /// Leaves out what is true of one run only. Splitbuild labels every image with its commit.
    pub(super) fn of_one_run(&mut self, pairs: &mut Vec<(String, Option<Template>, Span)>) {
        for (name, _, span) in pairs.extract_if(.., |(name, ..)| OF_ONE_RUN.contains(&name.as_str())) {
            let message = format!("`{name}` was true when this file was made, and is left out");
            let help = "images are labelled with their commit, `org.opencontainers.image.revision`, in every run";
            self.reader.unmapped(span, message, help);
        }
    }

    /// Annotations of the index; those of its images are no part of the matrix
    /// (<https://docs.docker.com/build/metadata/annotations/#specify-annotation-level>).
    pub(super) fn annotations(&mut self, node: &Node) {
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

    pub(super) fn attestation(&mut self, name: &str, node: &Node) {
        match node.as_str() {
            Some("true") => drop(self.found.keys.put(name, true)),
            Some("false") => drop(self.found.keys.put(name, false)),
            _ => self.text(name, node),
        }
    }

    pub(super) fn attest(&mut self, node: &Node) {
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
}
