//! Where keys of an image may be written.

use super::{Image, Settings, Spec, VariantsForm};

impl Spec {
    /// All that is written for the image of a key in the matrix, the nearest first: on itself and its platforms, on its
    /// variants and theirs, and in the defaults.
    pub fn levels(&self, key: &str) -> impl Iterator<Item = &Settings> {
        let image = self.images.iter().find(|(name, _)| name.text == key).map(|(_, image)| image);
        let variants = image.into_iter().flat_map(|image| &image.variants).flat_map(|variants| match &variants.form {
            VariantsForm::List(list) => list.as_slice(),
            VariantsForm::Combinations(_) => &[],
        });
        let variants = variants.map(|variant| &variant.image);
        image.into_iter().chain(variants).chain(image.map(|_| &self.defaults)).flat_map(settings)
    }
}

/// What is written on an image, and under each of its platforms.
fn settings(image: &Image) -> impl Iterator<Item = &Settings> {
    let platforms = image.platforms.iter().flat_map(|platforms| &platforms.entries);
    std::iter::once(&image.settings).chain(platforms.map(|(.., image)| &image.settings))
}
