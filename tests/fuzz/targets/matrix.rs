//! A matrix, as `gen` takes it for every provider, and as `bake` and `graph` do.

use splitbuild::bake::bake;
use splitbuild::diagnostic::{Diagnostic, Severity};
use splitbuild::lineage::doubts;
use splitbuild::plan::{Plan, Request, resolve};
use splitbuild::provider::{ALL, Error, Origin, Provider, generate, vocabularies};
use splitbuild::spec::{Spec, decode};
use splitbuild::yaml::read::Form;

use super::{places, yaml};

pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(document) = yaml::parsed(text, Form::Core) else { return };
    let (spec, problems) = decode(&document.root, text, &vocabularies());
    places::check(text, &problems);
    let is_doubtful = !problems.is_empty() || !document.problems.is_empty();
    // What is not shown to be wrong twice is resolved all the same, for more problems at once.
    for provider in ALL {
        match resolve(&spec, &Request::of(provider.vocabulary())) {
            Ok(plan) if !is_doubtful => emitted(text, &plan, &spec, *provider),
            Ok(plan) => places::check(text, &plan.warnings),
            Err(problems) => {
                // What was doubtful before is no reason again.
                let is_told = is_doubtful || problems.iter().any(|problem| problem.severity == Severity::Error);
                assert!(is_told, "a refusal has a reason: {problems:?}");
                places::check(text, &problems);
            }
        }
    }
}

/// What every build finds: names of a few kinds.
const DOCKERFILE: &str = "ARG BASE=acme/base:latest\nARG TARGETARCH\nFROM acme/tools:1.2 AS tools\nFROM $BASE AS slim\n\
    FROM acme/base-$TARGETARCH\nCOPY --from=tools /a /b\nCOPY --from=acme/app /c /d\n";

fn emitted(text: &str, plan: &Plan, spec: &Spec, provider: &dyn Provider) {
    places::check(text, &plan.warnings);
    places::check(text, &doubts(plan, spec, &|_| Some(DOCKERFILE.to_owned())));
    for place in 0..plan.workflows.len() {
        let warnings: Vec<Diagnostic> = match bake(plan, spec, (place, "a test")) {
            Ok(baked) => {
                serde_json::from_str::<serde_json::Value>(&baked.text).expect("a bake file is JSON");
                baked.warnings
            }
            Err(problems) => problems,
        };
        places::check(text, &warnings);
    }
    // What is emitted was read back, and is what the plan says: a difference is an error of ours.
    match generate(provider, plan, None, &Origin::default(), &|_| None) {
        Ok(emitted) => {
            assert!(emitted.files.iter().all(|file| file.text.ends_with('\n')), "lines");
            assert!(emitted.warnings.is_none(), "what we emit is not doubtful: {:?}", emitted.warnings);
        }
        Err(Error::Unsupported { .. }) => {}
        Err(Error::Unsayable(problems)) => places::check(text, &problems),
        // A stage, or steps of an orb, that only the hand-written file names, which is not read here.
        Err(Error::Refused(reports)) if text.contains("config") || text.contains("steps") => {
            places::check_all(&reports)
        }
        Err(error) => panic!("{}: {error}: {error:?}", provider.name()),
    }
}
