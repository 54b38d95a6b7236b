//! Where a build's result goes, and whether there is one
//! (<https://docs.docker.com/build/exporters/>).

use super::Target;
use crate::import::option::Fields;
use crate::span::Span;
use crate::template::Template;
use crate::yaml::{Entry, Node};

impl Target<'_> {
    /// Where the result goes. Images are pushed here, so what is no image is left out, unless others are built on it.
    pub(super) fn output(&mut self, node: &Node) {
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

    pub(super) fn call(&mut self, entry: &Entry) {
        let call = self.reader.word(&entry.value, "call");
        if call.is_some_and(|call| call != "build") {
            self.found.only_for_others = Some((entry.key.span, "only checks or describes a build"));
        }
    }
}
