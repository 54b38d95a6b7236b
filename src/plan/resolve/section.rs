//! The providers' sections: all of them are checked, and the one of the plan's provider becomes its settings.

use super::Resolver;
use crate::diagnostic::Diagnostic;
use crate::plan::settings::{Setting, Settings};
use crate::spec::{Section, SectionValue, Text};

impl<'s> Resolver<'s> {
    /// The settings of the plan's provider.
    pub(super) fn settings(&mut self) -> Settings {
        let spec = self.spec;
        let mut own = Settings::default();
        for section in &spec.sections {
            let settings = self.section(section);
            if section.is_of(self.request.provider) {
                own = settings;
            }
        }
        own
    }

    fn section(&mut self, section: &'s Section) -> Settings {
        let setting = |(key, value): (&&'static str, &'s SectionValue)| {
            let setting = match value {
                SectionValue::Text(text) => Setting::Text(self.filled(text)?),
                SectionValue::Choice(text, words) => Setting::Choice(self.choice(key, text, words)?),
                SectionValue::Texts(texts) => Setting::Texts(self.all_filled(texts)),
                SectionValue::OneOf(word, text) => Setting::OneOf(word, self.filled(text)?),
                SectionValue::Items(items) => Setting::Items(items.clone()),
                // They are the jobs', not the provider's.
                SectionValue::Runners(_) => return None,
            };
            Some((*key, setting))
        };
        section.values.iter().filter_map(setting).collect()
    }

    fn choice(&mut self, key: &'static str, text: &Text, words: &[&'static str]) -> Option<&'static str> {
        let found = self.filled(text)?;
        let word = words.iter().find(|word| **word == found);
        if word.is_none() {
            let problem = Diagnostic::new(key, text.span, format!("there is no {key} `{found}`"));
            self.report(problem.did_you_mean(&found, words.iter().copied()));
        }
        word.copied()
    }

    /// Values that are known when generating and not empty.
    pub(super) fn all_filled(&mut self, texts: &[Text]) -> Vec<String> {
        texts.iter().filter_map(|text| self.filled(text)).collect()
    }

    /// A value that is known when generating and not empty.
    pub(super) fn filled(&mut self, text: &Text) -> Option<String> {
        let value = self.fixed(text)?;
        if value.trim().is_empty() {
            self.report(
                Diagnostic::new("not-text", text.span, "this value is empty").help("write it, or remove the key"),
            );
            return None;
        }
        Some(value)
    }
}
