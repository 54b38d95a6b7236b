//! The `gitlab` section.

use super::GitLab;
use super::decode::Decoder;
use crate::yaml::Node;

const KEYS: &[&str] = &["config", "builder", "image", "services", "stage", "runners"];

impl Decoder<'_> {
    pub(super) fn gitlab(&mut self, node: &Node) -> GitLab {
        let mut section = GitLab::default();
        let Some(map) = self.map(node, "`gitlab`") else { return section };
        for entry in &map.entries {
            match entry.key.text.as_str() {
                "config" => section.config = self.text(&entry.value, "`config`"),
                "builder" => section.builder = self.text(&entry.value, "`builder`"),
                "image" => section.image = self.text(&entry.value, "`image`"),
                "services" => section.services = Some(self.texts(&entry.value, "`services`")),
                "stage" => section.stage = self.text(&entry.value, "`stage`"),
                "runners" => {
                    for (runner, node) in self.runners(&entry.value) {
                        section.runners.push((runner, self.one_or_more(node, "a runner's tags")));
                    }
                }
                _ => self.unknown_key(entry, "`gitlab`", KEYS),
            }
        }
        section
    }
}
