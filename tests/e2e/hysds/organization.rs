//! An organization that has the HySDS example: its repositories, its settings, and its images below a name of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::hub::{PASSWORD, USER, host, publish, publish_alone};
use super::machine::{AMD64, ARM64, MACHINES, Machine};
use super::sources::{commit, create, git};
use super::tools;
use crate::daemon::{Engine, output, tools as docker_tools};
use crate::registry::write;
use crate::runner::{Config, Event, Report, Runner, Trigger, Variables};

/// What it may do at GitHub with.
pub const TOKEN: &str = "token of the organization";
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/hysds");

/// An organization; all of it is gone with this value, except for its images, which go with the tests.
pub struct Organization {
    root: TempDir,
    name: &'static str,
    emitted: String,
    /// Its CI.
    pub runner: Runner,
}

impl Organization {
    /// One with everything, except for the images that others make: those are still to be published.
    pub fn new(name: &'static str) -> Self {
        let root = TempDir::new().expect("a folder");
        let at = |name: &str| root.path().join(name);
        let images = format!("{}/{name}", host());
        create(&at("github"), &images);
        tools::create(&at("bin"));
        fs::create_dir(at("shared")).expect("a folder");
        let emitted = emit(&at("framework"), &images);
        git(&at("framework"), &["init", "--quiet", "--initial-branch=develop"]);
        commit(&at("framework"), &[]);
        git(&at("framework"), &["tag", "v6.1.0"]);
        let folders = format!("{}:{}", at("bin").display(), docker_tools(Engine::Modern).display());
        let mut runner = Runner::new(at("runs"), &format!("{folders}:/usr/local/bin:/usr/bin:/bin"));
        let github = format!("url.file://{}/.insteadOf", at("github").display());
        let shared = at("shared").display().to_string();
        runner.project = variables(&[
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", &github),
            ("GIT_CONFIG_VALUE_0", "https://github.com/"),
            ("SHARED", &shared),
        ]);
        let login = variables(&[("DOCKER_USER", USER), ("DOCKER_PASS", PASSWORD)]);
        let token = variables(&[("GIT_OAUTH_TOKEN", TOKEN)]);
        runner.contexts = [("docker-hub-creds".into(), login), ("git-oauth-token".into(), token)].into();
        runner.docker = AMD64.variables();
        runner.classes = [("arm.medium".into(), ARM64.variables())].into();
        runner.slots = 4;
        Self { root, name, emitted, runner }
    }

    /// The repository of one of its images.
    pub fn repository(&self, image: &str) -> String {
        format!("{}/hysds/{image}", self.name)
    }

    /// The name of one of its images.
    pub fn image(&self, image: &str) -> String {
        format!("{}/{}", host(), self.repository(image))
    }

    /// Publishes an image that others make.
    pub fn publish(&self, image: &str, machines: &[&Machine]) {
        publish(&format!("{}/{}/{image}", host(), self.name), machines);
    }

    /// Publishes the images of others that are built upon or copied.
    pub fn publish_upstream(&self) {
        for image in ["library/oraclelinux:8", "library/debian:12", "library/elasticsearch:7.9.3"] {
            self.publish(image, &MACHINES);
        }
    }

    /// Publishes the images that a release brings along.
    pub fn publish_support(&self) {
        for image in [
            "library/registry:2",
            "elastic/logstash/logstash:7.9.3",
            "elastic/logstash/logstash:7.16.3",
            "elastic/logstash/logstash:8.1.0",
            "opensearchproject/logstash-oss-with-opensearch-output-plugin:7.16.3",
        ] {
            self.publish(image, &MACHINES);
        }
        publish_alone(&self.image("verdi:develop-es1"), &AMD64);
    }

    /// One of the repositories that images are made from.
    pub fn source(&self, name: &str) -> PathBuf {
        self.root.path().join(format!("github/hysds/{name}.git"))
    }

    /// What the stand-ins have kept.
    pub fn shared(&self, name: &str) -> PathBuf {
        self.root.path().join("shared").join(name)
    }

    /// Runs everything that an event starts.
    pub fn run(&self, event: Event) -> Report {
        self.rerun(event, &Report::default())
    }

    /// Runs what has not succeeded before.
    pub fn rerun(&self, event: Event, earlier: &Report) -> Report {
        let repository = self.root.path().join("framework");
        let revision = git(&repository, &["rev-parse", "HEAD"]);
        let trigger = Trigger { event, slug: "gh/hysds/hysds-framework".into(), number: 7, revision, repository };
        let report = Config::parse(&self.emitted).and_then(|config| self.runner.rerun(&config, &trigger, earlier));
        report.unwrap_or_else(|refusal| panic!("{refusal}"))
    }
}

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

/// Generates the configuration in a folder, from the example's two files with other names of images in them.
fn emit(folder: &Path, images: &str) -> String {
    let read = |file: &str| fs::read_to_string(Path::new(EXAMPLE).join(file)).expect("the example");
    let matrix = replaced(
        read("splitbuild.yml"),
        &[
            ("  docker.io: {", &format!("  \"{}\": {{", host())),
            ("image: hysds/", &format!("image: {images}/hysds/")),
            ("[hysds/pge-base, hysds/verdi]", &format!("[\"{images}/hysds/pge-base\", \"{images}/hysds/verdi\"]")),
            ("export: { hysds/verdi:", &format!("export: {{ \"{images}/hysds/verdi\":")),
            ("copy: docker.io/", &format!("copy: {images}/")),
        ],
    );
    let own = replaced(
        read(".circleci/own.yml"),
        &[
            (" registry:2\n", &format!(" {images}/library/registry:2\n")),
            (" docker.elastic.co/", &format!(" {images}/elastic/")),
            (" opensearchproject/", &format!(" {images}/opensearchproject/")),
            (" hysds/verdi:", &format!(" {images}/hysds/verdi:")),
            ("--login docker.io=", &format!("--login {}=", host())),
        ],
    );
    fs::create_dir_all(folder.join(".circleci")).expect("a folder");
    let matrix = write(&folder.join("splitbuild.yml"), &matrix);
    write(&folder.join(".circleci/own.yml"), &own);
    let to = folder.join(".circleci/config.yml");
    output(Command::new(env!("CARGO_BIN_EXE_splitbuild")).args(["gen", &matrix, "-o"]).arg(&to));
    let emitted = fs::read_to_string(to).expect("it is there");
    // What its jobs do is what the example's do, but for the names of images.
    let example = read(".circleci/config.yml");
    let named = emitted.replace(&format!("{images}/"), "").replace(host(), "docker.io");
    for section in ["jobs", "commands"] {
        let (known, now) = (generated(&example, section), generated(&named, section));
        assert!(!known.is_empty());
        for (name, known) in &known {
            assert_eq!(Some(known), now.get(name), "{section}.{name}");
        }
        assert_eq!(known.len(), now.len(), "{section}");
    }
    emitted
}

/// What was generated in a section, with names of images as they are without a registry.
fn generated(text: &str, section: &str) -> BTreeMap<String, String> {
    let read: serde_json::Value = serde_yaml::from_str(text).expect("YAML");
    let own = ["test", "deploy", "deploy-support-assets", "export-support-assets-amd64", "export-support-assets-arm64"];
    let entries = read[section].as_object().expect("a map").iter();
    let entries = entries.filter(|(name, _)| !own.contains(&name.as_str()));
    entries.map(|(name, value)| (name.clone(), value.to_string().replace("docker.io/", ""))).collect()
}

fn replaced(mut text: String, words: &[(&str, &str)]) -> String {
    for (from, to) in words {
        assert!(text.contains(from), "{from} in {text}");
        text = text.replace(from, to);
    }
    text
}
