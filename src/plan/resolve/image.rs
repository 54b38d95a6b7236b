//! Images with their defaults merged in, per platform, lowest first: `defaults`, its platform, the image, its platform.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Resolver;
use crate::diagnostic::Diagnostic;
use crate::names::Place;
use crate::platform::Platform;
use crate::reference::TAG_LIMIT;
use crate::span::Span;
use crate::spec::{Image, KEYS, Kind, Name, Setting, Text, Value};
use crate::template::{Part, Template};

/// What an image is built for when nothing says it.
const PLATFORMS: [&str; 2] = ["linux/amd64", "linux/arm64"];

/// The per-architecture name when nothing says it.
const ARCH_IMAGE: &str = "${image}:${tag}-${arch}";

/// How many characters the names of a commit have.
const LATE_LENGTHS: [(&str, usize); 2] = [("git_sha", 40), ("git_short_sha", 8)];

pub(super) type Settings<'s> = BTreeMap<&'static str, Cow<'s, Setting>>;

/// An image with everything that holds for it.
#[derive(Clone, Debug)]
pub(super) struct Resolved<'s> {
    pub(super) key: &'s Name,
    pub(super) kind: Kind,
    pub(super) enabled: bool,
    /// The names, with constant vars filled in.
    pub(super) images: Vec<Template>,
    /// Where the key `image` stands.
    pub(super) span: Span,
    /// What holds on every platform.
    pub(super) common: Settings<'s>,
    /// Each platform, in the order of the matrix.
    pub(super) platforms: Vec<OnPlatform<'s>>,
    /// Whether the image itself, and not only the defaults, says which platforms.
    pub(super) own_platforms: bool,
    /// Whether the image itself, and not only the defaults, says how a job is prepared.
    pub(super) has_own_setup: bool,
    /// Whether its per-architecture names are wrong by themselves, so that nothing more is said of them.
    pub(super) has_wrong_names: bool,
    /// The most characters that a tag may have so that every per-architecture name fits.
    pub(super) tag_room: usize,
}

/// An image on one platform.
#[derive(Clone, Debug)]
pub(super) struct OnPlatform<'s> {
    pub(super) platform: Platform,
    /// Where the platform is named.
    pub(super) span: Span,
    /// Its word in names.
    pub(super) arch: String,
    pub(super) settings: Settings<'s>,
    /// The per-architecture name, from `${image}` and `${tag}`.
    pub(super) arch_image: Template,
    /// The same, with the platform and its word as names.
    pub(super) arch_image_as_written: Template,
}

impl<'s> Resolver<'s> {
    /// Every image of the matrix; `None` for one that cannot be made sense of.
    pub(super) fn images(&mut self) -> Vec<Option<Resolved<'s>>> {
        let spec = self.spec;
        if spec.images.is_empty() && !spec.doubtful.contains(&"images") {
            let problem = Diagnostic::new("no-image", spec.places.images, "this matrix has no images");
            self.report(problem.help("write `images: { app: { image: acme/app } }`"));
        }
        if spec.workflows.is_empty() && !spec.doubtful.contains(&"workflows") {
            let problem = Diagnostic::new(
                "no-workflow",
                spec.places.workflows,
                "this matrix has no workflows, so nothing would ever be built",
            );
            self.report(problem.help("write `workflows: { main: { on: { branches: [main] }, tags: [latest] } }`"));
        }
        self.check_layer(&spec.defaults);
        spec.images.iter().map(|(key, image)| self.image(key, image)).collect()
    }

    fn check_layer(&mut self, layer: &'s Image) {
        let own = layer.settings.iter();
        let on_platforms = layer.platforms.iter().flat_map(|p| &p.entries).flat_map(|(.., image)| &image.settings);
        for (key, setting) in own.chain(on_platforms) {
            let place = place_of(key, &setting.value);
            for text in texts(&setting.value).filter(|_| *key != "needs") {
                self.check_text(text, place);
            }
        }
    }

    fn image(&mut self, key: &'s Name, own: &'s Image) -> Option<Resolved<'s>> {
        self.check_layer(own);
        let defaults = &self.spec.defaults;
        let mut common = Settings::new();
        merge(&mut common, defaults);
        merge(&mut common, own);
        let kind = self.kind(own, &common);
        self.check_kind(key, own, kind);
        common.retain(|name, _| is_for(name, kind));
        let Some(Value::List(names)) = common.get("image").map(|s| s.value.clone()) else {
            if !own.is_doubtful && !self.spec.defaults.is_doubtful {
                let problem =
                    Diagnostic::new("no-image-name", key.span, format!("the image `{}` has no name", key.text));
                self.report(problem.help("say what it is called in its registry: `image: acme/app`"));
            }
            return None;
        };
        let images: Vec<Template> = names.iter().map(|text| self.image_name(text)).collect();
        let mut resolved = Resolved {
            key,
            kind,
            enabled: !matches!(common.get("enabled").map(|s| &s.value), Some(Value::Flag(false))),
            images,
            span: common["image"].span,
            common,
            platforms: Vec::new(),
            own_platforms: own.platforms.is_some(),
            has_own_setup: own.settings.contains_key("setup"),
            has_wrong_names: false,
            tag_room: TAG_LIMIT,
        };
        self.platforms(&mut resolved, own);
        self.check_several_names(&resolved, &names);
        Some(resolved)
    }

    fn kind(&mut self, own: &Image, common: &Settings) -> Kind {
        let (copy, run) = (own.settings.get("copy"), own.settings.get("run"));
        if let (Some(copy), Some(run)) = (copy, run) {
            let problem = Diagnostic::new("unusable-key", copy.key, "an image is copied or made by a script, not both");
            self.report(problem.related(run.key, "the script").help("remove `copy` or `run`"));
        }
        match (copy, run) {
            (Some(_), _) => Kind::Copied,
            (None, Some(_)) => Kind::Run,
            (None, None) if common.contains_key("copy") => Kind::Copied,
            (None, None) if common.contains_key("run") => Kind::Run,
            (None, None) => Kind::Built,
        }
    }

    /// A key that the kind cannot use is an error on the image, and ignored when it comes from the defaults.
    fn check_kind(&mut self, key: &Name, own: &Image, kind: Kind) {
        let on_platforms = own.platforms.iter().flat_map(|p| &p.entries).flat_map(|(.., image)| &image.settings);
        for (name, setting) in own.settings.iter().chain(on_platforms) {
            if is_for(name, kind) || (*name == "run" && own.settings.contains_key("copy")) {
                continue;
            }
            let (made, help) = match kind {
                Kind::Built => ("is built by `docker build`", "put the script on the image itself"),
                Kind::Run => ("is made by its own script (`run`)", "hand the value to the script, or remove `run`"),
                Kind::Copied => ("is copied as it is (`copy`)", "remove this key, or `copy`"),
            };
            let message = format!("`{name}` means nothing here: the image `{}` {made}", key.text);
            self.report(Diagnostic::new("unusable-key", setting.key, message).help(help));
        }
    }

    fn image_name(&mut self, text: &Text) -> Template {
        let name = self.vars.fold(&text.template);
        let literal: String = name
            .parts()
            .iter()
            .map(|part| match part {
                Part::Literal(text) => text.as_str(),
                // Any name will do to see whether the rest is well formed.
                Part::Name(_) => "x",
            })
            .collect();
        if let Some(problem) = crate::reference::name_problem(&literal) {
            let shown =
                Diagnostic::new("image-name", text.span, format!("`{name}` cannot be an image's name: {problem}"));
            self.report(match (problem.contains("no tag"), problem.contains("lower case")) {
                (true, _) => shown.help("tags stand under `workflows`; write the name alone"),
                (_, true) => shown.help(format!("write `{}`", literal.to_lowercase())),
                _ => shown.help("a name is registry/repository, such as `acme/app` or `ghcr.io/acme/app`"),
            });
        }
        name
    }

    /// With several images there is no one name to refer to.
    fn check_several_names(&mut self, image: &Resolved<'s>, names: &[Text]) {
        for (at, name) in image.images.iter().enumerate() {
            if image.images[..at].contains(name) {
                self.report(
                    Diagnostic::new("duplicate-image", names[at].span, format!("`{name}` stands here twice"))
                        .help("keep one of them"),
                );
            }
        }
        if image.images.len() < 2 {
            return;
        }
        let everywhere = image.common.iter().chain(image.platforms.iter().flat_map(|on| &on.settings));
        for (_, setting) in everywhere.filter(|(key, _)| !["arch_image", "needs"].contains(key)) {
            for text in texts(&setting.value) {
                for (name, span) in text.template.names().zip(&text.references) {
                    if ["image", "arch_image"].contains(&name) {
                        let message = format!(
                            "`${{{name}}}` has no one value: the image `{}` has {} names",
                            image.key.text,
                            image.images.len()
                        );
                        self.report(
                            Diagnostic::new("misplaced-name", *span, message).help("write the name that is meant"),
                        );
                    }
                }
            }
        }
    }

    fn platforms(&mut self, resolved: &mut Resolved<'s>, own: &'s Image) {
        let spec = self.spec;
        let defaults = spec.defaults.platforms.as_ref();
        let named = own.platforms.as_ref().or(defaults);
        let listed: Vec<(Platform, Span)> = match named {
            Some(platforms) => platforms.entries.iter().map(|(platform, span, _)| (platform.clone(), *span)).collect(),
            None => PLATFORMS.iter().map(|p| (p.parse().expect("it is well formed"), resolved.key.span)).collect(),
        };
        for (platform, span) in listed {
            let layer = |image: Option<&'s crate::spec::Platforms>| {
                image.and_then(|p| p.entries.iter().find(|(known, ..)| *known == platform)).map(|(.., image)| image)
            };
            let mut settings = Settings::new();
            merge(&mut settings, &spec.defaults);
            if let Some(layer) = layer(defaults) {
                merge(&mut settings, layer);
            }
            merge(&mut settings, own);
            if let Some(layer) = layer(own.platforms.as_ref()) {
                merge(&mut settings, layer);
            }
            settings.retain(|name, _| is_for(name, resolved.kind));
            let arch = self.arch(&platform, &settings);
            let arch_image_as_written = self.arch_image_as_written(&settings);
            let arch_image = self.arch_image(resolved, &platform, &arch, (&settings, &arch_image_as_written));
            if let Some(other) = resolved.platforms.iter().find(|other| other.arch == arch) {
                let message = format!("`{}` and `{platform}` have one word in names: `{arch}`", other.platform);
                let problem = Diagnostic::new("same-arch", span, message).related(other.span, "the other");
                self.report(
                    problem.help(format!("give one of them another: `platforms: {{ {platform}: {{ arch: ... }} }}`")),
                );
            } else if let Some(other) =
                resolved.platforms.iter().find(|other| other.arch_image == arch_image && resolved.kind != Kind::Copied)
            {
                let written = settings.get("arch_image").map_or(span, |setting| setting.span);
                let message = format!("`{}` and `{platform}` would be pushed under one name", other.platform);
                self.report(Diagnostic::new("same-name", written, message).help("put `${arch}` into `arch_image`"));
                resolved.has_wrong_names = true;
            }
            resolved.platforms.push(OnPlatform { platform, span, arch, settings, arch_image, arch_image_as_written });
        }
    }

    fn arch(&mut self, platform: &Platform, settings: &Settings) -> String {
        let Some(Value::Text(text)) = settings.get("arch").map(|s| &s.value) else { return platform.word() };
        let Some(arch) = self.fixed(text) else { return platform.word() };
        if arch.is_empty() || arch.contains(|c: char| !c.is_ascii_alphanumeric() && !"_-".contains(c)) {
            let problem = Diagnostic::new(
                "arch",
                text.span,
                format!("`{}` cannot stand in the names of tags and jobs", arch.escape_debug()),
            );
            self.report(problem.help("use letters, digits, `_` and `-`"));
        }
        arch
    }

    fn arch_image_as_written(&self, settings: &Settings) -> Template {
        match settings.get("arch_image").map(|s| &s.value) {
            Some(Value::Text(text)) => self.vars.fold(&text.template),
            _ => Template::parse(ARCH_IMAGE).expect("it is well formed").0,
        }
    }

    fn arch_image(
        &mut self,
        resolved: &mut Resolved<'s>,
        platform: &Platform,
        arch: &str,
        (settings, template): (&Settings, &Template),
    ) -> Template {
        let fill = |template: &Template| {
            template.fill(|name| match name {
                "arch" => Some(Template::literal(arch)),
                "platform" => Some(Template::literal(&platform.to_string())),
                _ => None,
            })
        };
        let written = settings.get("arch_image");
        let template = fill(template);
        let span = written.map_or(resolved.key.span, |setting| setting.span);
        let Some((_, tag)) = template.rsplit_once(":").filter(|(_, tag)| !tag.leading().contains('/')) else {
            let problem = Diagnostic::new("arch-image", span, format!("`{template}` has no tag"));
            self.report(problem.help("write a name and a tag: `${image}:${tag}-${arch}`"));
            return template;
        };
        // What is not known yet is taken to be good.
        let known = tag.fill(|_| Some(Template::literal("x")));
        let why = known.as_literal().filter(|_| written.is_some()).and_then(crate::reference::tag_problem);
        if let Some(why) = why {
            let problem = Diagnostic::new("arch-image", span, format!("`{template}` names no image: {why}"));
            self.report(problem.help("the platform's word in a tag is `${arch}`: `${image}:${tag}-${arch}`"));
            return template;
        }
        if resolved.images.len() > 1 && !template.mentions("image") {
            let problem = Diagnostic::new(
                "same-name",
                span,
                format!(
                    "the image `{}` has {} names, and all would be pushed under one",
                    resolved.key.text,
                    resolved.images.len()
                ),
            );
            self.report(problem.help("begin `arch_image` with `${image}`"));
            resolved.has_wrong_names = true;
        }
        let late: usize =
            LATE_LENGTHS.iter().map(|(name, length)| length * tag.names().filter(|n| n == name).count()).sum();
        let tags = tag.names().filter(|name| *name == "tag").count();
        let left = TAG_LIMIT.saturating_sub(tag.literal_length() + late);
        resolved.tag_room = resolved.tag_room.min(left.checked_div(tags).unwrap_or(TAG_LIMIT));
        template
    }
}

/// Puts a layer over what is there: maps are merged name by name, anything else replaces.
fn merge<'s>(settings: &mut Settings<'s>, layer: &'s Image) {
    for (key, setting) in &layer.settings {
        let merged = match (settings.get(key).map(|low| &low.value), &setting.value) {
            (Some(Value::Map(low)), Value::Map(high)) => {
                let mut entries = low.clone();
                for (name, value) in high {
                    match entries.iter_mut().find(|(known, _)| known.text == name.text) {
                        Some(entry) => *entry = (name.clone(), value.clone()),
                        None => entries.push((name.clone(), value.clone())),
                    }
                }
                Cow::Owned(Setting { value: Value::Map(entries), ..setting.clone() })
            }
            _ => Cow::Borrowed(setting),
        };
        settings.insert(key, merged);
    }
}

/// What is not among the keys is a provider's, and for all kinds.
fn is_for(key: &str, kind: Kind) -> bool {
    KEYS.iter().find(|known| known.name == key).is_none_or(|known| known.kinds.contains(&kind))
}

fn place_of(key: &str, value: &Value) -> Place {
    match key {
        _ if matches!(value, Value::Runner(_)) => Place::Fixed,
        "image" => Place::Image,
        "context" => Place::Context,
        "copy" => Place::Copy,
        "labels" => Place::Label,
        "arch_image" => Place::ArchImage,
        "export" => Place::Export,
        "arch" => Place::Fixed,
        _ => Place::Key,
    }
}

/// Every text in a value.
pub(super) fn texts(value: &Value) -> Box<dyn Iterator<Item = &Text> + '_> {
    match value {
        Value::Text(text) => Box::new(std::iter::once(text)),
        Value::List(texts) | Value::Runner(texts) => Box::new(texts.iter()),
        Value::Map(pairs) | Value::Pairs(pairs) => Box::new(pairs.iter().filter_map(|(_, text)| text.as_ref())),
        Value::Flag(_) | Value::Count(_) | Value::Script(_) | Value::Secrets(_) => Box::new(std::iter::empty()),
    }
}
