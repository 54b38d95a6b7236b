//! Whole CI files, as `check` takes them, in the eyes of every provider.

use std::path::Path;

use splitbuild::diagnostic::Diagnostic;
use splitbuild::provider::{ALL, recognize};

use super::{places, yaml};

pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for provider in ALL {
        let Some(document) = yaml::parsed(text, provider.form()) else { continue };
        let mut root = document.root;
        recognize(&root, Path::new("x.yml"));
        // What it includes is included once, empty, so that it cannot go on for ever.
        let mut is_first = true;
        provider.include(&mut root, &mut |_| {
            let empty = std::mem::take(&mut is_first).then(|| yaml::parsed("a: {}", provider.form()))??;
            Some(empty.root)
        });
        let problems: Vec<Diagnostic> = provider.problems(&root, text);
        places::check(text, &problems);
        provider.size(&root, text);
        // What it says may be of no form that is emitted.
        let _ = provider.read(&root);
    }
}
