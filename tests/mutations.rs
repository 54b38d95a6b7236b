//! Matrices with small mistakes, made by a fixed sequence: each is either generated or refused with places that exist.

#[allow(dead_code, reason = "each test uses some of it")]
#[path = "support/planned.rs"]
mod planned;

use std::fs;
use std::path::{Path, PathBuf};

use splitbuild::diagnostic::{Colour, Diagnostic, Report, Source};
use splitbuild::plan::Request;
use splitbuild::provider::{ALL, Origin, Provider, find, generate, vocabularies};
use splitbuild::yaml::read::{Budget, read};

/// How many mistakes are made in every matrix, for every provider.
const MISTAKES: u64 = if cfg!(feature = "whole") { 50 } else { 8 };

/// What is written where something else stood.
const WORDS: &[&str] = &[
    "",
    "~",
    "1.10",
    "no",
    "[]",
    "{}",
    "\"",
    "'",
    "${",
    "$x",
    "${tag}",
    "${git_tag}",
    "*",
    "&a",
    "- ",
    ": ",
    "\t",
    "images",
    "needs: [a]",
    "é",
    "\u{0}",
    "linux/arm64",
    "x: 1",
    "|",
    "<<: *x",
    "/[/",
    "${arch}",
    "${tag_prefix}",
    "${git_version}",
    "for: { x: [a, b] }",
    "${git_sha:7}",
    "${tag:7}",
    "timeout: 0",
    "format: docker",
    "annotations: { a: \"${git_ref}\" }",
    "linux/arm/v7",
    "windows/amd64",
    "login: x",
    "push: false",
    "pull_requests",
    "manual: []",
    "download: { linux/amd64: { url: \"https://a/b\", sha256: x } }",
    "https://a.b/c.tar.gz",
    "http://a@b/c",
];

fn matrices() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["examples", "fixtures"] {
        for entry in fs::read_dir(root.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path().join("splitbuild.yml");
            found.extend(path.is_file().then_some(path));
        }
    }
    found.sort();
    found
}

/// A fixed sequence of numbers (Steele and Vigna's SplitMix64), so that a failure can be found again.
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(limit.max(1)).expect("it fits")).expect("it fits")
    }
}

fn with_mistake(text: &str, sequence: &mut Sequence) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let line = sequence.below(lines.len());
    let words: Vec<String> =
        lines[line].split_inclusive([' ', ':', ',', '[', ']', '{', '}', '"']).map(str::to_owned).collect();
    let word = sequence.below(words.len());
    match sequence.below(6) {
        0 => drop(lines.remove(line)),
        1 => lines.insert(line, lines[line].clone()),
        2 => lines.swap(line, 0),
        3 => lines[line].insert(0, ' '),
        kind => {
            let mut words = words;
            if let Some(word) = words.get_mut(word) {
                let other = WORDS[sequence.below(WORDS.len())];
                if kind == 4 { *word = other.to_owned() } else { word.push_str(other) }
            }
            lines[line] = words.concat();
        }
    }
    lines.join("\n") + "\n"
}

fn check_places(text: &str, diagnostics: Vec<Diagnostic>) {
    for diagnostic in &diagnostics {
        assert!(diagnostic.span.start <= diagnostic.span.end && diagnostic.span.end <= text.len(), "{diagnostic:?}");
        assert!(!diagnostic.message.contains('\n'), "one line: {diagnostic:?}");
    }
    let count = diagnostics.len();
    let source = Source { name: "splitbuild.yml".into(), text: text.to_owned() };
    let shown = Report::of(&source, diagnostics).expect("a refusal has a reason").render(Colour::Never);
    assert!(shown.contains("splitbuild.yml:") && count > 0, "{shown}");
}

/// Whether the matrix was generated for a provider.
fn try_out(text: &str, provider: &dyn Provider) -> bool {
    if read(text, Budget::default()).is_err() {
        return false;
    }
    match planned::resolved(text, &vocabularies(), &Request::of(provider.vocabulary())) {
        Ok(plan) => {
            match generate(provider, &plan, None, &Origin::default(), &|_| None) {
                Ok(_) | Err(splitbuild::provider::Error::Unsupported { .. }) => true,
                Err(splitbuild::provider::Error::Unsayable(problems)) => {
                    check_places(text, problems);
                    false
                }
                // A stage, or steps of an orb, that only the hand-written file names, which is not read here.
                Err(splitbuild::provider::Error::Refused(_)) if text.contains("config:") || text.contains("-steps") => {
                    false
                }
                Err(error) => panic!("{error}\n{text}"),
            }
        }
        Err(problems) => {
            check_places(text, problems);
            false
        }
    }
}

#[test]
fn a_small_mistake_is_never_a_panic() {
    let mut counts = vec![(0, 0); ALL.len()];
    for path in matrices() {
        let text = fs::read_to_string(&path).expect("text");
        let mut sequence = Sequence(u64::try_from(text.len()).expect("it fits"));
        for _ in 0..MISTAKES {
            let mut wrong = with_mistake(&text, &mut sequence);
            if sequence.below(3) == 0 {
                wrong = with_mistake(&wrong, &mut sequence);
            }
            for (count, provider) in counts.iter_mut().zip(ALL) {
                match try_out(&wrong, *provider) {
                    true => count.0 += 1,
                    false => count.1 += 1,
                }
            }
        }
    }
    for ((generated, refused), provider) in counts.into_iter().zip(ALL) {
        let name = provider.name();
        assert!(generated > 20 && refused > 200, "{name}: {generated} generated, {refused} refused");
    }
}

#[test]
fn a_small_mistake_in_a_configuration_is_never_a_panic() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checked =
        fs::read_dir(root.join("fixtures/checked")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = checked.filter(|path| path.extension().is_some_and(|it| it == "yml")).collect();
    files.push(root.join("examples/machine/.circleci/config.yml"));
    files.push(root.join("examples/hysds/.circleci/own.yml"));
    files.push(root.join("examples/gitlab/.gitlab-ci.yml"));
    files.push(root.join("examples/gitlab/.gitlab/splitbuild.yml"));
    files.push(root.join("fixtures/gitlab-own/gitlab.yml"));
    files.sort();
    // Of CircleCI's, and of GitLab's.
    let mut counts = [(0, 0); 2];
    for path in files {
        let is_gitlab = path.to_string_lossy().contains("gitlab");
        let provider = find(if is_gitlab { "gitlab" } else { "circleci" }).expect("it is in the list");
        let text = fs::read_to_string(&path).expect("text");
        let mut sequence = Sequence(u64::try_from(text.len()).expect("it fits"));
        for _ in 0..4 * MISTAKES {
            let text = with_mistake(&text, &mut sequence);
            let Ok(document) = read(&text, Budget::default()) else { continue };
            let problems = provider.problems(&document.root, &text);
            let (good, wrong) = &mut counts[usize::from(is_gitlab)];
            if problems.is_empty() {
                *good += 1;
            } else {
                *wrong += 1;
                check_places(&text, problems);
            }
        }
    }
    assert!(counts.iter().all(|(good, wrong)| *good > 10 && *wrong > 50), "{counts:?} good and wrong");
}
