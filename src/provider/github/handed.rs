//! What earlier jobs of the run hand on: digests, whose names every job knows or makes by itself.

use std::collections::BTreeSet;

use super::script::{Script, Scripts};
use crate::plan::Work;
use crate::provider::builder::Builder;
use crate::provider::free_name::free_name;
use crate::provider::script::{self, Values, keeps_tags};
use crate::template::Template;
use crate::yaml::Node;

/// What a job has of an earlier one.
pub(super) struct Handed<'p> {
    /// The id of that job.
    pub(super) id: String,
    /// It, in this workflow.
    pub(super) values: Values<'p>,
    /// The output: `pushed` of a build, `published` of an index or a copy.
    pub(super) output: &'static str,
    /// Whether it is the build of the same architecture, whatever that is.
    pub(super) is_own_arch: bool,
    /// The variable that holds it.
    variable: String,
}

impl<'p> Handed<'p> {
    pub(super) fn new(id: &str, values: Values<'p>, (output, is_own_arch): (&'static str, bool)) -> Self {
        let arch = match &values.job.work {
            Work::Build(build) if !is_own_arch => format!("_{}", word(&build.arch)),
            _ => String::new(),
        };
        let variable = format!("from_{}{arch}", word(&values.job.key));
        Self { id: id.to_owned(), values, output, is_own_arch, variable }
    }

    /// The variables of a job that hold it, and the tags, where only its job knows them.
    pub(super) fn environment(&self) -> Vec<(String, Node)> {
        let output = |output: &str| super::expression::expression(&format!("needs.{}.outputs.{output}", self.id));
        let mut all = vec![(self.variable.clone(), output(self.output))];
        if keeps_tags(&self.values) {
            all.push((format!("tags_{}", self.variable), output("tags")));
        }
        all
    }

    fn images(&self) -> &[Template] {
        match &self.values.job.work {
            Work::Build(build) => &build.images,
            Work::Copy(copy) => &copy.images,
            Work::Manifest(_) | Work::Export(_) => &[],
        }
    }

    /// Its tags, as they stand between double quotes.
    fn tags(&self) -> String {
        match keeps_tags(&self.values) {
            true => format!("$tags_{}", self.variable),
            false => self.values.tags(self.values.same_tags().unwrap_or_default()),
        }
    }

    /// The name of the job, whatever its architecture.
    fn job(&self) -> String {
        match &self.values.job.work {
            Work::Build(build) if self.output == "pushed" && self.is_own_arch => {
                let name = &self.values.job.name;
                name.strip_suffix(&build.arch).map_or_else(|| name.clone(), |start| format!("{start}$arch"))
            }
            _ => self.id.clone(),
        }
    }

    /// The line that fails by name where nothing was handed on.
    fn required(&self) -> String {
        format!(
            ": \"${{{}:?{} handed on nothing: GitHub drops an output with a secret in it}}\"",
            self.variable,
            self.job()
        )
    }

    /// The words of its names with a tag: each index, and what is pushed for it.
    fn names(&self, tag: &str) -> Vec<String> {
        let values = &self.values;
        let images = self.images().iter().filter(|image| values.filled(image).as_literal() != Some(""));
        let names = images.flat_map(|image| {
            let image = values.quoted(image);
            let own = match &values.job.work {
                Work::Build(build) if self.output == "pushed" => {
                    let name = script::arch_name(values, &build.arch_image);
                    let name = name.unwrap_or_else(|| script::USUAL_NAME.to_owned());
                    Some(name.replace("$1", &image).replace("$2", tag))
                }
                _ => None,
            };
            std::iter::once(format!("{image}:{tag}")).chain(own)
        });
        let word = |name: String| if name.contains('$') { format!("\"{name}\"") } else { name };
        names.map(word).collect()
    }

    /// What of the environment its names are made of.
    fn needed(&self, made: &mut Script) {
        made.names.extend(self.values.environment(self.images().iter()));
        let tags: Vec<Template> = self.values.all_tags().map(crate::plan::Tag::full).collect();
        if !keeps_tags(&self.values) {
            made.names.extend(self.values.environment(tags.iter()));
        }
    }
}

/// Lines for each of these words, as what is called `name`. A loop over one that is quoted is none.
fn looped(name: &str, words: &[String], lines: &[String]) -> Vec<String> {
    if let [one] = words
        && (one.starts_with('"') || !one.contains('$'))
    {
        return std::iter::once(format!("{name}={one}")).chain(lines.iter().cloned()).collect();
    }
    let mut all = vec![format!("for {name} in {}; do", words.join(" "))];
    all.extend(lines.iter().map(|line| format!("  {line}")));
    all.push("done".into());
    all
}

/// The most tags of which each name is written out.
const MOST_UNROLLED: usize = 2;

/// The loops over the names that a parent has in this run, wherever they point by now; `each` is what is done with `$name`
/// and the image's digest.
fn loops(parents: &[Handed<'_>], each: &dyn Fn(&str) -> String, made: &mut Script) {
    parents.iter().for_each(|parent| made.line(&parent.required()));
    let cleans = |parent: &Handed<'_>| {
        let names = parent.names("");
        parent.tags().contains("$(clean ") || names.iter().any(|name| name.contains("$(clean "))
    };
    if parents.iter().any(cleans) {
        made.text.push_str(script::CLEAN);
    }
    for parent in parents {
        let values = &parent.values;
        let Some(last) = parent.images().iter().rfind(|image| values.filled(image).as_literal() != Some("")) else {
            continue;
        };
        let done = each(&format!("{}@${{{}##* }}", values.quoted(last), parent.variable));
        let known = Scripts { values: *values }.known_tags().filter(|_| !keeps_tags(values));
        match known.as_deref().map(|tags| tags.split(' ').collect::<Vec<_>>()) {
            Some(tags) if tags.len() <= MOST_UNROLLED => {
                let names: Vec<String> = tags.iter().flat_map(|tag| parent.names(tag)).collect();
                made.lines(&looped("name", &names, &[done]));
            }
            _ => {
                let lines = looped("name", &parent.names("$each"), &[done]);
                made.lines(&looped("each", &[parent.tags()], &lines));
            }
        }
        parent.needed(made);
    }
}

/// What gives a build its parents as arguments.
pub(super) fn pins(parents: &[Handed<'_>]) -> Script {
    let mut made = Script::default();
    let each = |image: &str| format!("set -- \"$@\" \"--build-context=$name=docker-image://{image}\"");
    loops(parents, &each, &mut made);
    made.line("printf '%s\\n' \"$@\"");
    made
}

/// What gives them to a script, which finds them by name.
pub(super) fn pull(scripts: &Scripts<'_>, parents: &[Handed<'_>]) -> Script {
    let mut made = Script::new();
    made.lines(&crate::provider::script::Names::version(scripts, &scripts.values));
    made.text.push_str(script::TRY);
    made.text.push_str(&script::pull_as(Builder::Docker));
    loops(parents, &|image| format!("try pull_as \"{image}\" \"$name\""), &mut made);
    made
}

/// What earlier jobs have published as the files from which splitbuild takes their digests.
pub(super) fn handed_files(all: &[&Handed<'_>], made: &mut Script) {
    for handed in all {
        if handed.values.has_version() && !made.text.contains(script::READ_VERSION[0]) {
            made.lines(&script::READ_VERSION);
        }
        made.line(&handed.required());
        if handed.tags().contains("$(clean ") && !made.text.contains("clean() ") {
            made.text.push_str(script::CLEAN);
        }
        handed.needed(made);
        let (variable, key) = (&handed.variable, &handed.values.job.key);
        made.line("mkdir -p .splitbuild");
        made.line(&format!("digest=${{{variable}%% *}}"));
        let names = handed.names("$each");
        let one = looped("name", &names, &["echo \"$name@$digest\"".to_owned()]);
        let mut lines = looped("each", &[handed.tags()], &one);
        let file = format!(".splitbuild/{key}-index");
        if let Some(last) = lines.last_mut() {
            last.push_str(&format!(" >{file}"));
        }
        made.lines(&lines);
    }
}

/// Gives each a variable of its own, which is none of these.
pub(super) fn tell_apart(all: &mut [Handed<'_>], mut taken: BTreeSet<String>) {
    for handed in all {
        handed.variable = word(&free_name(&handed.variable, |name| taken.contains(&word(name))));
        taken.insert(handed.variable.clone());
    }
}

/// Words of names, each once.
pub(super) fn words<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for name in names {
        words.push(word(&free_name(&word(name), |name| words.contains(&word(name)))));
    }
    words
}

/// Letters, digits and `_`.
pub(super) fn word(text: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    text.chars().map(word).collect()
}
