//! Where a build's cache is read from and written to. Builds run on the daemon's own builder, which reads the caches of images
//! and writes the inline one alone (<https://docs.docker.com/build/cache/backends/>).

use super::Target;
use crate::draft::Value;
use crate::import::option::Fields;
use crate::yaml::Node;

impl Target<'_> {
    pub(super) fn cache(&mut self, name: &str, node: &Node) {
        let mut kept = match self.found.keys.get(name) {
            Some(Value::List(known)) => known.clone(),
            _ => Vec::new(),
        };
        for item in self.reader.items(node, name) {
            let Some(fields) = Fields::read(self.reader, item, name) else { continue };
            // A word without fields is the name of an image.
            let kind = fields.kind().unwrap_or("registry").to_owned();
            let is_kept = match name {
                "cache_from" => ["registry", "inline"].contains(&kind.as_str()),
                _ => kind == "inline",
            };
            if is_kept {
                let word = if name == "cache_to" { "type=inline".into() } else { Value::from(fields.word()) };
                kept.push(word);
                continue;
            }
            let message = format!("a cache of the type `{kind}` needs a builder in a container, and is left out");
            let help = match name {
                "cache_from" => "write `cache_from: [\"${image}:TAG\"]`, which reads the inline cache of an image",
                _ => {
                    "`cache_to: [type=inline]` writes one into the image, and `cache_from: [\"${image}:TAG\"]` reads it"
                }
            };
            self.reader.unmapped(fields.span, message, help);
        }
        if !kept.is_empty() {
            self.found.keys.put(name, Value::list(kept));
        }
    }
}
