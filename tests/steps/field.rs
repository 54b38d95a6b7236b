//! Real pipelines, written as matrices: the jobs that are emitted build and publish what `fixtures/facts` says that the
//! hand-written ones do. What is otherwise on purpose stands there, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::job::{Config, Jobs, Ran, SHELLS, Trigger, some};
use super::{circleci, gitlab};

/// The pipelines, and how many lines each matrix may have without comments and blanks.
const PIPELINES: [(&str, usize); 3] = [("open-webui", 30), ("immich", 40), ("uv", 45)];

/// What the registries want.
const LOGINS: [&str; 6] = ["GHCR_USER", "GHCR_TOKEN", "DOCKERHUB_USER", "DOCKERHUB_TOKEN", "DHI_USER", "DHI_TOKEN"];

/// An image of a run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Image {
    /// The names of its index, with tags; none in a run that pushes nothing.
    names: BTreeSet<String>,
    platforms: BTreeSet<String>,
    arguments: BTreeMap<String, String>,
    /// The arguments of what it is built on, which tell a parent from any other image.
    parents: BTreeSet<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn matrix(pipeline: &str) -> PathBuf {
    root().join(format!("fixtures/field-{pipeline}/splitbuild.yml"))
}

fn facts(pipeline: &str) -> Value {
    let text = fs::read_to_string(root().join(format!("fixtures/facts/{pipeline}.json"))).expect("text");
    serde_json::from_str(&text).expect("JSON")
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|text| text.as_str().expect("text").to_owned()).collect()
}

/// The images of a run as the facts have them.
fn expected(run: &Value) -> BTreeSet<Image> {
    let images = run["images"].as_array().expect("images");
    let arguments = |image: &Value| -> BTreeMap<String, String> {
        let arguments = image["args"].as_object().expect("arguments");
        arguments.iter().map(|(name, value)| (name.clone(), value.as_str().expect("text").to_owned())).collect()
    };
    let called = |name: &String| images.iter().find(|image| image["image"] == name.as_str()).expect("an image");
    let image = |image: &Value| {
        let repositories = texts(image.get("names").unwrap_or(&run["names"]));
        let tags = texts(&image["tags"]);
        let names = repositories.iter().flat_map(|name| tags.iter().map(move |tag| format!("{name}:{tag}")));
        Image {
            names: names.collect(),
            platforms: texts(&image["platforms"]).into_iter().collect(),
            arguments: arguments(image),
            parents: texts(&image["needs"]).iter().map(|name| format!("{:?}", arguments(called(name)))).collect(),
        }
    };
    images.iter().map(image).collect()
}

fn started(run: &Value) -> Trigger<'_> {
    let (how, what) = run["started"].as_object().and_then(|map| map.iter().next()).expect("what starts it");
    match (how.as_str(), what.as_str()) {
        ("branch", Some(name)) => Trigger::Branch(name),
        ("tag", Some(name)) => Trigger::Tag(name),
        ("pull_request", Some(head)) => Trigger::Request(head),
        other => panic!("{other:?}"),
    }
}

/// The jobs of a run with what each waits for, in an order that this allows.
fn jobs(config: &Config, workflow: &str, trigger: Trigger) -> Jobs {
    let mut open = match config.provider {
        "circleci" => circleci::jobs(config.document(), workflow, trigger),
        _ => gitlab::jobs(config.document(), workflow),
    };
    let mut ordered: Jobs = Vec::new();
    while !open.is_empty() {
        let is_done = |need: &String| ordered.iter().any(|(name, _)| name == need);
        let at = open.iter().position(|(_, needs)| needs.iter().all(is_done)).expect("a job that waits for none");
        ordered.push(open.remove(at));
    }
    ordered
}

/// The jobs whose files a job finds: on GitLab those that it needs, on CircleCI also those that these need.
fn before<'j>(config: &Config, jobs: &'j [(String, Vec<String>)], needs: &'j [String]) -> BTreeSet<&'j str> {
    let mut found: BTreeSet<&str> = needs.iter().map(String::as_str).collect();
    if config.provider == "circleci" {
        for (name, needs) in jobs.iter().rev() {
            if found.contains(name.as_str()) {
                found.extend(needs.iter().map(String::as_str));
            }
        }
    }
    found
}

/// What a build hands on, as lines of a word and the rest.
fn handed_on(ran: &Ran, file: &str) -> Vec<(String, String)> {
    let text = ran.found(file).unwrap_or_default();
    text.lines().filter_map(|line| line.split_once(' ')).map(|(word, rest)| (word.into(), rest.into())).collect()
}

/// The key of the image that a job is of.
fn key(job: &str) -> &str {
    job.strip_prefix("build-").and_then(|name| name.rsplit_once('-')).expect("a job of an image").0
}

/// Those jobs that the tier has time for: of all images or of some, with the jobs that these wait for.
fn picked(jobs: &[(String, Vec<String>)]) -> BTreeSet<&str> {
    let keys: BTreeSet<&str> = jobs.iter().map(|(name, _)| key(name)).collect();
    let keys: BTreeSet<&str> = some(&keys.into_iter().collect::<Vec<_>>()).copied().collect();
    let mut picked: BTreeSet<&str> = BTreeSet::new();
    for (name, needs) in jobs.iter().rev() {
        if keys.contains(key(name)) || picked.contains(name.as_str()) {
            picked.insert(name);
            picked.extend(needs.iter().map(String::as_str));
        }
    }
    picked
}

/// What the jobs of a run make, run one after the other with recording tools.
fn made(config: &Config, jobs: &[(String, Vec<String>)], (workflow, trigger): (&str, Trigger)) -> BTreeSet<Image> {
    let picked = picked(jobs);
    let mut ran: BTreeMap<&str, Ran> = BTreeMap::new();
    let mut images: BTreeMap<&str, Image> = BTreeMap::new();
    for (name, needs) in jobs.iter().filter(|(name, _)| picked.contains(name.as_str())) {
        let job = LOGINS.iter().fold(config.job(workflow, name, trigger), |job, variable| job.with(variable, "x"));
        let job = before(config, jobs, needs).iter().fold(job, |job, earlier| job.after(&ran[earlier]));
        let done = job.run(SHELLS[0]).green();
        match done.of("docker", "build").as_slice() {
            [build] => add(&mut images, (name, needs), build, &done),
            _ => check_index(&images[key(name)], (name, needs), &done),
        }
        ran.insert(name, done);
    }
    images.into_values().collect()
}

/// Takes down a build.
fn add<'j>(images: &mut BTreeMap<&'j str, Image>, (name, needs): (&'j str, &[String]), build: &[String], ran: &Ran) {
    let arguments = Ran::values(build, "--build-arg").into_iter().map(|pair| pair.split_once('=').expect("a value"));
    let arguments: BTreeMap<String, String> =
        arguments.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let arch = name.rsplit('-').next().expect("a word");
    let lines = handed_on(ran, &format!(".splitbuild/{}-{arch}", key(name)));
    let names = lines.iter().filter(|(word, _)| word == "pushed" || word == "moving");
    let names: BTreeSet<String> = names.map(|(_, rest)| rest.split(' ').next().expect("an index").to_owned()).collect();
    let mut parents = BTreeSet::new();
    for parent in needs.iter().map(|need| &images[key(need)]) {
        // What an argument calls it is the parent of this run.
        for name in called(&arguments, &parent.names) {
            let pin = format!("--build-context={name}=docker-image://");
            assert!(build.iter().any(|word| word.starts_with(&pin)), "{name}: {build:?}");
        }
        parents.insert(format!("{:?}", parent.arguments));
    }
    let one = Image { names, platforms: BTreeSet::from([format!("linux/{arch}")]), arguments, parents };
    match images.get_mut(key(name)) {
        None => drop(images.insert(key(name), one)),
        Some(image) => {
            image.platforms.extend(one.platforms.clone());
            assert_eq!(*image, Image { platforms: image.platforms.clone(), ..one }, "{name}");
        }
    }
}

/// The names that stand in arguments.
fn called<'a>(arguments: &'a BTreeMap<String, String>, names: &BTreeSet<String>) -> Vec<&'a String> {
    let found: Vec<&String> = arguments.values().filter(|value| names.contains(*value)).collect();
    assert!(!found.is_empty() || names.is_empty(), "no argument names the parent");
    found
}

/// An index is made of what every build of the image hands on.
fn check_index(image: &Image, (name, needs): (&str, &[String]), ran: &Ran) {
    let builds = image.platforms.iter().map(|platform| platform.replace("linux/", ""));
    let builds: BTreeSet<String> = builds.map(|arch| format!("{}-{arch}", key(name))).collect();
    let call = ran.one("splitbuild", "manifest");
    let linked = Ran::values(call, "--digests").into_iter().map(|file| file.replace(".splitbuild/", ""));
    assert_eq!(linked.collect::<BTreeSet<String>>(), builds);
    assert_eq!(Ran::values(call, "--platform"), [image.platforms.iter().cloned().collect::<Vec<_>>().join(",")]);
    assert_eq!(needs.iter().map(|need| need.replace("build-", "")).collect::<BTreeSet<String>>(), builds);
}

#[test]
fn real_pipelines_make_the_images_that_they_make_by_hand() {
    for (pipeline, _) in PIPELINES {
        let configs = ["circleci", "gitlab"].map(|provider| Config::generated(&matrix(pipeline), provider));
        for run in facts(pipeline)["runs"].as_array().expect("runs") {
            let trigger = started(run);
            let workflow = circleci::workflow(configs[0].document(), trigger);
            for config in &configs {
                let jobs = jobs(config, &workflow, trigger);
                let (made, expected) = (made(config, &jobs, (&workflow, trigger)), expected(run));
                let others: Vec<&Image> = made.difference(&expected).collect();
                assert!(others.is_empty(), "{pipeline}, {workflow} on {}: {others:#?}", config.provider);
                let keys: BTreeSet<&str> = jobs.iter().map(|(name, _)| key(name)).collect();
                let count = run["images"].as_array().map_or(0, Vec::len);
                assert_eq!(keys.len(), count, "{pipeline}, {workflow} on {}", config.provider);
                // Where nothing is pushed, no names tell them apart.
                assert!(made.len() == expected.len() || cfg!(not(feature = "whole")), "two images are one");
            }
        }
    }
}

#[test]
fn a_difference_from_the_facts_is_seen() {
    let config = Config::generated(&matrix("open-webui"), "circleci");
    let run = &facts("open-webui")["runs"][1];
    let trigger = started(run);
    let made = made(&config, &jobs(&config, "dev", trigger), ("dev", trigger));
    assert!(made.is_subset(&expected(run)));
    for place in ["/images/0/args/BUILD_HASH", "/images/0/tags/1", "/images/0/platforms/1", "/names/0"] {
        let mut other = run.clone();
        *other.pointer_mut(place).expect("it is there") = Value::from("another");
        assert!(!made.is_subset(&expected(&other)), "{place}");
    }
}

#[test]
fn their_matrices_are_short() {
    for (pipeline, limit) in PIPELINES {
        let text = fs::read_to_string(matrix(pipeline)).expect("text");
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        assert!(lines <= limit, "{pipeline}: {lines}");
    }
}
