//! Exports: which files an image is saved to, and that no two have one name.

use std::collections::{BTreeMap, BTreeSet};

use super::Resolver;
use super::image::Resolved;
use crate::diagnostic::Diagnostic;
use crate::plan::{Export, ExportFile};
use crate::span::Span;
use crate::spec::{AnySetting, Settings, Text, TextOrMap};
use crate::template::{Part, Template};

const ENDINGS: [&str; 3] = [".tar", ".tar.gz", ".tar.zst"];

impl<'s> Resolver<'s> {
    /// What the image's export job saves; `None` without an export.
    pub(super) fn export(&mut self, image: &Resolved<'s>) -> Option<Export> {
        let mut files = Vec::new();
        for on in &image.platforms {
            for (name, file) in self.exported(image, &on.settings) {
                self.check_file(&file);
                files.push(ExportFile {
                    image: name.clone(),
                    platform: on.platform.clone(),
                    arch: on.arch.clone(),
                    file: self.fold(image, Some(on), &file.template),
                    arch_image: on.arch_image.fill(|n| (n == "image").then(|| name.clone())),
                });
            }
        }
        (!files.is_empty()).then_some(Export { files })
    }

    /// The names that are saved on a platform, each with its file.
    fn exported(&mut self, image: &Resolved<'s>, settings: &Settings) -> Vec<(Template, Text)> {
        let Some(setting) = &settings.export else { return Vec::new() };
        match &setting.value {
            TextOrMap::Text(file) if image.images.len() == 1 => vec![(image.images[0].clone(), file.clone())],
            TextOrMap::Text(_) => {
                let problem = Diagnostic::new(
                    "export",
                    setting.span,
                    format!("the image `{}` has {} names; which is saved?", image.key.text, image.images.len()),
                );
                self.report(problem.help(format!(
                    "write a map from name to file: `export: {{ {}: \"NAME-${{tag}}-${{arch}}.tar.gz\" }}`",
                    image.images[0]
                )));
                Vec::new()
            }
            TextOrMap::Map(pairs) => {
                let mut files = Vec::new();
                for (name, file) in &pairs.entries {
                    let wanted = Template::parse(&name.text).map(|(t, _)| self.vars.fold(&t)).unwrap_or_default();
                    match (image.images.contains(&wanted), file) {
                        (true, Some(file)) => files.push((wanted, file.clone())),
                        (true, None) => {
                            let problem = Diagnostic::new(
                                "export",
                                name.span,
                                format!("`{}` has no file to be saved to", name.text),
                            );
                            self.report(problem.help("write its name: `NAME-${tag}-${arch}.tar.gz`"));
                        }
                        (false, _) => {
                            let names: Vec<String> = image.images.iter().map(ToString::to_string).collect();
                            let problem = Diagnostic::new(
                                "export",
                                name.span,
                                format!("`{}` is not one of the names of `{}`", name.text, image.key.text),
                            );
                            self.report(problem.did_you_mean(&name.text, names.iter().map(String::as_str)));
                        }
                    }
                }
                files
            }
        }
    }

    fn check_file(&mut self, file: &Text) {
        let folded = self.vars.fold(&file.template);
        let end = match folded.parts().last() {
            Some(Part::Literal(text)) => text.as_str(),
            _ => "",
        };
        if !ENDINGS.iter().any(|ending| end.ends_with(ending)) {
            let problem = Diagnostic::new("export", file.span, format!("`{}` is no tarball's name", file.template));
            self.report(problem.help(format!("end it with {}", ENDINGS.join(" or "))));
        }
        if let Some(problem) = path_problem(&folded, file) {
            self.report(problem);
        }
    }

    /// In a workflow, every file has a name of its own: for every tag, platform and image.
    pub(super) fn check_exports(
        &mut self,
        images: &[Option<Resolved<'s>>],
        members: &[BTreeSet<usize>],
        tags: &[Vec<Template>],
    ) {
        let spec = self.spec;
        for (index, members) in members.iter().enumerate() {
            let mut known: BTreeMap<Template, Span> = BTreeMap::new();
            for image in members.iter().filter_map(|place| images[*place].as_ref()) {
                for on in &image.platforms {
                    for text in on.settings.export.iter().flat_map(|export| export.texts()) {
                        let file = self.fold(image, Some(on), &text.template);
                        let has_name = |names: [&str; 2]| names.iter().any(|name| file.mentions(name));
                        if tags[index].len() > 1 && !has_name(["tag", "arch_tag"]) {
                            let message = format!(
                                "`{file}` is the file of every tag of the workflow `{}`",
                                spec.workflows[index].0.text
                            );
                            self.report(
                                Diagnostic::new("export", text.span, message).help("put `${tag}` into the name"),
                            );
                        }
                        // The per-architecture tag tells platforms apart, so the name is another on each.
                        let distinct =
                            file.fill(|name| (name == "arch_tag").then(|| Template::literal(&format!("{}/", on.arch))));
                        if let Some(other) = known.insert(self.vars.fill(index, &distinct), text.span) {
                            let problem =
                                Diagnostic::new("export", text.span, format!("two images would be saved to `{file}`"));
                            let problem =
                                if other == text.span { problem } else { problem.related(other, "the other") };
                            self.report(problem.help("put `${arch}` into the name, or give each its own"));
                        }
                    }
                }
            }
        }
    }
}

/// Exports lie side by side, so their names hold no `/`, nor a name that may: a branch, a tag of git, an image.
fn path_problem(file: &Template, written: &Text) -> Option<Diagnostic> {
    const PATHS: [&str; 6] = ["platform", "image", "arch_image", "git_branch", "git_tag", "git_ref"];
    let has_slash = |part: &Part| match part {
        Part::Literal(text) => text.contains('/'),
        Part::Name(name) => PATHS.contains(&name.as_str()),
    };
    let message = format!("`{}` may be a path, and exports lie side by side", written.template);
    let problem = Diagnostic::new("export", written.span, message);
    let help = "write a name without `/`; `${arch}` and `${tag}`, which is cleaned, have none";
    file.parts().iter().any(has_slash).then(|| problem.help(help))
}
