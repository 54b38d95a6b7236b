//! The jobs of an image, with what each of them does.

use std::collections::BTreeSet;

use super::image::{OnPlatform, Resolved, Settings, texts};
use super::{Draft, Resolver, run_names};
use crate::diagnostic::Diagnostic;
use crate::plan::{Build, Context, Copy, Job, Manifest, Recipe, RunName, Work};
use crate::spec::{Kind, Name, Secret, Setting, Text, Value};
use crate::template::Template;

/// The variable in which the scripts keep the root of this repository.
const ROOT: &str = "SPLITBUILD_ROOT";

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
                let (needs, vars, run_names) = (Vec::new(), Vec::new(), Vec::new());
                let job = Job { name, key: key.clone(), needs, runner, work, setup, vars, run_names };
                drafts.push(Draft { job: self.with_names(job), image: place, needs: Vec::new() });
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
            jobs.push((String::new(), Work::Copy(self.copy(image)), runner, script(&image.common, "setup")));
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

    /// The names that the job's scripts and values use: all of them where a script of the project runs.
    fn with_names(&self, mut job: Job) -> Job {
        let templates = templates(&job.work);
        let has_script =
            job.setup.is_some() || matches!(&job.work, Work::Build(Build { recipe: Recipe::Script(_), .. }));
        let used: BTreeSet<&str> = templates.iter().flat_map(Template::names).collect();
        job.vars = self.vars.declared().filter(|name| has_script || used.contains(name)).map(str::to_owned).collect();
        // The order in which they stand in the matrix means nothing.
        job.vars.sort_unstable();
        let mut names = run_names(templates.iter());
        if has_script {
            names.extend(RunName::ALL);
        }
        if matches!(&job.work, Work::Build(Build { context: Context::Folder(_), .. })) {
            // The revision of what is built from this repository.
            names.insert(RunName::GitSha);
        }
        if matches!(job.work, Work::Manifest(_)) {
            // By its number a run knows whether another one is newer.
            names.insert(RunName::Pipeline);
        }
        job.run_names = names.into_iter().collect();
        job
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
            _ => Recipe::Docker(self.arguments(image, on, &mut required)),
        };
        let retry = match on.settings.get("retry").map(|s| &s.value) {
            Some(Value::Count(count)) => *count,
            _ => 0,
        };
        let arch_image = match image.images.as_slice() {
            // With several images `${image}` is each in turn, when the job runs.
            [one] => on.arch_image.fill(|name| (name == "image").then(|| one.clone())),
            _ => on.arch_image.clone(),
        };
        Build {
            platform: on.platform.clone(),
            arch: on.arch.clone(),
            images: image.images.clone(),
            arch_image,
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

    /// A folder of this repository, or what `docker build` would take for a git repository
    /// (<https://docs.docker.com/build/concepts/context/#git-repositories>).
    fn context(&mut self, image: &Resolved<'s>) -> Context {
        let Some(Setting { value: Value::Text(text), .. }) = image.common.get("context").map(AsRef::as_ref) else {
            return Context::Folder(Template::default());
        };
        let mut context = self.fold(image, None, &text.template);
        if context.leading().starts_with("github.com/") {
            // Docker takes it for the repository of that name.
            let mut url = Template::literal("https://");
            url.push(&context);
            context = url;
        }
        let (url, fragment) = context.split_once("#").unwrap_or_else(|| (context.clone(), Template::default()));
        let start = url.leading();
        let is_web = start.starts_with("https://") || start.starts_with("http://");
        let is_git = start.starts_with("git://") || start.starts_with("ssh://") || start.starts_with("git@");
        let ends_git = match url.parts().last() {
            Some(crate::template::Part::Literal(text)) => text.ends_with(".git"),
            _ => true,
        };
        let host = start.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
        let has_password = host.and_then(|host| host.rsplit_once('@')).is_some_and(|(user, _)| user.contains(':'));
        if is_web && !ends_git && !has_password {
            let message = "docker would take this for a file to download: the URL of a git repository ends with `.git`";
            self.report(Diagnostic::new("context", text.span, message).help(format!("write `{url}.git`")));
        }
        if has_password {
            let problem =
                Diagnostic::new("context", text.span, "this URL holds a password, which would be in every log");
            self.report(problem.secret().help(self.request.provider.advice.git_password));
        }
        if !is_web && !is_git {
            let folder = match context.as_literal() {
                Some("." | "./") => Template::default(),
                _ => context,
            };
            self.check_folder(&folder, text);
            return Context::Folder(folder);
        }
        let (reference, folder) = fragment.split_once(":").unwrap_or_else(|| (fragment.clone(), Template::default()));
        self.check_folder(&folder, text);
        if reference.leading().starts_with('-') {
            let problem = Diagnostic::new("context", text.span, format!("`{reference}` is no branch, tag or commit"));
            self.report(problem.help("write what stands before the colon as git calls it: `#main:folder`"));
        }
        Context::Git { repository: url, reference, folder }
    }

    fn check_folder(&mut self, folder: &Template, text: &Text) {
        let start = folder.leading();
        let leaves = folder.parts().iter().any(|part| match part {
            crate::template::Part::Literal(text) => text.split('/').any(|component| component == ".."),
            crate::template::Part::Name(_) => false,
        });
        if start.starts_with(['/', '~', '-']) || leaves {
            let problem =
                Diagnostic::new("context", text.span, format!("`{folder}` is not a folder of the repository"));
            self.report(problem.help("write a path from the repository's root, without `..`"));
        }
    }

    /// The arguments of `docker build`, in an order that does not depend on the order of keys.
    fn arguments(&mut self, image: &Resolved<'s>, on: &OnPlatform<'s>, required: &mut Vec<String>) -> Vec<Template> {
        let mut arguments = Vec::new();
        let mut add = |flag: &str, value: &Template| {
            let mut argument = Template::literal(&format!("--{flag}="));
            argument.push(value);
            arguments.push(argument);
        };
        const TEXTS: [(&str, &str); 5] = [
            ("dockerfile", "file"),
            ("target", "target"),
            ("network", "network"),
            ("shm_size", "shm-size"),
            ("provenance", "provenance"),
        ];
        for (key, flag) in TEXTS.iter().chain(&[("sbom", "sbom")]) {
            match on.settings.get(key).map(|s| &s.value) {
                Some(Value::Text(text)) => add(flag, &self.fold(image, Some(on), &text.template)),
                Some(Value::Flag(flag_value)) => add(flag, &Template::literal(&flag_value.to_string())),
                _ => {}
            }
        }
        const PAIRS: [(&str, &str, &str); 6] = [
            ("args", "build-arg", "="),
            ("labels", "label", "="),
            ("additional_contexts", "build-context", "="),
            ("extra_hosts", "add-host", ":"),
            ("ssh", "ssh", "="),
            ("ulimits", "ulimit", "="),
        ];
        for (key, flag, separator) in PAIRS {
            let Some(Value::Map(pairs) | Value::Pairs(pairs)) = on.settings.get(key).map(|s| &s.value) else {
                continue;
            };
            for (name, value) in pairs {
                let mut pair = Template::literal(&name.text);
                if let Some(value) = value {
                    pair.push_literal(separator);
                    pair.push(&self.fold(image, Some(on), &value.template));
                } else if key == "args" && crate::spec::is_upper_name(&name.text) {
                    // Docker leaves an argument out when the variable that it comes from is not there.
                    required.push(name.text.clone());
                }
                add(flag, &pair);
            }
        }
        for (key, flag) in [("cache_from", "cache-from"), ("cache_to", "cache-to")] {
            let Some(Value::List(texts)) = on.settings.get(key).map(|s| &s.value) else { continue };
            for text in texts {
                add(flag, &self.fold(image, Some(on), &text.template));
            }
        }
        for (key, flag) in [("no_cache", "no-cache"), ("pull", "pull")] {
            if let Some(Value::Flag(true)) = on.settings.get(key).map(|s| &s.value) {
                add(flag, &Template::literal("true"));
            }
        }
        self.check_cache(&on.settings);
        arguments.extend(self.secrets(on, required));
        arguments
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
        let mut argument = Template::literal(&format!("--secret=id={},", target.text));
        match secret {
            Secret::Environment(variable) => {
                argument.push_literal(&format!("env={}", variable.text));
                required.push(variable.text.clone());
            }
            Secret::File(path) => {
                let folded = self.vars.fold(&path.template);
                argument.push_literal("src=");
                let is_absolute =
                    folded.leading().starts_with('/') || (folded.leading().is_empty() && !folded.parts().is_empty());
                if !is_absolute {
                    argument.push(&Template::name(ROOT));
                    argument.push_literal("/");
                }
                argument.push(&folded);
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

/// Every value of a job's work that its scripts fill in.
fn templates(work: &Work) -> Vec<Template> {
    match work {
        Work::Build(build) => {
            let mut all = build.images.clone();
            all.push(build.arch_image.clone());
            match &build.context {
                Context::Folder(folder) => all.push(folder.clone()),
                Context::Git { repository, reference, folder } => {
                    all.extend([repository.clone(), reference.clone(), folder.clone()])
                }
            }
            if let Recipe::Docker(arguments) = &build.recipe {
                all.extend(arguments.iter().cloned());
            }
            all
        }
        Work::Copy(copy) => copy.images.iter().chain([&copy.source]).cloned().collect(),
        Work::Export(export) => {
            export.files.iter().flat_map(|f| [f.image.clone(), f.file.clone(), f.arch_image.clone()]).collect()
        }
        Work::Manifest(_) => Vec::new(),
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
