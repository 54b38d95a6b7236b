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
    fn names(&self, tag: &Template) -> Vec<String> {
        let of_index = crate::shell::quoted(tag, &|name| name.into());
        let names = self.present().flat_map(|image| {
            let index = format!("{}:{of_index}", self.values.quoted(image));
            let pushed = self.pushed(image, tag).map(|(repository, tag)| format!("{repository}:{tag}"));
            std::iter::once(index).chain(pushed)
        });
        names.map(|name| if name.contains('$') { format!("\"{name}\"") } else { name }).collect()
    }

    /// Lines for each of its names, as `$name`.
    fn for_each_name(&self, lines: &[String]) -> Vec<String> {
        let known = Scripts { values: self.values }.known_tags().filter(|_| !keeps_tags(&self.values));
        match known.filter(|tags| !tags.contains(' ')) {
            Some(tag) => looped("name", &self.names(&Template::literal(&tag)), lines),
            None => looped("each", &[self.tags()], &looped("name", &self.names(&Template::name("each")), lines)),
        }
    }

    /// The repository and the tag under which a build has pushed one of its images.
    fn pushed(&self, image: &Template, tag: &Template) -> Option<(String, String)> {
        let Work::Build(build) = &self.values.job.work else { return None };
        if self.output != "pushed" {
            return None;
        }
        // Of the job's own architecture its variables tell, of another one they do not.
        let other = |name: &str| match name {
            "arch" => Some(Template::literal(&build.arch)),
            "platform" => Some(Template::literal(&build.platform.to_string())),
            _ => None,
        };
        let arch_image = if self.is_own_arch { build.arch_image.clone() } else { build.arch_image.fill(other) };
        script::pushed_name(&self.values, &arch_image, (&self.values.filled(image), tag))
    }

    /// Its images, without those that are none in this run.
    fn present(&self) -> impl DoubleEndedIterator<Item = &Template> {
        self.images().iter().filter(|image| self.values.filled(image).as_literal() != Some(""))
    }

    /// The image that the last digest belongs to, by that digest.
    fn last(&self) -> Option<String> {
        let image = self.present().next_back()?;
        let pushed = self.pushed(image, &Template::default()).map(|(repository, _)| repository);
        let repository = pushed.unwrap_or_else(|| self.values.quoted(image));
        Some(format!("{repository}@${{{}##* }}", self.variable))
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

/// Lines for each of these words, as what is called `name`. A loop over a word that is not split is none.
fn looped(name: &str, words: &[String], lines: &[String]) -> Vec<String> {
    if let [one] = words
        && (one.starts_with('"') || !one.contains(['$', ' ']))
    {
        return std::iter::once(format!("{name}={one}")).chain(lines.iter().cloned()).collect();
    }
    let first = format!("for {name} in {}; do", words.join(" "));
    let mut all = match first.len() <= LONGEST_LINE || words.len() == 1 {
        true => vec![first],
        false => {
            let mut all = vec![format!("for {name} in \\")];
            all.extend(words.iter().map(|word| format!("  {word} \\")));
            if let Some(last) = all.last_mut() {
                last.truncate(last.len() - " \\".len());
            }
            all.push("do".into());
            all
        }
    };
    all.extend(lines.iter().map(|line| format!("  {line}")));
    all.push("done".into());
    all
}

/// The longest line with all words of a loop.
const LONGEST_LINE: usize = 100;

/// The loops over the names that parents have in this run, wherever they point by now; `each` is what is done with `$name`
/// and the image, by its digest.
fn loops(parents: &[Handed<'_>], each: &dyn Fn(&str) -> String, made: &mut Script) {
    parents.iter().for_each(|parent| made.line(&parent.required()));
    let cleans = |parent: &Handed<'_>| {
        let names = parent.names(&Template::name("each"));
        parent.tags().contains("$(clean ") || names.iter().any(|name| name.contains("$(clean "))
    };
    if parents.iter().any(cleans) {
        made.text.push_str(script::CLEAN);
    }
    for parent in parents {
        let Some(last) = parent.last() else { continue };
        made.lines(&parent.for_each_name(&[each(&last)]));
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
        let mut lines = handed.for_each_name(&["echo \"$name@$digest\"".to_owned()]);
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
