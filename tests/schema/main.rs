//! The JSON schema of a matrix and what reads one say the same: every matrix that is right passes, and where one has the
//! wrong form, the schema finds it at that very place, and nothing anywhere else.
//!
//! `SNAPSHOTS=overwrite cargo test --test schema` writes the committed schema again.

mod codes;
#[allow(dead_code, reason = "each test uses some of it")]
#[path = "../support/command.rs"]
mod command;
mod instance;
#[path = "../support/mistakes.rs"]
mod mistakes;
#[allow(dead_code, reason = "each test uses some of it")]
#[path = "../support/planned.rs"]
mod planned;
mod verdict;

use std::fs;
use std::path::{Path, PathBuf};

use splitbuild::plan::Request;
use splitbuild::provider::{ALL, Provider, vocabularies};
use splitbuild::spec::decode;

use mistakes::{Sequence, matrices, with_mistake};
use verdict::Validator;

/// Where the schema is committed.
const COMMITTED: &str = "schema/splitbuild.schema.json";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_committed_schema_is_that_of_this_version() {
    let output = command::splitbuild(root(), &["schema"]);
    assert!(output.status.success() && output.stderr.is_empty());
    let assert = snapbox::Assert::new().action_env("SNAPSHOTS");
    let committed = snapbox::Data::read_from(&root().join(COMMITTED), Some(snapbox::data::DataFormat::Text)).raw();
    assert.eq(String::from_utf8(output.stdout).expect("UTF-8"), committed);
}

/// The folders with a matrix: the examples, the fixtures, and this repository's own.
fn cases() -> Vec<PathBuf> {
    let folders = ["examples", "fixtures"].map(|name| fs::read_dir(root().join(name)).expect("a folder"));
    let mut cases: Vec<PathBuf> = folders.into_iter().flatten().map(|entry| entry.expect("an entry").path()).collect();
    cases.push(root().to_owned());
    cases.retain(|path| path.join("splitbuild.yml").is_file());
    cases.sort();
    cases
}

/// A case that is about one provider begins with its name; the others are for the first.
fn provider_of(case: &Path) -> &'static dyn Provider {
    let name = case.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let found = ALL.iter().find(|provider| name.starts_with(&format!("{}-", provider.name())));
    *found.unwrap_or(&ALL[0])
}

#[test]
fn what_is_right_passes_and_what_has_the_wrong_form_fails_where_it_does() {
    let validator = Validator::of_this_version();
    let (mut good, mut wrong, mut told) = (0, 0, String::new());
    for case in cases() {
        let text = fs::read_to_string(case.join("splitbuild.yml")).expect("text");
        let Some(verdict) = validator.verdict(&text) else { continue };
        let is_wrong = case.join("error.txt").is_file();
        let request = Request::of(provider_of(&case).vocabulary());
        let problems = planned::resolved(&text, &vocabularies(), &request).err().unwrap_or_default();
        let problems = if is_wrong { problems } else { Vec::new() };
        let difference = verdict.missed(&problems) + &verdict.invented(&problems);
        if !difference.is_empty() {
            told.push_str(&format!("{}:\n{difference}", case.display()));
        }
        *(if is_wrong { &mut wrong } else { &mut good }) += 1;
    }
    assert!(told.is_empty(), "{told}");
    assert!(good > 30 && wrong > 90, "{good} and {wrong}");
}

/// How many mistakes are made in every matrix.
const MISTAKES: usize = if cfg!(feature = "whole") { 60 } else { 10 };

#[test]
fn of_small_mistakes_the_schema_says_what_gen_says() {
    let validator = Validator::of_this_version();
    let (mut good, mut wrong, mut told) = (0, 0, String::new());
    for path in matrices() {
        let text = fs::read_to_string(&path).expect("text");
        let request = Request::of(provider_of(path.parent().expect("a folder")).vocabulary());
        let mut sequence = Sequence(u64::try_from(text.len()).expect("it fits"));
        for _ in 0..MISTAKES {
            let text = with_mistake(&text, &mut sequence);
            let Some(verdict) = validator.verdict(&text) else { continue };
            let problems = planned::resolved(&text, &vocabularies(), &request).err().unwrap_or_default();
            *(if verdict.is_good() { &mut good } else { &mut wrong }) += 1;
            // What is wrong elsewhere can keep `gen` from looking at what the schema refuses, too.
            let invented = if problems.is_empty() { verdict.invented(&[]) } else { String::new() };
            let difference = verdict.missed(&problems) + &invented;
            if !difference.is_empty() {
                told.push_str(&format!("{}:\n{difference}", path.display()));
            }
        }
    }
    assert!(told.is_empty(), "{told}");
    assert!(good > 25 * MISTAKES && wrong > 40 * MISTAKES, "{good} and {wrong}");
}

/// A code is in the table whether or not a fixture has it.
#[test]
fn every_code_of_a_matrix_is_decided() {
    let page = fs::read_to_string(root().join("docs/matrix-errors.md")).expect("text");
    let codes = page.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
    let mut seen = 0;
    for code in codes {
        assert!(codes::is_known(code), "`{code}` is of the form of a matrix, or it is not: tests/schema/codes.rs");
        seen += 1;
    }
    assert!(seen > 60, "{seen}");
}

/// What may have keys, by where its schema is and how it is written; `@` is a key.
const MAPS: &[(&str, &str)] = &[
    ("", "@: ~"),
    ("/properties/registries/additionalProperties", "registries: { r.io: { @: ~ } }"),
    ("/properties/secrets/additionalProperties", "secrets: { s: { @: ~ } }"),
    ("/properties/workflows/additionalProperties", "workflows: { w: { @: ~ } }"),
    ("/properties/workflows/additionalProperties/properties/on", "workflows: { w: { on: { @: ~ } } }"),
    ("/properties/tool", "tool: { @: ~ }"),
    ("/properties/tool/properties/download/additionalProperties", "tool: { download: { linux/amd64: { @: ~ } } }"),
    ("/definitions/defaults", "defaults: { @: ~ }"),
    ("/definitions/image", "images: { a: { @: ~ } }"),
    ("/definitions/entry", "images: { a: { for: [{ @: ~ }] } }"),
    ("/definitions/platform", "images: { a: { platforms: { linux/amd64: { @: ~ } } } }"),
    ("/definitions/keys/properties/secrets/items", "images: { a: { secrets: [{ @: ~ }] } }"),
];

/// A key of the schema is one that is read, and an editor tells what each is for.
#[test]
fn every_key_of_the_schema_is_known_to_the_reader_and_explained() {
    let schema = serde_json::to_value(splitbuild::spec::schema(&vocabularies())).expect("JSON");
    let mut maps: Vec<(String, String)> = MAPS.iter().map(|(at, form)| (at.to_string(), form.to_string())).collect();
    for provider in vocabularies() {
        let name = provider.name;
        maps.push((format!("/definitions/{name}"), format!("{name}: {{ @: ~ }}")));
        maps.push((
            format!("/definitions/keys/properties/{name}"),
            format!("images: {{ a: {{ {name}: {{ @: ~ }} }} }}"),
        ));
    }
    let mut seen = 0;
    for (at, form) in maps {
        let keys = schema.pointer(&at).and_then(|map| map["properties"].as_object());
        for (key, value) in keys.unwrap_or_else(|| panic!("{at} has no keys")) {
            let text = form.replace('@', key);
            let problems = decode(&planned::parsed(&text), &text, &vocabularies()).1;
            let unknown = problems.iter().find(|it| ["unknown-key", "misplaced-key", "for-name"].contains(&it.code));
            assert!(unknown.is_none(), "{text}: {unknown:?}");
            let defined = value["$ref"].as_str().and_then(|path| schema.pointer(path.strip_prefix('#')?));
            let described = [Some(value), defined].into_iter().flatten().find_map(|it| it["description"].as_str());
            assert!(described.is_some_and(|text| text.len() > 5), "{at}: nothing tells what `{key}` is for");
            seen += 1;
        }
    }
    assert!(seen > 150, "{seen}");
}
