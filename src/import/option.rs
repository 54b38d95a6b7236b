//! Options of BuildKit, which are words with fields: `type=registry,ref=acme/cache`, or a map of the same
//! (<https://github.com/docker/buildx/tree/master/util/buildflags>).

use super::reader::Reader;
use crate::span::Span;
use crate::template::Template;
use crate::yaml::Node;

/// An option by its fields, in the order written.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) fields: Vec<(String, Template)>,
    /// The whole, if it was written as one word.
    pub(super) word: Option<Template>,
    pub(super) span: Span,
}

impl Fields {
    pub(super) fn read(reader: &mut Reader, node: &Node, what: &str) -> Option<Self> {
        if node.as_mapping().is_some() {
            let pairs = reader.pairs(node, what, &[]);
            let fields = pairs.into_iter().filter_map(|(name, value, _)| Some((name, value?))).collect();
            return Some(Self { fields, word: None, span: node.span });
        }
        let word = reader.text(node, what)?;
        let mut fields = Vec::new();
        let mut rest = Some(word.clone());
        while let Some(text) = rest.take() {
            let (field, after) = text.split_once(",").map_or((text, None), |(field, after)| (field, Some(after)));
            if let Some((name, value)) = field.split_once("=") {
                fields.extend(name.as_literal().map(|name| (name.trim().to_lowercase(), value)));
            }
            rest = after;
        }
        Some(Self { fields, word: Some(word), span: node.span })
    }

    pub(super) fn get(&self, name: &str) -> Option<&Template> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(super) fn literal(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Template::as_literal)
    }

    /// Its type, if it says one.
    pub(super) fn kind(&self) -> Option<&str> {
        self.literal("type")
    }

    /// Without one of the fields, as one word; `None` if nothing is left.
    pub(super) fn without(&self, name: &str) -> Option<Template> {
        let mut word = Template::default();
        for (field, value) in self.fields.iter().filter(|(field, _)| field != name) {
            if word != Template::default() {
                word.push_literal(",");
            }
            word.push_literal(&format!("{field}="));
            word.push(value);
        }
        (word != Template::default()).then_some(word)
    }

    /// As one word, its type first.
    pub(super) fn word(&self) -> Template {
        let joined = || {
            let mut word = Template::literal(&format!("type={}", self.kind().unwrap_or("registry")));
            if let Some(rest) = self.without("type") {
                word.push_literal(",");
                word.push(&rest);
            }
            word
        };
        self.word.clone().unwrap_or_else(joined)
    }
}
