//! What a matrix says and a bake file cannot, each with its place.

use crate::diagnostic::{Diagnostic, list};
use crate::plan::{Build, Job, Need, Plan, Recipe, Work};
use crate::span::Span;
use crate::spec::{Settings, Spec};

/// Warnings of everything in a workflow that no target says.
pub(super) fn left_out(plan: &Plan, spec: &Spec, place: usize) -> Vec<Diagnostic> {
    let jobs: Vec<&Job> = plan.workflows[place].jobs.iter().map(|id| plan.job(*id)).collect();
    jobs.into_iter().flat_map(|job| of_job(spec, job)).collect()
}

fn of_job(spec: &Spec, job: &Job) -> Vec<Diagnostic> {
    let key = &job.family;
    let mut all = Vec::new();
    let mut tell = |word: &str, message: String, help: &str| {
        all.push(Diagnostic::new("not-in-bake", written(spec, &job.family, word), message).warning().help(help));
    };
    match &job.work {
        Work::Build(Build { recipe: Recipe::Script(_), .. }) => tell(
            "run",
            format!("a script makes `{key}`, and bake builds from Dockerfiles only: it has no target"),
            "run the script before bake; what is built on its image finds it by its name",
        ),
        Work::Copy(_) => tell(
            "copy",
            format!("`{key}` is copied, and bake only builds: it has no target"),
            "`splitbuild copy` does it; what is built on the copy gets its source",
        ),
        Work::Export(_) => tell(
            "export",
            format!("bake saves no tarball of `{key}`"),
            "`splitbuild export` does it, from a registry; bake itself writes one with `--set TARGET.output=type=docker,dest=FILE`",
        ),
        Work::Build(build) => {
            if build.test.is_some() {
                let help = "run it on what `docker buildx bake --load` leaves in the daemon";
                tell("test", format!("bake does not run the test of `{key}`"), help);
            }
            if job.setup.is_some() {
                let help = "run it before bake; what it exports, bake takes from the environment";
                tell("setup", format!("bake does not run what prepares the build of `{key}`"), help);
            }
            let foreign = job.needs.iter().filter_map(|need| match need {
                Need::External(name) => Some(name),
                Need::Job(_) => None,
            });
            for name in foreign {
                let message = format!("bake does not know the hand-written job `{name}`, which `{key}` waits for");
                tell("needs", message, "do before bake what it does");
            }
            let names = nameless(build);
            if !names.is_empty() {
                let message = format!("no variable of bake can be called {}: the argument is left out", list(&names));
                tell("args", message, "give it a value, which may refer to a variable in upper case: `\"${NAME}\"`");
            }
        }
        Work::Manifest(_) if !job.gates.is_empty() => {
            let help = "build without `--push` first, and push once all went well";
            tell("gate", format!("bake waits for no other job before it publishes `{key}`"), help);
        }
        Work::Manifest(_) => {}
    }
    all
}

/// Arguments that are taken from variables of the environment which bake cannot read.
fn nameless(build: &Build) -> Vec<&str> {
    let Recipe::Docker(options) = &build.recipe else { return Vec::new() };
    let arguments = options.iter().filter(|option| option.flag == "--build-arg");
    let names = arguments.filter_map(|option| option.value.as_ref()?.as_literal());
    names.filter(|name| !name.contains('=') && !super::variable::is_free(name)).collect()
}

/// Where a key of an image is written; else the image.
fn written(spec: &Spec, family: &str, word: &str) -> Span {
    let Some((name, _)) = spec.images.iter().find(|(name, _)| name.text == family) else { return Span::default() };
    spec.levels(family).find_map(|settings| key(settings, word)).unwrap_or(name.span)
}

fn key(settings: &Settings, word: &str) -> Option<Span> {
    settings.entries().find(|(key, _)| key.name == word).map(|(_, setting)| setting.key())
}
