//! The jobs of an image, with what each of them does.

use super::image::{OnPlatform, Resolved};
use super::{Draft, Resolver};
use crate::diagnostic::Diagnostic;
use crate::plan::{Build, BuildOption, Copy, LONGEST_WORD, Manifest, Recipe, Work};
use crate::spec::{Kind, Name, Pairs, Script, Secret, Setting, Settings, Text, TextOrFlag};
use crate::template::Template;

impl<'s> Resolver<'s> {
    /// Every job of every image, in the order of the matrix, but for what it waits for.
    pub(super) fn drafts(&mut self, images: &[Option<Resolved<'s>>]) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for (place, image) in images.iter().enumerate() {
            let Some(image) = image else { continue };
            let key = &image.key.text;
            for (suffix, work, runner, setup) in self.jobs_of(image) {
                let name = match &work {
                    Work::Export(_) => format!("export-{key}"),
                    _ => format!("build-{key}{suffix}"),
                };
                drafts.push(Draft { name, key: key.clone(), image: place, runner, work, setup });
            }
        }
        self.check_job_names(images, &drafts);
        drafts
    }

    fn jobs_of(&mut self, image: &Resolved<'s>) -> Vec<(String, Work, Vec<String>, Option<String>)> {
        let mut jobs = Vec::new();
        let manifest_runner = self.manifest_runner(image);
        if image.kind == Kind::Copied {
            let runner = self.own_runner(&image.common).unwrap_or_else(|| manifest_runner.clone());
            let copy = self.copy(image);
            let setup =
                script(image.common.setup.as_deref()).filter(|_| image.has_own_setup || self.needs_setup(&copy));
            jobs.push((String::new(), Work::Copy(copy), runner, setup));
        } else {
            for on in &image.platforms {
                let runner = self.build_runner(on);
                let build = self.build(image, on);
                jobs.push((format!("-{}", on.arch), Work::Build(build), runner, script(on.settings.setup.as_deref())));
            }
            let platforms = image.platforms.iter().map(|on| (on.platform.clone(), on.arch.clone())).collect();
            jobs.push(("-manifest".into(), Work::Manifest(Manifest { platforms }), manifest_runner.clone(), None));
        }
        if let Some(export) = self.export(image) {
            jobs.push((String::new(), Work::Export(export), manifest_runner, None));
        }
        jobs
    }

    /// Whether a copy may need what `setup` exports: its own values, or the tags under which it is published.
    fn needs_setup(&self, copy: &Copy) -> bool {
        let workflows = self.spec.workflows.iter().map(|(_, workflow)| workflow);
        let tags =
            workflows.flat_map(|workflow| workflow.tags.iter().chain(workflow.vars.iter().map(|(_, text)| text)));
        let vars = self.spec.vars.iter().map(|(_, text)| text);
        let written = tags.chain(vars).map(|text| &text.template);
        let values = copy.images.iter().chain([&copy.source]).chain(written);
        values.flat_map(Template::names).any(crate::spec::is_upper_name)
    }

    fn check_job_names(&mut self, images: &[Option<Resolved<'s>>], drafts: &[Draft]) {
        let mut known: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
        let mut problems = Vec::new();
        for draft in drafts {
            let key = |place: usize| images[place].as_ref().map(|image| image.key);
            // Two of one image have one architecture's word, which is reported where the platforms are.
            if let Some(other) = known.insert(&draft.name, draft.image).filter(|other| *other != draft.image)
                && let (Some(mine), Some(other)) = (key(draft.image), key(other))
            {
                let message = format!("two jobs would be called `{}`", draft.name);
                let problem =
                    Diagnostic::new("same-job", mine.span, message).related(other.span, "the other is from here");
                problems.push(problem.help("rename one of the images' keys"));
            }
            let foreign = &self.request.foreign;
            if foreign.workflows.values().any(|jobs| jobs.contains(&draft.name))
                && let (Some(mine), Some(file)) = (key(draft.image), &foreign.file)
            {
                let message =
                    format!("`{}` is a job of {file}, and this image would have one of that name, too", draft.name);
                problems.push(
                    Diagnostic::new("same-job", mine.span, message)
                        .help("rename the hand-written job, or the image's key"),
                );
            }
        }
        self.diagnostics.extend(problems);
    }

    fn copy(&mut self, image: &Resolved<'s>) -> Copy {
        let written = image.common.copy.as_ref();
        let source = written.map(|copy| self.fold(image, None, &copy.value.template)).unwrap_or_default();
        if source.as_literal() == Some("") {
            let span = written.map_or(image.key.span, |copy| copy.span);
            self.report(
                Diagnostic::new("copy", span, "`copy` is empty")
                    .help("name the image that is published as it is: `docker.io/library/redis:7`"),
            );
        }
        let platforms = image.platforms.iter().filter(|_| image.own_platforms).map(|on| on.platform.clone()).collect();
        Copy { source, images: image.images.clone(), platforms }
    }

    fn build(&mut self, image: &Resolved<'s>, on: &OnPlatform) -> Build {
        let mut required = Vec::new();
        let recipe = match script(on.settings.run.as_deref()) {
            Some(script) if image.kind == Kind::Run => Recipe::Script(script),
            _ => {
                let options = self.options(image, on, &mut required);
                self.check_lengths(image, &options);
                Recipe::Docker(options)
            }
        };
        Build {
            platform: on.platform.clone(),
            arch: on.arch.clone(),
            images: image.images.clone(),
            arch_image: on.arch_image_as_written.clone(),
            context: self.context(image),
            recipe,
            retry: on.settings.retry.as_ref().map_or(0, |retry| retry.value),
            required,
        }
    }

    /// A value with everything filled in that is known when generating.
    pub(super) fn fold(&self, image: &Resolved<'s>, on: Option<&OnPlatform>, template: &Template) -> Template {
        let filled = template.fill(|name| match (name, on) {
            ("image", _) if image.images.len() == 1 => Some(image.images[0].clone()),
            ("platform", Some(on)) => Some(Template::literal(&on.platform.to_string())),
            ("arch", Some(on)) => Some(Template::literal(&on.arch)),
            _ => None,
        });
        self.vars.fold(&filled)
    }

    /// No option may be longer than a command can be told.
    fn check_lengths(&mut self, image: &Resolved<'s>, options: &[BuildOption]) {
        let length = |option: &BuildOption| option.value.as_ref().map_or(0, Template::literal_length);
        let Some(option) = options.iter().find(|option| length(option) > LONGEST_WORD) else { return };
        let message = format!(
            "`{}` of the image `{}` has {} bytes, where a word of a command holds {LONGEST_WORD}",
            option.flag,
            image.key.text,
            length(option)
        );
        let problem = Diagnostic::new("value-too-long", image.key.span, message);
        self.report(problem.help("put what is so long into a file of the repository"));
    }

    /// The options of `docker build`, in an order that does not depend on the order of keys. The platform and its word
    /// stay names, so that what differs in nothing else is the same on every platform.
    fn options(&mut self, image: &Resolved<'s>, on: &OnPlatform, required: &mut Vec<String>) -> Vec<BuildOption> {
        let mut options = Vec::new();
        let mut add = |flag: &'static str, value: Template| options.push(BuildOption { flag, value: Some(value) });
        let fold = |text: &Text| self.fold(image, None, &text.template);
        let settings = &on.settings;
        if let Some(file) = &settings.dockerfile {
            add("--file", self.dockerfile(image, &fold(&file.value)));
        }
        let texts =
            [("--target", &settings.target), ("--network", &settings.network), ("--shm-size", &settings.shm_size)];
        for (flag, setting) in texts {
            setting.iter().for_each(|text| add(flag, fold(&text.value)));
        }
        for (flag, setting) in [("--provenance", &settings.provenance), ("--sbom", &settings.sbom)] {
            match setting.as_ref().map(|setting| &setting.value) {
                Some(TextOrFlag::Text(text)) => add(flag, fold(text)),
                Some(TextOrFlag::Flag(value)) => add(flag, Template::literal(&value.to_string())),
                None => {}
            }
        }
        fn entries(setting: Option<&Setting<Pairs>>) -> &[(Name, Option<Text>)] {
            setting.map_or(&[], |setting| &setting.value.entries)
        }
        let ulimits = settings.ulimits.as_ref().map_or(&[][..], |limits| &limits.value.0.entries);
        let pairs = [
            ("--build-arg", "=", entries(settings.args.as_deref())),
            ("--label", "=", entries(settings.labels.as_deref())),
            ("--build-context", "=", entries(settings.additional_contexts.as_deref())),
            ("--add-host", ":", entries(settings.extra_hosts.as_deref())),
            ("--ssh", "=", entries(settings.ssh.as_deref())),
            ("--ulimit", "=", ulimits),
        ];
        for (flag, separator, entries) in pairs {
            for (name, value) in entries {
                let mut pair = Template::literal(&name.text);
                if let Some(value) = value {
                    pair.push_literal(separator);
                    pair.push(&fold(value));
                } else if flag == "--build-arg" && crate::spec::is_upper_name(&name.text) {
                    // Docker leaves an argument out when the variable that it comes from is not there.
                    required.push(name.text.clone());
                }
                add(flag, pair);
            }
        }
        for (flag, cache) in [("--cache-from", &settings.cache_from), ("--cache-to", &settings.cache_to)] {
            cache.iter().flat_map(|cache| &cache.value).for_each(|text| add(flag, fold(text)));
        }
        for (flag, setting) in [("--no-cache", &settings.no_cache), ("--pull", &settings.pull)] {
            if setting.as_ref().is_some_and(|setting| setting.value) {
                options.push(BuildOption { flag, value: None });
            }
        }
        self.check_cache(&on.settings);
        let secrets = self.secrets(on, required).into_iter();
        options.extend(secrets.map(|value| BuildOption { flag: "--secret", value: Some(value) }));
        options
    }

    /// Any cache but the inline one needs a container builder, whose images would have to be loaded into the daemon.
    fn check_cache(&mut self, settings: &Settings) {
        for text in settings.cache_to.iter().flat_map(|cache| &cache.value) {
            if text.template.as_literal() != Some("type=inline") {
                let message = "the daemon's own builder writes only the inline cache";
                let problem = Diagnostic::new("cache-to", text.span, message);
                self.report(
                    problem.help(
                        "write `cache_to: [type=inline]`, and read it back with `cache_from: [\"${image}:TAG\"]`",
                    ),
                );
            }
        }
    }

    fn secrets(&mut self, on: &OnPlatform, required: &mut Vec<String>) -> Vec<Template> {
        let uses = on.settings.secrets.iter().flat_map(|secrets| &secrets.value);
        uses.filter_map(|(name, target)| self.secret(name, target.as_ref().unwrap_or(name), required)).collect()
    }

    fn secret(&mut self, name: &Name, target: &Name, required: &mut Vec<String>) -> Option<Template> {
        let spec = self.spec;
        let Some((_, secret)) = spec.secrets.iter().find(|(known, _)| known.text == name.text) else {
            let problem = Diagnostic::new("unknown-secret", name.span, format!("there is no secret `{}`", name.text));
            let problem = problem.did_you_mean(&name.text, spec.secrets.iter().map(|(known, _)| known.text.as_str()));
            self.report(
                problem.help(format!("declare it at the top: `secrets: {{ {}: {{ environment: NAME }} }}`", name.text)),
            );
            return None;
        };
        let mut argument = Template::literal(&format!("id={},", target.text));
        match secret {
            Secret::Environment(variable) => {
                argument.push_literal(&format!("env={}", variable.text));
                required.push(variable.text.clone());
            }
            Secret::File(path) => {
                argument.push_literal("src=");
                argument.push(&self.vars.fold(&path.template));
            }
        }
        Some(argument)
    }
}

/// The script; an empty one is none.
fn script(setting: Option<&Setting<Script>>) -> Option<String> {
    setting.map(|setting| &setting.value.text).filter(|text| !text.trim().is_empty()).cloned()
}
