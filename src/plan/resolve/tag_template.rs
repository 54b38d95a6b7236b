//! What an image makes of each tag of a workflow.

use super::Scope;
use crate::plan::{TAG, prefix};
use crate::spec::Text;
use crate::template::Template;

const TAG_PREFIX: &str = "tag_prefix";

/// The tags that an image makes, from `${tag}` and `${tag_prefix}`; just the workflow's where it says nothing.
pub(super) fn templates(scope: &Scope, written: Option<&[Text]>) -> Vec<Template> {
    match written {
        Some(texts) => texts.iter().map(|text| scope.vars.fold(&text.template)).collect(),
        None => vec![Template::name(TAG)],
    }
}

/// One of these templates as what it makes of a tag that is not known.
pub(super) fn from_tag(template: &Template) -> Template {
    template.fill(|name| (name == TAG_PREFIX).then(|| prefix(&Template::name(TAG))))
}

/// Whether the template makes one of each of the workflow's tags.
pub(super) fn is_of_each(template: &Template) -> bool {
    template.mentions(TAG) || template.mentions(TAG_PREFIX)
}
