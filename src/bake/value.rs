//! Values as the strings of a bake file, which are templates of HCL: `${…}` is an expression, `$${` and `%%{` are what
//! they look like without the first sign (<https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#templates>).

use std::collections::BTreeMap;

use crate::names::COMMIT_LENGTH;
use crate::plan::{Build, Context, Job, Plan, TAG, Tag, Workflow, is_clean, prefix};
use crate::template::{Part, Template};

/// Where a string stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// It is a string of the file.
    Text,
    /// The same, where null leaves out what it is the value of.
    Optional,
    /// It stands between the double quotes of an expression.
    Quoted,
}

/// The job whose value it is; with the build, if that is what it does.
#[derive(Clone, Copy)]
pub(super) struct On<'p> {
    pub(super) job: &'p Job,
    pub(super) build: Option<&'p Build>,
}

/// Writes the values of a workflow, and remembers to which variables they refer.
pub(super) struct Writer<'p> {
    pub(super) plan: &'p Plan,
    pub(super) place: usize,
    pub(super) workflow: &'p Workflow,
    /// What each variable is if nobody says, as a string of the file; null if none.
    pub(super) variables: BTreeMap<String, Option<String>>,
}

impl<'p> Writer<'p> {
    pub(super) fn new(plan: &'p Plan, place: usize) -> Self {
        Self { plan, place, workflow: &plan.workflows[place], variables: BTreeMap::new() }
    }

    /// A value of a job, or of no job in particular.
    pub(super) fn text(&mut self, value: &Template, on: Option<On<'_>>, form: Form) -> String {
        let value = self.filled(value, on);
        let is_alone = form == Form::Optional && value.as_name().is_some();
        let mut text = String::new();
        for part in value.parts() {
            let piece = match part {
                Part::Literal(literal) => escaped(literal, form),
                Part::Name(name) => self.named(name, on, (form, is_alone)),
            };
            push(&mut text, &piece);
        }
        text
    }

    /// A name of an image under a tag.
    pub(super) fn name(&mut self, image: &Template, tag: &Tag, form: Form) -> String {
        let mut name = self.text(image, None, form);
        name.push(':');
        push(&mut name, &self.tag(tag, form));
        name
    }

    /// The name under which a build is pushed that is published under this name and tag.
    pub(super) fn arch_name(&mut self, on: On<'_>, (image, tag): (&Template, &Tag), form: Form) -> String {
        let Some(build) = on.build else { return self.name(image, tag, form) };
        let whole = build.arch_image.fill(|name| (name == "image").then(|| image.clone()));
        let mut name = self.text(&whole.rsplit_once(":").map(|(name, _)| name).unwrap_or_default(), Some(on), form);
        name.push(':');
        push(&mut name, &self.arch_tag(on, tag, form));
        name
    }

    /// The names of the image of a job that it has in the workflow.
    pub(super) fn images<'t>(&self, images: &'t [Template]) -> Vec<&'t Template> {
        images.iter().filter(|image| self.filled(image, None).as_literal() != Some("")).collect()
    }

    /// The value with everything filled in that is known of the workflow and of the job.
    fn filled(&self, value: &Template, on: Option<On<'_>>) -> Template {
        let known = |value: &Template| value.fill(|name| self.workflow.vars.get(name).cloned());
        let Some(build) = on.and_then(|on| on.build) else { return known(value) };
        known(value).fill(|name| match name {
            "platform" => Some(Template::literal(&build.platform.to_string())),
            "arch" => Some(Template::literal(&build.arch)),
            "revision" => self.revision(build),
            _ => None,
        })
    }

    /// The commit that is built, if it is known: this repository's, or the one that the matrix names.
    pub(super) fn revision(&self, build: &Build) -> Option<Template> {
        match &build.context {
            Context::Folder(_) => Some(Template::name("git_sha")),
            Context::Git { reference, .. } => {
                let reference = self.filled(reference, None);
                reference.as_literal().is_some_and(is_commit).then_some(reference)
            }
        }
    }

    /// What a name stands for.
    fn named(&mut self, name: &str, on: Option<On<'_>>, (form, is_alone): (Form, bool)) -> String {
        let first = on.and_then(|on| on.job.tags[self.place].first().map(|tag| (on, tag)));
        match (name, first) {
            (TAG, Some((_, tag))) => self.tag(tag, form),
            ("arch_tag", Some((on, tag))) => self.arch_tag(on, tag, form),
            ("arch_image", Some((on @ On { build: Some(build), .. }, tag))) => {
                let image = build.images.first().cloned().unwrap_or_default();
                self.arch_name(on, (&image, tag), form)
            }
            ("workflow_tag" | "workflow_tag_prefix", Some(_)) => {
                let Some(of) = self.workflow.tags.first() else { return String::new() };
                let template = if name == "workflow_tag" { Template::name(TAG) } else { prefix(of) };
                self.tag(&Tag::new(&template, of), form)
            }
            _ => format!("${{{}}}", self.variable(name, is_alone)),
        }
    }

    /// A tag: as in a job, what is known late is cleaned unless it is clean.
    fn tag(&mut self, tag: &Tag, form: Form) -> String {
        let template = self.filled(&tag.template, None);
        let mut text = String::new();
        for part in template.parts() {
            let piece = match part {
                Part::Literal(literal) => escaped(literal, form),
                Part::Name(name) if name == TAG => self.of(&tag.of, form),
                Part::Name(name) => self.clean(name),
            };
            push(&mut text, &piece);
        }
        text
    }

    /// What follows the colon of a per-architecture name.
    fn arch_tag(&mut self, on: On<'_>, tag: &Tag, form: Form) -> String {
        let template = self.filled(&on.build.map(Build::arch_tag).unwrap_or_default(), Some(on));
        let mut text = String::new();
        for part in template.parts() {
            let piece = match part {
                Part::Literal(literal) => escaped(literal, form),
                Part::Name(name) if name == TAG => self.tag(tag, form),
                Part::Name(name) => self.clean(name),
            };
            push(&mut text, &piece);
        }
        text
    }

    /// A tag of the workflow. One that must be cleaned is a variable, which a person can set.
    fn of(&mut self, of: &Template, form: Form) -> String {
        if of.as_literal().is_some() || is_clean(of) {
            return self.text(of, None, form);
        }
        let place = self.workflow.tags.iter().position(|tag| tag == of).unwrap_or_default();
        let name = if place == 0 { TAG.to_owned() } else { format!("{TAG}_{}", place + 1) };
        let tag = self.expression(of);
        self.variables.insert(name.clone(), Some(format!("${{{}}}", cleaned(&tag, self.plan.tag_room))));
        format!("${{{name}}}")
    }

    fn clean(&mut self, name: &str) -> String {
        let variable = self.variable(name, false);
        let value = if is_clean(&Template::name(name)) { variable } else { cleaned(&variable, self.plan.tag_room) };
        format!("${{{value}}}")
    }

    /// A value of no job in particular, as an expression.
    pub(super) fn expression(&mut self, value: &Template) -> String {
        match self.filled(value, None).as_name() {
            Some(name) => self.variable(name, false),
            None => format!("\"{}\"", self.text(value, None, Form::Quoted)),
        }
    }
}

fn is_commit(text: &str) -> bool {
    text.len() == COMMIT_LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What a job does to a tag, in `templates/sh/clean.sh`.
fn cleaned(value: &str, room: usize) -> String {
    format!(r#"substr(regex_replace(regex_replace({value}, "[^A-Za-z0-9_.-]", "-"), "^[.-]", "_"), 0, {room})"#)
}

/// What only an expression can say: HCL takes an expression behind a carriage return for text, and drops a byte order mark
/// at the beginning.
const ONLY_QUOTED: [(char, &str); 2] = [('\r', r"\r"), ('\u{feff}', r"\ufeff")];

/// Text that means itself.
pub(super) fn escaped(text: &str, form: Form) -> String {
    let plain = |text: &str| text.replace("${", "$${").replace("%{", "%%{");
    if form == Form::Quoted {
        let escapes = [('\\', r"\\"), ('"', "\\\""), ('\n', r"\n"), ('\t', r"\t")].into_iter().chain(ONLY_QUOTED);
        return escapes.fold(plain(text), |text, (c, escape)| text.replace(c, escape));
    }
    let mut escaped = String::new();
    for piece in text.split_inclusive(ONLY_QUOTED.map(|(c, _)| c)) {
        let quoted = ONLY_QUOTED.iter().find(|(c, _)| piece.ends_with(*c));
        escaped.push_str(&plain(quoted.map_or(piece, |(c, _)| piece.trim_end_matches(*c))));
        quoted.iter().for_each(|(_, escape)| push(&mut escaped, &format!("${{\"{escape}\"}}")));
    }
    escaped
}

/// Appends a piece; a dollar before an expression would make text of that.
fn push(text: &mut String, piece: &str) {
    let before = text.trim_end_matches('$').len();
    if piece.starts_with("${") && before < text.len() {
        let dollars = text.split_off(before);
        text.push_str(&format!("${{\"{dollars}\"}}"));
    }
    text.push_str(piece);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_template_is_text() {
        assert_eq!(escaped("${a} %{b} $c %d $${e}", Form::Text), "$${a} %%{b} $c %d $$${e}");
        assert_eq!(escaped("\u{feff}a$\r{b}\r", Form::Text), r#"${"\ufeff"}a${"$"}${"\r"}{b}${"\r"}"#);
        assert_eq!(escaped("\"\\${a}\n", Form::Quoted), "\\\"\\\\$${a}\\n");
        let mut text = "price: $$".to_owned();
        push(&mut text, "${a}");
        push(&mut text, "$");
        push(&mut text, "x");
        assert_eq!(text, "price: ${\"$$\"}${a}$x");
    }
}
