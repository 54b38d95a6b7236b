//! A tag of an image in a workflow.

use crate::names::whole;
use crate::spec::is_upper_name;
use crate::template::{Part, Template};

/// The name of a workflow's tag in the tags of an image.
pub const TAG: &str = "tag";

/// The same with a dash after it, and nothing for the tag that is called latest.
const TAG_PREFIX: &str = "tag_prefix";

/// The tag before which nothing else is said of an image.
pub const PLAIN: &str = "latest";

/// What makes a tag one that belongs to this run alone.
const FIXED_NAMES: [&str; 5] = ["git_tag", "git_version", "git_sha", "git_short_sha", "pipeline"];

/// Names whose values are tags as they are.
const CLEAN_NAMES: [&str; 11] = [
    "tag",
    "arch",
    "git_sha",
    "git_short_sha",
    "pipeline",
    "pr",
    "git_version",
    "git_version_minor",
    "git_version_major",
    "workflow_tag",
    "workflow_tag_prefix",
];

/// A tag of an image in a workflow: what is known when generating is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// What the image says; `${tag}` is the workflow's tag, where that is not known when generating.
    pub template: Template,
    /// The workflow's tag.
    pub of: Template,
}

impl Tag {
    /// A tag of a workflow, as the image says it.
    pub fn new(template: &Template, of: &Template) -> Self {
        let is_known = of.as_literal().is_some();
        let template = template.fill(|name| match name {
            TAG if is_known => Some(of.clone()),
            TAG_PREFIX => Some(prefix(of)),
            _ => None,
        });
        Self { template, of: of.clone() }
    }

    /// The tag as it would be without cleaning.
    pub fn full(&self) -> Template {
        self.template.fill(|name| (name == TAG).then(|| self.of.clone()))
    }

    /// Whether it belongs to a run alone, so that a newer one has no say in it. One that needs what `setup` exports is known
    /// to builds only, and two runs share it only if they are of one commit: it is left to the newer.
    pub fn is_fixed(&self) -> bool {
        is_fixed(&self.full())
    }
}

/// Whether a tag of a workflow belongs to a run alone.
pub fn is_fixed(tag: &Template) -> bool {
    tag.names().any(|name| FIXED_NAMES.contains(&whole(name))) && !tag.names().any(is_upper_name)
}

/// `${tag_prefix}` for a tag of a workflow.
pub fn prefix(of: &Template) -> Template {
    let mut prefix = match of.as_literal() {
        Some(PLAIN) => return Template::default(),
        Some(_) => of.clone(),
        None => Template::name(TAG),
    };
    prefix.push_literal("-");
    prefix
}

/// Whether every value that the template can have is a tag as it is.
pub fn is_clean(tag: &Template) -> bool {
    tag.parts().iter().all(|part| match part {
        Part::Name(name) => CLEAN_NAMES.contains(&whole(name)),
        Part::Literal(text) => text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c)),
    })
}
