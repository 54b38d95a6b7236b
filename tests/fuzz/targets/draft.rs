//! Bake and Compose files, as `import` takes them.

use splitbuild::import::{Files, Request, hcl, import};
use splitbuild::provider::vocabularies;
use splitbuild::spec::decode;
use splitbuild::yaml::read::Form;

use super::{places, yaml};

/// Every file is this one: what is extended in another extends another again.
#[derive(Debug)]
struct Mirrors<'t>(&'t str);

impl Files for Mirrors<'_> {
    fn text(&self, _: &str) -> std::io::Result<String> {
        Ok(self.0.to_owned())
    }
}

pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    places::check(text, hcl(text).as_slice());
    // A Compose file can have an environment beside it.
    let (environment, text) = match text.split_once("\n%%%\n") {
        Some((environment, text)) => (Some(environment), text),
        None => (None, text),
    };
    let Some(document) = yaml::parsed(text, Form::Core) else { return };
    let providers = vocabularies();
    let mirrors = Mirrors(text);
    let files: Option<&dyn Files> = Some(&mirrors);
    let request =
        Request { name: "input", folder: "a/b", project: "project", environment, files, providers: &providers };
    match import(&request, &document.root) {
        Err(problems) => {
            assert!(!problems.is_empty(), "a refusal has a reason");
            places::check(text, &problems);
        }
        Ok(imported) => {
            places::check(text, &imported.warnings);
            let matrix = imported.draft.text();
            let document = yaml::parsed(&matrix, Form::Core).unwrap_or_else(|| panic!("no YAML is drafted:\n{matrix}"));
            assert!(document.problems.is_empty(), "{:?} in\n{matrix}", document.problems);
            super::matrix::target(matrix.as_bytes());
            // What the file said is checked as a matrix, which may say that it is none, at a place in what was drafted.
            let (_, problems) = decode(&document.root, &matrix, &providers);
            places::check(&matrix, &problems);
        }
    }
}
