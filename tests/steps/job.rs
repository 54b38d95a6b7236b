//! A job of an emitted configuration, with everything filled in as CircleCI fills it in, and run step by step.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::recorder::{Call, Recorder};

/// The shells that the steps are run in: Debian's `sh`, and that of the usual `docker` image.
pub const SHELLS: [&[&str]; 2] = [&["dash"], &["busybox", "sh"]];

/// What starts a run.
#[derive(Clone, Copy)]
pub enum Trigger<'t> {
    Branch(&'t str),
    Tag(&'t str),
}

/// The commit of every run.
pub const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";

/// An emitted configuration, read by another reader than splitbuild's own.
pub struct Config(Value);

impl Config {
    /// The configuration that splitbuild emits for a matrix.
    pub fn of(matrix: &str) -> Self {
        Self::for_provider(matrix, "circleci")
    }

    /// The same for a provider.
    pub fn for_provider(matrix: &str, provider: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("splitbuild.yml");
        std::fs::write(&path, matrix).expect("a matrix");
        Self::emitted(&path, provider)
    }

    /// The configuration that splitbuild emits for a file.
    pub fn generated(path: &Path) -> Self {
        Self::emitted(path, "circleci")
    }

    fn emitted(path: &Path, provider: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_splitbuild"));
        let output = command.args(["gen", "--provider", provider]).arg(path).output().expect("splitbuild runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        Self(serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}")))
    }

    /// The whole document.
    pub fn document(&self) -> &Value {
        &self.0
    }

    /// The job of GitLab's in a workflow, started by a trigger: its script is one step.
    pub fn gitlab_job(&self, workflow: &str, name: &str, trigger: Trigger) -> Job {
        let (branch, tag) = trigger.names();
        let job = &self.0[name];
        let predefined = [
            ("CI_COMMIT_SHA", REVISION),
            ("CI_COMMIT_BRANCH", branch),
            ("CI_COMMIT_TAG", tag),
            ("CI_PIPELINE_IID", "42"),
            ("CI_PROJECT_URL", "https://git.example.com/acme/this"),
            // What an attacker would like to see filled in.
            ("HOME", "/root"),
            ("SECRET", "a secret"),
        ];
        let mut environment: BTreeMap<String, String> =
            predefined.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let known = environment.clone();
        let kind = &self.0[job["extends"].as_str().expect("a kind")];
        let rule = &self.0[format!(".splitbuild-on-{workflow}")]["rules"][0];
        assert!(job["rules"].as_array().expect("rules").contains(rule), "{name} is in {workflow}");
        for variables in [&kind["variables"], &job["variables"], &rule["variables"]] {
            for (name, value) in variables.as_object().into_iter().flatten() {
                let text = match value {
                    Value::String(text) => gitlab_filled(text, &known),
                    long => {
                        assert_eq!(long["expand"], false, "{long}");
                        long["value"].as_str().expect("text").to_owned()
                    }
                };
                environment.insert(name.clone(), text);
            }
        }
        // The runner's own, not the project's.
        ["HOME", "SECRET"].iter().for_each(|name| drop(environment.remove(*name)));
        let script = job["script"].as_array().expect("a script").iter().map(|item| item.as_str().expect("text"));
        let command = script.collect::<Vec<_>>().join("\n");
        Job { environment, steps: vec![Step { title: "script".into(), command, environment: BTreeMap::new() }] }
    }

    /// The job in a workflow, started by a trigger.
    pub fn job(&self, workflow: &str, name: &str, trigger: Trigger) -> Job {
        let entries = self.0["workflows"][workflow]["jobs"].as_array().expect("jobs");
        let called = entries.iter().find_map(|entry| match entry {
            Value::String(found) if found == name => Some(&Value::Null),
            entry => entry.get(name),
        });
        let called = called.unwrap_or_else(|| panic!("{name} is in {workflow}"));
        let definition = &self.0["jobs"][name];
        let scope = Scope { called, trigger };
        let environment = scope.environment(&definition["environment"]);
        let mut steps = Vec::new();
        for step in definition["steps"].as_array().expect("steps") {
            match step {
                Value::String(word) if ["checkout", "setup_remote_docker"].contains(&word.as_str()) => {}
                Value::String(word) => {
                    for inner in
                        self.0["commands"][word]["steps"].as_array().unwrap_or_else(|| panic!("a command {word}"))
                    {
                        steps.push(scope.run(&inner["run"]));
                    }
                }
                Value::Object(map) if map.contains_key("run") => steps.push(scope.run(&step["run"])),
                Value::Object(map)
                    if map.keys().any(|k| ["persist_to_workspace", "attach_workspace"].contains(&k.as_str())) => {}
                other => panic!("an unknown step: {other}"),
            }
        }
        Job { environment, steps }
    }
}

impl<'t> Trigger<'t> {
    fn names(self) -> (&'t str, &'t str) {
        match self {
            Self::Branch(name) => (name, ""),
            Self::Tag(name) => ("", name),
        }
    }
}

/// GitLab's own filling in of variables: `$name`, `${name}` and `%name%`, and one of two dollars
/// (<https://docs.gitlab.com/ci/variables/where_variables_can_be_used/>).
fn gitlab_filled(text: &str, known: &BTreeMap<String, String>) -> String {
    let pattern =
        regex::Regex::new(r"\$\$|%%|\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)\}|%([A-Za-z_]\w*)%").expect("a pattern");
    let value = |found: &regex::Captures| match &found[0] {
        "$$" => "$".to_owned(),
        "%%" => "%".to_owned(),
        _ => {
            let name = (1..=3).find_map(|group| found.get(group)).expect("a name").as_str();
            known.get(name).cloned().unwrap_or_default()
        }
    };
    pattern.replace_all(text, value).into_owned()
}

struct Scope<'c> {
    called: &'c Value,
    trigger: Trigger<'c>,
}

impl Scope<'_> {
    fn run(&self, run: &Value) -> Step {
        assert_eq!(run["shell"], "/bin/sh", "every step says its shell");
        let command = self.fill(run["command"].as_str().expect("a command"));
        Step {
            title: run["name"].as_str().expect("a name").to_owned(),
            command,
            environment: self.environment(&run["environment"]),
        }
    }

    fn environment(&self, map: &Value) -> BTreeMap<String, String> {
        let Some(map) = map.as_object() else { return BTreeMap::new() };
        map.iter().map(|(name, value)| (name.clone(), self.fill(value.as_str().expect("text")))).collect()
    }

    /// CircleCI's own templating: `<< name >>`, with `\<<` for `<<`.
    fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("<<") {
            if rest[..at].ends_with('\\') {
                filled.push_str(&rest[..at - 1]);
                filled.push_str("<<");
                rest = &rest[at + 2..];
                continue;
            }
            filled.push_str(&rest[..at]);
            let end = rest[at..].find(">>").unwrap_or_else(|| panic!("Unclosed '<<' tag in {text}")) + at;
            filled.push_str(&self.value(rest[at + 2..end].trim()));
            rest = &rest[end + 2..];
        }
        filled + rest
    }

    fn value(&self, name: &str) -> String {
        let (branch, tag) = self.trigger.names();
        match name {
            "pipeline.git.branch" => branch.to_owned(),
            "pipeline.git.tag" => tag.to_owned(),
            "pipeline.git.revision" => REVISION.to_owned(),
            "pipeline.number" => "42".to_owned(),
            _ => {
                let name = name.strip_prefix("parameters.").unwrap_or_else(|| panic!("an unknown reference: {name}"));
                self.called[name].as_str().unwrap_or_else(|| panic!("the parameter {name}")).to_owned()
            }
        }
    }
}

/// A job that is ready to run.
pub struct Job {
    environment: BTreeMap<String, String>,
    steps: Vec<Step>,
}

struct Step {
    title: String,
    command: String,
    environment: BTreeMap<String, String>,
}

/// A job that has run.
pub struct Ran {
    /// Where it ran; gone with this value.
    root: TempDir,
    /// Whether every step has succeeded.
    pub succeeded: bool,
    /// What it printed.
    pub log: String,
    /// How the tools were called.
    pub calls: Vec<Call>,
}

impl Job {
    /// One more variable, as a context or the project's settings give it.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// The same, as if it had no parents: what their jobs hand on is not there when a job runs by itself.
    #[allow(dead_code, reason = "only jobs of random plans need it")]
    pub fn alone(mut self) -> Self {
        self.environment.remove("SPLITBUILD_PARENTS");
        self
    }

    /// Runs the steps, up to the first that fails, in a shell.
    pub fn run(&self, shell: &[&str]) -> Ran {
        self.run_prepared(shell, |_, _| {})
    }

    /// The same, after the folder of the recorder and that of the job were prepared.
    pub fn run_prepared(&self, shell: &[&str], prepare: impl Fn(&Path, &Path)) -> Ran {
        let root = TempDir::new().expect("a folder");
        let recorder = Recorder::new(&root.path().join("record"));
        let folder = root.path().join("project");
        std::fs::create_dir_all(&folder).expect("a folder");
        prepare(recorder.folder(), &folder);
        let (mut succeeded, mut log) = (true, String::new());
        for step in &self.steps {
            let output = self.execute(step, shell, recorder.folder(), &folder);
            log.push_str(&format!("== {}\n", step.title));
            log.push_str(&String::from_utf8_lossy(&output.stdout));
            log.push_str(&String::from_utf8_lossy(&output.stderr));
            succeeded = output.status.success();
            if !succeeded {
                break;
            }
        }
        let calls = recorder.calls(&folder);
        Ran { root, succeeded, log, calls }
    }

    fn execute(&self, step: &Step, shell: &[&str], record: &Path, folder: &Path) -> Output {
        let script = record.join("step.sh");
        std::fs::write(&script, &step.command).expect("a script");
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", record.join("bin").display());
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]).arg(&script).current_dir(folder).env_clear();
        command.env("PATH", path).env("HOME", record.join("home")).env("RECORD", record).env("SPLITBUILD_PAUSE", "0");
        command.envs(&self.environment).envs(&step.environment);
        command.output().unwrap_or_else(|error| panic!("{} runs: {error}", shell[0]))
    }
}

impl Ran {
    /// The same, and it must have succeeded.
    pub fn green(self) -> Self {
        assert!(self.succeeded, "{}", self.log);
        self
    }

    /// A file of the job's folder.
    pub fn file(&self, name: &str) -> String {
        let path: PathBuf = self.root.path().join("project").join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}\n{}", path.display(), self.log))
    }

    /// A file under the job's home.
    pub fn home(&self, name: &str) -> String {
        std::fs::read_to_string(self.root.path().join("record/home").join(name)).expect("a file")
    }

    /// The arguments of the calls of a tool that begin with a word.
    pub fn of(&self, tool: &str, first: &str) -> Vec<&[String]> {
        let calls = self.calls.iter().filter(|call| call.tool == tool);
        calls.map(|call| call.arguments.as_slice()).filter(|a| a.first().is_some_and(|word| word == first)).collect()
    }
}
