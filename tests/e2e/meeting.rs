//! Runs that meet: another one moves a parent's tag, publishes the same tags, or finishes later though it began earlier.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::daemon::{Engine, docker_of, host_of, output, tools};
use crate::registry::plain;
use crate::runner::{Config, Event, Report, Runner, Trigger, Variables};
use crate::turn;

/// A project of three images, one built on another by a Dockerfile and one by a script of its own.
pub(super) struct Project {
    home: TempDir,
    name: &'static str,
    pub(super) engine: Engine,
    /// Where the jobs find splitbuild.
    pub(super) tool: PathBuf,
    /// The registry, or what stands before it.
    pub(super) registry: String,
}

impl Project {
    pub(super) fn new(name: &'static str, engine: Engine) -> Self {
        let home = TempDir::new().expect("a folder");
        let tool = Path::new(env!("CARGO_BIN_EXE_splitbuild")).parent().expect("a folder").to_owned();
        let mut project = Self { home, name, engine, tool, registry: String::new() };
        project.publishes_to(plain());
        project.write("base/Dockerfile", "FROM scratch\nCOPY content /content\n");
        project.write("base/content", &format!("the first base of {name}\n"));
        project.write("app/content", &format!("an app of {name}\n"));
        project.write("script/build.sh", "set -eu\ndocker build --tag \"$1\" app\n");
        project.git(&["init", "--quiet", "--initial-branch=main"]);
        project.commit();
        project
    }

    /// Another registry than the tests' own, which the Dockerfiles name.
    pub(super) fn publishes_to(&mut self, registry: &str) {
        self.registry = registry.to_owned();
        self.write("app/Dockerfile", &format!("FROM {}\nCOPY content /app\n", self.image("base", "latest")));
        if self.repository().join(".git").exists() {
            self.commit();
        }
    }

    pub(super) fn repository(&self) -> PathBuf {
        self.home.path().join("repository")
    }

    pub(super) fn write(&self, file: &str, text: &str) {
        let path = self.repository().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("written");
    }

    /// Copies a file, as it is, into a folder of the repository.
    pub(super) fn copy(&self, file: &Path, folder: &str) {
        let folder = self.repository().join(folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::copy(file, folder.join(file.file_name().expect("a name"))).expect("a copy");
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]);
        output(command.args(arguments).current_dir(self.repository()))
    }

    /// What Docker's file of credentials holds in all jobs; its path.
    pub(super) fn settings(&self, text: &str) -> String {
        let folder = self.home.path().join("docker");
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("config.json");
        std::fs::write(&file, text).expect("written");
        file.display().to_string()
    }

    pub(super) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "A commit"]);
    }

    /// Names the last commit.
    pub(super) fn tag(&self, tag: &str) {
        self.git(&["tag", tag]);
    }

    pub(super) fn image(&self, image: &str, tag: &str) -> String {
        format!("{}/meeting-{}/{image}:{tag}", self.registry, self.name)
    }

    /// The emitted configuration; what `setup` does happens after the parents' jobs and before a child is built.
    pub(super) fn config(&self, setup: &str, tags: &str) -> Config {
        let emitted = self.emitted(setup, tags);
        Config::parse(&emitted).unwrap_or_else(|refusal| panic!("{refusal}\n{emitted}"))
    }

    /// Its text.
    pub(super) fn emitted(&self, setup: &str, tags: &str) -> String {
        let name = |image: &str| self.image(image, "").trim_end_matches(':').to_owned();
        // It does not take what a name means.
        let builder = if self.engine == Engine::Classic { "circleci: { builder: legacy }\n" } else { "" };
        let matrix = format!(
            "version: 1\n\
             defaults: {{ platforms: [linux/amd64] }}\n\
             images:\n\
             \x20 base: {{ image: {}, context: base }}\n\
             \x20 app: {{ image: {}, context: app, needs: [base], setup: '{setup}' }}\n\
             \x20 script: {{ image: {}, needs: [base, app], run: 'sh script/build.sh \"$image:$arch_tag\"' }}\n\
             workflows: {{ main: {{ on: {{ branches: [main] }}, tags: {tags} }} }}\n\
             tool: {{ image: acme/tool }}\n{builder}",
            name("base"),
            name("app"),
            name("script"),
        );
        self.generated(&matrix)
    }

    /// What is made of a matrix.
    pub(super) fn generated(&self, matrix: &str) -> String {
        let path = self.home.path().join("splitbuild.yml");
        std::fs::write(&path, matrix).expect("written");
        output(Command::new(env!("CARGO_BIN_EXE_splitbuild")).arg("gen").arg(&path))
    }

    /// What is made of the matrix in the repository.
    pub(super) fn generated_here(&self) -> String {
        output(Command::new(env!("CARGO_BIN_EXE_splitbuild")).arg("gen").current_dir(self.repository()))
    }

    pub(super) fn run(&self, config: &Config, number: u64) -> Report {
        self.run_for(config, number, Event::Branch("main".into()))
    }

    pub(super) fn run_for(&self, config: &Config, number: u64, event: Event) -> Report {
        let runs = self.home.path().join(format!("run-{number}"));
        let folders = [&tools(self.engine), &self.tool, &self.bin()].map(|folder| folder.display().to_string());
        let mut runner = Runner::new(runs, &format!("{}:/usr/local/bin:/usr/bin:/bin", folders.join(":")));
        // In Bash, no command of ours is a part of the shell.
        runner.bash = true;
        runner.docker = Variables::from([("DOCKER_HOST".into(), host_of(self.engine).into())]);
        // It plays the machines of both architectures.
        let arm = ("DOCKER_DEFAULT_PLATFORM".to_owned(), "linux/arm64".to_owned());
        runner.classes.insert("arm.medium".into(), Variables::from([arm]));
        let settings = self.home.path().join("docker");
        std::fs::create_dir_all(&settings).expect("a folder");
        runner.project.insert("DOCKER_CONFIG".into(), settings.display().to_string());
        let revision = self.git(&["rev-parse", "HEAD"]).trim().to_owned();
        let trigger =
            Trigger { event, slug: "gh/acme/meeting".into(), number, revision, repository: self.repository() };
        runner.run(config, &trigger).unwrap_or_else(|refusal| panic!("{refusal}"))
    }

    /// A folder whose `sleep` takes no time: what is tried again waits before it is.
    fn bin(&self) -> PathBuf {
        let bin = self.home.path().join("bin");
        std::fs::create_dir_all(&bin).expect("a folder");
        if !bin.join("sleep").exists() {
            std::os::unix::fs::symlink("/bin/true", bin.join("sleep")).expect("a link");
        }
        bin
    }

    /// Lets the machine forget what it has pulled of an image: one that CircleCI gives to a job has nothing.
    pub(super) fn forget(&self, image: &str) {
        output(&mut docker_of(self.engine, &["image", "rm", "--force", &self.image(image, "latest")]));
    }

    /// An image of somebody else's, with another content.
    pub(super) fn other(&self) -> String {
        let folder = self.home.path().join("other");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("Dockerfile"), "FROM scratch\nCOPY content /content\n").expect("written");
        std::fs::write(folder.join("content"), format!("not the base of {}\n", self.name)).expect("written");
        let name = self.image("other", "x");
        output(&mut docker_of(self.engine, &["build", "--quiet", "--tag", &name, &folder.display().to_string()]));
        output(&mut docker_of(self.engine, &["push", "--quiet", &name]));
        name
    }
}

pub(super) fn inspected(reference: &str, how: &str) -> Value {
    let text = output(Command::new(env!("CARGO_BIN_EXE_splitbuild")).args(["inspect", reference, how]));
    serde_json::from_str(&text).expect("JSON")
}

/// The layers of the one image of an index.
pub(super) fn layers(reference: &str) -> Vec<String> {
    let image = inspected(reference, "--json")["images"][0]["digest"].as_str().expect("text").to_owned();
    let tagged = reference.split('@').next().expect("a name");
    let (name, _) = tagged.rsplit_once(':').expect("a tag");
    let manifest = inspected(&format!("{name}@{image}"), "--raw");
    let layers = manifest["layers"].as_array().expect("a list").iter();
    layers.map(|layer| layer["digest"].as_str().expect("text").to_owned()).collect()
}

/// What such a build pushes is an index with what is attested of the image: Docker's own command for combining images refuses
/// it, and it is in the index that was published.
fn attested(project: &Project) {
    let pushed = project.image("app", "latest-amd64");
    assert!(inspected(&pushed, "--raw")["manifests"].is_array(), "{pushed}");
    let arguments = ["manifest", "create", "--insecure", &project.image("app", "by-docker"), &pushed];
    let refused = docker_of(project.engine, &arguments).output().expect("it runs");
    let says = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && says.contains("is a manifest list"), "{says}");
    let images = inspected(&project.image("app", "latest"), "--json")["images"].clone();
    assert_eq!(images.as_array().expect("a list").len(), 1);
    assert!(!images[0]["attestations"].as_array().expect("a list").is_empty(), "{images:#}");
}

/// Runs it while another run moves the parent's tag; what is built is built on the parent of this one.
fn is_built_on_its_own_parent(name: &'static str, engine: Engine) {
    let project = Project::new(name, engine);
    let other = project.other();
    let base = project.image("base", "latest");
    // Between parent and child.
    let config = project.config(&format!("splitbuild copy {other} {base}"), "[latest]");
    let report = project.run(&config, 7).green();
    let files = report.job("main", "build-base-manifest").workspace();
    let (_, bytes) = files.into_iter().find(|(path, _)| path.ends_with("base-index")).expect("it is handed on");
    let ours = String::from_utf8(bytes).expect("text").trim().to_owned();
    assert!(ours.starts_with(&format!("{base}@sha256:")), "{ours}");
    let moved = inspected(&base, "--json")["digest"].clone();
    assert_eq!(moved, inspected(&other, "--json")["digest"], "{name}: the tag leads elsewhere now");
    assert!(!ours.ends_with(moved.as_str().expect("text")));
    let ours = layers(&ours);
    if engine == Engine::Containerd {
        attested(&project);
    }
    for child in ["app", "script"] {
        let log = &report.job("main", &format!("build-{child}-amd64")).log;
        let found = layers(&project.image(child, "latest"));
        assert_eq!(found.len(), 2, "{name} {child}: {log}");
        assert_eq!(found[0], ours[0], "{name} {child}: {log}");
    }
}

#[test]
fn a_child_is_built_on_the_parent_of_its_own_run() {
    let _turn = turn();
    is_built_on_its_own_parent("modern", Engine::Modern);
    is_built_on_its_own_parent("store", Engine::Containerd);
}

#[test]
fn so_it_is_by_a_daemon_that_knows_names_on_its_machine_only() {
    let _turn = turn();
    is_built_on_its_own_parent("legacy", Engine::Classic);
}

#[test]
fn an_older_run_leaves_a_moving_tag_and_publishes_its_fixed_one() {
    let _turn = turn();
    let project = Project::new("guard", Engine::Modern);
    let config = project.config("true", "[latest, \"run-${pipeline}\"]");
    project.run(&config, 8).green();
    let newer = inspected(&project.image("base", "latest"), "--json")["digest"].clone();
    assert_eq!(inspected(&project.image("base", "run-8"), "--json")["digest"], newer);
    // It began earlier, with something else, and comes to its end only now.
    project.write("base/content", "an older base\n");
    project.commit();
    let report = project.run(&config, 6).green();
    assert_eq!(inspected(&project.image("base", "latest"), "--json")["digest"], newer, "the newer run keeps the tag");
    let own = inspected(&project.image("base", "run-6"), "--json")["digest"].clone();
    assert_ne!(own, newer);
    let log = &report.job("main", "build-base-manifest").log;
    assert!(log.contains("to the newer run acme/meeting/8"), "{log}");
    // Its children are built on its own base, though nobody's tag leads there.
    assert_eq!(layers(&project.image("app", "run-6"))[0], layers(&project.image("base", "run-6"))[0]);
    let again = project.run(&config, 9).green();
    assert_ne!(inspected(&project.image("base", "latest"), "--json")["digest"], newer, "a newer one takes it");
    drop(again);
}

#[test]
fn two_runs_at_a_time_never_mix() {
    let _turn = turn();
    let first = Project::new("mixed", Engine::Modern);
    let second = Project::new("mixed", Engine::Containerd);
    second.write("base/content", "the second base\n");
    second.commit();
    let (one, two) = (first.config("true", "[latest]"), second.config("true", "[latest]"));
    let reports = std::thread::scope(|scope| {
        let runs = [scope.spawn(|| first.run(&one, 3)), scope.spawn(|| second.run(&two, 4))];
        runs.map(|run| run.join().expect("no panic"))
    });
    for report in reports {
        report.green();
    }
    // Whichever came last, children and parents are of the newer run.
    let revision = second.git(&["rev-parse", "HEAD"]).trim().to_owned();
    for image in ["base", "app", "script"] {
        let found = inspected(&first.image(image, "latest"), "--json");
        if image != "script" {
            assert_eq!(found["images"][0]["revision"], revision.as_str(), "{image}: {found:#}");
        }
    }
    assert_eq!(layers(&first.image("app", "latest"))[0], layers(&first.image("base", "latest"))[0]);
    assert_eq!(layers(&first.image("script", "latest"))[0], layers(&first.image("base", "latest"))[0]);
}
