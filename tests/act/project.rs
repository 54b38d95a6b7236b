//! A repository, the workflows that are generated in it, and how act runs them here.

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::actions;
use crate::daemon::{Engine, host_of, output, tools};
use crate::event::Event;
use crate::own;
use crate::published::Published;
use crate::ran::Ran;
use crate::registry::{folder, plain};
use crate::tool::tool;
use crate::workflow::Workflow;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A repository of `acme`.
pub struct Project {
    home: PathBuf,
    /// The secrets of its settings. Every run sees to it that no log and no output has one.
    pub secrets: Vec<(&'static str, &'static str)>,
    /// Secrets that are words of every day, such as a user's name: they are in logs, and in no output.
    pub names: Vec<(&'static str, &'static str)>,
    /// The variables of its settings.
    pub variables: Vec<(&'static str, &'static str)>,
    /// The number of the next run.
    pub number: Cell<u32>,
    /// Whether the files are what is generated; not those that a test has written or changed.
    is_generated: Cell<bool>,
}

/// Before Docker, plays the machine of the job: one of the platform of its runner, that nobody has used before. Notes when a
/// job builds. The tests' daemon has no network of its own.
const DOCKER: &str = r#"#!/bin/sh
machine=$PLAYS/machines/$GITHUB_JOB
export HOME="$PLAYS/homes/$GITHUB_JOB"
mkdir -p "$HOME"
verb=$1
shift
case $verb in
  build) echo "$GITHUB_JOB begins $(date +%s%N)" >>"$PLAYS/times"; sleep 1 ;;
  run) set -- --network host "$@" ;;
esac
DOCKER_DEFAULT_PLATFORM=$(cat "$machine") "$DOCKER_TOOLS/docker" "$verb" "$@" || exit
[ "$verb" != build ] || echo "$GITHUB_JOB ends $(date +%s%N)" >>"$PLAYS/times"
"#;

/// The same for the program under test, whose logins are in that home.
const SPLITBUILD: &str = "#!/bin/sh\nexport HOME=\"$PLAYS/homes/$GITHUB_JOB\"\nexec \"$SPLITBUILD\" \"$@\"\n";

impl Project {
    /// The files of an example with its own matrix, or one made of it.
    pub fn of_example(example: &str, name: &str, change: impl FnOnce(&str) -> String) -> Self {
        let project = Self::empty(name);
        let from = Path::new(ROOT).join("examples").join(example);
        output(Command::new("cp").arg("-rT").arg(from).arg(project.repository()));
        let matrix = change(&project.read("splitbuild.yml"));
        project.generated_from(&matrix)
    }

    /// The project's own repository.
    pub fn of_own(name: &str, images: &str) -> Self {
        let project = Self::empty(name);
        own::copy(&project.repository());
        project.generated_from(&own::matrix(images))
    }

    /// A repository with a matrix and nothing else.
    pub fn of_matrix(name: &str, matrix: &str) -> Self {
        Self::empty(name).generated_from(matrix)
    }

    /// The matrix that `splitbuild init` writes for some files, after somebody has mended it and them.
    pub fn drafted(name: &str, files: &[(&str, &str)], mend: impl FnOnce(&Self, &str) -> String) -> Self {
        let project = Self::empty(name);
        files.iter().for_each(|(file, text)| project.write(file, text));
        let mut init = Command::new(env!("CARGO_BIN_EXE_splitbuild"));
        output(init.arg("init").current_dir(project.repository()));
        let matrix = mend(&project, &project.read("splitbuild.yml"));
        project.generated_from(&matrix)
    }

    fn generated_from(self, matrix: &str) -> Self {
        fs::write(self.repository().join("splitbuild.yml"), matrix).expect("written");
        self.generate(&[]);
        self.is_generated.set(true);
        self.commit_all();
        self
    }

    /// A repository with a workflow, `main.yml`, that nothing generated.
    pub fn by_hand(name: &str, workflow: &str) -> Self {
        let project = Self::empty(name);
        project.write(".github/workflows/main.yml", workflow);
        project
    }

    fn empty(name: &str) -> Self {
        let project = Self {
            home: folder(&format!("act-{name}")),
            secrets: Vec::new(),
            names: Vec::new(),
            variables: Vec::new(),
            number: Cell::new(1),
            is_generated: Cell::new(false),
        };
        for (tool, text) in [("docker", DOCKER), ("splitbuild", SPLITBUILD)] {
            let path = project.path("bin").join(tool);
            fs::write(&path, text).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a tool that runs");
        }
        project.git(&["init", "--quiet", "--initial-branch=main"]);
        project.git(&["remote", "add", "origin", &format!("https://github.com/{}.git", project.name())]);
        project
    }

    /// As `github.repository` has it.
    fn name(&self) -> String {
        format!("acme/{}", self.home.file_name().expect("a name").to_string_lossy())
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = self.home.join(name);
        fs::create_dir_all(&path).expect("a folder");
        path
    }

    fn repository(&self) -> PathBuf {
        self.path("repository")
    }

    /// Generates the files, or with `--check` sees that they are what was generated.
    fn generate(&self, more: &[&str]) {
        let mut generate = Command::new(env!("CARGO_BIN_EXE_splitbuild"));
        generate.args(["gen", "--provider", "github", "-o", ".github/workflows"]).args(more);
        output(generate.current_dir(self.repository()));
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=Acme", "-c", "user.email=ci@acme.example"]).args(arguments);
        output(git.current_dir(self.repository()))
    }

    fn commit_all(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "A change"]);
    }

    pub fn commit(&self) -> String {
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Has the files of a commit again.
    pub fn go_to(&self, commit: &str) {
        self.git(&["checkout", "--quiet", commit]);
    }

    /// Writes and commits a file.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.repository().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
        self.commit_all();
    }

    pub fn read(&self, file: &str) -> String {
        let path = self.repository().join(file);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Whether a job has left such a file anywhere.
    pub fn has_file(&self, name: &str) -> bool {
        !output(Command::new("find").arg(&self.home).args(["-name", name])).is_empty()
    }

    /// Changes a workflow's file, as if GitHub, or somebody, had.
    pub fn tamper(&self, workflow: &str, (from, to): (&str, &str)) {
        let file = format!(".github/workflows/{workflow}.yml");
        let text = self.read(&file);
        assert!(text.contains(from), "{from} is not in\n{text}");
        self.is_generated.set(false);
        self.write(&file, &text.replacen(from, to, 1));
    }

    /// Runs a workflow. act does not ask whether the event starts it: whoever calls this says so.
    pub fn run(&self, workflow: &str, event: Event<'_>) -> Ran {
        self.run_on(workflow, event, &[])
    }

    /// The same, where some jobs get machines of another platform than their runners are.
    pub fn run_on(&self, workflow: &str, event: Event<'_>, machines: &[(&str, &str)]) -> Ran {
        let repository = self.name();
        let file = format!(".github/workflows/{workflow}.yml");
        let asked = Workflow::read(&self.repository().join(&file));
        let others = machines.iter().map(|(job, platform)| ((*job).to_owned(), *platform));
        for (job, platform) in asked.machines.clone().into_iter().chain(others) {
            fs::write(self.path("plays/machines").join(job), platform).expect("written");
        }
        let _ = fs::remove_file(self.path("plays").join("times"));
        for of_run in ["homes", "artifacts"] {
            let _ = fs::remove_dir_all(self.path("plays").join(of_run));
        }

        let program = Path::new(ROOT).join("target/ci-tools/bin/act");
        assert!(program.exists(), "{} is not there; ./test installs what the tests need", program.display());
        let mut act = Command::new(program);
        act.args([event.name(), "--json", "--no-cache-server", "--pull=false", "--concurrent-jobs", "2"]);
        // What is masked could not be looked for.
        act.args(["--insecure-secrets", "--container-daemon-socket", "-", "--workflows", &file]);
        for label in &asked.labels {
            act.args(["--platform", &format!("{label}=-self-hosted")]);
        }
        asked.containers.iter().for_each(|image| tool(image));
        act.args(actions::stubs(&self.path("actions"), &asked.actions));
        let payload = self.path("etc").join("event.json");
        fs::write(&payload, event.payload(&repository, &self.commit()).to_string()).expect("written");
        act.arg("--eventpath").arg(payload);
        let secrets = [&self.secrets[..], &self.names].concat();
        for (option, values) in [("--secret-file", &secrets), ("--var-file", &self.variables)] {
            let lines: String = values.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
            let path = self.path("etc").join(option.trim_start_matches('-'));
            fs::write(&path, lines).expect("written");
            act.arg(option).arg(path);
        }
        // What act knows nothing of, or has one answer to.
        for (name, value) in [
            ("GITHUB_RUN_NUMBER", self.number.get().to_string()),
            ("GITHUB_WORKFLOW_REF", format!("{repository}/{file}@{}", event.full_ref())),
            ("GITHUB_REF_TYPE", if matches!(event, Event::Tag(_)) { "tag" } else { "branch" }.to_owned()),
        ] {
            act.args(["--env", &format!("{name}={value}")]);
        }
        // act calls a container after workflow and job, and takes away one that is called so.
        static TURN: Mutex<()> = Mutex::new(());
        let _turn = (!asked.containers.is_empty()).then(|| TURN.lock().unwrap_or_else(PoisonError::into_inner));
        // A job has what act has.
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").expect("a path"));
        act.env_clear().env("PATH", path).env("HOME", self.path("home")).env("TMPDIR", self.path("tmp"));
        act.env("PLAYS", self.path("plays")).env("SPLITBUILD", env!("CARGO_BIN_EXE_splitbuild"));
        act.env("DOCKER_HOST", host_of(Engine::Modern)).env("DOCKER_TOOLS", tools(Engine::Modern));
        // It is a terminal to its jobs, which GitHub's runner is not.
        act.env("BUILDKIT_PROGRESS", "plain").env("NO_COLOR", "1").env("TERM", "dumb");
        let done = act.current_dir(self.repository()).output().expect("act runs");
        self.number.set(self.number.get() + 1);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let times = fs::read_to_string(self.path("plays").join("times")).unwrap_or_default();
        let ran = Ran::read(done.status.success(), &text(&done.stdout), &(text(&done.stderr) + &times));
        if self.is_generated.get() {
            self.generate(&["--check"]);
        }
        self.keeps_secrets(&ran);
        ran
    }

    /// GitHub drops an output that has a secret in it, and says so where nobody looks.
    fn keeps_secrets(&self, ran: &Ran) {
        for (name, secret) in &self.secrets {
            assert!(!ran.log.contains(secret), "the log has {name}: {}", ran.log);
        }
        for (name, secret) in self.secrets.iter().chain(&self.names) {
            for (job, output, value) in ran.outputs() {
                assert!(!value.contains(secret), "GitHub drops {output} of {job}, which has {name}: {value}");
            }
        }
    }
}

impl Published for Project {
    fn images_name(&self) -> String {
        format!("{}/{}", plain(), self.name().trim_start_matches("acme/"))
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.path(name)
    }
}

/// The name under which the images of a project lie, before it is there.
pub fn images_of(name: &str) -> String {
    format!("{}/act-{name}", plain())
}
