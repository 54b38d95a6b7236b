//! The scripts of jobs that publish: what earlier jobs hand on reaches them as outputs, in which are digests and no names.
//! GitHub drops an output that contains the value of a secret, and a user's name may be one
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idoutputs>).

use super::handed::{Handed, handed_files};
use super::script::{Script, Scripts, known_images};
use crate::plan::{Build, Copy, Export, Job, Manifest, Tag, Work};
use crate::provider::manifest::{annotations, format, platforms};
use crate::provider::script::{self, Names as _, Values, keeps_tags, login};
use crate::spec::{IndexFormat, is_upper_name};
use crate::template::Template;

/// Where jobs that publish keep what they have published.
pub(super) const FOLDER: &str = ".splitbuild";

/// What is said of the number of a run: the workflow's file is part of it, since each counts its own.
fn run(path: &str) -> String {
    format!("--run \"$GITHUB_REPOSITORY/{path}/$GITHUB_RUN_NUMBER\"")
}

/// What checks the images of every architecture and publishes their index.
pub(super) fn publish(
    scripts: &Scripts<'_>,
    manifest: &Manifest,
    (builds, path, is_read): (&[(String, &Job)], &str, bool),
) -> Script {
    let values = &scripts.values;
    let (plan, job) = (values.plan, values.job);
    let workflow = &plan.workflows[values.runs[0]];
    let mut made = scripts.published();
    let Some((_, first)) = builds.first() else { return made };
    let of_build = Values { job: first, ..*values };
    let Work::Build(build) = &first.work else { return made };
    made.lines(&scripts.version(values));
    let late = keeps_tags(&of_build);
    let made_late = Scripts { values: of_build };
    match late {
        true => late_tags(builds, of_build.moves(), &mut made),
        false => tags(&made_late, &mut made),
    }
    match (known_images(&of_build, &build.images), made_late.known_tags().filter(|_| !late)) {
        (Some(images), Some(tags)) => {
            made.known.retain(|(name, _)| *name != "tags");
            let names = images.split(' ').flat_map(|image| tags.split(' ').map(move |tag| format!("{image}:{tag}")));
            made.known.push(("indexes", names.collect::<Vec<_>>().join(" ")));
            made.line("for index in $indexes; do set -- \"$@\" \"$index\"; done");
        }
        (images, _) => {
            made.names.extend(of_build.environment(build.images.iter()));
            match images {
                Some(images) => {
                    made.known.push(("images", images));
                    made.line("for image in $images; do");
                    made.line("  for tag in $tags; do set -- \"$@\" \"$image:$tag\"; done");
                    made.line("done");
                }
                None => {
                    let all = build.images.iter().filter(|image| of_build.filled(image).as_literal() != Some(""));
                    let each = |image: &Template| {
                        let image = of_build.quoted(image);
                        format!("for tag in $tags; do set -- \"$@\" \"{image}:$tag\"; done")
                    };
                    made.lines(&all.map(each).collect::<Vec<_>>());
                }
            }
        }
    }
    if workflow.version.is_some() {
        made.text.push_str(script::RELEASE);
        if !job.moving[values.runs[0]].is_empty() {
            made.line("for tag in $moving; do set -- \"$@\" --moving-tag \"$tag\"; done");
        }
    } else if manifest.format == IndexFormat::Oci {
        fixed(&made_late, &mut made);
    }
    let mut options = login::logins(plan);
    match manifest.format {
        IndexFormat::Docker => options.push(format!("--format {}", format(manifest))),
        IndexFormat::Oci => options.push(run(path)),
    }
    options.push(format!("--platform {}", platforms(manifest)));
    options.extend(arch_image(&of_build, build));
    for (platform, arch) in &manifest.platforms {
        let word = builds.iter().find(|(_, job)| matches!(&job.work, Work::Build(build) if build.arch == *arch));
        options.extend(word.map(|(word, _)| format!("--pushed \"{platform}=${}\"", variable(word))));
    }
    options.extend(annotations(values, manifest));
    let needed = manifest.annotations.iter().map(|(_, value)| value);
    made.names.extend(values.environment(needed));
    made.text.push_str("splitbuild manifest \"$@\"");
    options.iter().for_each(|option| made.text.push_str(&format!(" \\\n  {option}")));
    made.line(" >published\ncat published");
    hand_on("published", is_read, &mut made);
    made
}

/// Where the images of the architectures are, if not in the repository of the index: their digests tell all the rest.
fn arch_image(values: &Values<'_>, build: &Build) -> Option<String> {
    let (name, _) = build.arch_image.rsplit_once(":").filter(|(name, _)| name.as_name() != Some("image"))?;
    let ours = |name: &str| ["image", "arch", "platform"].contains(&name);
    let mut template = values.filled(&name).fill(|name| ours(name).then(|| Template::literal(&format!("${{{name}}}"))));
    template.push_literal(":${tag}-${arch}");
    Some(format!("--arch-image \"{}\"", crate::shell::quoted(&template, &|name| values.parameter(name))))
}

/// The variable that holds what a build of this architecture has handed on.
pub(super) fn variable(word: &str) -> String {
    format!("pushed_{word}")
}

/// The tags that only the builds could make: each of them has to have made the same.
fn late_tags(builds: &[(String, &Job)], moves: bool, made: &mut Script) {
    let words: Vec<&String> = builds.iter().map(|(word, _)| word).collect();
    let [first, others @ ..] = words.as_slice() else { return };
    for name in if moves { &["tags", "moving"][..] } else { &["tags"] } {
        made.line(&format!("{name}=${name}_{first}"));
        for other in others {
            made.line(&format!("[ \"${name}_{other}\" = \"${name}\" ] ||"));
            made.line(&format!("  {{ echo \"the tags differ: '${name}' and '${name}_{other}'\" >&2; exit 1; }}"));
        }
    }
    made.line(": \"${tags:?its builds handed on no tags: an output with a secret in it is dropped}\"");
}

/// `$tags`, and `$moving`.
fn tags(scripts: &Scripts<'_>, made: &mut Script) {
    let values = &scripts.values;
    let moving: &[Tag] = values.same_moving().unwrap_or_default();
    let mut all = vec![("tags", values.same_tags().unwrap_or_default())];
    all.extend((!moving.is_empty()).then_some(("moving", moving)));
    let is_known = |tags: &[Tag]| scripts.known(tags).is_some();
    if all.iter().any(|(_, tags)| !is_known(tags)) {
        scripts.clean(made);
    }
    for (name, tags) in all {
        match scripts.known(tags) {
            Some(known) => made.known.push((name, known)),
            None => made.line(&format!("{name}=\"{}\"", values.tags(tags))),
        }
        made.names.extend(values.environment(tags.iter().map(Tag::full).collect::<Vec<_>>().iter()));
    }
}

/// Tags that are the run's own.
fn fixed(scripts: &Scripts<'_>, made: &mut Script) {
    let values = &scripts.values;
    let mut fixed = values.fixed(values.same_tags().unwrap_or_default());
    // What only a build could make is told by none of these.
    fixed.retain(|tag| !keeps_tags(values) || !tag.full().names().any(is_upper_name));
    if fixed.is_empty() {
        return;
    }
    if !made.text.contains("clean() ") && scripts.known(&fixed).is_none() {
        scripts.clean(made);
    }
    match scripts.known(&fixed) {
        Some(known) => {
            made.known.push(("fixed", known));
            made.line("for tag in $fixed; do set -- \"$@\" --fixed-tag \"$tag\"; done");
        }
        None => made.line(&format!("set -- \"$@\" {}", {
            let tag = |tag: &Tag| format!("--fixed-tag \"{}\"", values.tags(std::slice::from_ref(tag)));
            fixed.iter().map(tag).collect::<Vec<_>>().join(" ")
        })),
    }
}

/// Hands on the digests of what a job has published, in order, and shows it on the run's page.
fn hand_on(file: &str, is_read: bool, made: &mut Script) {
    if is_read {
        made.line(&format!("published=$(sed -n 's/^[^ ]*@//p' {file} | tr '\\n' ' ')"));
        made.line("echo \"published=${published% }\" >>\"$GITHUB_OUTPUT\"");
    }
    made.line(&format!("sed 's/^/    /' {file} >>\"$GITHUB_STEP_SUMMARY\""));
}

/// What copies a foreign image, or one of this run.
pub(super) fn copy(scripts: &Scripts<'_>, copy: &Copy, (from, is_read): (Option<&Handed<'_>>, bool)) -> Script {
    let values = &scripts.values;
    let mut made = scripts.published();
    made.lines(&scripts.on_branch());
    let parents: Vec<&Handed<'_>> = from.into_iter().collect();
    handed_files(&parents, &mut made);
    made.texts(&script::before_copy(values, scripts, copy));
    made.text.push_str(&script::copy(values, copy, (&login::logins(values.plan), FOLDER)));
    hand_on(&format!(".splitbuild/{}-index", values.job.key), is_read, &mut made);
    if is_read && keeps_tags(values) {
        made.line("echo \"tags=$tags\" >>\"$GITHUB_OUTPUT\"");
    }
    let tags: Vec<Template> = values.all_tags().map(Tag::full).collect();
    // The project's preparation gets all vars.
    let vars = values.plan.workflows[values.runs[0]].vars.values().filter(|_| values.job.setup.is_some());
    let mut names = values.environment(copy.images.iter().chain([&copy.source]).chain(&tags).chain(vars));
    names.retain(|name| is_upper_name(name) && !super::variables::is_made(values.job, name));
    made.names.extend(names);
    if values.job.setup.is_some() {
        made.names.extend(super::variables::of_scripts(values.plan));
    }
    made
}

/// What saves what was published.
pub(super) fn save(scripts: &Scripts<'_>, export: &Export, from: &Handed<'_>) -> Script {
    let values = &scripts.values;
    let mut made = scripts.published();
    handed_files(&[from], &mut made);
    made.lines(&script::before_save(values, scripts, export));
    if script::save_cleans(values, export) && !made.text.contains("clean() ") {
        made.text.push_str(script::CLEAN);
    }
    made.text.push_str(&script::save(values, export, (&login::logins(values.plan), ".splitbuild/export")));
    let all = export.files.iter().flat_map(|file| [&file.image, &file.file]);
    made.names.extend(values.environment(all));
    made
}
