//! The example in a git repository of its own, its pipeline, and what came out of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::daemon::{Engine, docker_of, host_of, output, tools};
use crate::own;
use crate::published::Published;
use crate::registry::{folder, plain};

/// What builds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Builder {
    /// The runner's own daemon.
    Daemon,
    /// A daemon in a service, whose part the runner's own plays.
    Service,
    /// buildah.
    Buildah,
}

/// A repository with the example, or with another matrix.
pub struct Pipeline {
    home: PathBuf,
    builder: Builder,
    /// What is generated.
    emitted: &'static str,
    /// Variables of whoever starts the pipeline.
    pub variables: Vec<(String, String)>,
    /// Whether a schedule starts it, and not a push.
    pub is_scheduled: bool,
    /// Whether a merge request of the branch into `main` starts it.
    pub is_request: bool,
}

/// A pipeline that has run.
pub struct Ran {
    pub is_green: bool,
    pub log: String,
}

/// Plays the machine of the job's architecture, or of the one in a file that is called after the job; notes when a job of
/// an architecture builds.
const DOCKER: &str = r#"#!/bin/sh
machine=linux/${CI_JOB_NAME##*-}
if [ -e "$PLAYS/$CI_JOB_NAME" ]; then machine=$(cat "$PLAYS/$CI_JOB_NAME"); fi
if [ "$1" = build ]; then
  echo "$CI_JOB_NAME begins $(date +%s%N)" >>"$PLAYS/times"
  sleep 1
fi
DOCKER_DEFAULT_PLATFORM=$machine "$DOCKER_TOOLS/docker" "$@" || exit
if [ "$1" = build ]; then echo "$CI_JOB_NAME ends $(date +%s%N)" >>"$PLAYS/times"; fi
"#;

/// Every machine has a storage of its own.
const BUILDAH: &str = r#"#!/bin/sh
machine=${CI_JOB_NAME##*-}
export CONTAINERS_STORAGE_CONF="$PLAYS/storage-$machine.conf"
if [ "$1" = build ]; then
  shift
  exec /usr/bin/buildah build --platform "linux/$machine" "$@"
fi
exec /usr/bin/buildah "$@"
"#;

/// What gitlab-ci-local asks of a container engine for a job with services, without one.
const ENGINE: &str = "#!/bin/sh\n[ \"$1\" = image ] && echo '[{}]' || echo stub\n";

impl Pipeline {
    /// The example.
    pub fn new(name: &str, builder: Builder) -> Self {
        let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/gitlab/splitbuild.yml"));
        let config = match builder {
            Builder::Service => "",
            Builder::Daemon => "  services: []\n",
            Builder::Buildah => "  builder: buildah\n",
        };
        let matrix = text.expect("the matrix").replace("gitlab:\n", &format!("gitlab:\n{config}"));
        Self::of(name, builder, (&matrix, ".gitlab/splitbuild.yml"))
    }

    /// The example with variants, whose images go to the project's own registry.
    pub fn variants(name: &str) -> Self {
        let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/variants/splitbuild.yml"));
        let login = "registries:\n  ghcr.io: { username: \"${GHCR_USER}\", password: \"${GHCR_TOKEN}\" }\n";
        let matrix = text
            .expect("the matrix")
            .replace(" ghcr.io/acme", " ${CI_REGISTRY_IMAGE}")
            .replace("\"ghcr.io/acme/runtime", "\"${CI_REGISTRY_IMAGE}/runtime");
        assert!(matrix.contains(login));
        let matrix = matrix.replace(login, "").replace("gitlab:\n", "gitlab:\n  services: []\n");
        Self::in_files_of("variants", name, Builder::Daemon, (&matrix, ".gitlab/splitbuild.yml"))
    }

    /// The project's own.
    pub fn own(name: &str) -> Self {
        let pipeline = Self::empty(name, Builder::Daemon, ".gitlab/splitbuild.yml");
        own::copy(&pipeline.repository());
        let matrix = own::matrix(&pipeline.images_name()).replace("gitlab:\n", "gitlab:\n  services: []\n");
        pipeline.committed(&matrix)
    }

    /// The example's files with a matrix, and where what is made from it goes.
    pub fn of(name: &str, builder: Builder, made: (&str, &'static str)) -> Self {
        Self::in_files_of("gitlab", name, builder, made)
    }

    /// The matrix that `splitbuild init` writes for some files, after somebody has mended it.
    pub fn drafted(name: &str, files: &[(&str, &str)], mend: impl FnOnce(&str) -> String) -> Self {
        let pipeline = Self::empty(name, Builder::Service, ".gitlab-ci.yml");
        files.iter().for_each(|(file, text)| pipeline.write(file, text));
        output(Command::new(env!("CARGO_BIN_EXE_splitbuild")).arg("init").current_dir(pipeline.repository()));
        let matrix = mend(&pipeline.read("splitbuild.yml"));
        pipeline.committed(&matrix)
    }

    fn in_files_of(example: &str, name: &str, builder: Builder, (matrix, emitted): (&str, &'static str)) -> Self {
        let pipeline = Self::empty(name, builder, emitted);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
        copy(&root, &pipeline.repository());
        pipeline.committed(matrix)
    }

    /// Without any files.
    fn empty(name: &str, builder: Builder, emitted: &'static str) -> Self {
        let home = folder(&format!("gitlab-{name}"));
        let pipeline = Self { home, builder, emitted, variables: Vec::new(), is_scheduled: false, is_request: false };
        for (tool, text) in [("docker", DOCKER), ("buildah", BUILDAH), ("engine", ENGINE)] {
            let path = pipeline.path("bin").join(tool);
            fs::write(&path, text).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a tool that runs");
        }
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_splitbuild"), pipeline.path("bin").join("splitbuild"))
            .expect("a link");
        pipeline.git(&["init", "--quiet", "--initial-branch=main"]);
        pipeline.git(&["remote", "add", "origin", "https://gitlab.example.com/acme/app.git"]);
        // It asks which branch is the default one.
        fs::create_dir_all(pipeline.repository().join(".git/refs/remotes/origin")).expect("a folder");
        fs::write(pipeline.repository().join(".git/refs/remotes/origin/HEAD"), "ref: refs/remotes/origin/main\n")
            .expect("written");
        pipeline
    }

    /// The files with a matrix and what is made from it, as a commit.
    fn committed(self, matrix: &str) -> Self {
        let pipeline = self;
        fs::write(pipeline.repository().join("splitbuild.yml"), matrix).expect("written");
        pipeline.generate(&[]);
        fs::write(pipeline.repository().join(".gitignore"), ".gitlab-ci-local/\n").expect("written");
        pipeline.commit_all();
        fs::write(
            pipeline.path("etc").join("registries.conf"),
            format!("[[registry]]\nlocation = \"{}\"\ninsecure = true\n", plain()),
        )
        .expect("written");
        for architecture in ["amd64", "arm64"] {
            let storage = pipeline.path(&format!("storage-{architecture}"));
            let text = format!(
                "[storage]\ndriver = \"vfs\"\ngraphroot = \"{0}/graph\"\nrunroot = \"{0}/run\"\n",
                storage.display()
            );
            fs::write(pipeline.path("plays").join(format!("storage-{architecture}.conf")), text).expect("written");
        }
        pipeline
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = self.home.join(name);
        fs::create_dir_all(&path).expect("a folder");
        path
    }

    fn repository(&self) -> PathBuf {
        self.path("repository")
    }

    /// Generates the file, or with `--check` sees that it is what was generated.
    fn generate(&self, more: &[&str]) {
        let mut generate = Command::new(env!("CARGO_BIN_EXE_splitbuild"));
        generate.args(["gen", "--provider", "gitlab", "-o", self.emitted]).args(more);
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

    pub fn change(&self, file: &str, text: &str) {
        self.write(file, text);
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.repository().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
        self.commit_all();
    }

    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.repository().join(file)).expect("text")
    }

    /// Lets a job run on a machine of another platform.
    pub fn plays(&self, job: &str, platform: &str) {
        fs::write(self.path("plays").join(job), platform).expect("written");
    }

    /// Runs the pipeline for a branch or a tag.
    pub fn run(&self, branch: &str, tag: Option<&str>) -> Ran {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let program = root.join("target/ci-tools/node/node_modules/.bin/gitlab-ci-local");
        assert!(program.exists(), "{} is not there; ./test installs what the tests need", program.display());
        let _ = fs::remove_file(self.path("plays").join("times"));
        let mut command = Command::new(program);
        command.args(["--force-shell-executor", "--shell-isolation", "--no-color", "--timestamps"]);
        // Its schema is older than `id_tokens` there, which GitLab's own, checked elsewhere, has.
        for path in ["oneOf/0/type", "oneOf/1/items/enum", "oneOf"] {
            command.args(["--ignore-schema-paths", &format!("#/properties/inherit/properties/default/{path}")]);
        }
        command.args([
            "--ignore-predefined-vars",
            "CI_COMMIT_BRANCH,CI_COMMIT_TAG,CI_COMMIT_REF_NAME,CI_REGISTRY_IMAGE,CI_PIPELINE_SOURCE",
        ]);
        command.arg("--container-executable").arg(self.path("bin").join("engine"));
        let host = host_of(Engine::Modern);
        let source = match (self.is_scheduled, self.is_request) {
            (true, _) => "schedule",
            (_, true) => "merge_request_event",
            _ => "push",
        };
        // https://docs.gitlab.com/ci/variables/predefined_variables/#predefined-variables-for-merge-request-pipelines
        let of_request = [
            ("CI_MERGE_REQUEST_ID", "712"),
            ("CI_MERGE_REQUEST_IID", "7"),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", branch),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ];
        for (name, value) in of_request.iter().filter(|_| self.is_request) {
            command.args(["--variable", &format!("{name}={value}")]);
        }
        for (name, value) in [
            ("CI_COMMIT_BRANCH", if self.is_request { "" } else { branch }),
            ("CI_COMMIT_TAG", tag.unwrap_or_default()),
            ("CI_COMMIT_REF_NAME", tag.unwrap_or(branch)),
            ("CI_REGISTRY_IMAGE", &self.images_name()),
            ("CI_PIPELINE_SOURCE", source),
            ("DOCKER_HOST", host),
            ("DOCKER_TLS_VERIFY", ""),
            ("DOCKER_CERT_PATH", ""),
        ] {
            command.args(["--variable", &format!("{name}={value}")]);
        }
        for (name, value) in &self.variables {
            command.args(["--variable", &format!("{name}={value}")]);
        }
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").expect("a path"));
        command.env("PATH", path).env("PLAYS", self.path("plays")).env("HOME", self.path("home"));
        command.env("DOCKER_TOOLS", tools(Engine::Modern)).env("TMPDIR", self.path("tmp"));
        command.env("CONTAINERS_REGISTRIES_CONF", self.path("etc").join("registries.conf"));
        let output = command.current_dir(self.repository()).output().expect("gitlab-ci-local runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.generate(&["--check"]);
        Ran { is_green: output.status.success(), log: text(&output.stdout) + &text(&output.stderr) + &self.times() }
    }

    fn times(&self) -> String {
        fs::read_to_string(self.path("plays").join("times")).unwrap_or_default()
    }

    /// What the daemon has of this pipeline.
    pub fn images(&self) -> String {
        assert!(self.builder == Builder::Daemon);
        let images = format!("{}/*", self.images_name());
        output(&mut docker_of(
            Engine::Modern,
            &["image", "ls", "--all", "--format", "{{.Repository}}:{{.Tag}}@{{.Digest}}", &images],
        ))
    }

    /// What its jobs have left in the folder for temporary files, such as logins.
    pub fn left(&self) -> Vec<PathBuf> {
        fs::read_dir(self.path("tmp")).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
    }
}

impl Published for Pipeline {
    fn images_name(&self) -> String {
        let name = self.home.file_name().expect("a name").to_string_lossy().into_owned();
        format!("{}/{name}", plain())
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.path(name)
    }
}

impl Ran {
    pub fn green(self) -> Self {
        assert!(self.is_green, "{}\nWhat failed:\n{}", self.log, self.of_failed());
        self
    }

    /// What the jobs said that failed, without their commands.
    fn of_failed(&self) -> String {
        let lines = || self.log.lines().filter(|line| line.starts_with('['));
        // "[12:34:56 7.89 ms] job > text", and at its end "[…] job finished in 10 ms  FAIL 1".
        let job =
            |line: &str| line.split_once("] ").and_then(|(_, rest)| Some(rest.split_whitespace().next()?.to_owned()));
        let failed: Vec<Option<String>> = lines().filter(|line| line.contains("  FAIL ")).map(job).collect();
        let said: Vec<&str> = lines().filter(|line| failed.contains(&job(line)) && !line.contains(" $ ")).collect();
        said.join("\n")
    }

    /// Whether a job ended as `PASS` or `FAIL`.
    pub fn ended(&self, job: &str, how: &str) -> bool {
        let is = |line: &str| line.trim_start().starts_with(how) && line.trim_end().ends_with(job);
        self.log.lines().any(is)
    }

    /// Whether two jobs built at the same time.
    pub fn overlap(&self, one: &str, other: &str) -> bool {
        let at = |job: &str, what: &str| -> u64 {
            let line = self.log.lines().find_map(|line| line.strip_prefix(&format!("{job} {what} ")));
            line.and_then(|time| time.parse().ok()).unwrap_or_else(|| panic!("{job} {what}: {}", self.log))
        };
        at(one, "begins") < at(other, "ends") && at(other, "begins") < at(one, "ends")
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name");
        // What a run of a person's has left there is not the example's.
        if name == ".gitlab-ci-local" {
            continue;
        }
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).expect("a copy");
        }
    }
}
