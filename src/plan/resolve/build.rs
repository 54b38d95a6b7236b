//! What a build job does: the options of `docker build`, or the project's own script.

use std::collections::BTreeSet;

use super::image::{OnPlatform, ResolvedImage};
use super::settings::{is_native, script};
use super::{MOVE_INTO_FILE, Problems, Scope, context};
use crate::diagnostic::Diagnostic;
use crate::plan::{Build, BuildOption, Context, LONGEST_WORD, ProviderSettings, Recipe};
use crate::spec::{
    BUILDER, DOCKER, Kind, LEGACY, Name, Pairs, Secret, Setting, Settings, Text, TextOrFlag, is_upper_name,
};
use crate::template::Template;

pub(super) fn build(
    scope: &Scope,
    image: &ResolvedImage,
    on: &OnPlatform,
    context: &Context,
    problems: &mut Problems,
) -> Build {
    let is_foreign = image.platforms.iter().any(|on| !is_native(&on.platform));
    let (recipe, required) = match script(on.settings.run.as_deref()) {
        Some(script) if image.kind == Kind::Run => (Recipe::Script(script), Vec::new()),
        _ => {
            let secrets = secrets(scope, &on.settings, problems);
            check_cache(&on.settings, problems);
            let mut options = options(scope, (image, &on.settings), context, &secrets);
            if is_foreign {
                options.insert(0, BuildOption { flag: "--platform", value: Some(Template::name("platform")) });
            }
            check_lengths(image, &options, problems);
            (Recipe::Docker(options), required(&on.settings, &secrets))
        }
    };
    Build {
        platform: on.platform.clone(),
        is_foreign,
        arch: on.arch.clone(),
        images: image.names.clone(),
        arch_image: on.arch_image.written.clone(),
        context: context.clone(),
        recipe,
        test: script(on.settings.test.as_deref()),
        retry: on.settings.retry(),
        timeout: on.settings.timeout.as_ref().map(|timeout| timeout.value.0),
        required,
    }
}

/// A test finds its image in a daemon, and only Docker has one.
pub(super) fn check_tests(images: &[ResolvedImage], settings: &ProviderSettings, problems: &mut Problems) {
    let Some(builder) = settings.choice(BUILDER).filter(|builder| ![DOCKER, LEGACY].contains(builder)) else { return };
    let mut spans = BTreeSet::new();
    for test in images.iter().flat_map(|image| &image.platforms).filter_map(|on| on.settings.test.as_deref()) {
        if spans.insert(test.key) {
            let message = format!("`test` needs the daemon of a Docker, and `{BUILDER}: {builder}` has none");
            let help = "push the image, and test it in a hand-written job that the image's `gate` names";
            problems.push(Diagnostic::new("unusable-key", test.key, message).help(help).help("or build with Docker"));
        }
    }
}

/// The options of `docker build`, in an order that does not depend on the order of keys. The platform and its word stay
/// names, so that what differs in nothing else is the same on every platform.
fn options(
    scope: &Scope,
    (image, settings): (&ResolvedImage, &Settings),
    context: &Context,
    secrets: &[(&Secret, &Name)],
) -> Vec<BuildOption> {
    let mut options = Vec::new();
    let mut add = |flag, value| options.push(BuildOption { flag, value });
    let fold = |text: &Text| image.fold(&scope.vars, None, &text.template);
    if let Some(file) = &settings.dockerfile {
        add("--file", Some(context::dockerfile(context, fold(&file.value))));
    }
    for (flag, setting) in
        [("--target", &settings.target), ("--network", &settings.network), ("--shm-size", &settings.shm_size)]
    {
        setting.iter().for_each(|text| add(flag, Some(fold(&text.value))));
    }
    for (flag, setting) in [("--provenance", &settings.provenance), ("--sbom", &settings.sbom)] {
        setting.iter().for_each(|setting| match &setting.value {
            TextOrFlag::Text(text) => add(flag, Some(fold(text))),
            TextOrFlag::Flag(value) => add(flag, Some(Template::literal(&value.to_string()))),
        });
    }
    let pairs = [
        ("--build-arg", "=", entries(settings.args.as_deref())),
        ("--label", "=", entries(settings.labels.as_deref())),
        ("--build-context", "=", entries(settings.additional_contexts.as_deref())),
        ("--add-host", ":", entries(settings.extra_hosts.as_deref())),
        ("--ssh", "=", entries(settings.ssh.as_deref())),
        ("--ulimit", "=", settings.ulimits.as_ref().map_or(&[][..], |limits| &limits.value.0.entries)),
    ];
    for (flag, separator, entries) in pairs {
        for (name, value) in entries {
            let mut pair = Template::literal(&name.text);
            if let Some(value) = value {
                pair.push_literal(separator);
                pair.push(&fold(value));
            }
            add(flag, Some(pair));
        }
    }
    for (flag, cache) in [("--cache-from", &settings.cache_from), ("--cache-to", &settings.cache_to)] {
        cache.iter().flat_map(|cache| &cache.value).for_each(|text| add(flag, Some(fold(text))));
    }
    for (flag, _) in [("--no-cache", settings.no_cache()), ("--pull", settings.pull())].into_iter().filter(|it| it.1) {
        add(flag, None);
    }
    for (secret, target) in secrets {
        let mut argument = Template::literal(&format!("id={},", target.text));
        match secret {
            Secret::Environment(variable) => argument.push_literal(&format!("env={}", variable.text)),
            Secret::File(path) => {
                argument.push_literal("src=");
                argument.push(&scope.vars.fold(&path.template));
            }
        }
        add("--secret", Some(argument));
    }
    options
}

fn entries(setting: Option<&Setting<Pairs>>) -> &[(Name, Option<Text>)] {
    setting.map_or(&[], |setting| &setting.value.entries)
}

/// Variables of the job's environment without which a build would go on: Docker leaves out what is taken from one that is
/// not there.
fn required(settings: &Settings, secrets: &[(&Secret, &Name)]) -> Vec<String> {
    let arguments = entries(settings.args.as_deref()).iter().filter(|(_, value)| value.is_none());
    let arguments = arguments.map(|(name, _)| name).filter(|name| is_upper_name(&name.text));
    let secrets = secrets.iter().filter_map(|(secret, _)| match secret {
        Secret::Environment(variable) => Some(variable),
        Secret::File(_) => None,
    });
    arguments.chain(secrets).map(|name| name.text.clone()).collect()
}

/// The secrets that the build may read, each with the name that it sees.
fn secrets<'s>(scope: &Scope<'s>, settings: &'s Settings, problems: &mut Problems) -> Vec<(&'s Secret, &'s Name)> {
    let declared = &scope.spec.secrets;
    let mut found = Vec::new();
    for (name, target) in settings.secrets.iter().flat_map(|secrets| &secrets.value) {
        if let Some((_, secret)) = declared.iter().find(|(known, _)| known.text == name.text) {
            found.push((secret, target.as_ref().unwrap_or(name)));
            continue;
        }
        let problem = Diagnostic::new("unknown-secret", name.span, format!("there is no secret `{}`", name.text));
        let problem = problem.did_you_mean(&name.text, declared.iter().map(|(known, _)| known.text.as_str()));
        let form = format!("`secrets: {{ {}: {{ environment: NAME }} }}`", name.text);
        problems.push(problem.help(format!("declare it at the top: {form}")));
    }
    found
}

/// No option may be longer than a command can be told.
fn check_lengths(image: &ResolvedImage, options: &[BuildOption], problems: &mut Problems) {
    let length = |option: &BuildOption| option.value.as_ref().map_or(0, Template::literal_length);
    let Some(option) = options.iter().find(|option| length(option) > LONGEST_WORD) else { return };
    let (flag, length) = (option.flag, length(option));
    let message = format!(
        "`{flag}` of the image `{}` has {length} bytes; a word of a command can have {LONGEST_WORD}",
        image.key.text
    );
    problems.push(Diagnostic::new("value-too-long", image.key.span, message).help(MOVE_INTO_FILE));
}

/// Any cache but the inline one needs a container builder, whose images would have to be loaded into the daemon.
fn check_cache(settings: &Settings, problems: &mut Problems) {
    for text in settings.cache_to.iter().flat_map(|cache| &cache.value) {
        if text.template.as_literal() != Some("type=inline") {
            let message = "the daemon's own builder writes only the inline cache";
            let help = "write `cache_to: [type=inline]`, and read it back with `cache_from: [\"${image}:TAG\"]`";
            problems.push(Diagnostic::new("cache-to", text.span, message).help(help));
        }
    }
}
