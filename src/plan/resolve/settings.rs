//! What is written of an image on its levels as one: `defaults`, their platform, the image, its platform; lowest first.

use std::sync::Arc;

use super::variant::Single;
use super::{Problems, Scope, text};
use crate::diagnostic::Diagnostic;
use crate::platform::Platform;
use crate::span::Span;
use crate::spec::{Image, Kind, Name, Platforms, Script, Setting, Settings, Text};

/// What an image is built for when nothing says it.
const PLATFORMS: [&str; 2] = ["linux/amd64", "linux/arm64"];

/// Whether the daemon of a runner for the platform builds for it without being asked to. The name of a runner does not
/// tell its machine, and for any other platform there may be none of its own.
pub(super) fn is_native(platform: &Platform) -> bool {
    PLATFORMS.contains(&platform.to_string().as_str())
}

type Needs = Arc<Setting<Vec<Text>>>;

/// The settings of an image, with the defaults under them.
pub(super) struct ImageSettings {
    pub(super) kind: Kind,
    /// What holds on every platform.
    pub(super) common: Settings,
    /// What holds on each, with the span that names it, in the order of the matrix.
    pub(super) platforms: Vec<(Platform, Span, Settings)>,
}

/// What holds for the image, and on each of its platforms.
pub(super) fn settings(scope: &Scope, single: &Single, problems: &mut Problems) -> ImageSettings {
    let (key, own) = (&single.key, &*single.own);
    check_texts(scope, (own, &single.names), problems);
    let defaults = &scope.spec.defaults;
    let common = merged([&defaults.settings, &own.settings]);
    let kind = kind(own, &common, problems);
    check_kind(key, own, kind, problems);
    if kind == Kind::Copied {
        check_needs_of_copy(key, own, problems);
    }
    let listed: Vec<(Platform, Span)> = match own.platforms.as_ref().or(defaults.platforms.as_ref()) {
        Some(platforms) => platforms.entries.iter().map(|(platform, span, _)| (platform.clone(), *span)).collect(),
        None => PLATFORMS.iter().map(|p| (p.parse().expect("it is well formed"), key.span)).collect(),
    };
    let on_platform = |(platform, span): (Platform, Span)| {
        let levels = [defaults, own].into_iter().flat_map(|image| {
            let of_platform = image.platforms.as_ref().and_then(|platforms| on(platforms, &platform));
            std::iter::once(&image.settings).chain(of_platform)
        });
        let mut settings = merged(levels).of_kind(kind);
        let own = [own, defaults].into_iter().find_map(|image| on(image.platforms.as_ref()?, &platform)?.needs.clone());
        settings.needs = together(common.needs.as_ref(), own);
        (platform, span, settings)
    };
    let platforms = listed.into_iter().map(on_platform).collect();
    ImageSettings { kind, common: common.of_kind(kind), platforms }
}

/// What is waited for on a platform: what the image says, and what its platform adds to that.
fn together(common: Option<&Needs>, own: Option<Needs>) -> Option<Needs> {
    let (Some(common), Some(own)) = (common, &own) else { return own.or_else(|| common.cloned()) };
    let value = common.value.iter().chain(&own.value).cloned().collect();
    Some(Arc::new(Setting { value, ..**own }))
}

/// Checks what the values of an image, or of the defaults, refer to.
pub(super) fn check_texts(scope: &Scope, (image, names): (&Image, &[(String, String)]), problems: &mut Problems) {
    for (text, position) in levels(image).flat_map(Settings::texts) {
        text::check_image(scope, text, (position, names), problems);
    }
}

/// The script; an empty one is none.
pub(super) fn script(setting: Option<&Setting<Script>>) -> Option<String> {
    setting.map(|setting| &setting.value.text).filter(|text| !text.trim().is_empty()).cloned()
}

fn kind(own: &Image, common: &Settings, problems: &mut Problems) -> Kind {
    let (copy, run) = (&own.settings.copy, &own.settings.run);
    if let (Some(copy), Some(run)) = (copy, run) {
        let problem = Diagnostic::new("unusable-key", copy.key, "an image is copied or made by a script, not both");
        problems.push(problem.related(run.key, "the script").help("remove `copy` or `run`"));
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
fn check_kind(key: &Name, own: &Image, kind: Kind, problems: &mut Problems) {
    for (known, setting) in levels(own).flat_map(Settings::entries) {
        let name = known.name;
        if known.kinds.contains(&kind) || (name == "run" && own.settings.copy.is_some()) {
            continue;
        }
        let (made, help) = match kind {
            Kind::Built => ("is built by `docker build`", "put the script on the image itself"),
            Kind::Run => ("is made by its own script (`run`)", "pass the value to the script, or remove `run`"),
            Kind::Copied => ("is copied as it is (`copy`)", "remove this key, or `copy`"),
        };
        let message = format!("`{name}` cannot be used here: the image `{}` {made}", key.text);
        problems.push(Diagnostic::new("unusable-key", setting.key(), message).help(help));
    }
}

/// A copy is one job for all platforms.
fn check_needs_of_copy(key: &Name, own: &Image, problems: &mut Problems) {
    for needs in levels(own).skip(1).filter_map(|settings| settings.needs.as_ref()) {
        let message =
            format!("`needs` cannot be used here: the image `{}` is copied by one job for all platforms", key.text);
        problems.push(Diagnostic::new("unusable-key", needs.key, message).help("put it on the image itself"));
    }
}

/// What is written on an image and on each of its platforms.
fn levels(image: &Image) -> impl Iterator<Item = &Settings> {
    let on_platforms = image.platforms.iter().flat_map(|platforms| &platforms.entries);
    std::iter::once(&image.settings).chain(on_platforms.map(|(.., image)| &image.settings))
}

fn on<'s>(platforms: &'s Platforms, platform: &Platform) -> Option<&'s Settings> {
    platforms.entries.iter().find(|(known, ..)| known == platform).map(|(.., image)| &image.settings)
}

/// What holds of several levels, lowest first.
fn merged<'s>(levels: impl IntoIterator<Item = &'s Settings>) -> Settings {
    let mut settings = Settings::default();
    levels.into_iter().for_each(|level| settings.put(level));
    settings
}
