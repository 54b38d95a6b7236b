//! Matrices with small mistakes, made by a fixed sequence: each is either generated or refused with places that exist.

#[path = "support/mistakes.rs"]
mod mistakes;
#[allow(dead_code, reason = "each test uses some of it")]
#[path = "support/planned.rs"]
mod planned;

use std::fs;
use std::path::{Path, PathBuf};

use mistakes::{Sequence, matrices, with_mistake};
use splitbuild::diagnostic::{Colour, Diagnostic, Report, Source};
use splitbuild::plan::Request;
use splitbuild::provider::{ALL, Origin, Provider, find, generate, vocabularies};
use splitbuild::yaml::read::{Budget, read};

/// How many mistakes are made in every matrix, for every provider.
const MISTAKES: u64 = if cfg!(feature = "whole") { 50 } else { 8 };

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
            let (spec, _) = splitbuild::spec::decode(&planned::parsed(text), text, &vocabularies());
            for place in 0..plan.workflows.len() {
                let baked = splitbuild::bake::bake(&plan, &spec, (place, "a test"));
                let told = baked.map_or_else(|problems| problems, |baked| baked.warnings);
                if !told.is_empty() {
                    check_places(text, told);
                }
            }
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
