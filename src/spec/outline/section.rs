//! The schema of a provider's section, by its vocabulary.

use serde_json::json;

use crate::platform::Platform;
use crate::spec::schema::Schema;
use crate::spec::section::MANIFEST;
use crate::spec::text::{filled, one_or_more, text};
use crate::spec::value::Value as _;
use crate::spec::vocabulary::{ItemForm, RunnerForm, SectionKey, SectionShape, Vocabulary};

/// A provider's section.
pub(super) fn section(provider: &'static Vocabulary) -> Schema {
    Schema::map(provider.keys.iter().map(|key| (key.name, value(provider, key).described(key.help))))
}

/// A provider's part of an image.
pub(super) fn of_image(provider: &Vocabulary) -> Schema {
    let help = format!("Where this image's jobs run on {}.", provider.title);
    Schema::map([("runners", runner(provider.runner).described(&help))]).described(&help)
}

fn value(provider: &Vocabulary, key: &SectionKey) -> Schema {
    match key.shape {
        SectionShape::Text | SectionShape::Image => filled(),
        SectionShape::Choice(words) => {
            let either = json!([{ "enum": words }, { "pattern": "[$]" }]);
            text().with("anyOf", either).with("default", words.first())
        }
        SectionShape::Flag => bool::schema(text()).with("default", false),
        SectionShape::Images => Schema::list(&filled()),
        SectionShape::Texts(most) => {
            let list = Schema::list(&filled());
            most.into_iter().fold(list, |list, most| list.with("maxItems", most.count))
        }
        SectionShape::OneOf(words) => {
            let one = Schema::map(words.iter().map(|word| (*word, filled())));
            one.with("minProperties", 1).with("maxProperties", 1)
        }
        SectionShape::Items(items) => Schema::list(&item(items.form).described(items.help)),
        SectionShape::Runners => runners(provider),
    }
}

fn item(form: ItemForm) -> Schema {
    match form {
        ItemForm::NameOrOne => Schema::of(json!({
            "type": ["object", "string", "number", "boolean"],
            "minProperties": 1,
            "maxProperties": 1,
        })),
        ItemForm::MapWith(keys) => {
            let one = keys.iter().map(|key| json!({ "required": [key] }));
            Schema::of(json!({ "type": "object", "anyOf": one.collect::<Vec<_>>() }))
        }
    }
}

/// Runners by platform, and one for the jobs that publish.
fn runners(provider: &Vocabulary) -> Schema {
    let known =
        provider.runners.iter().map(|(platform, word)| (*platform, runner(provider.runner).with("default", word)));
    let publishing = runner(provider.runner).described("Of the jobs that publish.");
    let mut map = Schema::map(known.chain([(MANIFEST, publishing)]));
    map = map.with("patternProperties", json!({ Platform::pattern(): runner(provider.runner) }));
    map
}

fn runner(form: RunnerForm) -> Schema {
    match form {
        RunnerForm::Word(_) => text(),
        RunnerForm::Words(_) => one_or_more(text()),
        RunnerForm::Group(_) => {
            let group = Schema::map([("group", text()), ("labels", one_or_more(text()))]);
            one_or_more(text()).with("minItems", 1).also(group.with("required", ["group"]))
        }
    }
}
