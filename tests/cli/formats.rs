//! The forms of reports: valid whatever the texts in them are, and about the places that people are shown.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::{Value, json};
use splitbuild::provider::ALL;

use super::{MATRIX, Project};

/// A matrix that waits for a job with this name, in YAML's double quotes.
fn waiting_for(name: &str) -> Project {
    Project::new(&MATRIX.replace("\"${org}/app\"", &format!("acme/app, args: {{ A: \"é😀\" }}, needs: [\"{name}\"]")))
}

const HOSTILE: &str =
    "%0A::error::x,y: 50% \\n::add-mask::z \\r \\e[31m \\x01 '\\\" ```` </script> {0} [a](1) [b](http://c) é😀\\u2028";

fn reported(project: &Project, format: &str, code: i32) -> String {
    let ran = project.run(&["gen", "--check", "--format", format]).with_code(code);
    assert!(!ran.error().contains(" --> "), "text is for people: {}", ran.error());
    ran.out()
}

fn parsed(project: &Project, format: &str, code: i32) -> Value {
    let text = reported(project, format, code);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{format}: {error}: {text}"))
}

#[test]
fn annotations_are_one_line_each_whatever_they_quote() {
    let text = reported(&waiting_for(HOSTILE), "github", 1);
    let (line, rest) = text.split_once('\n').expect("a line");
    assert!(rest.is_empty() && !text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    let column = 1 + "images: { app: { image: acme/app, args: { A: \"é😀\" }, needs: [".chars().count();
    let head = format!("::error file=splitbuild.yml,line=3,endLine=3,col={column},endColumn=");
    let said = line.strip_prefix(&head).unwrap_or_else(|| panic!("{line}"));
    let said = said.split_once(",title=unknown-need::").unwrap_or_else(|| panic!("{line}")).1;
    assert!(said.contains("`%250A::error::x,y: 50%25 ") && said.contains("%0Ahelp: "), "{said}");
    assert!(!said.contains("%0A::"), "{said}");
}

/// A runner takes commands from both outputs.
#[cfg(unix)]
#[test]
fn the_name_of_a_file_begins_no_line() {
    let name = "x\n::add-mask::y.yml";
    let project = Project::new(MATRIX);
    for text in ["a: [", "version: 2.1\n"] {
        fs::write(project.path(name), text).expect("written");
        for format in ["text", "github"] {
            let ran = project.run(&["check", name, "--provider", "circleci", "--format", format]);
            let lines = ran.out() + &ran.error();
            assert!(lines.contains("add-mask") && !lines.contains("\n::add-mask"), "{lines}");
        }
    }
}

#[test]
fn a_code_quality_report_knows_a_problem_by_what_it_is() {
    let project = waiting_for(HOSTILE);
    let report = parsed(&project, "gitlab", 1);
    let [issue] = &report.as_array().expect("a list")[..] else { panic!("{report}") };
    assert_eq!(issue["check_name"], "unknown-need");
    assert_eq!(issue["severity"], "major");
    assert_eq!(issue["location"], json!({ "path": "splitbuild.yml", "lines": { "begin": 3, "end": 3 } }));
    assert!(issue["description"].as_str().expect("text").contains("%0A::error::x,y: 50%"), "{issue}");
    // Lines above it move it and make no other problem of it.
    let matrix = fs::read_to_string(project.path("splitbuild.yml")).expect("text");
    fs::write(project.path("splitbuild.yml"), format!("# A comment.\n{matrix}")).expect("written");
    let moved = parsed(&project, "gitlab", 1);
    assert_eq!((&moved[0]["fingerprint"], &moved[0]["location"]["lines"]["begin"]), (&issue["fingerprint"], &json!(4)));
    // Two of a kind are two.
    let twice = waiting_for("b").run(&["gen", "--check", "--format", "gitlab"]);
    let matrix =
        MATRIX.replace("{ app:", "{ a: { image: acme/a, needs: [b] }, app:").replace("/app\"", "/app\", needs: [b]");
    let both = parsed(&Project::new(&matrix), "gitlab", 1);
    let prints: BTreeSet<&str> =
        both.as_array().expect("a list").iter().map(|it| it["fingerprint"].as_str().expect("text")).collect();
    assert_eq!((both[0]["description"].clone(), prints.len()), (both[1]["description"].clone(), 2), "{both}");
    assert!(
        twice.out().contains(both[0]["fingerprint"].as_str().expect("text")),
        "the first is the one that was alone"
    );
}

#[test]
fn sarif_counts_columns_as_it_says_and_explains_its_rules() {
    let log = parsed(&waiting_for(HOSTILE), "sarif", 1);
    let run = &log["runs"][0];
    assert_eq!((&log["version"], &run["columnKind"]), (&json!("2.1.0"), &json!("utf16CodeUnits")));
    let [result] = &run["results"].as_array().expect("a list")[..] else { panic!("{log}") };
    let rule = &run["tool"]["driver"]["rules"]
        [usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("it fits")];
    assert_eq!((&result["ruleId"], &rule["id"]), (&json!("unknown-need"), &json!("unknown-need")));
    assert!(rule["help"]["text"].as_str().is_some_and(|text| text.len() > 40 && !text.contains(".md")), "{rule}");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "splitbuild.yml");
    let before = "images: { app: { image: acme/app, args: { A: \"é😀\" }, needs: [";
    assert_eq!(place["region"]["startColumn"], 1 + before.encode_utf16().count());
    let said = result["message"]["text"].as_str().expect("text");
    assert!(said.contains("\nhelp: ") && said.contains("[b] (http://c)"), "nothing in it is a link: {said}");
    let twice = Project::new(&MATRIX.replace("vars: { org: acme }", "vars: { org: acme, org: acme }"));
    let related = &parsed(&twice, "sarif", 1)["runs"][0]["results"][0]["relatedLocations"];
    assert_eq!(related[0]["message"]["text"], "first given here", "{related}");
    assert_eq!(related[0]["physicalLocation"]["region"]["startColumn"], 9);
}

#[test]
fn json_has_every_key_and_check_says_the_same_twice() {
    let problems = parsed(&waiting_for(HOSTILE), "json", 1);
    let keys: Vec<&String> = problems[0].as_object().expect("a map").keys().collect();
    let stable = ["file", "line", "column", "end_line", "end_column", "severity", "code", "message", "help", "related"];
    assert_eq!(keys.into_iter().collect::<BTreeSet<_>>(), stable.map(str::to_owned).iter().collect());
    let project = Project::new(MATRIX);
    fs::write(project.path("a b.yml"), "version: 2.1\njobs: { é: { steps: [c] } }\n").expect("written");
    let ran = |arguments: &[&str]| -> Value {
        let ran = project.run(&[&["check", "./a b.yml", "--provider", "circleci"], arguments].concat()).with_code(1);
        serde_json::from_str(&ran.out()).expect("JSON")
    };
    let list = ran(&["--format", "json"]);
    assert!(!list.as_array().expect("a list").is_empty());
    assert_eq!((&list[0]["file"], &ran(&["--json"])["problems"]), (&json!("a b.yml"), &list));
    let sarif = ran(&["--format", "sarif"]);
    let uri = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "a%20b.yml");
    project.run(&["check", "--json", "--format", "json"]).with_code(2);
}

#[test]
fn without_problems_a_report_is_empty_and_valid() {
    let project = Project::new(MATRIX);
    project.run(&["gen", "-o", ".circleci/config.yml", "--format", "json"]).with_code(0);
    for arguments in [&["check"][..], &["gen", "--check"], &["gen", "-o", ".circleci/config.yml"]] {
        let ran = |format| project.run(&[arguments, &["--format", format]].concat()).with_code(0).out();
        assert_eq!(ran("github"), "");
        assert_eq!((ran("gitlab"), ran("json")), ("[]\n".into(), "[]\n".into()));
        let log: Value = serde_json::from_str(&ran("sarif")).expect("JSON");
        assert_eq!((&log["runs"][0]["results"], &log["runs"][0]["tool"]["driver"]["rules"]), (&json!([]), &json!([])));
    }
}

#[test]
fn a_stale_file_is_a_problem_of_its_first_line_that_differs() {
    let project = Project::new(MATRIX);
    project.run(&["gen", "-o", "ci.yml"]).with_code(0);
    let text = fs::read_to_string(project.path("ci.yml")).expect("text");
    let line = 1 + text.lines().position(|line| line.contains("resource_class: medium")).expect("it is there");
    fs::write(project.path("ci.yml"), text.replace("resource_class: medium", "resource_class: large"))
        .expect("written");
    let ran = project.run(&["gen", "--check", "-o", "ci.yml", "--format", "json"]).with_code(1);
    let problems: Value = serde_json::from_str(&ran.out()).expect("JSON");
    let shown = format!("{}[{}]", problems[0]["severity"], problems[0]["code"]).replace('"', "");
    assert_eq!((shown.as_str(), problems.as_array().map(Vec::len)), ("error[stale]", Some(1)));
    assert_eq!((&problems[0]["file"], &problems[0]["line"]), (&json!("ci.yml"), &json!(line)));
    assert!(ran.error().contains("-    resource_class: large\n+    resource_class: medium\n"), "{}", ran.error());
    let missing = project.run(&["gen", "--check", "-o", "none.yml", "--format", "github"]).with_code(1);
    let head = "::error file=none.yml,line=1,endLine=1,col=1,endColumn=1,title=stale::";
    assert!(missing.out().starts_with(head) && missing.out().lines().count() == 1, "{}", missing.out());
}

#[test]
fn a_report_and_a_configuration_do_not_mix() {
    let project = Project::new(MATRIX);
    for arguments in [&["gen", "--format", "json"][..], &["gen", "--format", "github", "-o", "-"]] {
        let ran = project.run(arguments).with_code(2);
        assert!(ran.out().is_empty() && ran.error().contains("write the file with -o FILE"), "{}", ran.error());
    }
    assert!(project.run(&["gen", "--format", "text"]).with_code(0).out().starts_with("# Made by"));
}

/// Places that are shown to people, in order.
fn shown(text: &str) -> Vec<(String, u64, u64)> {
    let place = Regex::new(r"(?m)^ *--> (.*):(\d+):(\d+)$").expect("a pattern");
    let number = |text: &str| text.parse().expect("a number");
    place.captures_iter(text).map(|it| (it[1].to_owned(), number(&it[2]), number(&it[3]))).collect()
}

fn of_json(text: &str) -> Vec<(String, u64, u64)> {
    let problems: Vec<Value> = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let place = |it: &Value| Some((it["file"].as_str()?.to_owned(), it["line"].as_u64()?, it["column"].as_u64()?));
    problems.iter().map(|it| place(it).expect("a place")).collect()
}

#[test]
fn places_are_those_that_people_are_shown() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let paths = |folder: &Path| {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        entries.collect::<BTreeSet<PathBuf>>()
    };
    let project = Project::new("");
    let (mut seen, mut warned) = (0, 0);
    let mut compare = |folder: &Path, text: &str, arguments: &[&str]| {
        let ran = |format: &str| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_splitbuild"));
            command.args(arguments).args(["--format", format]).current_dir(folder).output().expect("it runs")
        };
        let output = ran("json");
        let told = of_json(&String::from_utf8(output.stdout).expect("UTF-8"));
        // The text has the first fifty of a kind.
        if !text.contains(" more in ") {
            assert_eq!(told, shown(text), "{} {arguments:?}", folder.display());
        }
        let lines = String::from_utf8(ran("github").stdout).expect("UTF-8");
        assert_eq!(lines.lines().count(), told.len(), "{lines}");
        seen += told.len();
        warned += usize::from(output.status.success());
    };
    for case in paths(&fixtures) {
        let name = case.file_name().expect("a name").to_string_lossy().into_owned();
        let provider = ALL.iter().map(|it| it.name()).find(|it| name.starts_with(&format!("{it}-")));
        for file in ["error.txt", "warning.txt"] {
            let Ok(text) = fs::read_to_string(case.join(file)) else { continue };
            let output = project.path("out.yml").display().to_string();
            compare(&case, &text, &["gen", "--provider", provider.unwrap_or(ALL[0].name()), "-o", &output]);
        }
    }
    for file in paths(&fixtures.join("checked")).iter().filter(|path| path.extension().is_some_and(|it| it == "yml")) {
        let text = fs::read_to_string(file.with_extension("txt")).expect("text");
        compare(&fixtures.join("checked"), &text, &["check", &file.file_name().expect("a name").to_string_lossy()]);
    }
    assert!(seen > 200 && warned > 5, "{seen} {warned}");
}
