//! The per-architecture name of an image, under which a build is pushed.

use super::{Problems, Scope, tag_template};
use crate::diagnostic::Diagnostic;
use crate::names::{COMMIT_LENGTH, cut};
use crate::plan::TAG;
use crate::platform::Platform;
use crate::reference::{TAG_LIMIT, tag_problem};
use crate::spec::{Name, Settings};
use crate::template::Template;

/// How many characters a reference to a commit's name has; of other names it is not known.
fn late_length(reference: &str) -> usize {
    match cut(reference) {
        ("git_sha", length) => length.unwrap_or(COMMIT_LENGTH),
        ("git_short_sha", _) => 8,
        _ => 0,
    }
}

/// A per-architecture name, from `${image}` and `${tag}`.
pub(super) struct ArchImage {
    pub(super) name: Template,
    /// The same, with the platform and its word as references.
    pub(super) written: Template,
    /// Whether several images would be pushed under it.
    pub(super) is_shared: bool,
    /// The most characters that a tag may have so that it fits.
    pub(super) tag_room: usize,
}

impl ArchImage {
    pub(super) fn new(
        scope: &Scope,
        (key, names, tags): (&Name, &[Template], &[Template]),
        (platform, arch): (&Platform, &str),
        settings: &Settings,
        problems: &mut Problems,
    ) -> Self {
        let setting = settings.arch_image.as_ref();
        let span = setting.map_or(key.span, |setting| setting.span);
        let written = scope.vars.fold(&settings.arch_image().template);
        let name = written.fill(|name| match name {
            "arch" => Some(Template::literal(arch)),
            "platform" => Some(Template::literal(&platform.to_string())),
            _ => None,
        });
        let mut report = |code, message, help| problems.push(Diagnostic::new(code, span, message).help(help));
        let tag = match tag_of(&name, setting.is_some()) {
            Ok(tag) => tag,
            Err((message, help)) => {
                report("arch-image", message, help);
                return Self { name, written, is_shared: false, tag_room: TAG_LIMIT };
            }
        };
        let is_shared = names.len() > 1 && !name.mentions("image");
        if is_shared {
            let message =
                format!("the image `{}` has {} names, and all would be pushed under one", key.text, names.len());
            report("same-name", message, "begin `arch_image` with `${image}`");
        }
        let room = |own: &Template| room(&tag.fill(|name| (name == TAG).then(|| tag_template::from_tag(own))));
        Self { tag_room: tags.iter().map(room).min().unwrap_or(TAG_LIMIT), name, written, is_shared }
    }
}

/// What follows the colon, else what is wrong with the name and what to do; the default is good.
fn tag_of(name: &Template, is_written: bool) -> Result<Template, (String, &'static str)> {
    let tag = name.rsplit_once(":").map(|(_, tag)| tag).filter(|tag| !tag.leading().contains('/'));
    let tag = tag.ok_or((format!("`{name}` has no tag"), "write a name and a tag: `${image}:${tag}-${arch}`"))?;
    // What is not known yet is taken to be good.
    let known = tag.fill(|_| Some(Template::literal("x")));
    match known.as_literal().filter(|_| is_written).and_then(tag_problem) {
        Some(why) => Err((
            format!("`{name}` is not a valid image reference: {why}"),
            "the platform's word in a tag is `${arch}`: `${image}:${tag}-${arch}`",
        )),
        None => Ok(tag),
    }
}

/// The most characters that `${tag}` may have in this tag.
fn room(tag: &Template) -> usize {
    let late: usize = tag.names().map(late_length).sum();
    let tags = tag.names().filter(|name| *name == "tag").count();
    TAG_LIMIT.saturating_sub(tag.literal_length() + late).checked_div(tags).unwrap_or(TAG_LIMIT)
}
