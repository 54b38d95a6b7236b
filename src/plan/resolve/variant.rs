//! Images one by one: what `for` makes several of is several here, each with its values filled in.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{MOST_JOBS, Problems, Scope, text};
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::spec::{Image, KEYS, Name, Platforms, Script, Text, Variant, Variants, VariantsForm, add_platform};
use crate::template::Template;

/// An image as it is written, once `for` is done with.
pub(super) struct Single<'s> {
    /// Its own key; its place is that of the key in the matrix.
    pub(super) key: Name,
    /// The place in the matrix of the image that it is, or is one of.
    pub(super) family: usize,
    /// The values of `for`, by name.
    pub(super) names: Vec<(String, String)>,
    pub(super) own: Cow<'s, Image>,
}

/// The values of one image.
struct Values {
    /// Where they stand.
    span: Span,
    /// Those that make its key.
    key: Vec<String>,
    names: Vec<(String, String)>,
}

/// Every image, in the order of the matrix.
pub(super) fn singles<'s>(scope: &Scope<'s>, problems: &mut Problems) -> Vec<Single<'s>> {
    let mut singles = Vec::new();
    let mut origins = Vec::new();
    for (family, (key, image)) in scope.spec.images.iter().enumerate() {
        let Some(variants) = &image.variants else {
            let made = image.platforms.iter().flat_map(|platforms| &platforms.made);
            problems.extend(made.map(|(_, text)| late_platform(text)));
            singles.push(Single { key: key.clone(), family, names: Vec::new(), own: Cow::Borrowed(image) });
            origins.push(key.span);
            continue;
        };
        check_names(scope, variants, image, problems);
        for (values, own) in values(scope, key, image, variants, problems) {
            let Some(key) = own_key(key, &values, problems) else { continue };
            origins.push(values.span);
            let own = filled(own.into_owned(), &values.names, problems);
            singles.push(Single { key, family, names: values.names, own: Cow::Owned(own) });
        }
    }
    check_keys(&singles, &origins, problems);
    singles
}

/// The text as it can be part of a key.
pub(super) fn clean(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let clean: String = text.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    clean.trim_matches('-').to_owned()
}

/// A platform that is known only when a job runs.
pub(super) fn late_platform(text: &Text) -> Diagnostic {
    let message = "platforms must be known when generating, so they cannot contain references";
    let span = text.references.first().copied().unwrap_or(text.span);
    Diagnostic::new("late-name", span, message).help("write the platform itself: linux/amd64")
}

/// The values of every image that `for` makes, with the image's own keys.
fn values<'s>(
    scope: &Scope,
    key: &Name,
    image: &'s Image,
    variants: &Variants,
    problems: &mut Problems,
) -> Vec<(Values, Cow<'s, Image>)> {
    match &variants.form {
        VariantsForm::Combinations(names) => {
            let all = combinations(scope, (key, variants.span), names, problems);
            all.into_iter().map(|values| (values, Cow::Borrowed(image))).collect()
        }
        VariantsForm::List(list) => {
            let one =
                |variant| Some((listed(scope, list, variant, problems)?, Cow::Owned(merged(image, &variant.image))));
            list.iter().filter_map(one).collect()
        }
    }
}

/// The values of an entry: those of every name in the list, empty where this one lacks it.
fn listed(scope: &Scope, list: &[Variant], variant: &Variant, problems: &mut Problems) -> Option<Values> {
    let mut names: Vec<(String, String)> = Vec::new();
    for (name, value) in &variant.names {
        names.push((name.text.clone(), text::fixed(scope, value, problems)?));
    }
    let key = names.first().map(|(_, value)| value.clone())?;
    for (name, _) in list.iter().flat_map(|other| &other.names) {
        if names.iter().all(|(known, _)| *known != name.text) {
            names.push((name.text.clone(), String::new()));
        }
    }
    Some(Values { span: variant.span, key: vec![key], names })
}

/// Every combination, the last name the fastest.
fn combinations(
    scope: &Scope,
    (key, span): (&Name, Span),
    names: &[(Name, Vec<Text>)],
    problems: &mut Problems,
) -> Vec<Values> {
    let mut columns: Vec<(&str, Vec<String>)> = Vec::new();
    for (name, texts) in names {
        let before = problems.len();
        let values: Vec<String> = texts.iter().filter_map(|text| text::fixed(scope, text, problems)).collect();
        if problems.len() > before {
            return Vec::new();
        }
        columns.push((&name.text, values));
    }
    // Each of them has at least two jobs.
    let count = columns.iter().fold(1_usize, |count, (_, values)| count.saturating_mul(values.len()));
    if count > MOST_JOBS / 2 {
        let message =
            format!("`{}` is {count} images, of at least two jobs each; the limit is {MOST_JOBS} jobs", key.text);
        let help = "name fewer values, or list the combinations that are wanted: `for: [{ ... }, { ... }]`";
        problems.push(Diagnostic::new("too-many-jobs", span, message).help(help));
        return Vec::new();
    }
    let mut rows: Vec<Vec<&str>> = vec![Vec::new()];
    for (_, values) in &columns {
        let mut longer = Vec::with_capacity(rows.len() * values.len());
        for row in &rows {
            longer.extend(values.iter().map(|value| row.iter().copied().chain([value.as_str()]).collect::<Vec<_>>()));
        }
        rows = longer;
    }
    let named = |row: &Vec<&str>| {
        let names = columns.iter().zip(row).map(|((name, _), value)| ((*name).to_owned(), (*value).to_owned()));
        names.collect()
    };
    let values =
        |row: Vec<&str>| Values { span, names: named(&row), key: row.into_iter().map(str::to_owned).collect() };
    rows.into_iter().filter(|row| !row.is_empty()).map(values).collect()
}

/// The key of one image: that of all, and the values that tell it apart.
fn own_key(key: &Name, values: &Values, problems: &mut Problems) -> Option<Name> {
    let parts = values.key.iter().map(|value| clean(value)).filter(|part| !part.is_empty());
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() {
        let message = format!("the first value of this image is empty, so its key would be `{}` alone", key.text);
        let help = format!("`{}` stands for all of them; begin with a value that names this one", key.text);
        problems.push(Diagnostic::new("for-key", values.span, message).help(help));
        return None;
    }
    Some(Name { text: format!("{}-{}", key.text, parts.join("-")), span: key.span })
}

/// No two images may have one key; of several that fall together, the first is reported.
fn check_keys(singles: &[Single], origins: &[Span], problems: &mut Problems) {
    let mut known: HashMap<&str, usize> = HashMap::with_capacity(singles.len());
    let mut reported: Vec<usize> = Vec::new();
    for (at, single) in singles.iter().enumerate() {
        // Of images that are written one by one, YAML takes no two.
        let other = match known.insert(&single.key.text, at) {
            Some(other) if !reported.contains(&single.family) => other,
            _ => continue,
        };
        reported.push(single.family);
        let (first, span) = (&singles[other], origins[at]);
        let message = format!("two images would have the key `{}`", single.key.text);
        let problem = Diagnostic::new("for-key", span, message);
        let problem = if origins[other] == span { problem } else { problem.related(origins[other], "the other") };
        problems.push(problem.help(match first.family == single.family {
            true => "a key is made of letters, digits, `_` and `-`: give them values that differ in these",
            false => "rename one of the images' keys",
        }));
    }
}

/// What `for` may not call a value, and what nothing refers to.
fn check_names(scope: &Scope, variants: &Variants, image: &Image, problems: &mut Problems) {
    let names: Vec<&Name> = match &variants.form {
        VariantsForm::Combinations(names) => names.iter().map(|(name, _)| name).collect(),
        VariantsForm::List(list) => list.iter().flat_map(|variant| &variant.names).map(|(name, _)| name).collect(),
    };
    let mut known: Vec<&str> = Vec::new();
    for name in names {
        if known.contains(&name.text.as_str()) {
            continue;
        }
        known.push(&name.text);
        if scope.spec.declares(&name.text) {
            let message = format!("`{}` is a var already", name.text);
            problems.push(Diagnostic::new("for-name", name.span, message).help("choose another name"));
        }
    }
    let VariantsForm::List(list) = &variants.form else { return };
    let firsts: Vec<&str> =
        list.iter().filter_map(|variant| variant.names.first()).map(|(name, _)| name.text.as_str()).collect();
    let images = || std::iter::once(image).chain(list.iter().map(|variant| &variant.image));
    for name in known.into_iter().filter(|name| !firsts.contains(name)) {
        let is_used = images().chain([&scope.spec.defaults]).any(|image| mentions(image, name));
        let Some((written, _)) = list.iter().flat_map(|variant| &variant.names).find(|(it, _)| it.text == name) else {
            continue;
        };
        if !is_used {
            let message = format!("nothing refers to `{name}`");
            let problem = Diagnostic::new("unused-name", written.span, message).warning();
            problems.push(match crate::similar::closest(name, KEYS.iter().map(|key| key.name)) {
                Some(close) => problem.help(format!("did you mean the key `{close}`?")),
                None => problem.help(format!("refer to it as `${{{name}}}`, or remove it")),
            });
        }
    }
}

/// Whether a value or a script of the image refers to the name.
fn mentions(image: &Image, name: &str) -> bool {
    let on_platforms = image.platforms.iter().flat_map(|platforms| &platforms.entries);
    let levels = std::iter::once(image).chain(on_platforms.map(|(.., image)| image));
    let made = image.platforms.iter().flat_map(|platforms| &platforms.made);
    let in_script =
        |script: &Script| [format!("${name}"), format!("${{{name}")].iter().any(|it| script.text.contains(it));
    levels.clone().flat_map(|image| image.settings.all_texts()).any(|text| text.template.mentions(name))
        || levels.flat_map(|image| image.settings.scripts()).any(in_script)
        || made.into_iter().any(|(_, text)| text.template.mentions(name))
}

/// An entry's keys over those of the image: the platforms are those that the entry names, if it names any.
fn merged(image: &Image, entry: &Image) -> Image {
    let mut settings = image.settings.clone();
    settings.put(&entry.settings);
    let platforms = match (&image.platforms, &entry.platforms) {
        (Some(lower), Some(higher)) => {
            let mut platforms = higher.clone();
            for (platform, _, image) in &mut platforms.entries {
                if let Some((.., under)) = lower.entries.iter().find(|(known, ..)| known == platform) {
                    let over = std::mem::replace(&mut image.settings, under.settings.clone());
                    image.settings.put(&over);
                }
            }
            Some(platforms)
        }
        (lower, higher) => higher.clone().or_else(|| lower.clone()),
    };
    Image { settings, platforms, variants: None, is_doubtful: image.is_doubtful || entry.is_doubtful }
}

/// The image with its values filled in.
fn filled(mut image: Image, names: &[(String, String)], problems: &mut Problems) -> Image {
    let value_of = |name: &str| {
        let found = names.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| Template::literal(value))
    };
    image.variants = None;
    image.settings.fill(&value_of);
    if let Some(platforms) = &mut image.platforms {
        platforms.entries.iter_mut().for_each(|(.., image)| image.settings.fill(&value_of));
        fill_platforms(platforms, &value_of, problems);
    }
    image
}

/// Puts those platforms in their places that are made of names.
fn fill_platforms(platforms: &mut Platforms, value_of: &dyn Fn(&str) -> Option<Template>, problems: &mut Problems) {
    let made = std::mem::take(&mut platforms.made);
    let written = std::mem::take(&mut platforms.entries);
    let mut written = written.into_iter().enumerate().peekable();
    let mut all = Platforms::default();
    for (place, mut text) in made {
        while let Some((_, entry)) = written.next_if(|(at, _)| *at < place) {
            all.entries.push(entry);
        }
        text.fill(value_of);
        match text.template.as_literal() {
            None => problems.push(late_platform(&text)),
            Some(word) => {
                let name = Name { text: word.to_owned(), span: text.span };
                problems.extend(add_platform(&mut all, &name, Image::default()).err().map(|problem| *problem));
            }
        }
    }
    for (_, (platform, span, image)) in written {
        let name = Name { text: platform.to_string(), span };
        problems.extend(add_platform(&mut all, &name, image).err().map(|problem| *problem));
    }
    *platforms = all;
}
