//! The per-architecture name of what is pushed, as the function has it that tells it.

use super::{Values, is_clean};
use crate::reference::TAG_LIMIT;
use crate::shell;
use crate::template::Template;

/// The usual name: of the function's first argument, an image, and its second, a tag.
pub(in crate::provider) const USUAL_NAME: &str = "$1:$2-$arch";

/// The name as it stands between double quotes; `None` for the usual one.
pub(in crate::provider) fn arch_name(values: &Values<'_>, arch_image: &Template) -> Option<String> {
    let (name, tag) = pushed_name(values, arch_image, (&Template::name("$1"), &Template::name("$2")))?;
    let text = format!("{name}:{tag}");
    (text != USUAL_NAME).then_some(text)
}

/// The repository and the tag under which an image is pushed that has this name and this tag, each as it stands between
/// double quotes.
pub(in crate::provider) fn pushed_name(
    values: &Values<'_>,
    arch_image: &Template,
    (image, of): (&Template, &Template),
) -> Option<(String, String)> {
    let (name, tag) = arch_image.rsplit_once(":")?;
    let filled = |template: Template| template.fill(|name| values.same_var(name).cloned());
    let (name, tag) = (filled(name), filled(tag));
    let given = |name: &str| match name {
        "image" => Some(image.clone()),
        "tag" => Some(of.clone()),
        _ => None,
    };
    let quoted = |template: &Template| shell::quoted(&template.fill(given), &|name| values.parameter(name));
    let tag = match is_clean(&tag) {
        true => quoted(&tag),
        false => format!("$(clean \"{}\" {TAG_LIMIT})", quoted(&tag)),
    };
    Some((quoted(&name), tag))
}
