//! Hand-written files that a matrix is merged with.

use splitbuild::diagnostic::{Severity, Source};
use splitbuild::plan::{Request, resolve};
use splitbuild::provider::{ALL, Error, Origin, Provider, UserConfig, generate, vocabularies};
use splitbuild::spec::decode;
use splitbuild::yaml::read::Form;

use super::{places, yaml};

/// A matrix whose jobs wait for hand-written ones, and are waited for.
const MATRIX: &str = "version: 1
circleci: { config: own.yml }
github: { config: own.yml }
gitlab: { config: own.yml, stage: build }
images:
  app: { image: acme/app }
  more: { image: acme/more, needs: [app, compile] }
workflows: { main: { on: { branches: [main] }, tags: [latest] } }
tool: { image: acme/tool }
";

pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    ALL.iter().for_each(|provider| merged(text, *provider));
}

fn merged(text: &str, provider: &dyn Provider) {
    let Some(document) = yaml::parsed(text, provider.form()) else { return };
    let config = UserConfig::new("own.yml", Source { name: "own.yml".into(), text: text.to_owned() }, document.root);
    let (external, problems) = provider.external_jobs(&config, &["main"]);
    places::check(text, &problems);
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return;
    }
    let matrix = yaml::parsed(MATRIX, Form::Core).expect("a matrix");
    let (spec, problems) = decode(&matrix.root, MATRIX, &vocabularies());
    assert!(problems.is_empty(), "{problems:?}");
    let plan = match resolve(&spec, &Request { external, ..Request::of(provider.vocabulary()) }) {
        Ok(plan) => plan,
        Err(problems) => return places::check(MATRIX, &problems),
    };
    match generate(provider, &plan, Some(&config), &Origin::default(), &|_| None) {
        Ok(emitted) => places::check_all(emitted.warnings.as_slice()),
        Err(Error::Refused(reports)) => places::check_all(&reports),
        Err(Error::UserConfig(problems)) => places::check(text, &problems),
        Err(Error::Unsayable(problems)) => places::check(MATRIX, &problems),
        Err(Error::Unsupported { .. }) => {}
        Err(error) => panic!("{}: {error}: {error:?}", provider.name()),
    }
}
