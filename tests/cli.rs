//! The command line as its users meet it: what goes where, exit codes, and files that are whole or untouched.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

#[path = "cli/completions.rs"]
mod completions;
#[path = "cli/exports.rs"]
mod exports;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/formats.rs"]
mod formats;
#[path = "cli/graph.rs"]
mod graph;
#[path = "cli/lineage.rs"]
mod lineage;
#[path = "cli/man.rs"]
mod man;
#[path = "cli/plan.rs"]
mod plan;
#[path = "cli/times.rs"]
mod times;
#[path = "cli/workflows.rs"]
mod workflows;

const MATRIX: &str = "\
version: 1
vars: { org: acme }
images: { app: { image: \"${org}/app\" } }
workflows: { main: { on: { branches: [main] }, tags: [latest] } }
tool: { image: acme/tool }
";

struct Project(TempDir);

impl Project {
    fn new(matrix: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("splitbuild.yml"), matrix).expect("a matrix");
        Self(folder)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_splitbuild")).args(arguments).current_dir(self.0.path()).output();
        Ran(output.expect("splitbuild runs"))
    }
}

struct Ran(Output);

impl Ran {
    fn code(&self) -> i32 {
        self.0.status.code().expect("an exit code")
    }
    fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).expect("UTF-8")
    }
    fn error(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).expect("UTF-8")
    }
    fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code(), code, "{}{}", self.out(), self.error());
        self
    }
}

#[test]
fn the_result_is_on_stdout_and_nothing_else_is_said() {
    let project = Project::new(MATRIX);
    let ran = project.run(&["gen"]).with_code(0);
    assert!(ran.out().starts_with("# Made by splitbuild 0.1.0 from splitbuild.yml"), "{}", ran.out());
    assert!(ran.out().contains("--tag \"acme/app:latest-$arch\""), "{}", ran.out());
    assert_eq!(ran.error(), "");
}

#[test]
fn the_same_bytes_from_everywhere() {
    let project = Project::new(MATRIX);
    let here = project.run(&["gen"]).with_code(0).out();
    let absolute = project.path("splitbuild.yml");
    let elsewhere = Command::new(env!("CARGO_BIN_EXE_splitbuild"))
        .arg("gen")
        .arg(&absolute)
        .current_dir("/")
        .output()
        .expect("it runs");
    assert_eq!(here.as_bytes(), elsewhere.stdout);
    assert!(!here.contains(&*project.0.path().to_string_lossy()), "no path of this machine");
}

#[test]
fn check_tells_whether_the_file_is_stale() {
    let project = Project::new(MATRIX);
    let usual = project.path(".circleci/config.yml");
    let ran = project.run(&["gen", "--check"]).with_code(1);
    assert!(ran.out().contains("+version: 2.1") && ran.error().contains("is stale"), "a missing file is stale");
    assert!(!usual.exists(), "nothing is written");
    project.run(&["gen", "-o", ".circleci/config.yml"]).with_code(0);
    let ran = project.run(&["gen", "--check"]).with_code(0);
    assert_eq!((ran.out(), ran.error()), (String::new(), ".circleci/config.yml is up to date\n".into()));
    fs::write(&usual, fs::read_to_string(&usual).expect("a file").replace("medium", "large")).expect("a file");
    let ran = project.run(&["gen", "--check"]).with_code(1);
    assert!(
        ran.out().starts_with("--- .circleci/config.yml\n+++ .circleci/config.yml (generated)\n@@"),
        "{}",
        ran.out()
    );
    assert!(ran.out().contains("-    resource_class: large\n+    resource_class: medium\n"), "{}", ran.out());
    project.run(&["gen", "--check", "-o", "other.yml"]).with_code(1);
}

#[test]
fn a_file_is_written_whole_and_only_if_it_has_changed() {
    let project = Project::new(MATRIX);
    let target = project.path("out/ci.yml");
    let ran = project.run(&["gen", "-o", "out/ci.yml"]).with_code(0);
    assert_eq!((ran.out(), ran.error()), (String::new(), "wrote out/ci.yml\n".into()));
    let before = fs::metadata(&target).and_then(|m| m.modified()).expect("a file");
    let ran = project.run(&["gen", "-o", "out/ci.yml"]).with_code(0);
    assert_eq!(ran.error(), "out/ci.yml is up to date\n");
    assert_eq!(fs::metadata(&target).and_then(|m| m.modified()).expect("a file"), before);
    let good = fs::read(&target).expect("a file");
    fs::write(project.path("splitbuild.yml"), MATRIX.replace("image:", "imag:")).expect("a matrix");
    let ran = project.run(&["gen", "-o", "out/ci.yml"]).with_code(1);
    assert!(ran.error().contains("nothing was written"), "{}", ran.error());
    assert_eq!(fs::read(&target).expect("a file"), good);
    assert_eq!(fs::read_dir(project.path("out")).expect("a folder").count(), 1, "no temporary file is left");
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let project = Project::new(MATRIX);
    let ran = project.run(&["gen", "-o", "splitbuild.yml/ci.yml"]).with_code(1);
    assert!(ran.error().starts_with("splitbuild: cannot write splitbuild.yml/ci.yml: "), "{}", ran.error());
}

#[test]
fn vars_on_the_command_line_beat_the_matrix_and_stand_in_the_header() {
    let project = Project::new(&MATRIX.replace("tags: [latest] }", "tags: [latest], vars: { org: elsewhere } }"));
    let ran = project.run(&["gen", "--var", "org=r.example.com:5000/it's"]).with_code(1);
    assert!(ran.error().contains("is not a valid image name"), "{}", ran.error());
    let ran = project.run(&["gen", "--var", "org=localhost:5000/me"]).with_code(0);
    assert!(
        ran.out().contains("#     splitbuild gen --var org=localhost:5000/me -o .circleci/config.yml"),
        "{}",
        ran.out()
    );
    assert!(ran.out().contains("\"localhost:5000/me/app:latest-$arch\"") && !ran.out().contains("elsewhere"));
    let ran = project.run(&["gen", "--var", "orgg=x"]).with_code(2);
    assert!(ran.error().contains("did you mean `org`?"), "{}", ran.error());
    project.run(&["gen", "--var", "org"]).with_code(2);
    project.run(&["gen", "--var", "org=a\nb"]).with_code(2);
}

#[test]
fn wrong_usage_is_two() {
    let project = Project::new(MATRIX);
    let ran = project.run(&["gen", "none.yml"]).with_code(2);
    assert!(ran.error().starts_with("splitbuild: there is no none.yml"), "{}", ran.error());
    project.run(&["gen", "--provider", "jenkins"]).with_code(2);
    project.run(&["gne"]).with_code(2);
    fs::create_dir(project.path("folder")).expect("a folder");
    project.run(&["gen", "folder"]).with_code(2);
    fs::write(project.path("latin1.yml"), b"version: 1\nvars: { a: \xe9 }\n").expect("a file");
    let ran = project.run(&["gen", "latin1.yml"]).with_code(2);
    assert!(ran.error().contains("latin1.yml:2: this is not UTF-8"), "{}", ran.error());
}

#[test]
fn the_smallest_matrix_of_the_help_works() {
    let project = Project::new(MATRIX);
    let help = project.run(&["gen", "--help"]).with_code(0).out();
    let start = help.find("The smallest matrix:\n").expect("it is there") + "The smallest matrix:\n".len();
    let matrix = help[start..].split("\n\n").next().expect("lines").replace("\n  ", "\n");
    fs::write(project.path("splitbuild.yml"), matrix.trim_start()).expect("a matrix");
    project.run(&["gen"]).with_code(0);
    for verb in ["gen", "plan"] {
        let help = project.run(&[verb, "--help"]).out();
        assert!(help.contains("Examples:") && help.contains("Exit codes:"), "{help}");
    }
}

#[test]
fn no_colour_without_a_terminal() {
    let project = Project::new("version: 2\n");
    let ran = project.run(&["gen"]).with_code(1);
    assert!(!ran.error().contains('\u{1b}') && ran.out().is_empty());
    assert!(ran.error().contains("splitbuild.yml:1:10"), "{}", ran.error());
}

#[test]
fn what_circleci_cannot_carry_is_refused() {
    for line in ["setup: 'echo \\<<x'", "run: 'echo \\<<x'"] {
        let project = Project::new(&MATRIX.replace("\"${org}/app\"", &format!("acme/app, {line}")));
        let ran = project.run(&["gen"]).with_code(1);
        assert!(
            ran.out().is_empty() && ran.error().contains("`\\<<` in a script of the image `app`"),
            "{}",
            ran.error()
        );
    }
}

#[cfg(unix)]
#[test]
fn a_strange_file_name_stays_in_its_comment() {
    let project = Project::new("");
    fs::write(project.path("a\nb: c\u{2028}.yml"), MATRIX).expect("a matrix");
    let text = project.run(&["gen", "a\nb: c\u{2028}.yml"]).with_code(0).out();
    assert!(text.starts_with("# Made by splitbuild 0.1.0 from a?b: c?.yml"), "{text}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let project = Project::new(MATRIX);
    let binary = Path::new(env!("CARGO_BIN_EXE_splitbuild")).display().to_string();
    let script = format!("set -o pipefail; {binary} gen | head -n 1");
    let output = Command::new("bash").args(["-c", &script]).current_dir(project.0.path()).output().expect("bash runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_hand_written_file_is_merged_and_checked() {
    let matrix = MATRIX.to_owned() + "circleci: { config: own.yml, contexts: [secrets] }\n";
    let project = Project::new(&matrix.replace("image: \"${org}/app\"", "image: acme/app, needs: [compile]"));
    let own = "\
version: 2.1
orbs: { slack: circleci/slack@5.0 }
jobs:
  compile: { docker: [{ image: rust }], steps: [checkout, run: \"cargo build # << pipeline.id >>\"] }
  ship: { docker: [{ image: alpine }], steps: [run: echo] }
workflows:
  main:
    jobs:
      - compile
      - ship: { requires: [build-app-manifest], context: [other] }
      - slack/notify: { name: tell, filters: { branches: { only: main } }, requires: [ship] }
  nightly:
    jobs: [compile]
";
    fs::write(project.path("own.yml"), own).expect("a file");
    let text = project.run(&["gen"]).with_code(0).out();
    let found: serde_json::Value = serde_yaml::from_str(&text).expect("YAML");
    assert_eq!(found["orbs"]["slack"], "circleci/slack@5.0");
    assert_eq!(found["jobs"]["compile"]["steps"][1]["run"], "cargo build # << pipeline.id >>");
    let jobs = found["workflows"]["main"]["jobs"].as_array().expect("jobs");
    let called = |entry: &serde_json::Value| {
        let (key, called) = entry.as_object()?.iter().next()?;
        Some((called["name"].as_str().unwrap_or(key).to_owned(), called.clone()))
    };
    let called: BTreeMap<String, serde_json::Value> = jobs.iter().filter_map(called).collect();
    let named = |name: &str| called.get(name).unwrap_or_else(|| panic!("{name}"));
    let filters = serde_json::json!({"branches": {"only": ["main"]}});
    assert_eq!(named("compile")["filters"], filters, "an entry without filters gets the workflow's");
    assert!(named("compile").get("context").is_none(), "contexts are never given");
    assert_eq!(named("ship")["filters"], filters);
    assert_eq!(named("tell")["filters"]["branches"]["only"], "main", "its own filters stay");
    assert_eq!(named("build-app-amd64")["requires"], serde_json::json!(["compile"]));
    assert!(
        found["jobs"]["build-app"]["steps"]
            .as_array()
            .expect("steps")
            .iter()
            .any(|s| s.get("attach_workspace").is_some())
    );
    assert_eq!(found["workflows"]["nightly"]["jobs"][0], "compile");

    fs::write(project.path("own.yml"), own.replace("[build-app-manifest]", "[build-app-manifst]")).expect("a file");
    let ran = project.run(&["gen"]).with_code(1);
    assert!(
        ran.error().contains("own.yml:10:28") && ran.error().contains("did you mean `build-app-manifest`?"),
        "{}",
        ran.error()
    );
    fs::write(project.path("own.yml"), own.replace("  ship: {", "  build-app-arm64: {")).expect("a file");
    project.run(&["gen"]).with_code(1);
    fs::remove_file(project.path("own.yml")).expect("a file");
    let ran = project.run(&["gen"]).with_code(1);
    assert!(ran.error().contains("splitbuild.yml:6:21"), "{}", ran.error());
}

#[test]
fn check_reads_what_a_gitlab_file_includes() {
    let folder = tempfile::tempdir().expect("a folder");
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gitlab");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("written");
    };
    let read = |name: &str| std::fs::read_to_string(example.join(name)).expect("text");
    let check = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_splitbuild"));
        command.arg("check").args(arguments).current_dir(folder.path()).output().expect("splitbuild runs")
    };
    write(".gitlab/splitbuild.yml", &read(".gitlab/splitbuild.yml"));
    write(".gitlab-ci.yml", &read(".gitlab-ci.yml"));
    let output = check(&[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // What is wrong is told of the file that it is in.
    write(".gitlab-ci.yml", &read(".gitlab-ci.yml").replace("compile-arm64", "compile-arm"));
    let output = check(&["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let problem = &told["problems"][0];
    assert_eq!(problem["code"], "unknown-needs", "{told}");
    assert_eq!(problem["file"], ".gitlab/splitbuild.yml", "{told}");
    let line = usize::try_from(problem["line"].as_u64().expect("a line")).expect("it fits");
    assert!(read(".gitlab/splitbuild.yml").lines().nth(line - 1).expect("a line").contains("compile-arm64"), "{told}");
}

#[test]
fn what_gitlab_does_not_support_is_refused() {
    let head =
        "version: 1\ntool: { image: acme/tool }\nworkflows: { main: { on: { branches: [main] }, tags: [latest] } }\n";
    let large: String =
        (0..25).map(|n| format!("  i{n}: {{ image: acme/i{n}, args: {{ A: {} }} }}\n", "x".repeat(100_000))).collect();
    let large = format!("{head}images:\n{large}");
    let buildah = format!(
        "{head}gitlab: {{ builder: buildah }}\nimages: {{ app: {{ image: acme/app, provenance: mode=max }} }}\n"
    );
    for (matrix, says) in [
        (large, ", and the limit is 2.10 MB: "),
        (buildah, "`--provenance mode=max` of the image `app` with `builder: buildah`"),
    ] {
        let project = Project::new(&matrix);
        let ran = project.run(&["gen", "--provider", "gitlab"]).with_code(1);
        assert!(ran.out().is_empty() && ran.error().contains(says), "{}", ran.error());
        project.run(&["gen"]).with_code(0);
    }
}

/// How many jobs one may need is a setting of the server.
#[test]
fn more_needs_than_gitlab_usually_allows_are_a_note() {
    let images: String = (0..51).map(|n| format!("  i{n}: {{ image: acme/i{n} }}\n")).collect();
    let all: Vec<String> = (0..51).map(|n| format!("i{n}")).collect();
    let project = Project::new(&format!(
        "version: 1\ntool: {{ image: acme/tool }}\nworkflows: {{ main: {{ on: {{ branches: [main] }}, tags: [latest] }} }}\n\
         images:\n{images}  all: {{ image: acme/all, needs: [{}] }}\n",
        all.join(", ")
    ));
    let ran = project.run(&["gen", "--provider", "gitlab"]).with_code(0);
    assert!(ran.error().contains("build-all-amd64 needs 51 jobs, but GitLab allows 50 by default"), "{}", ran.error());
    assert!(!project.run(&["gen"]).with_code(0).error().contains("51"));
}

#[test]
fn what_is_accepted_stops_nothing() {
    let own = |comment: &str| {
        format!(
            "jobs: {{ ship: {{ docker: [{{ image: alpine }}], steps: [run: echo] }} }}\n\
             workflows: {{ main: {{ jobs: [ship: {{ requires: [elsewhere] }}] }} }}{comment}\n"
        )
    };
    let project = Project::new(&(MATRIX.to_owned() + "circleci: { config: own.yml }\n"));
    let written = |comment: &str| fs::write(project.path("own.yml"), own(comment)).expect("written");
    written("");
    let refused = project.run(&["gen"]).with_code(1);
    assert!(refused.error().contains("splitbuild: 1 error in own.yml; nothing was written"), "{}", refused.error());
    project.run(&["gen", "--allow", "cycle"]).with_code(1);
    let accepted = project.run(&["gen", "--allow", "unknown-requires"]).with_code(0);
    assert!(accepted.out().contains("elsewhere") && accepted.error().is_empty(), "{}", accepted.error());
    written(" # splitbuild: allow unknown-requires");
    project.run(&["gen", "-o", "config.yml"]).with_code(0);
    // It does not become part of what is generated, where it is accepted by its own comment or not at all.
    let checked = project.run(&["check", "config.yml"]).with_code(1);
    assert!(checked.error().contains("unknown-requires") && !checked.error().contains("nothing was written"));
    project.run(&["check", "config.yml", "--allow", "unknown-requires"]).with_code(0);
    fs::write(project.path("broken.yml"), "a: [").expect("written");
    let broken = project.run(&["check", "--json", "broken.yml"]).with_code(1);
    assert!(broken.out().contains("\"code\": \"syntax\"") && !broken.error().contains("nothing was written"));
}
