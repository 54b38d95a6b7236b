//! Images with everything that holds for them: their names, and what each is on its platforms.

use super::arch_image::ArchImage;
use super::settings::{ImageSettings, check_texts, settings};
use super::variant::{Single, late_platform};
use super::vars::Vars;
use super::{Problems, Scope, tag_template, text};
use crate::diagnostic::Diagnostic;
use crate::names::Position;
use crate::platform::Platform;
use crate::reference::{TAG_LIMIT, name_problem};
use crate::span::Span;
use crate::spec::{Image, Kind, Name, Script, Settings, Text};
use crate::template::Template;

/// An image with everything that holds for it.
pub(super) struct ResolvedImage<'s> {
    pub(super) key: &'s Name,
    /// Its place among the resolved images.
    pub(super) index: usize,
    /// The key in the matrix of the image that it is, or is one of.
    pub(super) family: &'s str,
    /// What it makes of each tag of a workflow.
    pub(super) tags: Vec<Template>,
    /// The values of `for`, by name.
    pub(super) values: &'s [(String, String)],
    /// What the image itself says, without the defaults.
    pub(super) own: &'s Image,
    pub(super) kind: Kind,
    /// The names, with constant vars filled in.
    pub(super) names: Vec<Template>,
    /// Where the key `image` stands.
    pub(super) span: Span,
    /// What holds on every platform.
    pub(super) common: Settings,
    /// Each platform, in the order of the matrix.
    pub(super) platforms: Vec<OnPlatform>,
    /// Whether its per-architecture names are wrong by themselves, so that nothing more is said of them.
    pub(super) has_wrong_names: bool,
}

/// An image on one platform.
pub(super) struct OnPlatform {
    pub(super) platform: Platform,
    /// Where the platform is named.
    pub(super) span: Span,
    /// Its word in names.
    pub(super) arch: String,
    pub(super) settings: Settings,
    pub(super) arch_image: ArchImage,
}

/// Every image that can be made sense of.
pub(super) fn images<'s>(scope: &'s Scope<'s>, problems: &mut Problems) -> Vec<ResolvedImage<'s>> {
    let spec = scope.spec;
    if spec.images.is_empty() && !spec.doubtful.contains(&"images") {
        let problem = Diagnostic::new("no-image", spec.spans.images, "the matrix has no images");
        problems.push(problem.help("write `images: { app: { image: acme/app } }`"));
    }
    if spec.workflows.is_empty() && !spec.doubtful.contains(&"workflows") {
        let message = "the matrix has no workflows, so nothing would ever be built";
        let help = "write `workflows: { main: { on: { branches: [main] }, tags: [latest] } }`";
        problems.push(Diagnostic::new("no-workflow", spec.spans.workflows, message).help(help));
    }
    check_texts(scope, (&spec.defaults, &[]), problems);
    let made = spec.defaults.platforms.iter().flat_map(|platforms| &platforms.made);
    problems.extend(made.map(|(_, text)| late_platform(text)));
    let mut images = Vec::with_capacity(scope.images.len());
    for single in &scope.images {
        images.extend(image(scope, single, images.len(), problems));
    }
    images
}

fn image<'s>(scope: &'s Scope, single: &'s Single, index: usize, problems: &mut Problems) -> Option<ResolvedImage<'s>> {
    let (key, own) = (&single.key, &*single.own);
    let ImageSettings { kind, common, platforms } = settings(scope, single, problems);
    let Some(image) = common.image.clone() else {
        if !own.is_doubtful && !scope.spec.defaults.is_doubtful {
            let problem = Diagnostic::new("no-image-name", key.span, format!("the image `{}` has no name", key.text));
            problems.push(problem.help("add its name in the registry: `image: acme/app`"));
        }
        return None;
    };
    let names = names(scope, &image.value.0, problems);
    let tags = tag_template::templates(scope, common.tags.as_ref().map(|setting| setting.value.as_slice()));
    let on_platform = |(platform, span, settings): (Platform, Span, Settings)| {
        let arch = arch(scope, &platform, &settings, problems);
        let arch_image = ArchImage::new(scope, (key, &names, &tags), (&platform, &arch), &settings, problems);
        OnPlatform { platform, span, arch, settings, arch_image }
    };
    let platforms: Vec<OnPlatform> = platforms.into_iter().map(on_platform).collect();
    if kind != Kind::Copied {
        problems.extend(platforms.iter().filter(|on| on.platform.is_windows()).map(windows));
    }
    let has_wrong_names =
        !are_distinct(kind, &platforms, problems) || platforms.iter().any(|on| on.arch_image.is_shared);
    let resolved = ResolvedImage {
        key,
        index,
        family: &scope.spec.images[single.family].0.text,
        tags,
        values: &single.names,
        own,
        kind,
        names,
        span: image.span,
        common,
        platforms,
        has_wrong_names,
    };
    check_several_names(&resolved, &image.value.0, problems);
    Some(resolved)
}

/// The names; one that is a var alone, and empty, is left out.
fn names(scope: &Scope, written: &[Text], problems: &mut Problems) -> Vec<Template> {
    let is_left_out = |text: &Text| {
        let is_reference = written.len() > 1 && text.template.as_name().is_some();
        is_reference && scope.vars.fold(&text.template).as_literal() == Some("")
    };
    written.iter().filter(|text| !is_left_out(text)).map(|text| name(scope, text, problems)).collect()
}

/// Every generated job is POSIX shell on Linux, whose daemon holds no image of Windows.
fn windows(on: &OnPlatform) -> Diagnostic {
    let platform = &on.platform;
    let message = format!("generated jobs run on Linux, and cannot build for `{platform}`");
    let problem = Diagnostic::new("platform", on.span, message);
    problem.help(format!(
        "build it in a hand-written job, and put it into an index with `splitbuild manifest --source {platform}=IMAGE`"
    ))
}

fn name(scope: &Scope, text: &Text, problems: &mut Problems) -> Template {
    let name = scope.vars.fold(&text.template);
    // Any value of a reference will do to see whether the rest is well formed.
    let filled = name.fill(|_| Some(Template::literal("x")));
    let literal = filled.as_literal().unwrap_or_default();
    if let Some(problem) = name_problem(literal) {
        let message = format!("`{name}` is not a valid image name: {problem}");
        let shown = Diagnostic::new("image-name", text.span, message);
        problems.push(match (problem.contains("no tag"), problem.contains("lower case")) {
            (true, _) => shown.help("tags belong under `workflows`; write the name alone"),
            (_, true) => shown.help(format!("write `{}`", literal.to_lowercase())),
            _ => shown.help("a name is registry/repository, such as `acme/app` or `ghcr.io/acme/app`"),
        });
    }
    name
}

/// The platform's word in names.
fn arch(scope: &Scope, platform: &Platform, settings: &Settings, problems: &mut Problems) -> String {
    let text = settings.arch.as_ref().map(|setting| &setting.value);
    let written = text.and_then(|text| Some((text.span, text::fixed(scope, text, problems)?)));
    let Some((span, arch)) = written else { return platform.word() };
    if arch.is_empty() || arch.contains(|c: char| !c.is_ascii_alphanumeric() && !"_-".contains(c)) {
        let message = format!("`{}` cannot be part of the names of tags and jobs", arch.escape_debug());
        problems.push(Diagnostic::new("arch", span, message).help("use letters, digits, `_` and `-`"));
    }
    arch
}

/// Whether no two platforms are pushed under one name; nor may they have one word.
fn are_distinct(kind: Kind, platforms: &[OnPlatform], problems: &mut Problems) -> bool {
    let mut are_distinct = true;
    for (at, on) in platforms.iter().enumerate() {
        let (platform, before) = (&on.platform, &platforms[..at]);
        let same_name = before.iter().find(|other| other.arch_image.name == on.arch_image.name && kind != Kind::Copied);
        if let Some(other) = before.iter().find(|other| other.arch == on.arch) {
            let message = format!("`{}` and `{platform}` have the same name in tags: `{}`", other.platform, on.arch);
            let problem = Diagnostic::new("same-arch", on.span, message).related(other.span, "the other");
            let help = format!("give one of them another: `platforms: {{ {platform}: {{ arch: ... }} }}`");
            problems.push(problem.help(help));
        } else if let Some(other) = same_name {
            let written = on.settings.arch_image.as_ref().map_or(on.span, |setting| setting.span);
            let message = format!("`{}` and `{platform}` would be pushed under one name", other.platform);
            problems.push(Diagnostic::new("same-name", written, message).help("put `${arch}` into `arch_image`"));
            are_distinct = false;
        }
    }
    are_distinct
}

/// With several names there is no one name to refer to.
fn check_several_names(image: &ResolvedImage, written: &[Text], problems: &mut Problems) {
    for (at, name) in image.names.iter().enumerate().filter(|(at, name)| image.names[..*at].contains(name)) {
        let span = if written.len() == image.names.len() { written[at].span } else { image.span };
        let problem = Diagnostic::new("duplicate-image", span, format!("`{name}` is listed twice"));
        problems.push(problem.help("keep one of them"));
    }
    if image.names.len() < 2 {
        return;
    }
    let texts = image.texts().filter(|(_, position)| *position != Position::ArchImage);
    for (name, span) in
        texts.flat_map(|(text, _)| text.names()).filter(|(name, _)| ["image", "arch_image"].contains(name))
    {
        let (key, count) = (&image.key.text, image.names.len());
        let message = format!("`${{{name}}}` is ambiguous: the image `{key}` has {count} names");
        problems.push(Diagnostic::new("misplaced-name", span, message).help("write the name that is meant"));
    }
}

impl ResolvedImage<'_> {
    pub(super) fn enabled(&self) -> bool {
        self.common.enabled()
    }

    /// The most characters that a tag may have so that every per-architecture name fits.
    pub(super) fn tag_room(&self) -> usize {
        self.platforms.iter().map(|on| on.arch_image.tag_room).min().unwrap_or(TAG_LIMIT)
    }

    /// Every text that a workflow must be able to fill in, with what it may refer to.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&Text, Position)> {
        std::iter::once(&self.common).chain(self.platforms.iter().map(|on| &on.settings)).flat_map(Settings::texts)
    }

    /// The project's scripts.
    pub(super) fn scripts(&self) -> impl Iterator<Item = &Script> {
        let settings = std::iter::once(&self.common).chain(self.platforms.iter().map(|on| &on.settings));
        settings
            .flat_map(|settings| [&settings.setup, &settings.run, &settings.test])
            .flatten()
            .map(|setting| &setting.value)
    }

    /// A value with everything filled in that is known when generating; without a platform, that stays a name.
    pub(super) fn fold(&self, vars: &Vars, on: Option<&OnPlatform>, template: &Template) -> Template {
        let filled = template.fill(|name| match (name, on) {
            ("image", _) if self.names.len() == 1 => Some(self.names[0].clone()),
            ("platform", Some(on)) => Some(Template::literal(&on.platform.to_string())),
            ("arch", Some(on)) => Some(Template::literal(&on.arch)),
            _ => None,
        });
        vars.fold(&filled)
    }
}
