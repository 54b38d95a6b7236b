//! The document as a matrix: the top level.

use super::decode::Decoder;
use super::{SectionSpans, Spec, access, image, section, tool, vars, workflow};
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::yaml::{Mapping, Node};

/// Where the language is described, for people whose file is far from it.
const LANGUAGE: &str = "docs/matrix.md describes the matrix; `splitbuild gen --help` shows the smallest one";

/// The keys at the top; the providers' sections stand before the last.
const TOP: [&str; 8] = ["version", "vars", "registries", "secrets", "defaults", "images", "workflows", "tool"];

pub(super) fn spec(mut decoder: Decoder<'_>, root: &Node) -> (Spec, Vec<Diagnostic>) {
    let mut spec = Spec::default();
    let mut top = TOP.to_vec();
    top.splice(TOP.len() - 1..TOP.len() - 1, decoder.providers.iter().map(|provider| provider.name));
    if root.is_null() {
        decoder.error("empty-matrix", Span::default(), "this file contains no matrix", LANGUAGE);
        return (Spec { doubtful: top, ..spec }, decoder.diagnostics);
    }
    let Some(map) = decoder.map(root, "a matrix") else {
        return (Spec { doubtful: top, ..spec }, decoder.diagnostics);
    };
    let first = map.entries.first().map(|e| e.key.span).unwrap_or_default();
    let span = |key: &str| map.entry(key).map_or(first, |e| e.key.span);
    spec.spans = SectionSpans { top: first, images: span("images"), workflows: span("workflows") };
    check_version(&mut decoder, map, first);
    for entry in &map.entries {
        let before = decoder.diagnostics.len();
        let (decoder, value) = (&mut decoder, &entry.value);
        match entry.key.text.as_str() {
            "version" => {}
            "vars" => spec.vars = vars::vars(decoder, value),
            "registries" => spec.registries = access::registries(decoder, value),
            "secrets" => spec.secrets = access::secrets(decoder, value),
            "defaults" => spec.defaults = image::defaults(decoder, value),
            "images" => spec.images = image::images(decoder, value),
            "workflows" => spec.workflows = workflow::workflows(decoder, value),
            "tool" => spec.tool = tool::tool(decoder, value),
            key => match decoder.provider(key) {
                Some(provider) => spec.sections.push(section::section(decoder, provider, value)),
                None => decoder.unknown_key(entry, "a matrix", &top),
            },
        }
        if decoder.diagnostics.len() > before {
            let meant = crate::similar::closest(&entry.key.text, top.iter().copied());
            spec.doubtful.extend(top.iter().filter(|section| Some(**section) == meant));
        }
    }
    (spec, decoder.diagnostics)
}

fn check_version(decoder: &mut Decoder<'_>, map: &Mapping, first: Span) {
    let Some(node) = map.get("version") else {
        let message = "the matrix has no `version`";
        return decoder.error("version", first, message, "begin it with `version: 1`");
    };
    if node.as_str() != Some("1") {
        let message = format!("this splitbuild reads version 1, not {}", node.as_str().unwrap_or(node.kind()));
        decoder.error("version", node.span, message, "write `version: 1`");
    }
}
