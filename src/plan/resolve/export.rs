//! Exports: which files an image is saved to, and that no two have one name.

use std::collections::BTreeMap;

use super::image::ResolvedImage;
use super::workflow::ResolvedWorkflow;
use super::{Problems, Scope, tag};
use crate::diagnostic::Diagnostic;
use crate::plan::{Export, ExportFile};
use crate::span::Span;
use crate::spec::{AnySetting, Settings, Text, TextOrMap};
use crate::template::{Part, Template};

const ENDINGS: [&str; 3] = [".tar", ".tar.gz", ".tar.zst"];

/// What the image's export job saves; `None` without an export.
pub(super) fn export(scope: &Scope, image: &ResolvedImage, problems: &mut Problems) -> Option<Export> {
    let mut files = Vec::new();
    for on in &image.platforms {
        for (name, file) in exported(scope, image, &on.settings, problems) {
            check_file(&scope.vars.fold(&file.template), file, problems);
            files.push(ExportFile {
                platform: on.platform.clone(),
                arch: on.arch.clone(),
                file: image.fold(&scope.vars, Some(on), &file.template),
                arch_image: on.arch_image.name.fill(|n| (n == "image").then(|| name.clone())),
                image: name,
            });
        }
    }
    (!files.is_empty()).then_some(Export { files })
}

/// The names that are saved on a platform, each with its file.
fn exported<'t>(
    scope: &Scope,
    image: &ResolvedImage,
    settings: &'t Settings,
    problems: &mut Problems,
) -> Vec<(Template, &'t Text)> {
    let Some(setting) = &settings.export else { return Vec::new() };
    let key = &image.key.text;
    let pairs = match &setting.value {
        TextOrMap::Text(file) if image.names.len() == 1 => return vec![(image.names[0].clone(), file)],
        TextOrMap::Text(_) => {
            let message = format!("`export` is ambiguous: the image `{key}` has {} names", image.names.len());
            let map = format!("`export: {{ {}: \"NAME-${{tag}}-${{arch}}.tar.gz\" }}`", image.names[0]);
            let problem = Diagnostic::new("export", setting.span, message);
            problems.push(problem.help(format!("write a map from name to file: {map}")));
            return Vec::new();
        }
        TextOrMap::Map(pairs) => pairs,
    };
    let mut files = Vec::new();
    for (name, file) in &pairs.entries {
        let wanted = Template::parse(&name.text).map(|(t, _)| scope.vars.fold(&t)).unwrap_or_default();
        let problem = |message| Diagnostic::new("export", name.span, message);
        match (image.names.contains(&wanted), file) {
            (true, Some(file)) => files.push((wanted, file)),
            (true, None) => {
                let problem = problem(format!("`{}` has no file to be saved to", name.text));
                problems.push(problem.help("write its name: `NAME-${tag}-${arch}.tar.gz`"));
            }
            (false, _) => {
                let names: Vec<String> = image.names.iter().map(ToString::to_string).collect();
                let problem = problem(format!("`{}` is not one of the names of `{key}`", name.text));
                problems.push(problem.did_you_mean(&name.text, names.iter().map(String::as_str)));
            }
        }
    }
    files
}

fn check_file(file: &Template, written: &Text, problems: &mut Problems) {
    let end = match file.parts().last() {
        Some(Part::Literal(text)) => text.as_str(),
        _ => "",
    };
    let problem = |message| Diagnostic::new("export", written.span, message);
    if !ENDINGS.iter().any(|ending| end.ends_with(ending)) {
        let problem = problem(format!("`{}` is not the name of a tarball", written.template));
        problems.push(problem.help(format!("end it with {}", ENDINGS.join(" or "))));
    }
    if may_be_path(file) {
        let message = format!("`{}` may be a path, but all exports share one folder", written.template);
        let help = "write a name without `/`; `${arch}` and `${tag}`, which is cleaned, have none";
        problems.push(problem(message).help(help));
    }
}

/// In a workflow, every file has a name of its own: for every tag, platform and image.
pub(super) fn check_files(
    scope: &Scope,
    images: &[ResolvedImage],
    workflows: &[ResolvedWorkflow],
    problems: &mut Problems,
) {
    for (index, workflow) in workflows.iter().enumerate() {
        let mut known: BTreeMap<Template, Span> = BTreeMap::new();
        let image = workflow.members.iter().map(|index| &images[*index]);
        for (image, on) in image.flat_map(|image| image.platforms.iter().map(move |on| (image, on))) {
            let count = on.settings.export.as_ref().map_or(0, |_| tag::of_image(image, workflow).pushed.len());
            for text in on.settings.export.iter().flat_map(|export| export.texts()) {
                let file = image.fold(&scope.vars, Some(on), &text.template);
                let problem = |message| Diagnostic::new("export", text.span, message);
                if count > 1 && !["tag", "arch_tag"].iter().any(|name| file.mentions(name)) {
                    let name = &workflow.name.text;
                    let problem = problem(format!("every tag of the workflow `{name}` would be saved to `{file}`"));
                    problems.push(problem.help("put `${tag}` into the name"));
                }
                // The per-architecture tag tells platforms apart, so the name is another on each.
                let distinct =
                    file.fill(|name| (name == "arch_tag").then(|| Template::literal(&format!("{}/", on.arch))));
                if let Some(other) = known.insert(scope.vars.fill(index, &distinct), text.span) {
                    let problem = problem(format!("two images would be saved to `{file}`"));
                    let problem = if other == text.span { problem } else { problem.related(other, "the other") };
                    problems.push(problem.help("put `${arch}` into the name, or give each its own"));
                }
            }
        }
    }
}

/// Whether the name holds a `/`, or a name that may: a branch, a tag of git, an image.
fn may_be_path(file: &Template) -> bool {
    const PATHS: [&str; 6] = ["platform", "image", "arch_image", "git_branch", "git_tag", "git_ref"];
    file.parts().iter().any(|part| match part {
        Part::Literal(text) => text.contains('/'),
        Part::Name(name) => PATHS.contains(&name.as_str()),
    })
}
