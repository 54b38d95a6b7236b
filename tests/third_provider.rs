//! A provider that is in no list: its words are all that the matrix, the plan and the messages need to know of it.

#[allow(dead_code, reason = "each test uses some of it")]
#[path = "support/planned.rs"]
mod planned;

use splitbuild::diagnostic::{Colour, Report, Source};
use splitbuild::plan::{Plan, Request};
use splitbuild::provider::vocabularies;
use splitbuild::spec::{Advice, CONFIG, ItemForm, Items, Most, RunnerForm, SectionKey, SectionShape, Vocabulary};

static FORGE: Vocabulary = Vocabulary {
    name: "forge",
    title: "Forge",
    keys: &[
        SectionKey::new(CONFIG, SectionShape::Text, "A file."),
        SectionKey::new("labels", SectionShape::Texts(Some(TWO)), "Labels."),
        SectionKey::new("mode", SectionShape::Choice(&["fast", "safe"]), "How."),
        SectionKey::new("box", SectionShape::OneOf(&["pod", "host"]), "Where."),
        SectionKey::new("hooks", SectionShape::Items(HOOKS), "Hooks."),
        SectionKey::new("runners", SectionShape::Runners, "Runners."),
    ],
    runner: RunnerForm::Words("a runner's labels"),
    runners: &[("linux/amd64", "forge-amd64")],
    runs_forks: false,
    registries: &[],
    advice: Advice {
        variables: "on the anvil",
        own_jobs: "a hand-written job stands in forge.yml",
        own_file: "forge-own.yml",
        git_password: "let the smith tell it",
    },
};

const TWO: Most = Most { count: 2, help: "join some of them" };

const HOOKS: Items = Items {
    called: "a hook",
    wanted: "a map with `hook`",
    help: "write `{ hook: ... }`",
    form: ItemForm::MapWith(&["hook"]),
};

/// The plan for the provider, or what is told instead.
fn plan(section: &str, images: &str) -> Result<Plan, String> {
    let text = format!(
        "version: 1\ntool: {{ image: acme/tool }}\nworkflows: {{ main: {{ on: {{ branches: [main] }}, tags: [t] }} }}\n\
         {section}\nimages:\n{images}"
    );
    let providers: Vec<&'static Vocabulary> = vocabularies().into_iter().chain([&FORGE]).collect();
    planned::resolved(&text, &providers, &Request::of(&FORGE)).map_err(|problems| {
        let report = Report::of(&Source { name: "splitbuild.yml".into(), text }, problems);
        report.expect("a refusal has a reason").render(Colour::Never)
    })
}

#[test]
fn its_section_becomes_the_settings_of_the_plan() {
    let section = "vars: { v: red }\n\
                   forge: { labels: [\"$v\", blue], mode: safe, box: { host: acme/host }, hooks: [{ hook: b }], \
                   runners: { linux/arm64: [forge, arm], manifest: small } }\n\
                   circleci: { contexts: [team], runners: { linux/arm64: large } }";
    let images = "  app: { image: acme/app }\n  own: { image: acme/own, platforms: { linux/arm64: { forge: { runners: [mine] } } }, gitlab: { runners: x } }\n";
    let plan = plan(section, images).expect("a good matrix");
    assert_eq!(plan.provider, "forge");
    assert_eq!(plan.settings.texts("labels"), Some(&["red".to_owned(), "blue".to_owned()][..]));
    assert_eq!(plan.settings.choice("mode"), Some("safe"));
    assert_eq!(plan.settings.one_of("box"), Some(("host", "acme/host")));
    assert_eq!(plan.settings.items("hooks").len(), 1);
    assert_eq!((plan.settings.texts("contexts"), plan.settings.text(CONFIG)), (None, None));
    let runner = |job: &str| plan.find(job).expect("a job").runner.join(" ");
    assert_eq!(runner("build-app-amd64"), "forge-amd64");
    assert_eq!(runner("build-app-arm64"), "forge arm");
    assert_eq!(runner("build-app-manifest"), "small");
    assert_eq!(runner("build-own-arm64"), "mine");
}

#[test]
fn its_users_are_told_in_its_words_and_in_no_other_providers() {
    let section = "registries: { docker.io: { username: me, password: me } }\n\
                   forge: { labels: [a, b, c], mode: slow, box: host, hooks: [x], runners: { linux/arm: y }, anvil: z }";
    let images = "  app: { image: acme/app, needs: [lint], context: \"https://me:pw@acme.org/a.git\" }\n";
    let told = plan(section, images).expect_err("much is wrong");
    for part in [
        "Forge takes at most 2 labels",
        "join some of them",
        "there is no mode `slow`",
        "write `box: { pod: IMAGE }` or `box: { host: IMAGE }`",
        "expected a hook of `hooks` to be a map",
        "write `{ hook: ... }`",
        "`forge` has no key `anvil`",
        "set NAME on the anvil",
        "a hand-written job stands in forge.yml",
        "let the smith tell it",
        "name a runner: `forge: { runners: { linux/arm64: ... } }`",
    ] {
        assert!(told.contains(part), "{part} is in:\n{told}");
    }
    for other in vocabularies() {
        assert!(!told.to_lowercase().contains(other.name), "{told}");
    }
}
