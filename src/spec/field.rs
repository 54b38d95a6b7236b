//! The keys of a map that is no image, in a table: what each is for, and what it may hold.

use super::decode::Decoder;
use super::schema::Schema;
use crate::yaml::Mapping;

/// A key of a map that is no image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    /// What it is for, as an editor shows it.
    help: &'static str,
    /// What it may hold.
    schema: fn() -> Schema,
}

impl Field {
    pub(super) const fn new(name: &'static str, schema: fn() -> Schema, help: &'static str) -> Self {
        Self { name, help, schema }
    }

    /// Its name, and what an editor knows of it.
    pub(super) fn entry(&self) -> (&'static str, Schema) {
        (self.name, (self.schema)().described(self.help))
    }
}

/// The keys' names, in the order of the table.
pub(super) fn names(fields: &[Field]) -> Vec<&'static str> {
    fields.iter().map(|field| field.name).collect()
}

/// A map with these keys and no others, but the user's own.
pub(super) fn map(fields: &[Field]) -> Schema {
    Schema::map(fields.iter().map(Field::entry))
}

/// Reports every other key.
pub(super) fn check_keys(decoder: &mut Decoder<'_>, map: &Mapping, what: &str, fields: &[Field]) {
    let keys = names(fields);
    for entry in map.entries.iter().filter(|entry| !keys.contains(&entry.key.text.as_str())) {
        decoder.unknown_key(entry, what, &keys);
    }
}
