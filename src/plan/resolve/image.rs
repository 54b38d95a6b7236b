//! Images with their defaults merged in, per platform, lowest first: `defaults`, its platform, the image, its platform.

use super::Resolver;
use crate::diagnostic::Diagnostic;
use crate::names::Place;
use crate::platform::Platform;
use crate::reference::TAG_LIMIT;
use crate::span::Span;
use crate::spec::{ARCH_IMAGE, Image, Kind, Name, Platforms, Settings, Text};
use crate::template::{Part, Template};

/// What an image is built for when nothing says it.
const PLATFORMS: [&str; 2] = ["linux/amd64", "linux/arm64"];

/// How many characters the names of a commit have.
const LATE_LENGTHS: [(&str, usize); 2] = [("git_sha", 40), ("git_short_sha", 8)];

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
    pub(super) common: Settings,
    /// Each platform, in the order of the matrix.
    pub(super) platforms: Vec<OnPlatform>,
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
pub(super) struct OnPlatform {
    pub(super) platform: Platform,
    /// Where the platform is named.
    pub(super) span: Span,
    /// Its word in names.
    pub(super) arch: String,
    pub(super) settings: Settings,
    /// The per-architecture name, from `${image}` and `${tag}`.
    pub(super) arch_image: Template,
    /// The same, with the platform and its word as names.
    pub(super) arch_image_as_written: Template,
}

/// An image on all of its platforms.
struct OnPlatforms {
    platforms: Vec<OnPlatform>,
    has_wrong_names: bool,
    tag_room: usize,
}

/// A per-architecture name, from `${image}` and `${tag}`.
struct ArchImage {
    name: Template,
    /// Whether several images would be pushed under it.
    is_shared: bool,
    /// The most characters that a tag may have so that it fits.
    tag_room: usize,
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
        self.check_texts(&spec.defaults);
        spec.images.iter().map(|(key, image)| self.image(key, image)).collect()
    }

    fn check_texts(&mut self, image: &'s Image) {
        for (text, place) in levels(image).flat_map(Settings::texts) {
            self.check_text(text, place);
        }
    }

    fn image(&mut self, key: &'s Name, own: &'s Image) -> Option<Resolved<'s>> {
        self.check_texts(own);
        let defaults = &self.spec.defaults;
        let common = merged([&defaults.settings, &own.settings]);
        let kind = self.kind(own, &common);
        self.check_kind(key, own, kind);
        let common = common.of_kind(kind);
        let Some(image) = common.image.clone() else {
            if !own.is_doubtful && !self.spec.defaults.is_doubtful {
                let problem =
                    Diagnostic::new("no-image-name", key.span, format!("the image `{}` has no name", key.text));
                self.report(problem.help("say what it is called in its registry: `image: acme/app`"));
            }
            return None;
        };
        let names = &image.value.0;
        let images: Vec<Template> = names.iter().map(|text| self.image_name(text)).collect();
        let OnPlatforms { platforms, has_wrong_names, tag_room } = self.platforms(key, kind, &images, own);
        let resolved = Resolved {
            key,
            kind,
            enabled: common.enabled.as_ref().is_none_or(|enabled| enabled.value),
            images,
            span: image.span,
            common,
            platforms,
            own_platforms: own.platforms.is_some(),
            has_own_setup: own.settings.setup.is_some(),
            has_wrong_names,
            tag_room,
        };
        self.check_several_names(&resolved, names);
        Some(resolved)
    }

    fn kind(&mut self, own: &Image, common: &Settings) -> Kind {
        let (copy, run) = (&own.settings.copy, &own.settings.run);
        if let (Some(copy), Some(run)) = (copy, run) {
            let problem = Diagnostic::new("unusable-key", copy.key, "an image is copied or made by a script, not both");
            self.report(problem.related(run.key, "the script").help("remove `copy` or `run`"));
        }
        match (copy, run) {
            (Some(_), _) => Kind::Copied,
            (None, Some(_)) => Kind::Run,
            (None, None) if common.copy.is_some() => Kind::Copied,
            (None, None) if common.run.is_some() => Kind::Run,
            (None, None) => Kind::Built,
        }
    }

    /// A key that the kind cannot use is an error on the image, and ignored when it comes from the defaults.
    fn check_kind(&mut self, key: &Name, own: &Image, kind: Kind) {
        for (known, setting) in levels(own).flat_map(Settings::entries) {
            let name = known.name;
            if known.kinds.contains(&kind) || (name == "run" && own.settings.copy.is_some()) {
                continue;
            }
            let (made, help) = match kind {
                Kind::Built => ("is built by `docker build`", "put the script on the image itself"),
                Kind::Run => ("is made by its own script (`run`)", "hand the value to the script, or remove `run`"),
                Kind::Copied => ("is copied as it is (`copy`)", "remove this key, or `copy`"),
            };
            let message = format!("`{name}` means nothing here: the image `{}` {made}", key.text);
            self.report(Diagnostic::new("unusable-key", setting.key(), message).help(help));
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
        for (text, _) in image.texts().filter(|(_, place)| *place != Place::ArchImage) {
            for (name, span) in text.template.names().zip(&text.references) {
                if ["image", "arch_image"].contains(&name) {
                    let message = format!(
                        "`${{{name}}}` has no one value: the image `{}` has {} names",
                        image.key.text,
                        image.images.len()
                    );
                    self.report(Diagnostic::new("misplaced-name", *span, message).help("write the name that is meant"));
                }
            }
        }
    }

    fn platforms(&mut self, key: &Name, kind: Kind, images: &[Template], own: &'s Image) -> OnPlatforms {
        let mut found = OnPlatforms { platforms: Vec::new(), has_wrong_names: false, tag_room: TAG_LIMIT };
        let spec = self.spec;
        let defaults = spec.defaults.platforms.as_ref();
        let named = own.platforms.as_ref().or(defaults);
        let listed: Vec<(Platform, Span)> = match named {
            Some(platforms) => platforms.entries.iter().map(|(platform, span, _)| (platform.clone(), *span)).collect(),
            None => PLATFORMS.iter().map(|p| (p.parse().expect("it is well formed"), key.span)).collect(),
        };
        for (platform, span) in listed {
            let on = |platforms: Option<&'s Platforms>| {
                let entry = platforms.and_then(|p| p.entries.iter().find(|(known, ..)| *known == platform));
                entry.map(|(.., image)| &image.settings)
            };
            let defaults = [Some(&spec.defaults.settings), on(defaults)];
            let own = [Some(&own.settings), on(own.platforms.as_ref())];
            let settings = merged(defaults.into_iter().chain(own).flatten()).of_kind(kind);
            let arch = self.arch(&platform, &settings);
            let arch_image_as_written = self.arch_image_as_written(&settings);
            let arch_image = self.arch_image((key, images), &platform, &arch, (&settings, &arch_image_as_written));
            found.has_wrong_names |= arch_image.is_shared;
            found.tag_room = found.tag_room.min(arch_image.tag_room);
            let arch_image = arch_image.name;
            if let Some(other) = found.platforms.iter().find(|other| other.arch == arch) {
                let message = format!("`{}` and `{platform}` have one word in names: `{arch}`", other.platform);
                let problem = Diagnostic::new("same-arch", span, message).related(other.span, "the other");
                self.report(
                    problem.help(format!("give one of them another: `platforms: {{ {platform}: {{ arch: ... }} }}`")),
                );
            } else if let Some(other) =
                found.platforms.iter().find(|other| other.arch_image == arch_image && kind != Kind::Copied)
            {
                let written = settings.arch_image.as_ref().map_or(span, |setting| setting.span);
                let message = format!("`{}` and `{platform}` would be pushed under one name", other.platform);
                self.report(Diagnostic::new("same-name", written, message).help("put `${arch}` into `arch_image`"));
                found.has_wrong_names = true;
            }
            found.platforms.push(OnPlatform { platform, span, arch, settings, arch_image, arch_image_as_written });
        }
        found
    }

    fn arch(&mut self, platform: &Platform, settings: &Settings) -> String {
        let Some(text) = settings.arch.as_ref().map(|setting| &setting.value) else { return platform.word() };
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
        let default = || Template::parse(ARCH_IMAGE).expect("it is well formed").0;
        settings.arch_image.as_ref().map_or_else(default, |setting| self.vars.fold(&setting.value.template))
    }

    fn arch_image(
        &mut self,
        (key, images): (&Name, &[Template]),
        platform: &Platform,
        arch: &str,
        (settings, template): (&Settings, &Template),
    ) -> ArchImage {
        let fill = |template: &Template| {
            template.fill(|name| match name {
                "arch" => Some(Template::literal(arch)),
                "platform" => Some(Template::literal(&platform.to_string())),
                _ => None,
            })
        };
        let written = settings.arch_image.as_ref();
        let template = fill(template);
        let span = written.map_or(key.span, |setting| setting.span);
        let Some((_, tag)) = template.rsplit_once(":").filter(|(_, tag)| !tag.leading().contains('/')) else {
            let problem = Diagnostic::new("arch-image", span, format!("`{template}` has no tag"));
            self.report(problem.help("write a name and a tag: `${image}:${tag}-${arch}`"));
            return ArchImage { name: template, is_shared: false, tag_room: TAG_LIMIT };
        };
        // What is not known yet is taken to be good.
        let known = tag.fill(|_| Some(Template::literal("x")));
        let why = known.as_literal().filter(|_| written.is_some()).and_then(crate::reference::tag_problem);
        if let Some(why) = why {
            let problem = Diagnostic::new("arch-image", span, format!("`{template}` names no image: {why}"));
            self.report(problem.help("the platform's word in a tag is `${arch}`: `${image}:${tag}-${arch}`"));
            return ArchImage { name: template, is_shared: false, tag_room: TAG_LIMIT };
        }
        let is_shared = images.len() > 1 && !template.mentions("image");
        if is_shared {
            let problem = Diagnostic::new(
                "same-name",
                span,
                format!("the image `{}` has {} names, and all would be pushed under one", key.text, images.len()),
            );
            self.report(problem.help("begin `arch_image` with `${image}`"));
        }
        let late: usize =
            LATE_LENGTHS.iter().map(|(name, length)| length * tag.names().filter(|n| n == name).count()).sum();
        let tags = tag.names().filter(|name| *name == "tag").count();
        let left = TAG_LIMIT.saturating_sub(tag.literal_length() + late);
        let tag_room = left.checked_div(tags).unwrap_or(TAG_LIMIT);
        ArchImage { name: template, is_shared, tag_room }
    }
}

impl Resolved<'_> {
    /// Every text that a workflow must be able to fill in, with what it may refer to.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&Text, Place)> {
        std::iter::once(&self.common).chain(self.platforms.iter().map(|on| &on.settings)).flat_map(Settings::texts)
    }
}

/// What is written on an image and on each of its platforms.
fn levels(image: &Image) -> impl Iterator<Item = &Settings> {
    let on_platforms = image.platforms.iter().flat_map(|platforms| &platforms.entries);
    std::iter::once(&image.settings).chain(on_platforms.map(|(.., image)| &image.settings))
}

/// What holds of several levels, lowest first.
fn merged<'s>(levels: impl IntoIterator<Item = &'s Settings>) -> Settings {
    let mut settings = Settings::default();
    levels.into_iter().for_each(|level| settings.put(level));
    settings
}
