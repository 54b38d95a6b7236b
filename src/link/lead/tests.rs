//! The model: runs, a registry, and every order of their steps.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::*;

/// What a repository holds: where each tag leads, by the text that a digest is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Registry {
    tags: BTreeMap<String, Digest>,
    /// The versions that indexes say.
    versions: BTreeMap<Digest, Version>,
    is_listed: bool,
}

/// Where a run is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Step {
    Publish,
    Do(Action),
    /// One of the two tags was looked at.
    Half {
        fixed: Option<Option<Digest>>,
        moving: Option<Option<Digest>>,
        tag: String,
    },
    End(Option<End>),
}

/// A release, of which one moving tag is looked at: each is on its way by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Run {
    version: Version,
    digest: Digest,
    /// None if the release moves nothing.
    lead: Option<Lead>,
    step: Step,
}

/// All that matters of a moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Moment {
    registry: Registry,
    runs: Vec<Run>,
    /// A tag that somebody deletes at some time.
    to_delete: Option<String>,
    /// Whether somebody has listed the tags since.
    is_noticed: bool,
    /// Whether a lower version was written after a higher one's run had ended.
    is_late: bool,
}

/// How runs are carried out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    AsItIs,
    /// The mistake: nobody looks again.
    NoSecondLook,
}

const MOVING: &str = "latest";

fn version(text: &str) -> Version {
    text.parse().expect("a version")
}

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// A run of `version`, whose index is made of `content`.
fn run(text: &str, content: &str, moving: &str, evidence: Evidence) -> Run {
    let version = version(text);
    let digest = digest(content);
    let tag = MovingTag::of(("a", moving), &[text], &version).expect("a moving tag");
    let lead = version.unstable().is_none().then(|| Lead::new(&tag, &version, &digest, evidence).0);
    Run { version, digest, lead, step: Step::Publish }
}

impl Moment {
    fn new(runs: &[Run]) -> Self {
        let registry = Registry { is_listed: true, ..Registry::default() };
        Self { registry, runs: runs.to_vec(), to_delete: None, is_noticed: false, is_late: false }
    }

    /// With a tag that is there before.
    fn with(mut self, tag: &str, content: &str) -> Self {
        self.registry.tags.insert(tag.into(), digest(content));
        self
    }

    /// The moments that may come next if run `at` takes a step.
    fn after(&self, at: usize, (moving, care): (&str, Care)) -> Vec<Self> {
        let mut next = self.clone();
        let (registry, run) = (&mut next.registry, &mut next.runs[at]);
        let observation = match run.step.clone() {
            Step::End(_) => return Vec::new(),
            Step::Publish => {
                registry.tags.insert(run.version.to_string(), run.digest.clone());
                registry.versions.insert(run.digest.clone(), run.version.clone());
                run.step = if run.lead.is_some() { Step::Do(Action::List) } else { Step::End(None) };
                return vec![next];
            }
            Step::Do(Action::End(_)) => unreachable!("it has ended"),
            Step::Do(Action::Look { fixed }) => {
                // Either answer may come first.
                let (mut other, tags) = (self.clone(), &registry.tags);
                let (seen, tag) = (tags.get(&fixed).cloned(), fixed);
                other.runs[at].step =
                    Step::Half { fixed: None, moving: Some(tags.get(moving).cloned()), tag: tag.clone() };
                run.step = Step::Half { fixed: Some(seen), moving: None, tag };
                return vec![next, other];
            }
            Step::Half { fixed, moving: seen, tag } => {
                let look = |seen: Option<_>, tag: &str| seen.unwrap_or_else(|| registry.tags.get(tag).cloned());
                Observation::Seen { fixed: look(fixed, &tag), moving: look(seen, moving) }
            }
            Step::Do(Action::List) if registry.is_listed => {
                next.is_noticed = next.to_delete.is_none();
                Observation::Listed(registry.tags.keys().cloned().collect())
            }
            Step::Do(Action::List) => Observation::Unlisted,
            Step::Do(Action::Read) => {
                let found = registry.tags.get(moving);
                Observation::Read(found.map(|it| (it.clone(), registry.versions.get(it).cloned())))
            }
            Step::Do(Action::Move { digest, .. }) => {
                registry.tags.insert(moving.into(), digest);
                let version = self.runs[at].version.clone();
                next.is_late |=
                    self.runs.iter().any(|it| matches!(it.step, Step::End(Some(_))) && it.version > version);
                Observation::Moved
            }
        };
        let run = &mut next.runs[at];
        run.step = match (care, &observation) {
            (Care::NoSecondLook, Observation::Moved) => Step::End(None),
            _ => match run.lead.as_mut().expect("it moves tags").next(observation) {
                Action::End(end) => Step::End(Some(end)),
                action => Step::Do(action),
            },
        };
        vec![next]
    }

    /// The moments that may come next.
    fn all_after(&self, how: (&str, Care)) -> Vec<Self> {
        let mut all: Vec<Self> = (0..self.runs.len()).flat_map(|at| self.after(at, how)).collect();
        if let Some(tag) = &self.to_delete {
            let mut next = Self { to_delete: None, ..self.clone() };
            next.registry.tags.remove(tag);
            all.push(next);
        }
        all
    }

    /// Where the tag leads, and where it should: to the highest stable version that is there.
    fn outcome(&self, moving: &str) -> (Option<&Digest>, Option<&Digest>) {
        let tags = &self.registry.tags;
        let lead = self.runs.iter().find_map(|run| run.lead.as_ref());
        let highest = tags.iter().filter_map(|(tag, digest)| Some((lead?.moving.version_of(tag)?, digest))).max();
        (tags.get(moving), highest.map(|(_, digest)| digest))
    }
}

/// Every way from a moment to its ends, of which each is met once; how many moments there were.
fn explore(from: Moment, moving: &str, care: Care, mut check: impl FnMut(&Moment)) -> usize {
    let (mut open, mut known) = (vec![from], HashSet::new());
    while let Some(moment) = open.pop() {
        let next = moment.all_after((moving, care));
        if next.is_empty() {
            check(&moment);
        }
        open.extend(next.into_iter().filter(|next| known.insert(next.clone())));
    }
    known.len()
}

/// Some ways from a moment, each to its end, by a generator of which the same seed gives the same numbers.
fn wander(from: &Moment, moving: &str, (seed, ways): (u64, usize), check: impl Fn(&Moment)) {
    let mut state = seed;
    let mut below = |bound: usize| {
        // The constants of MMIX (<https://en.wikipedia.org/wiki/Linear_congruential_generator>).
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % bound
    };
    for _ in 0..ways {
        let mut moment = from.clone();
        loop {
            let open: Vec<usize> =
                (0..moment.runs.len()).filter(|at| !matches!(moment.runs[*at].step, Step::End(_))).collect();
            let Some(_) = open.first() else { break };
            let mut next = moment.after(open[below(open.len())], (moving, Care::AsItIs));
            moment = next.swap_remove(below(next.len()));
        }
        check(&moment);
    }
}

fn leads_to_the_highest(moment: &Moment, moving: &str) {
    let (found, expected) = moment.outcome(moving);
    assert_eq!(found, expected, "{moving}: {moment:#?}");
    assert!(!moment.runs.iter().any(|run| run.step == Step::End(Some(End::Unsettled))), "{moment:#?}");
}

fn listed(runs: &[(&str, &str)], moving: &str) -> Vec<Run> {
    runs.iter().map(|(version, content)| run(version, content, moving, Evidence::Annotation)).collect()
}

#[test]
fn two_releases_in_every_order() {
    let (mut ends, mut seen) = (0, 0);
    for (one, other, moving) in [
        ("2.0.0", "1.1.9", MOVING),
        ("1.2.0", "1.1.9", "1"),
        ("1.1.10", "1.1.9", "1.1"),
        ("1.1.9", "2.1.0-rc.1", MOVING),
        ("2.0.0", "1.1.9", "stable"),
    ] {
        for there in [None, Some("of another tool"), Some("of 1.1.8")] {
            let mut start = Moment::new(&listed(&[(one, one), (other, other)], moving)).with("1.1.8", "of 1.1.8");
            start.registry.tags.extend(there.map(|content| (moving.to_owned(), digest(content))));
            seen += explore(start, moving, Care::AsItIs, |moment| {
                leads_to_the_highest(moment, moving);
                ends += 1;
            });
        }
    }
    assert!(ends > 20 && seen > 5000, "{ends} of {seen}");
}

/// Two releases of one version are two indexes, and the fixed tag leads to the later one: so does the moving tag.
#[test]
fn one_version_released_twice_at_a_time() {
    let start = Moment::new(&listed(&[("2.0.0", "one"), ("2.0.0", "other")], MOVING));
    explore(start, MOVING, Care::AsItIs, |moment| leads_to_the_highest(moment, MOVING));
}

#[test]
fn three_releases_in_many_orders() {
    for (seed, versions) in
        [["2.0.0", "1.1.9", "1.2.0"], ["2.0.0", "1.1.9", "2.1.0-rc.1"], ["2.0.0", "2.0.0", "1.1.9"]].iter().enumerate()
    {
        let contents: Vec<(&str, &str)> = versions.iter().copied().zip(["a", "b", "c"]).collect();
        let start = Moment::new(&listed(&contents, MOVING)).with(MOVING, "of another tool");
        let sample = (u64::try_from(seed).expect("small"), 1000);
        wander(&start, MOVING, sample, |moment| leads_to_the_highest(moment, MOVING));
    }
}

#[test]
#[cfg_attr(not(feature = "whole"), ignore = "takes 30 s: `./test` runs it")]
fn three_releases_in_every_order() {
    let contents = [("2.0.0", "a"), ("1.1.9", "b"), ("1.2.0", "c")];
    let start = Moment::new(&listed(&contents, MOVING)).with(MOVING, "of another tool");
    let seen = explore(start, MOVING, Care::AsItIs, |moment| leads_to_the_highest(moment, MOVING));
    assert!(seen > 100_000, "{seen}");
}

/// A tag that is deleted is led to no more by whoever lists the tags afterwards.
#[test]
fn a_tag_deleted_meanwhile() {
    let mut ends = [0, 0];
    let start = Moment::new(&listed(&[("2.0.0", "2"), ("1.1.9", "1")], MOVING));
    let start = start.with("3.0.0", "3").with(MOVING, "3");
    let start = Moment { to_delete: Some("3.0.0".into()), ..start };
    explore(start, MOVING, Care::AsItIs, |moment| {
        ends[usize::from(moment.is_noticed)] += 1;
        match moment.is_noticed {
            true => leads_to_the_highest(moment, MOVING),
            false => assert_eq!(moment.outcome(MOVING).0, Some(&digest("3"))),
        }
    });
    assert!(ends[0] > 0 && ends[1] > 0, "{ends:?}");
}

/// Without lists, an order is kept if one release ends before the other begins. Side by side, a lower version stays only
/// where its run read the tag before the higher one's wrote it, and wrote it after that one's last look.
#[test]
fn a_registry_without_lists() {
    let start = |versions: [&str; 2]| {
        let mut start = Moment::new(&listed(&versions.map(|version| (version, version)), MOVING));
        start.registry.is_listed = false;
        start.with(MOVING, "of another tool")
    };
    let highest = |moment: &Moment| {
        let (found, expected) = moment.outcome(MOVING);
        found == expected
    };
    let mut late = 0;
    explore(start(["2.0.0", "1.1.9"]), MOVING, Care::AsItIs, |moment| {
        assert!(highest(moment) || moment.is_late, "{moment:#?}");
        late += usize::from(!highest(moment));
    });
    assert!(late > 0, "the gap is there, and said in the manual");
    for versions in [["2.0.0", "1.1.9"], ["1.1.9", "2.0.0"]] {
        let mut moment = start(versions);
        for at in 0..2 {
            while let Some(next) = moment.after(at, (MOVING, Care::AsItIs)).pop() {
                moment = next;
            }
        }
        assert!(highest(&moment), "{moment:#?}");
    }
}

/// Where an index can say nothing either, the last one stays.
#[test]
fn a_registry_without_lists_and_an_index_without_annotations() {
    let runs = ["2.0.0", "1.1.9"].map(|version| run(version, version, MOVING, Evidence::Nothing));
    let mut start = Moment::new(&runs);
    start.registry.is_listed = false;
    let mut found = BTreeSet::new();
    explore(start, MOVING, Care::AsItIs, |moment| {
        found.insert(moment.outcome(MOVING).0.cloned());
    });
    assert_eq!(found, BTreeSet::from([Some(digest("1.1.9")), Some(digest("2.0.0"))]));
}

/// The model finds the mistake that the second look is there for.
#[test]
fn without_a_second_look_the_lower_version_may_stay() {
    let mut wrong = 0;
    let start = Moment::new(&listed(&[("2.0.0", "2"), ("1.1.9", "1")], MOVING));
    explore(start, MOVING, Care::NoSecondLook, |moment| {
        let (found, expected) = moment.outcome(MOVING);
        wrong += usize::from(found != expected);
    });
    assert!(wrong > 0);
}

/// Others who move the tag all the time are left to it.
#[test]
fn it_ends() {
    let tag = MovingTag::of(("a", MOVING), &["1.0.0"], &version("1.0.0")).expect("a moving tag");
    let (mut lead, mut action) = Lead::new(&tag, &version("1.0.0"), &digest("own"), Evidence::Annotation);
    for _ in 0..100 {
        action = match action {
            Action::List => lead.next(Observation::Listed(Vec::new())),
            Action::Look { .. } => {
                let (fixed, moving) = (Some(digest("own")), Some(digest("another")));
                lead.next(Observation::Seen { fixed, moving })
            }
            Action::Move { .. } => lead.next(Observation::Moved),
            Action::Read => unreachable!("tags are listed"),
            Action::End(end) => return assert_eq!(end, End::Unsettled),
        };
    }
    panic!("it goes on");
}
