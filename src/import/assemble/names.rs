//! What images are called: their keys, and the names and tags that they are pushed under.

use std::collections::{BTreeMap, BTreeSet};

use super::{Assembly, Image};
use crate::diagnostic::Diagnostic;
use crate::import::found::Found;
use crate::import::tags::{split, time_in};
use crate::reference::{full_name, name_problem, tag_problem};
use crate::span::Span;
use crate::template::{Part, Template};

/// A name with a tag, and where it stands.
type Pushed = (Template, Template, Span);

impl Assembly<'_> {
    /// The images with their names; one whose names all belong to others is left out.
    pub(super) fn named(&mut self, found: Vec<Found>, vars: &BTreeMap<String, Template>) -> Vec<Image> {
        let mut taken: BTreeMap<String, (String, Span)> = BTreeMap::new();
        let mut keys = BTreeSet::new();
        let mut images = Vec::new();
        for found in found {
            let pushed = self.pushed(&found, vars);
            let had_some = !pushed.is_empty();
            let pushed = self.untaken(pushed, &found.name, &mut taken);
            if had_some && pushed.is_empty() {
                let message = format!("every name of `{}` is also that of another, so it is left out", found.name);
                let help = "give it names of its own, and import the file again";
                self.problems.push(Diagnostic::new("left-out-tag", found.span, message).warning().help(help));
                continue;
            }
            let (names, tags) = self.product(&found, pushed);
            let key = unique_key(&found.name, &mut keys);
            let (templates, needs, is_guessed) = (None, Vec::new(), names.is_empty());
            self.check_folder(&found, &names, vars);
            images.push(Image { found, key, names, tags, templates, is_guessed, needs });
        }
        self.guess(&mut images);
        images
    }

    /// Names of the Docker Hub without a folder belong to its own library.
    fn check_folder(&mut self, found: &Found, names: &[Template], vars: &BTreeMap<String, Template>) {
        let is_library = |name: &Template| filled(name, vars).as_literal().is_some_and(|name| !name.contains('/'));
        if let (true, Some((_, span))) = (names.iter().any(is_library), found.references.first()) {
            let message = "a name without a folder is one of the Docker Hub's own library, to which nobody pushes";
            let help = "write the registry and the folder: `image: ghcr.io/acme/NAME`";
            self.problems.push(Diagnostic::new("guessed-name", *span, message).warning().help(help));
        }
    }

    /// The references of an image that are good, each in its two parts; a time in a tag becomes the number of the run.
    fn pushed(&mut self, found: &Found, vars: &BTreeMap<String, Template>) -> Vec<Pushed> {
        /// More tags than this are no image's.
        const MOST: usize = 1000;
        let mut pushed = Vec::new();
        if let Some((_, span)) = found.references.get(MOST) {
            let message = format!("`{}` has more than {MOST} names", found.name);
            self.problems.push(Diagnostic::new("too-large", *span, message).help("remove those that nobody needs"));
        }
        for (reference, span) in found.references.iter().take(MOST) {
            let (name, mut tag) = split(reference);
            // What only a job knows is a good part of a name.
            let known = |text: &Template| filled(text, vars).fill(|_| Some(Template::literal("x")));
            let (known_name, known_tag) = (known(&name), known(&tag));
            let problem = known_name.as_literal().and_then(name_problem);
            let problem = problem.or_else(|| known_tag.as_literal().and_then(tag_problem));
            if let Some(problem) = problem {
                let message = format!("`{reference}` is no name to push to: {problem}");
                let help = "write NAME:TAG; what has to be evaluated is printed by `docker buildx bake --print`";
                self.problems.push(Diagnostic::new("image-name", *span, message).help(help));
                continue;
            }
            if let Some(dated) = without_time(&tag) {
                let message = "this tag has the time in it at which the file was made";
                let help = "the number of the run takes its place, `${pipeline}`; no two jobs read the same clock";
                self.problems.push(Diagnostic::new("dated-tag", *span, message).warning().help(help));
                tag = dated;
            }
            if pushed.iter().all(|(known, other, _)| (known, other) != (&name, &tag)) {
                pushed.push((name, tag, *span));
            }
        }
        pushed
    }

    /// Those that no other image has.
    fn untaken(
        &mut self,
        pushed: Vec<Pushed>,
        target: &str,
        taken: &mut BTreeMap<String, (String, Span)>,
    ) -> Vec<Pushed> {
        let mut kept = Vec::new();
        for (name, tag, span) in pushed {
            let full = name.as_literal().map_or_else(|| name.to_string(), full_name);
            let whole = format!("{full}:{tag}");
            if let Some((other, first)) = taken.get(&whole) {
                let message =
                    format!("`{target}` and `{other}` are both pushed as `{name}:{tag}`, where the last one wins");
                let problem = Diagnostic::new("left-out-tag", span, message).warning().related(*first, "kept here");
                self.problems.push(problem.help("a name belongs to one image; say in the matrix which one it is"));
                continue;
            }
            taken.insert(whole, (target.to_owned(), span));
            kept.push((name, tag, span));
        }
        kept
    }

    /// Names and tags of which every pair is pushed: the matrix has no others. What is left over is reported.
    fn product(&mut self, found: &Found, pushed: Vec<Pushed>) -> (Vec<Template>, Vec<Template>) {
        let tags_of = |name: &Template| -> Vec<&Template> {
            pushed.iter().filter(|(known, ..)| known == name).map(|(_, tag, _)| tag).collect()
        };
        let mut names: Vec<Template> = Vec::new();
        for (name, ..) in &pushed {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        let Some(first) = names.first().cloned() else { return Default::default() };
        let tags: Vec<Template> = tags_of(&first).into_iter().cloned().collect();
        let sorted = |tags: &[&Template]| tags.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        let wanted = sorted(&tags.iter().collect::<Vec<_>>());
        let is_same = |name: &Template| sorted(&tags_of(name)) == wanted;
        for (name, tag, span) in pushed.iter().filter(|(name, ..)| !is_same(name)) {
            let message = format!("`{name}:{tag}` is left out: `{}` has other tags under its first name", found.name);
            let help =
                format!("add an image that copies it: `{{ image: {name}, copy: \"{first}:TAG\", needs: [...] }}`");
            self.problems.push(Diagnostic::new("left-out-tag", *span, message).warning().help(help));
        }
        let names: Vec<Template> = names.iter().filter(|name| is_same(name)).cloned().collect();
        (names, tags)
    }

    /// Names for those that have none: beside the others, else under the name of the project.
    fn guess(&mut self, images: &mut [Image]) {
        let mut folders: BTreeMap<String, usize> = BTreeMap::new();
        for name in images.iter().flat_map(|image| image.names.first()).filter_map(Template::as_literal) {
            if let Some((folder, _)) = name.rsplit_once('/') {
                *folders.entry(folder.to_owned()).or_default() += 1;
            }
        }
        let usual = folders.into_iter().max_by_key(|(_, count)| *count).map(|(folder, _)| folder);
        let folder = usual.unwrap_or_else(|| component(self.request.project));
        let tag = images.iter().flat_map(|image| image.tags.first()).next().cloned();
        for image in images.iter_mut().filter(|image| image.is_guessed) {
            let name = format!("{folder}/{}", component(&image.found.name));
            let message = format!("`{}` has no name to push to; `{name}` is a guess", image.found.name);
            let help = "write its name in the matrix";
            self.problems.push(Diagnostic::new("guessed-name", image.found.span, message).warning().help(help));
            image.names = vec![Template::literal(&name)];
            image.tags = vec![tag.clone().unwrap_or(Template::literal("latest"))];
        }
    }
}

/// A name with what is known of its vars, which may refer to each other.
pub(super) fn filled(name: &Template, vars: &BTreeMap<String, Template>) -> Template {
    const DEEPEST: usize = 8;
    /// No name is longer, so nothing is gained by making it so.
    const LONGEST: usize = 1000;
    (0..DEEPEST).fold(name.clone(), |name, _| match name.literal_length() + name.parts().len() {
        0..LONGEST => name.fill(|name| vars.get(name).cloned()),
        _ => name,
    })
}

/// A tag with the number of the run instead of a time.
pub(super) fn without_time(tag: &Template) -> Option<Template> {
    let mut whole = Template::default();
    let mut is_dated = false;
    for part in tag.parts() {
        match part {
            Part::Literal(text) => match time_in(text) {
                Some(time) => {
                    is_dated = true;
                    whole.push_literal(&text[..time.start]);
                    whole.push(&Template::name("pipeline"));
                    whole.push_literal(&text[time.end..]);
                }
                None => whole.push_literal(text),
            },
            Part::Name(name) => whole.push(&Template::name(name)),
        }
    }
    is_dated.then_some(whole)
}

/// A key of the matrix: jobs are named after it.
fn unique_key(name: &str, taken: &mut BTreeSet<String>) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let base: String = name.chars().map(clean).collect();
    let base = match base.trim_matches('-') {
        "" => "image".to_owned(),
        trimmed => trimmed.to_owned(),
    };
    let mut key = base.clone();
    let mut number = 1;
    while !taken.insert(key.clone()) {
        number += 1;
        key = format!("{base}-{number}");
    }
    key
}

/// A part of an image's name.
fn component(text: &str) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let words: String = text.chars().map(clean).collect();
    let words: Vec<&str> = words.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "image".to_owned() } else { words.join("-") }
}
