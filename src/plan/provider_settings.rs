//! What a matrix says for one provider beside the jobs, by that provider's keys. What each of them means, and what holds
//! where one is missing, only the provider knows.

use std::collections::BTreeMap;

use crate::yaml::Node;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProviderSettings(BTreeMap<&'static str, ProviderSetting>);

/// The value of a provider's key.
#[derive(Clone, Debug, PartialEq)]
pub enum ProviderSetting {
    /// One value, not empty.
    Text(String),
    /// One of the words that the key knows.
    Choice(&'static str),
    /// Yes or no.
    Flag(bool),
    /// Several values, none of them empty.
    Texts(Vec<String>),
    /// The word that was chosen, with its value.
    OneOf(&'static str, String),
    /// What only the provider reads.
    Items(Vec<Node>),
}

impl ProviderSettings {
    /// One value.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.0.get(key) {
            Some(ProviderSetting::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// One of the words that the key knows.
    pub fn choice(&self, key: &str) -> Option<&'static str> {
        match self.0.get(key) {
            Some(ProviderSetting::Choice(word)) => Some(word),
            _ => None,
        }
    }

    /// Whether it says yes.
    pub fn flag(&self, key: &str) -> bool {
        matches!(self.0.get(key), Some(ProviderSetting::Flag(true)))
    }

    /// Several values; an empty list is not the same as none.
    pub fn texts(&self, key: &str) -> Option<&[String]> {
        match self.0.get(key) {
            Some(ProviderSetting::Texts(texts)) => Some(texts),
            _ => None,
        }
    }

    /// The word that was chosen, with its value.
    pub fn one_of(&self, key: &str) -> Option<(&'static str, &str)> {
        match self.0.get(key) {
            Some(ProviderSetting::OneOf(word, text)) => Some((word, text)),
            _ => None,
        }
    }

    /// What only the provider reads.
    pub fn items(&self, key: &str) -> &[Node] {
        match self.0.get(key) {
            Some(ProviderSetting::Items(items)) => items,
            _ => &[],
        }
    }
}

impl FromIterator<(&'static str, ProviderSetting)> for ProviderSettings {
    fn from_iter<I: IntoIterator<Item = (&'static str, ProviderSetting)>>(settings: I) -> Self {
        Self(settings.into_iter().collect())
    }
}
