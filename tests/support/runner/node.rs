//! A value of the configuration with the place where it stands, so that a refusal can name it.

use std::fmt;

use serde_json::{Map, Value};

/// Why a configuration is not run: where, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    place: String,
    reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

/// What can be refused.
pub type Result<T> = std::result::Result<T, Refusal>;

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Node<'v> {
    place: String,
    value: &'v Value,
}

impl<'v> Node<'v> {
    /// The whole document.
    pub fn root(value: &'v Value) -> Self {
        Self { place: "config".into(), value }
    }

    /// Another value at this place, such as this one filled in.
    pub fn holding<'w>(&self, value: &'w Value) -> Node<'w> {
        Node { place: self.place.clone(), value }
    }

    /// What is here.
    pub fn value(&self) -> &'v Value {
        self.value
    }

    /// The refusal of what is here.
    pub fn refusal(&self, reason: impl Into<String>) -> Refusal {
        Refusal { place: self.place.clone(), reason: reason.into() }
    }

    /// The same, as a result.
    pub fn refuse<T>(&self, reason: impl Into<String>) -> Result<T> {
        Err(self.refusal(reason))
    }

    fn below(&self, step: &str, value: &'v Value) -> Self {
        Self { place: format!("{}.{step}", self.place), value }
    }

    fn map(&self) -> Result<&'v Map<String, Value>> {
        self.value.as_object().ok_or_else(|| self.refusal(format!("a map was expected, and {} found", self.value)))
    }

    /// This is a map with no other keys than these.
    pub fn only(&self, keys: &[&str]) -> Result<()> {
        match self.map()?.keys().find(|key| !keys.contains(&key.as_str())) {
            Some(key) => self.refuse(format!("unknown key '{key}'")),
            None => Ok(()),
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<Self> {
        self.value.get(key).map(|value| self.below(key, value))
    }

    /// The value of a key that must be there.
    pub fn need(&self, key: &str) -> Result<Self> {
        self.get(key).ok_or_else(|| self.refusal(format!("'{key}' is missing")))
    }

    /// The keys of a map with their values, in order.
    pub fn entries(&self) -> Result<Vec<(&'v str, Self)>> {
        Ok(self.map()?.iter().map(|(key, value)| (key.as_str(), self.below(key, value))).collect())
    }

    /// The items of a list.
    pub fn items(&self) -> Result<Vec<Self>> {
        match self.value {
            Value::Array(list) => {
                Ok(list.iter().enumerate().map(|(at, value)| self.below(&at.to_string(), value)).collect())
            }
            other => self.refuse(format!("a list was expected, and {other} found")),
        }
    }

    /// A text, or the texts of a list.
    pub fn texts(&self) -> Result<Vec<&'v str>> {
        match self.value {
            Value::String(text) => Ok(vec![text]),
            _ => self.items()?.iter().map(Self::text).collect(),
        }
    }

    /// A text.
    pub fn text(&self) -> Result<&'v str> {
        self.value.as_str().ok_or_else(|| self.refusal(format!("text was expected, and {} found", self.value)))
    }

    /// Something that is called by its name, alone or as the one key of a map with what it gets.
    pub fn called(&self) -> Result<(&'v str, Option<Self>)> {
        match self.value {
            Value::String(name) => Ok((name, None)),
            Value::Object(map) if map.len() == 1 => {
                let (name, inner) = self.entries()?.remove(0);
                Ok((name, Some(inner)))
            }
            other => self.refuse(format!("a name, or a map with one key, was expected, and {other} found")),
        }
    }
}
