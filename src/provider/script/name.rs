//! The per-architecture name of what is pushed, as the function has it that tells it.

use std::borrow::Cow;

use super::{Values, is_clean};
use crate::reference::TAG_LIMIT;
use crate::shell;
use crate::template::Template;

/// The usual name: of the function's first argument, an image, and its second, a tag.
pub(in crate::provider) const USUAL_NAME: &str = "$1:$2-$arch";

/// The name as it stands between double quotes; `None` for the usual one.
pub(in crate::provider) fn arch_name(values: &Values<'_>, arch_image: &Template) -> Option<String> {
    let (name, tag) = arch_image.rsplit_once(":")?;
    let filled = |template: Template| template.fill(|name| values.same_var(name).cloned());
    let (name, tag) = (filled(name), filled(tag));
    let name = shell::quoted(&name, &|name| argument(values, name));
    let quoted = shell::quoted(&tag, &|name| argument(values, name));
    let text = match is_clean(&tag) {
        true => format!("{name}:{quoted}"),
        false => format!("{name}:$(clean \"{quoted}\" {TAG_LIMIT})"),
    };
    (text != USUAL_NAME).then_some(text)
}

fn argument<'n>(values: &Values<'_>, name: &'n str) -> Cow<'n, str> {
    match name {
        "image" => "$1".into(),
        "tag" => "$2".into(),
        name => values.parameter(name),
    }
}
