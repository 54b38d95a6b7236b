//! The jobs of an image, with what each of them does.

use super::image::{OnPlatform, Resolved, Settings, texts};
use super::{Draft, Resolver};
use crate::diagnostic::Diagnostic;
use crate::plan::{Build, BuildOption, Copy, Job, LONGEST_WORD, Manifest, Recipe, Work};
use crate::spec::{Kind, Name, Secret, Text, Value};
use crate::template::Template;

impl<'s> Resolver<'s> {
    /// Every job of every image, in the order of the matrix, with nothing to wait for yet.
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
                let job = Job { name, key: key.clone(), needs: Vec::new(), runner, work, setup };
                drafts.push(Draft { job, image: place, needs: Vec::new() });
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
            let setup = script(&image.common, "setup").filter(|_| image.has_own_setup || self.needs_setup(&copy));
            jobs.push((String::new(), Work::Copy(copy), runner, setup));
        } else {
            for on in &image.platforms {
                let runner = self.build_runner(on);
                let build = self.build(image, on);
                jobs.push((format!("-{}", on.arch), Work::Build(build), runner, script(&on.settings, "setup")));
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
            // Two of one image have one architecture's word, which is told where the platforms are.
            if let Some(other) = known.insert(&draft.job.name, draft.image).filter(|other| *other != draft.image)
                && let (Some(mine), Some(other)) = (key(draft.image), key(other))
            {
                let message = format!("two jobs would be called `{}`", draft.job.name);
                let problem =
                    Diagnostic::new("same-job", mine.span, message).related(other.span, "the other is from here");
                problems.push(problem.help("rename one of the images' keys"));
            }
            let foreign = &self.request.foreign;
            if foreign.workflows.values().any(|jobs| jobs.contains(&draft.job.name))
                && let (Some(mine), Some(file)) = (key(draft.image), &foreign.file)
            {
                let message =
                    format!("`{}` is a job of {file}, and this image would have one of that name, too", draft.job.name);
                problems.push(
                    Diagnostic::new("same-job", mine.span, message)
                        .help("rename the hand-written job, or the image's key"),
                );
            }
        }
        self.diagnostics.extend(problems);
    }

    fn copy(&mut self, image: &Resolved<'s>) -> Copy {
        let source = match image.common.get("copy").map(|s| &s.value) {
            Some(Value::Text(text)) => self.fold(image, None, &text.template),
            _ => Template::default(),
        };
        if source.as_literal() == Some("") {
            let span = image.common.get("copy").map_or(image.key.span, |s| s.span);
            self.report(
                Diagnostic::new("copy", span, "`copy` is empty")
                    .help("name the image that is published as it is: `docker.io/library/redis:7`"),
            );
        }
        let platforms = image.platforms.iter().filter(|_| image.own_platforms).map(|on| on.platform.clone()).collect();
        Copy { source, images: image.images.clone(), platforms }
    }

    fn build(&mut self, image: &Resolved<'s>, on: &OnPlatform<'s>) -> Build {
        let mut required = Vec::new();
        let recipe = match script(&on.settings, "run") {
            Some(script) if image.kind == Kind::Run => Recipe::Script(script),
            _ => {
                let options = self.options(image, on, &mut required);
                self.check_lengths(image, &options);
                Recipe::Docker(options)
            }
        };
        let retry = match on.settings.get("retry").map(|s| &s.value) {
            Some(Value::Count(count)) => *count,
            _ => 0,
        };
        Build {
            platform: on.platform.clone(),
            arch: on.arch.clone(),
            images: image.images.clone(),
            arch_image: on.arch_image_as_written.clone(),
            context: self.context(image),
            recipe,
            retry,
            required,
        }
    }

    /// A value with everything filled in that is known when generating.
    pub(super) fn fold(&self, image: &Resolved<'s>, on: Option<&OnPlatform<'s>>, template: &Template) -> Template {
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
    fn options(&mut self, image: &Resolved<'s>, on: &OnPlatform<'s>, required: &mut Vec<String>) -> Vec<BuildOption> {
        let mut options = Vec::new();
        let mut add = |flag: &'static str, value: Template| options.push(BuildOption { flag, value: Some(value) });
        if let Some(Value::Text(text)) = on.settings.get("dockerfile").map(|s| &s.value) {
            add("--file", self.dockerfile(image, &self.fold(image, None, &text.template)));
        }
        const TEXTS: [(&str, &str); 5] = [
            ("target", "--target"),
            ("network", "--network"),
            ("shm_size", "--shm-size"),
            ("provenance", "--provenance"),
            ("sbom", "--sbom"),
        ];
        for (key, flag) in TEXTS {
            match on.settings.get(key).map(|s| &s.value) {
                Some(Value::Text(text)) => add(flag, self.fold(image, None, &text.template)),
                Some(Value::Flag(flag_value)) => add(flag, Template::literal(&flag_value.to_string())),
                _ => {}
            }
        }
        const PAIRS: [(&str, &str, &str); 6] = [
            ("args", "--build-arg", "="),
            ("labels", "--label", "="),
            ("additional_contexts", "--build-context", "="),
            ("extra_hosts", "--add-host", ":"),
            ("ssh", "--ssh", "="),
            ("ulimits", "--ulimit", "="),
        ];
        for (key, flag, separator) in PAIRS {
            let Some(Value::Map(pairs) | Value::Pairs(pairs)) = on.settings.get(key).map(|s| &s.value) else {
                continue;
            };
            for (name, value) in pairs {
                let mut pair = Template::literal(&name.text);
                if let Some(value) = value {
                    pair.push_literal(separator);
                    pair.push(&self.fold(image, None, &value.template));
                } else if key == "args" && crate::spec::is_upper_name(&name.text) {
                    // Docker leaves an argument out when the variable that it comes from is not there.
                    required.push(name.text.clone());
                }
                add(flag, pair);
            }
        }
        for (key, flag) in [("cache_from", "--cache-from"), ("cache_to", "--cache-to")] {
            let Some(Value::List(texts)) = on.settings.get(key).map(|s| &s.value) else { continue };
            for text in texts {
                add(flag, self.fold(image, None, &text.template));
            }
        }
        for (key, flag) in [("no_cache", "--no-cache"), ("pull", "--pull")] {
            if let Some(Value::Flag(true)) = on.settings.get(key).map(|s| &s.value) {
                options.push(BuildOption { flag, value: None });
            }
        }
        self.check_cache(&on.settings);
        let secrets = self.secrets(on, required).into_iter();
        options.extend(secrets.map(|value| BuildOption { flag: "--secret", value: Some(value) }));
        options
    }

    /// Any cache but the inline one needs a container builder, whose images would have to be loaded into the daemon.
    fn check_cache(&mut self, settings: &Settings<'s>) {
        let Some(Value::List(entries)) = settings.get("cache_to").map(|s| s.value.clone()) else { return };
        for text in entries {
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

    fn secrets(&mut self, on: &OnPlatform<'s>, required: &mut Vec<String>) -> Vec<Template> {
        let Some(Value::Secrets(uses)) = on.settings.get("secrets").map(|s| s.value.clone()) else { return Vec::new() };
        uses.iter().filter_map(|(name, target)| self.secret(name, target.as_ref().unwrap_or(name), required)).collect()
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

/// The script under a key; an empty one is none.
fn script(settings: &Settings, key: &str) -> Option<String> {
    match settings.get(key).map(|s| &s.value) {
        Some(Value::Script(script)) if !script.text.trim().is_empty() => Some(script.text.clone()),
        _ => None,
    }
}

impl Resolver<'_> {
    /// Every text of an image that a workflow must be able to fill in.
    pub(super) fn late_texts<'i>(image: &'i Resolved<'_>) -> impl Iterator<Item = &'i Text> {
        let of = |settings: &'i Settings<'_>| {
            settings.iter().filter(|(key, _)| **key != "needs").flat_map(|(_, s)| texts(&s.value))
        };
        of(&image.common).chain(image.platforms.iter().flat_map(move |on| of(&on.settings)))
    }
}
