//! Tags as the matrix says them: what a workflow publishes under, and what each image makes of that.

use crate::draft::Value;
use crate::template::{Part, Template};

/// The tag of a workflow under which the names of an image come out as they were.
pub(super) const LATEST: &str = "latest";

/// The tags of all images in the words of the matrix.
pub(super) struct Plan {
    pub(super) workflow: Vec<Template>,
    /// For each image its templates; none where it has the workflow's tags.
    pub(super) images: Vec<Option<Vec<Template>>>,
}

impl Plan {
    /// Finds what the tags have in common: all of them, the value that they begin with, or nothing.
    pub(super) fn of(images: &[Vec<Template>]) -> Self {
        let same = images.first().filter(|first| images.iter().all(|tags| tags == *first));
        if let Some(tags) = same {
            return Self { workflow: tags.clone(), images: vec![None; images.len()] };
        }
        let start = |tag: &Template| match tag.parts().first() {
            Some(Part::Name(name)) => Some(name.clone()),
            _ => None,
        };
        let mut starts = images.iter().flatten().map(start);
        let first = starts.next().flatten();
        if let Some(name) = first.filter(|first| starts.all(|other| other.as_ref() == Some(first))) {
            let rest = |tag: &Template| {
                let mut own = Template::name("tag");
                tag.parts()[1..].iter().for_each(|part| own.push(&of_part(part)));
                own
            };
            let images = images.iter().map(|tags| Some(tags.iter().map(rest).collect())).collect();
            return Self { workflow: vec![Template::name(&name)], images };
        }
        let images = images.iter().map(|tags| Some(tags.iter().map(of_latest).collect())).collect();
        Self { workflow: vec![Template::literal(LATEST)], images }
    }
}

fn of_part(part: &Part) -> Template {
    match part {
        Part::Literal(text) => Template::literal(text),
        Part::Name(name) => Template::name(name),
    }
}

/// What comes out as this tag where the workflow's is `latest`.
fn of_latest(tag: &Template) -> Template {
    let (name, rest) = match tag.leading().strip_prefix(LATEST) {
        Some("") if tag.as_literal().is_some() => return Template::name("tag"),
        Some(rest) if rest.starts_with('-') => ("tag", tag.without_start(LATEST.len())),
        _ => ("tag_prefix", tag.clone()),
    };
    let mut own = Template::name(name);
    own.push(&rest);
    own
}

/// How another image says this tag: by the workflow's.
pub(super) fn for_child(template: Option<&Template>) -> Template {
    let known = |name: &str| match name {
        "tag" => Some(Template::name("workflow_tag")),
        "tag_prefix" => Some(Template::name("workflow_tag_prefix")),
        _ => None,
    };
    template.map_or(Template::name("workflow_tag"), |template| template.fill(known))
}

/// A list of templates as a value.
pub(super) fn list(templates: &[Template]) -> Value {
    Value::list(templates.iter().cloned().map(Value::from))
}

/// A name and its tag; `latest` where it has none.
pub(super) fn split(reference: &Template) -> (Template, Template) {
    let has_slash =
        |text: &Template| text.parts().iter().any(|part| matches!(part, Part::Literal(it) if it.contains('/')));
    match reference.rsplit_once(":").filter(|(_, tag)| !has_slash(tag)) {
        Some((name, tag)) => (name, tag),
        None => (reference.clone(), Template::literal(LATEST)),
    }
}

/// Where a tag tells the time at which it was made, to the minute or the second: `202611270211`, `20261127-021105`,
/// `1764209465`.
pub(super) fn time_in(tag: &str) -> Option<std::ops::Range<usize>> {
    let bytes = tag.as_bytes();
    let run = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = |from: usize, length: usize| tag.get(from..from + length).and_then(|it| it.parse::<u32>().ok());
    let is_date = |at: usize| {
        let (year, month, day) = (number(at, 4), number(at + 4, 2), number(at + 6, 2));
        year.is_some_and(|it| (2000..2100).contains(&it))
            && month.is_some_and(|it| (1..=12).contains(&it))
            && day.is_some_and(|it| (1..=31).contains(&it))
    };
    let mut at = 0;
    while at < bytes.len() {
        let length = run(at);
        let is_epoch = length == 10 && number(at, 2).is_some_and(|start| (16..=19).contains(&start));
        if is_epoch || (12..=14).contains(&length) && is_date(at) {
            return Some(at..at + length);
        }
        let behind = at + length;
        if length == 8 && is_date(at) && bytes.get(behind).is_some_and(|byte| b"-_.Tt".contains(byte)) {
            let time = run(behind + 1);
            if [4, 6].contains(&time) && number(behind + 1, 2).is_some_and(|hour| hour < 24) {
                return Some(at..behind + 1 + time);
            }
        }
        at = behind.max(at + 1);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Template {
        Template::parse(text).expect("a value").0
    }

    fn shown(images: &[&[&str]]) -> (Vec<String>, Vec<Option<Vec<String>>>) {
        let images: Vec<Vec<Template>> =
            images.iter().map(|tags| tags.iter().map(|tag| template(tag)).collect()).collect();
        let text = |tags: &Vec<Template>| tags.iter().map(ToString::to_string).collect();
        let plan = Plan::of(&images);
        (text(&plan.workflow), plan.images.iter().map(|tags| tags.as_ref().map(text)).collect())
    }

    #[test]
    fn what_tags_have_in_common() {
        assert_eq!(shown(&[&["1", "latest"], &["1", "latest"]]), (vec!["1".into(), "latest".into()], vec![None, None]));
        let some = |tags: &[&str]| Some(tags.iter().map(ToString::to_string).collect());
        let images = vec![some(&["${tag}"]), some(&["${tag}-x"])];
        assert_eq!(shown(&[&["${v}"], &["${v}-x"]]), (vec!["${v}".into()], images));
        let images = vec![some(&["${tag}", "${tag_prefix}1"]), some(&["${tag}-slim"]), some(&["${tag_prefix}${v}"])];
        assert_eq!(shown(&[&["latest", "1"], &["latest-slim"], &["${v}"]]), (vec!["latest".into()], images));
    }

    #[test]
    fn references_have_a_tag() {
        for (text, name, tag) in [
            ("acme/a:1", "acme/a", "1"),
            ("host:5000/a", "host:5000/a", "latest"),
            ("${r}/a:${t}-x", "${r}/a", "${t}-x"),
            ("h:5000/${a}", "h:5000/${a}", "latest"),
        ] {
            let found = split(&template(text));
            assert_eq!((found.0.to_string(), found.1.to_string()), (name.to_owned(), tag.to_owned()), "{text}");
        }
    }

    #[test]
    fn times_in_tags() {
        for (tag, time) in [
            ("4-apache-202611270211", Some("202611270211")),
            ("20261127021159-x", Some("20261127021159")),
            ("v1-20261127-0211", Some("20261127-0211")),
            ("1764209465", Some("1764209465")),
            ("20261127", None),
            ("trixie-20251117-slim", None),
            ("1.0.7-cuda1281-ubuntu2204", None),
            ("202699990211", None),
            ("", None),
        ] {
            assert_eq!(time_in(tag).map(|range| &tag[range]), time, "{tag}");
        }
    }
}
