//! Whether what images wait for fits what their Dockerfiles are built on, where those are here.
//!
//! A build takes from this run what it waits for, under any name that this has; every other image comes from a registry, and
//! is an older one there. So a name that is misspelt on either side goes unseen: the build works, on other sources than one
//! thinks. Only what is certain is told, whatever the values are that only jobs know.

mod recipe;
mod symbol;
mod value;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use self::recipe::Named;
use self::symbol::{Symbols, is_certain};
use self::value::In;
use crate::diagnostic::{Diagnostic, list};
use crate::plan::{Build, Job, Need, Plan, Work};
use crate::span::Span;
use crate::spec::Spec;
use crate::template::Template;

/// How many images of a Dockerfile are told.
const MOST_TOLD: usize = 3;

/// An image and one that it waits for, by their keys.
type Pair<'p> = (&'p str, &'p str);

/// Warnings of what does not fit, in no particular order. `read` gives the text of a file by its path from the root of the
/// repository, if it is there.
pub fn doubts(plan: &Plan, spec: &Spec, read: &dyn Fn(&str) -> Option<String>) -> Vec<Diagnostic> {
    let mut lineage = Lineage::of(plan);
    let mut texts: HashMap<String, Option<String>> = HashMap::new();
    for (place, workflow) in plan.workflows.iter().enumerate() {
        let on = In { place, workflow };
        let mut builds = Vec::new();
        for id in &workflow.jobs {
            let job = plan.job(*id);
            let Work::Build(build) = &job.work else { continue };
            let mut text = |path: &str| texts.entry(path.to_owned()).or_insert_with(|| read(path)).clone();
            match recipe::named(on, (job, build), &mut lineage.symbols, &mut text) {
                Some(named) => builds.push((job, build, named)),
                None => drop(lineage.unread.insert(&job.family)),
            }
        }
        if !builds.is_empty() {
            let names = lineage.names(on);
            builds.iter().for_each(|build| lineage.look(build, &names));
        }
    }
    lineage.tell(spec)
}

/// What was found in all workflows.
struct Lineage<'p> {
    plan: &'p Plan,
    symbols: Symbols,
    /// What the image of each key waits for, itself.
    needs: BTreeMap<&'p str, BTreeSet<&'p str>>,
    /// Images some build of which is not known, by their keys in the matrix.
    unread: BTreeSet<&'p str>,
    /// Images that are built on one that they wait for, or may be, both by their keys in the matrix.
    fitting: BTreeSet<Pair<'p>>,
    /// Images that do not name one that they wait for, with what is said of it.
    unused: BTreeMap<Pair<'p>, Diagnostic>,
    /// Images that name one that they do not wait for.
    missing: BTreeMap<Pair<'p>, Diagnostic>,
}

/// The names of the images of a workflow.
struct Names<'p> {
    of: BTreeMap<&'p str, (Vec<String>, Option<Template>)>,
    keys: HashMap<String, &'p str>,
}

impl<'p> Lineage<'p> {
    fn of(plan: &'p Plan) -> Self {
        let mut needs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for job in &plan.jobs {
            let others = parents(plan, job).map(|parent| parent.key.as_str());
            needs.entry(&job.key).or_default().extend(others);
        }
        Self {
            plan,
            symbols: Symbols::default(),
            needs,
            unread: BTreeSet::new(),
            fitting: BTreeSet::new(),
            unused: BTreeMap::new(),
            missing: BTreeMap::new(),
        }
    }

    fn names(&mut self, on: In<'_>) -> Names<'p> {
        let mut names = Names { of: BTreeMap::new(), keys: HashMap::new() };
        for id in &on.workflow.jobs {
            let job = self.plan.job(*id);
            let (full, first) = on.names(job, &mut self.symbols);
            for name in full.iter().filter(|name| is_certain(name)) {
                names.keys.entry(name.clone()).or_insert(&job.key);
            }
            let known = names.of.entry(&job.key).or_default();
            known.0.extend(full);
            known.1 = known.1.take().or(first);
        }
        names
    }

    /// Compares a build with what it waits for.
    fn look(&mut self, (job, build, named): &(&'p Job, &'p Build, Named), names: &Names<'p>) {
        let all: BTreeMap<&str, &Job> = parents(self.plan, job).map(|parent| (parent.key.as_str(), parent)).collect();
        for (key, parent) in &all {
            let pair = (job.family.as_str(), parent.family.as_str());
            let (full, first) = names.of.get(key).map_or((&[][..], &None), |(full, first)| (full, first));
            let is_named = || named.all.iter().any(|image| full.iter().any(|name| self.symbols.may_be(image, name)));
            // What another parent is built on is there anyway, and a test may be of several images.
            let is_passed_on = || all.keys().any(|other| other != key && self.waits_for(other, key));
            if named.is_open || build.test.is_some() || is_passed_on() || is_named() {
                self.fitting.insert(pair);
                continue;
            }
            let Some(first) = first else { continue };
            let problem = unused((job, named), parent, &self.plan.shown(first));
            self.unused.entry(pair).or_insert(problem);
        }
        for (image, line) in named.used.iter().filter(|(image, _)| is_certain(image)) {
            let Some(other) = names.keys.get(image).copied() else { continue };
            // Who is waited for may begin with what was published before.
            if other != job.key && !all.contains_key(other) && !self.waits_for(other, &job.key) {
                let problem = missing(job, &format!("{}:{line}", named.path), other);
                self.missing.entry((&job.key, other)).or_insert(problem);
            }
        }
    }

    /// Whether an image waits for another, if only for one that does.
    fn waits_for(&self, key: &str, other: &str) -> bool {
        let (mut open, mut seen) = (vec![key], BTreeSet::new());
        while let Some(key) = open.pop() {
            let needs = self.needs.get(key);
            if needs.is_some_and(|needs| needs.contains(other)) {
                return true;
            }
            if seen.insert(key) {
                open.extend(needs.into_iter().flatten());
            }
        }
        false
    }

    fn tell(self, spec: &Spec) -> Vec<Diagnostic> {
        let Self { unread, fitting, unused, missing, .. } = self;
        let is_certain = |pair: &Pair<'_>| !fitting.contains(pair) && !unread.contains(pair.0);
        let unused = unused.into_iter().filter(|(pair, _)| is_certain(pair));
        let unused = unused.map(|((image, parent), problem)| Diagnostic { span: need(spec, image, parent), ..problem });
        let jobs: HashMap<&str, &str> = self.plan.jobs.iter().map(|job| (job.key.as_str(), &*job.family)).collect();
        let missing = missing.into_iter().map(|((image, _), problem)| {
            let family = jobs.get(image).copied().unwrap_or(image);
            Diagnostic { span: needs(spec, family), ..problem }
        });
        unused.chain(missing).collect()
    }
}

/// The jobs of other images that a job waits for.
fn parents<'p>(plan: &'p Plan, job: &'p Job) -> impl Iterator<Item = &'p Job> {
    let jobs = job.needs.iter().filter_map(|need| match need {
        Need::Job(id) => Some(plan.job(*id)),
        Need::External(_) => None,
    });
    jobs.filter(|parent| parent.key != job.key && !matches!(parent.work, Work::Export(_)))
}

fn unused((job, named): (&Job, &Named), parent: &Job, first: &Template) -> Diagnostic {
    let (key, other, path) = (&job.family, &parent.family, &named.path);
    let told: Vec<&str> = named.written.iter().take(MOST_TOLD).map(String::as_str).collect();
    let has = match (told.as_slice(), named.written.len() > MOST_TOLD) {
        ([], _) => "no image".to_owned(),
        (told, false) => list(told),
        (told, true) => format!("{} and others", list(told)),
    };
    Diagnostic::new("unused-need", Span::default(), format!("{path} names none of the images of `{other}`"))
        .label(format!("`{key}` waits for it, and is built on {has}"))
        .help(format!("write `FROM {first}` there to build on this run's, or give it that name as an argument"))
        .help("or remove it here; who waits for another reason writes `# splitbuild: allow unused-need` above")
        .warning()
}

fn missing(job: &Job, place: &str, other: &str) -> Diagnostic {
    let key = &job.key;
    let message = format!("{place} names `{other}`, which `{key}` does not wait for");
    Diagnostic::new("missing-need", Span::default(), message)
        .label("it is built on what was published before")
        .help(format!("add `{other}` to its `needs`, to build on this run's"))
        .help("or `# splitbuild: allow missing-need` above, if it is an older one that is meant")
        .warning()
}

/// Where an image says that it waits for another, or for anything.
fn need(spec: &Spec, image: &str, parent: &str) -> Span {
    let mut texts = spec.levels(image).filter_map(|settings| settings.needs.as_ref()).flat_map(|needs| &needs.value);
    let is_parent = |text: &str| text == parent || text.strip_prefix(parent).is_some_and(|rest| rest.starts_with('-'));
    let found = texts.find(|text| is_parent(text.template.leading())).map(|text| text.span);
    found.unwrap_or_else(|| needs(spec, image))
}

/// Where an image says what it waits for, or its key.
fn needs(spec: &Spec, image: &str) -> Span {
    let written = spec.levels(image).find_map(|settings| settings.needs.as_ref()).map(|needs| needs.key);
    let key = || spec.images.iter().find(|(name, _)| name.text == image).map(|(name, _)| name.span);
    written.or_else(key).unwrap_or_default()
}
