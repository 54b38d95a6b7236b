//! What images are called where others refer to them.

use std::borrow::Cow;
use std::collections::HashMap;

use super::image::ResolvedImage;
use super::variant::clean;

/// Images by their keys, and by the key that several have in the matrix.
pub(super) struct Keys<'s> {
    indices: HashMap<&'s str, Vec<usize>>,
}

impl<'s> Keys<'s> {
    pub(super) fn of(images: &[ResolvedImage<'s>]) -> Self {
        let mut indices: HashMap<&str, Vec<usize>> = HashMap::with_capacity(images.len());
        for (index, image) in images.iter().enumerate() {
            indices.entry(&image.key.text).or_default().push(index);
            if image.family != image.key.text {
                indices.entry(image.family).or_default().push(index);
            }
        }
        Self { indices }
    }

    /// The images that go by this name, as it is written or as it is cleaned: `python-3.12` is `python-3-12`.
    pub(super) fn find(&self, name: &str) -> &[usize] {
        let found = self.indices.get(name).or_else(|| self.indices.get(cleaned(name).as_ref()));
        found.map_or(&[], Vec::as_slice)
    }
}

/// The name as a key can be.
pub(super) fn cleaned(name: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if name.chars().all(is_plain) { Cow::Borrowed(name) } else { Cow::Owned(clean(name)) }
}
