//! The providers' sections, each read by its provider's vocabulary.

use std::collections::BTreeMap;

use super::decode::Decoder;
use super::value::Value;
use super::vocabulary::{CONFIG, GROUP, Items, Most, RunnerForm, SectionKey, SectionShape, Vocabulary};
use super::{Name, Text};
use crate::diagnostic::{Diagnostic, list};
use crate::platform::{Platform, PlatformError};
use crate::span::Span;
use crate::template::Template;
use crate::yaml::Node;

/// The word for the runner of jobs that publish.
pub(super) const MANIFEST: &str = "manifest";

/// A provider's section of the matrix.
#[derive(Clone, Debug)]
pub struct Section {
    /// Whose it is.
    pub vocabulary: &'static Vocabulary,
    /// What was written, by key.
    pub values: BTreeMap<&'static str, SectionValue>,
}

/// The value of a section's key.
#[derive(Clone, Debug)]
pub enum SectionValue {
    /// One value.
    Text(Text),
    /// One of these words.
    Choice(Text, &'static [&'static str]),
    /// Yes or no.
    Flag(bool),
    /// Several values.
    Texts(Vec<Text>),
    /// One image, under a key of its own.
    OneOf(&'static str, Text),
    /// What only the provider reads.
    Items(Vec<Node>),
    /// Runners, each of one word or several; without any, one that asks for none.
    Runners(Vec<(Runner, Vec<Text>)>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runner {
    /// Builds for a platform.
    Platform(Platform),
    /// Jobs that publish.
    Manifest,
}

impl Section {
    /// Whether it is that provider's.
    pub fn is_of(&self, provider: &Vocabulary) -> bool {
        self.vocabulary.name == provider.name
    }

    /// The hand-written file.
    pub fn config(&self) -> Option<&Text> {
        match self.values.get(CONFIG) {
            Some(SectionValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The runners that hold for all images.
    pub fn runners(&self) -> &[(Runner, Vec<Text>)] {
        let runners = self.values.values().find_map(|value| match value {
            SectionValue::Runners(runners) => Some(runners.as_slice()),
            _ => None,
        });
        runners.unwrap_or_default()
    }
}

impl SectionValue {
    /// The values that become settings and may hold references.
    pub fn texts(&self) -> Vec<&Text> {
        match self {
            Self::Text(text) | Self::Choice(text, _) | Self::OneOf(_, text) => vec![text],
            Self::Texts(texts) => texts.iter().collect(),
            Self::Flag(_) | Self::Items(_) | Self::Runners(_) => Vec::new(),
        }
    }
}

pub(super) fn section(decoder: &mut Decoder<'_>, vocabulary: &'static Vocabulary, node: &Node) -> Section {
    let what = format!("`{}`", vocabulary.name);
    let mut section = Section { vocabulary, values: BTreeMap::new() };
    let Some(map) = decoder.map(node, &what) else { return section };
    for entry in &map.entries {
        let Some(key) = vocabulary.key(&entry.key.text) else {
            let known: Vec<&str> = vocabulary.keys.iter().map(|key| key.name).collect();
            decoder.unknown_key(entry, &what, &known);
            continue;
        };
        if let Some(value) = section_value(decoder, vocabulary, key, &entry.value) {
            section.values.insert(key.name, value);
        }
    }
    section
}

fn section_value(
    decoder: &mut Decoder<'_>,
    vocabulary: &'static Vocabulary,
    key: &'static SectionKey,
    node: &Node,
) -> Option<SectionValue> {
    let what = format!("`{}`", key.name);
    Some(match key.shape {
        SectionShape::Text | SectionShape::Image => SectionValue::Text(decoder.text(node, &what)?),
        SectionShape::Choice(words) => SectionValue::Choice(decoder.text(node, &what)?, words),
        SectionShape::Flag => SectionValue::Flag(bool::read(decoder, node, &what)?),
        SectionShape::Images => SectionValue::Texts(decoder.texts(node, &what)),
        SectionShape::Texts(most) => {
            let texts = decoder.texts(node, &what);
            most.into_iter().for_each(|most| check_count(decoder, vocabulary, key, &texts, most));
            SectionValue::Texts(texts)
        }
        SectionShape::OneOf(words) => {
            let (word, text) = one_of(decoder, key.name, words, node)?;
            SectionValue::OneOf(word, text)
        }
        SectionShape::Items(items) => SectionValue::Items(read_items(decoder, &what, items, node)),
        SectionShape::Runners => SectionValue::Runners(runners(decoder, vocabulary, node)),
    })
}

fn check_count(decoder: &mut Decoder<'_>, vocabulary: &Vocabulary, key: &SectionKey, texts: &[Text], most: Most) {
    let Some(first) = texts.get(most.count) else { return };
    let message = format!("{} takes at most {} {}", vocabulary.title, most.count, key.name);
    decoder.error(key.name, first.span, message, most.help);
}

fn one_of(
    decoder: &mut Decoder<'_>,
    name: &'static str,
    words: &'static [&'static str],
    node: &Node,
) -> Option<(&'static str, Text)> {
    let forms: Vec<String> = words.iter().map(|word| format!("`{name}: {{ {word}: IMAGE }}`")).collect();
    let form = format!("write {}", forms.join(" or "));
    let Some(map) = node.as_mapping() else {
        let problem = decoder.shape_problem(node, &format!("`{name}`"), "a map");
        decoder.report(Diagnostic { help: vec![form], ..problem });
        return None;
    };
    let [entry] = map.entries.as_slice() else {
        decoder.error(name, node.span, format!("`{name}` must have exactly one of {}", list(words)), form);
        return None;
    };
    let Some(word) = words.iter().find(|word| **word == entry.key.text) else {
        decoder.unknown_key(entry, &format!("`{name}`"), words);
        return None;
    };
    Some((word, decoder.text(&entry.value, &format!("`{word}`"))?))
}

fn read_items(decoder: &mut Decoder<'_>, what: &str, items: Items, node: &Node) -> Vec<Node> {
    let written = decoder.list(node, what).to_vec();
    for item in written.iter().filter(|item| !items.form.fits(item)) {
        let problem = decoder.shape_problem(item, &format!("{} of {what}", items.called), items.wanted);
        decoder.report(Diagnostic { help: vec![items.help.into()], ..problem });
    }
    written
}

/// Runners by platform, and one for the jobs that publish.
fn runners(decoder: &mut Decoder<'_>, vocabulary: &Vocabulary, node: &Node) -> Vec<(Runner, Vec<Text>)> {
    let Some(map) = decoder.map(node, "`runners`") else { return Vec::new() };
    let mut runners: Vec<(Runner, Span, Vec<Text>)> = Vec::new();
    for entry in &map.entries {
        let Name { text, span } = Decoder::name_of(entry);
        let runner = match text.parse() {
            _ if text == MANIFEST => Runner::Manifest,
            Ok(platform) => Runner::Platform(platform),
            Err(PlatformError { found, help }) => {
                let message = format!("`{found}` is neither a platform nor `{MANIFEST}`");
                decoder.error("platform", span, message, help);
                continue;
            }
        };
        if let Some((_, first, _)) = runners.iter().find(|(known, ..)| *known == runner) {
            let problem = Diagnostic::new("platform", span, format!("`{text}` is listed twice"));
            decoder.report(problem.related(*first, "first listed here").help("keep one of them"));
            continue;
        }
        let (RunnerForm::Word(called) | RunnerForm::Words(called) | RunnerForm::Group(called)) = vocabulary.runner;
        runners.push((runner, span, runner_words(decoder, vocabulary, &entry.value, called)));
    }
    runners.into_iter().map(|(runner, _, words)| (runner, words)).collect()
}

fn runner_words(decoder: &mut Decoder<'_>, vocabulary: &Vocabulary, node: &Node, what: &str) -> Vec<Text> {
    match vocabulary.runner {
        RunnerForm::Word(_) => decoder.text(node, what).into_iter().collect(),
        RunnerForm::Words(_) => decoder.one_or_more(node, what),
        RunnerForm::Group(_) if node.as_mapping().is_some() => runner_group(decoder, node, what),
        RunnerForm::Group(_) => {
            if node.as_sequence().is_some_and(<[Node]>::is_empty) {
                decoder.error("wrong-shape", node.span, format!("{what} is empty"), "name a label or a group");
            }
            decoder.one_or_more(node, what)
        }
    }
}

/// A group of runners, and the labels that are asked for in it.
fn runner_group(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Vec<Text> {
    let Some(map) = decoder.map(node, what) else { return Vec::new() };
    for entry in map.entries.iter().filter(|entry| !["group", "labels"].contains(&entry.key.text.as_str())) {
        decoder.unknown_key(entry, what, &["group", "labels"]);
    }
    let Some(group) = map.get("group") else {
        decoder.error(
            "wrong-shape",
            node.span,
            format!("{what} must have a `group`"),
            "write `{ group: NAME }`, or labels alone",
        );
        return Vec::new();
    };
    let mut words: Vec<Text> = decoder.text(group, "`group`").into_iter().collect();
    for word in &mut words {
        let mut template = Template::literal(GROUP);
        template.push(&word.template);
        word.template = template;
    }
    words.extend(map.get("labels").map(|labels| decoder.one_or_more(labels, "`labels`")).unwrap_or_default());
    words
}

/// An image's part in a provider's section: its own runner.
pub(super) fn image_runner(decoder: &mut Decoder<'_>, vocabulary: &Vocabulary, node: &Node) -> Option<Vec<Text>> {
    let what = format!("`{}` on an image", vocabulary.name);
    let map = decoder.map(node, &what)?;
    for entry in &map.entries {
        if entry.key.text != "runners" {
            decoder.unknown_key(entry, &what, &["runners"]);
        }
    }
    let written = map.get("runners")?;
    let words = runner_words(decoder, vocabulary, written, "`runners` on an image");
    let is_any =
        matches!(vocabulary.runner, RunnerForm::Words(_)) && written.as_sequence().is_some_and(<[Node]>::is_empty);
    (is_any || !words.is_empty()).then_some(words)
}
