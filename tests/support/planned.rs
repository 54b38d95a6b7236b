//! A matrix as `gen` takes it: read, decoded, and resolved for a provider.

use std::path::Path;

use splitbuild::diagnostic::{Diagnostic, Source};
use splitbuild::plan::{ExternalJobs, Plan, Request, resolve};
use splitbuild::provider::{EmittedFile, Error, Origin, Provider, UserConfig, find, generate, verify, vocabularies};
use splitbuild::spec::{Vocabulary, decode};
use splitbuild::yaml::Node;
use splitbuild::yaml::read::{Budget, read};

/// What a text says, which must be YAML.
pub fn parsed(text: &str) -> Node {
    read(text, Budget::default()).unwrap_or_else(|error| panic!("{error}\n{text}")).root
}

/// The plan of a matrix, else everything that is wrong with it.
pub fn resolved(text: &str, providers: &[&'static Vocabulary], request: &Request) -> Result<Plan, Vec<Diagnostic>> {
    let (spec, mut problems) = decode(&parsed(text), text, providers);
    let resolved = resolve(&spec, request);
    problems.extend(resolved.as_ref().err().into_iter().flatten().cloned());
    if problems.is_empty() { resolved } else { Err(problems) }
}

/// The plan of a matrix that must be good.
pub fn plan(text: &str, provider: &dyn Provider) -> Plan {
    resolved(text, &vocabularies(), &Request::of(provider.vocabulary()))
        .unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}

/// A good matrix, and what is generated from it.
pub struct Example {
    pub provider: &'static dyn Provider,
    pub plan: Plan,
    pub user: Option<UserConfig>,
    /// Where the file lies.
    pub path: String,
    pub text: String,
}

impl Example {
    /// The matrix in a folder, with the hand-written file that it names, where that becomes one file.
    pub fn of(folder: &Path, provider: &str) -> Self {
        one(Self::files_of(folder, provider))
    }

    /// The same, for each file that it becomes.
    pub fn files_of(folder: &Path, provider: &str) -> Vec<Self> {
        let provider = find(provider).expect("it is in the list");
        let text = std::fs::read_to_string(folder.join("splitbuild.yml")).expect("a matrix");
        let (spec, _) = decode(&parsed(&text), &text, &vocabularies());
        let config = spec.section(provider.vocabulary()).and_then(|section| section.config());
        let user = config.and_then(|name| name.template.as_literal()).map(|name| {
            let text = std::fs::read_to_string(folder.join(name)).expect("a hand-written file");
            let root = parsed(&text);
            UserConfig::new(name, Source { name: name.to_owned(), text }, root)
        });
        let workflows: Vec<&str> = spec.workflows.iter().map(|(name, _)| name.text.as_str()).collect();
        let foreign =
            user.as_ref().map_or_else(ExternalJobs::default, |user| provider.external_jobs(user, &workflows).0);
        let request = Request { external: foreign, ..Request::of(provider.vocabulary()) };
        let plan = resolved(&text, &vocabularies(), &request).expect("a good matrix");
        Self::planned(provider, plan, user)
    }

    /// A matrix without a hand-written file.
    pub fn of_matrix(text: &str, provider: &str) -> Self {
        let provider = find(provider).expect("it is in the list");
        one(Self::planned(provider, plan(text, provider), None))
    }

    fn planned(provider: &'static dyn Provider, plan: Plan, user: Option<UserConfig>) -> Vec<Self> {
        let emitted = generate(provider, &plan, user.as_ref(), &Origin::default(), &|_| None).expect("a configuration");
        let example =
            |EmittedFile { path, text, .. }| Self { provider, plan: plan.clone(), user: user.clone(), path, text };
        emitted.files.into_iter().map(example).collect()
    }

    /// Why `gen` would not write this text instead; `None` if it would.
    pub fn refusal(&self, text: &str) -> Option<String> {
        match verify(self.provider, &self.plan, self.user.as_ref(), (&self.path, text)) {
            Ok(_) => None,
            Err(Error::Check(difference)) => Some(difference),
            Err(error) => Some(error.to_string()),
        }
    }
}

fn one(examples: Vec<Example>) -> Example {
    let [example] = <[Example; 1]>::try_from(examples).unwrap_or_else(|all| panic!("{} files", all.len()));
    example
}
