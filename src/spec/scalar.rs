//! Values that are no text: yes or no, numbers, and the format of an index.

use serde_json::json;

use super::decode::Decoder;
use super::schema::Schema;
use super::value::{Value, Written};
use crate::yaml::Node;

/// The format of an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IndexFormat {
    /// An OCI image index.
    #[default]
    Oci,
    /// A Docker manifest list, which holds no annotations.
    Docker,
}

/// A time in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minutes(pub u16);

/// The longest: a week.
const MOST_MINUTES: u16 = 7 * 24 * 60;

/// The most often that a failed build is run again.
const MOST_RETRIES: u8 = 2;

impl Value for bool {
    const REFERS: bool = false;

    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        match node.as_str() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => {
                decoder.wrong_shape(node, what, "`true` or `false`");
                None
            }
        }
    }

    fn schema(_text: Schema) -> Schema {
        // Quotes make no difference, but an editor does not have to propose them.
        Schema::text("^(true|false)$", "write `true` or `false`").or(&["boolean"])
    }
}

impl Written for bool {
    fn written(&self) -> serde_json::Value {
        (*self).into()
    }
}

/// How often a failed build is run again.
impl Value for u8 {
    const REFERS: bool = false;

    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        let count = node.as_str().and_then(|text| text.parse().ok()).filter(|count| *count <= MOST_RETRIES);
        if count.is_none() {
            decoder.wrong_shape(node, what, &format!("a number from 0 to {MOST_RETRIES}"));
        }
        count
    }

    fn schema(_text: Schema) -> Schema {
        number(0, MOST_RETRIES.into())
    }
}

impl Written for u8 {
    fn written(&self) -> serde_json::Value {
        (*self).into()
    }
}

impl Value for IndexFormat {
    const REFERS: bool = false;

    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|format| node.as_str() == Some(format.word()));
        if found.is_none() {
            let words = Self::ALL.map(|format| format!("`{}`", format.word()));
            decoder.wrong_shape(node, what, &words.join(" or "));
        }
        found
    }

    fn schema(_text: Schema) -> Schema {
        Schema::of(json!({ "type": "string", "enum": Self::ALL.map(Self::word) }))
    }
}

impl IndexFormat {
    const ALL: [Self; 2] = [Self::Oci, Self::Docker];

    fn word(self) -> &'static str {
        match self {
            Self::Oci => "oci",
            Self::Docker => "docker",
        }
    }
}

impl Written for IndexFormat {
    fn written(&self) -> serde_json::Value {
        self.word().into()
    }
}

impl Value for Minutes {
    const REFERS: bool = false;

    fn read(decoder: &mut Decoder<'_>, node: &Node, what: &str) -> Option<Self> {
        let minutes = node.as_str().and_then(|text| text.parse().ok()).filter(|it| (1..=MOST_MINUTES).contains(it));
        if minutes.is_none() {
            decoder.wrong_shape(node, what, &format!("a number of minutes from 1 to {MOST_MINUTES}"));
        }
        minutes.map(Self)
    }

    fn schema(_text: Schema) -> Schema {
        number(1, MOST_MINUTES)
    }
}

/// A number between two, which may stand in quotes.
fn number(least: u16, most: u16) -> Schema {
    let quoted = Schema::text("^[+]?[0-9]+$", &format!("write a number from {least} to {most}"));
    quoted.or(&["integer"]).with("minimum", least).with("maximum", most)
}
