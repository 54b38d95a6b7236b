//! Images, their defaults and what differs on a platform.

use std::sync::Arc;

use super::decode::Decoder;
use super::key::{KEYS, Level, MISTAKEN};
use super::schema::Schema;
use super::section::image_runner;
use super::value::Setting;
use super::variant::{FOR, variants};
use super::{Image, Name, Platforms, form};
use crate::diagnostic::Diagnostic;
use crate::platform::{Platform, PlatformError};
use crate::yaml::{Entry, Mapping, Node};

pub(super) fn defaults(decoder: &mut Decoder<'_>, node: &Node) -> Image {
    image(decoder, node, DEFAULTS, Level::Image)
}

const DEFAULTS: &str = "`defaults`";

/// What `images` may hold.
pub(super) fn schema() -> Schema {
    let name = Schema::text(&form::KEY.pattern(), "use letters, digits, `_` and `-`; jobs are named after it");
    Schema::names(&name, &Schema::defined("image")).with("minProperties", 1)
}

pub(super) fn images(decoder: &mut Decoder<'_>, node: &Node) -> Vec<(Name, Image)> {
    let Some(map) = decoder.map(node, "`images`") else { return Vec::new() };
    let mut images = Vec::new();
    for entry in &map.entries {
        let key = &entry.key.text;
        if !form::KEY.fits(key) {
            let message = format!("`{key}` is not a valid image key: jobs are named after it");
            let help = "use letters, digits, `_` and `-`; the image's own name belongs under `image`";
            decoder.error("image-key", entry.key.span, message, help);
        }
        let image = image(decoder, &entry.value, &format!("the image `{key}`"), Level::Image);
        images.push((Decoder::name_of(entry), image));
    }
    images
}

/// The keys of an image, or of what differs on a platform.
fn image(decoder: &mut Decoder<'_>, node: &Node, what: &str, level: Level) -> Image {
    decoder.map(node, what).map(|map| keys(decoder, map, what, level)).unwrap_or_default()
}

pub(super) fn keys(decoder: &mut Decoder<'_>, map: &Mapping, what: &str, level: Level) -> Image {
    let mut image = Image::default();
    for entry in &map.entries {
        if entry.key.text == "platforms" && level == Level::Image {
            image.platforms = platforms(decoder, entry);
            continue;
        }
        if entry.key.text == FOR && level == Level::Image && what != DEFAULTS {
            let before = decoder.diagnostics.len();
            image.variants = variants(decoder, entry, keys);
            image.is_doubtful |= decoder.diagnostics.len() > before;
            continue;
        }
        let before = decoder.diagnostics.len();
        match (KEYS.iter().find(|key| key.name == entry.key.text), decoder.provider(&entry.key.text)) {
            (Some(key), _) if may_stand(decoder, key.level, entry, level) => image.settings.read(decoder, entry),
            (Some(_), _) => {}
            (None, Some(provider)) => {
                if let Some(value) = image_runner(decoder, provider, &entry.value) {
                    let setting = Setting { key: entry.key.span, span: entry.value.span, value };
                    image.settings.runners.push((provider.name, Arc::new(setting)));
                }
            }
            (None, None) => unknown_key(decoder, entry, what, level),
        }
        image.is_doubtful |= decoder.diagnostics.len() > before;
    }
    image
}

/// Whether a key of one level may stand on another.
fn may_stand(decoder: &mut Decoder<'_>, key: Level, entry: &Entry, level: Level) -> bool {
    let (name, span) = (&entry.key.text, entry.key.span);
    if key == Level::Both || key == level {
        return true;
    }
    if level == Level::Platform {
        let message = format!("`{name}` is the same on every platform");
        decoder.error("misplaced-key", span, message, "put it on the image itself");
    } else {
        let help = format!("put it under one: `platforms: {{ linux/arm64: {{ {name}: ... }} }}`");
        decoder.error("misplaced-key", span, format!("`{name}` belongs to a platform"), help);
    }
    false
}

fn unknown_key(decoder: &mut Decoder<'_>, entry: &Entry, what: &str, level: Level) {
    let word = entry.key.text.as_str();
    if word == FOR {
        let help = "put it on the image itself; its values can stand in every key of that image";
        return decoder.error("misplaced-key", entry.key.span, format!("{what} cannot have a `for`"), help);
    }
    if let Some((_, help)) = MISTAKEN.iter().find(|(name, _)| *name == word) {
        return decoder.error("unknown-key", entry.key.span, format!("{what} has no key `{word}`"), *help);
    }
    let here = KEYS.iter().filter(|key| key.level == Level::Both || key.level == level).map(|key| key.name);
    let mut known: Vec<&str> = here.chain(decoder.providers.iter().map(|provider| provider.name)).collect();
    known.sort_unstable();
    known.extend((level == Level::Image).then_some("platforms"));
    known.extend((level == Level::Image && what != DEFAULTS).then_some(FOR));
    decoder.unknown_key(entry, what, &known);
}

fn platforms(decoder: &mut Decoder<'_>, entry: &Entry) -> Option<Platforms> {
    let value = &entry.value;
    let mut platforms = Platforms::default();
    if let Some(map) = value.as_mapping() {
        for inner in &map.entries {
            let what = format!("the platform `{}`", inner.key.text);
            let image = if inner.value.is_null() {
                Image::default()
            } else {
                image(decoder, &inner.value, &what, Level::Platform)
            };
            let added = add_platform(&mut platforms, &Decoder::name_of(inner), image);
            added.err().into_iter().for_each(|problem| decoder.report(*problem));
        }
    } else {
        for text in decoder.texts(value, "`platforms`") {
            let Some(word) = text.template.as_literal() else {
                platforms.made.push((platforms.entries.len(), text));
                continue;
            };
            let name = Name { text: word.to_owned(), span: text.span };
            let added = add_platform(&mut platforms, &name, Image::default());
            added.err().into_iter().for_each(|problem| decoder.report(*problem));
        }
    }
    if platforms.entries.is_empty() && platforms.made.is_empty() && value.kind() != "text" {
        let is_empty = value.as_sequence().is_some_and(<[Node]>::is_empty)
            || value.as_mapping().is_some_and(|map| map.entries.is_empty());
        if is_empty {
            let help = "name at least one: `platforms: [linux/amd64, linux/arm64]`";
            decoder.error("no-platform", entry.key.span, "`platforms` is empty", help);
        }
        return None;
    }
    Some(platforms)
}

/// Adds a platform by its name, unless there is something wrong with that.
///
/// # Errors
/// What is no platform, or there already.
pub fn add_platform(platforms: &mut Platforms, name: &Name, image: Image) -> Result<(), Box<Diagnostic>> {
    let platform: Platform = name.text.parse().map_err(|PlatformError { found, help }| {
        Box::new(Diagnostic::new("platform", name.span, format!("`{found}` is not a platform")).help(help))
    })?;
    if let Some((_, first, _)) = platforms.entries.iter().find(|(known, ..)| *known == platform) {
        let problem = Diagnostic::new("platform", name.span, format!("the platform `{}` is listed twice", name.text));
        return Err(Box::new(problem.related(*first, "first listed here").help("keep one of them")));
    }
    platforms.entries.push((platform, name.span, image));
    Ok(())
}
