//! Input of every size and shape has a result or a clear error: no panic, no hang, no stack overflow, no memory without bound.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const HEAD: &str =
    "version: 1\ntool: { image: acme/tool }\nworkflows: { main: { on: { branches: [main] }, tags: [latest] } }\n";

/// The most address space of a run, in KiB. A megabyte of matrix takes about a tenth of it.
const MEMORY: u32 = 3_000_000;

/// The most processor time of a run, in seconds: a run that takes it is hanging, on the slowest machine.
const SECONDS: u32 = 300;

fn run(verb: &str, path: &Path) -> Output {
    let script = format!("ulimit -v {MEMORY} && ulimit -t {SECONDS} && exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_splitbuild"), verb]).arg(path);
    command.output().expect("splitbuild runs")
}

/// What `gen` says of a file, which must be refused, with the place if there is one.
fn refused(place: &str, name: &str, bytes: &[u8]) -> String {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("written");
    let output = run("gen", &path);
    let error = String::from_utf8(output.stderr).expect("UTF-8");
    let code = output.status.code();
    assert!(matches!(code, Some(1 | 2)), "{name}: {code:?}: {}", error.chars().take(2000).collect::<String>());
    assert!(output.stdout.is_empty(), "{name}");
    assert!(error.contains(place), "{name}: {error}");
    assert!(error.len() < 5000, "{name}: {} bytes of error", error.len());
    error
}

/// What `gen` makes of a file.
fn generated(name: &str, bytes: &[u8]) -> String {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("written");
    let output = run("gen", &path);
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn images(lines: impl Iterator<Item = String>) -> String {
    lines.fold(format!("{HEAD}images:\n"), |mut text, line| {
        writeln!(text, "  {line}").expect("a string");
        text
    })
}

#[test]
fn files_that_are_none() {
    let folder = TempDir::new().expect("a folder");
    for (path, says) in
        [(folder.path().to_owned(), "it is a folder"), (folder.path().join("nothing.yml"), "there is no")]
    {
        let output = run("gen", &path);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(says) && error.contains(&path.display().to_string()), "{error}");
        let output = run("check", &path);
        assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    }
    for nothing in ["", "\n\n", "# nothing\n", "---\n", "\u{feff}"] {
        assert!(refused("empty.yml", "empty.yml", nothing.as_bytes()).contains("= help: "), "{nothing:?}");
    }
    assert!(refused("latin1.yml", "latin1.yml", b"version: 1\nx-a: \xe9\n").contains("latin1.yml:2"));
    assert!(refused("nul.yml", "nul.yml", b"version: 1\nimages: \0\n").contains("nul.yml:2"));
    assert!(
        refused(
            "utf16.yml",
            "utf16.yml",
            &"version: 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()
        )
        .contains("utf16.yml")
    );
    refused("binary.yml", "binary.yml", &(0..=255).cycle().take(100_000).collect::<Vec<u8>>());
}

#[test]
fn the_same_from_every_kind_of_text_file() {
    let text =
        images(["app: { image: acme/app, args: { A: \"${arch}\" }, setup: \"one\\ntwo\\n\" }".to_owned()].into_iter());
    let expected = generated("splitbuild.yml", text.as_bytes());
    assert_eq!(generated("splitbuild.yml", format!("\u{feff}{text}").as_bytes()), expected);
    assert_eq!(generated("splitbuild.yml", text.replace('\n', "\r\n").as_bytes()), expected);
    assert_eq!(generated("splitbuild.yml", text.trim_end().as_bytes()), expected);
    let commented = format!("#{}\n{text}", "x".repeat(10_000_000));
    assert_eq!(generated("splitbuild.yml", commented.as_bytes()), expected);
    assert!(refused("tabs.yml", "tabs.yml", text.replace("  ", "\t").as_bytes()).contains("replace the tab"));
}

#[test]
fn bombs() {
    let mut aliases = String::from("x-0: &x0 [a, a, a, a, a, a, a, a, a]\n");
    for level in 1..20 {
        let below = vec![format!("*x{}", level - 1); 9].join(", ");
        writeln!(aliases, "x-{level}: &x{level} [{below}]").expect("a string");
    }
    assert!(refused("aliases.yml", "aliases.yml", (aliases + HEAD).as_bytes()).contains("too-large"));
    let mut merges = String::from("x-0: &x0 { a: b }\n");
    for level in 1..200 {
        writeln!(merges, "x-{level}: &x{level} {{ <<: [*x{0}, *x{0}], k{level}: v }}", level - 1).expect("a string");
    }
    assert!(refused("merges.yml", "merges.yml", (merges + HEAD).as_bytes()).contains("error"));
    for (open, close) in [("[", "]"), ("{ a: ", "}"), ("- ", "")] {
        let deep = format!("x-deep: {}{}\n{HEAD}", open.repeat(100_000), close.repeat(100_000));
        refused("deep.yml", "deep.yml", deep.as_bytes());
    }
    let blocks: String = (0..3000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(refused("blocks.yml", "blocks.yml", blocks.as_bytes()).contains("too-large"));
    // Jobs that extend each other, in every way there is.
    let all = (0..30).map(|n| format!("j{n}")).collect::<Vec<_>>().join(", ");
    let jobs: String = (0..30).map(|n| format!("j{n}: {{ extends: [{all}] }}\n")).collect();
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join(".gitlab-ci.yml");
    fs::write(&path, jobs).expect("written");
    let output = run("check", &path);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let vars: String = (0..60).map(|n| format!("  v{n}: \"${{v{0}}}${{v{0}}}\"\n", n + 1)).collect();
    let vars = format!(
        "vars:\n{vars}  v60: x\n{}",
        images(["app: { image: acme/app, args: { A: \"$v0\" } }".into()].into_iter())
    );
    assert!(refused("vars.yml", "vars.yml", vars.as_bytes()).contains("error[value-too-long]"));
}

#[test]
#[cfg_attr(not(feature = "whole"), ignore = "takes 15 s: `./test` runs it")]
fn a_lot_of_everything() {
    let long = "x".repeat(1_000_000);
    let text = images([format!("app: {{ image: acme/app, args: {{ A: \"{long}\" }} }}")].into_iter());
    let error = refused("", "string.yml", text.as_bytes());
    assert!(
        error.contains("`--build-arg` of the image `app` has 1000002 bytes; a word of a command can have 131008"),
        "{error}"
    );
    refused("name.yml", "name.yml", text.replace("acme/app", &long).as_bytes());
    let large =
        |n| images((0..n).map(|n| format!("i{n}: {{ image: acme/i{n}, args: {{ A: \"{}\" }} }}", "x".repeat(10_000))));
    assert_eq!(generated("large.yml", large(50).as_bytes()).matches("--build-arg A=xxx").count(), 50);
    let text = large(1000);
    assert!(text.len() > 10_000_000);
    let error = refused(".circleci/config.yml (generated)", "larger.yml", text.as_bytes());
    assert!(error.contains("error[size]") && error.contains(" for each of 1000 images, and "), "{error}");
    let text = images((0..100_000).map(|n| format!("i{n}: {{ image: acme/i{n} }}")));
    assert!(
        refused("images.yml", "images.yml", text.as_bytes())
            .contains("error[too-many-jobs]: the matrix makes 300000 jobs")
    );
}

#[test]
#[cfg_attr(not(feature = "whole"), ignore = "takes 10 s: `./test` runs it")]
fn long_ways_through_the_graph() {
    let text = images((0..10_000).map(|n| format!("i{n}: {{ image: acme/i{n}, needs: [i{}] }}", (n + 1) % 10_000)));
    let error = refused("cycle.yml", "cycle.yml", text.as_bytes());
    assert!(
        error.contains("error[cycle]: images wait for each other: i0 → i1 →") && error.contains("→ … → i0"),
        "{error}"
    );
    let long = |length| {
        images((0..length).map(|n| match n {
            0 => "i0: { image: acme/i0 }".to_owned(),
            n => format!("i{n}: {{ image: acme/i{n}, needs: [i{}] }}", n - 1),
        }))
    };
    // What is too large has been generated, read again and compared.
    assert!(refused("", "longer.yml", long(1500).as_bytes()).contains("error[size]"));
    let emitted = generated("chain.yml", long(100).as_bytes());
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("config.yml");
    fs::write(&path, &emitted).expect("written");
    let output = run("check", &path);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // A configuration that somebody else wrote may be a circle as long.
    let jobs: String =
        (0..10_000).map(|n| format!("      - a: {{ name: a{n}, requires: [a{}] }}\n", (n + 1) % 10_000)).collect();
    let steps: String = (0..10_000).map(|n| format!("  c{n}: {{ steps: [c{}] }}\n", (n + 1) % 10_000)).collect();
    let text = format!(
        "version: 2.1\njobs: {{ a: {{ docker: [{{ image: a }}], steps: [checkout] }} }}\ncommands:\n{steps}workflows:\n  main:\n    jobs:\n{jobs}"
    );
    fs::write(&path, text).expect("written");
    let output = run("check", &path);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert_eq!(error.matches("error[cycle]").count(), 2, "{error}");
    assert!(error.len() < 5000, "{} bytes of error", error.len());
}

/// What `check` says of a configuration, and whether it lets it pass.
fn checked(name: &str, text: &str) -> (bool, String) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, text).expect("written");
    let output = run("check", &path);
    (output.status.success(), String::from_utf8(output.stderr).expect("UTF-8"))
}

#[test]
fn a_configuration_is_as_large_as_its_provider_says() {
    let script = "x".repeat(100_000);
    // Of 100 kB, CircleCI makes as many as there are jobs.
    let circleci = |jobs: usize| {
        let jobs: String = (0..jobs).map(|n| format!("      - a: {{ name: a{n} }}\n")).collect();
        let text = format!(
            "version: 2.1\ncommands: {{ long: {{ steps: [{{ run: {script} }}] }} }}\n\
             jobs: {{ a: {{ docker: [{{ image: a }}], steps: [long] }} }}\nworkflows:\n  main:\n    jobs:\n{jobs}"
        );
        checked("config.yml", &text)
    };
    // GitLab counts what an alias stands for each time, and what a job extends once.
    let gitlab = |jobs: usize, what: &str| {
        let jobs: String = (0..jobs).map(|n| format!("a{n}: {what}\n")).collect();
        checked(".gitlab-ci.yml", &format!(".long: &long {{ script: [{script}] }}\n{jobs}"))
    };
    for (ok, said) in [circleci(60), gitlab(15, "*long"), gitlab(1000, "{ extends: .long }")] {
        assert!(ok && said.contains("no problems"), "{said}");
    }
    for ((ok, said), says) in [
        (circleci(70), "takes 7.01 MB, and the limit is 8.00 MB: 100 kB for each of 70 jobs, and 79 of this kind fit"),
        (
            gitlab(18, "*long"),
            "takes 1.91 MB, and the limit is 2.10 MB: 106 kB for each of 18 jobs, and 19 of this kind fit",
        ),
    ] {
        assert!(ok && said.contains("warning[size]") && said.contains(says), "{said}");
    }
    for ((ok, said), says) in [
        (circleci(90), "takes 9.01 MB, and the limit is 8.00 MB: 100 kB for each of 90 jobs, and 79 of this kind fit"),
        (
            gitlab(25, "*long"),
            "takes 2.61 MB, and the limit is 2.10 MB: 104 kB for each of 25 jobs, and 20 of this kind fit",
        ),
    ] {
        assert!(!ok && said.contains("error[size]") && said.contains(says), "{said}");
    }
    // GitHub counts bytes, what aliases stand for, and what a text with an expression becomes.
    let github = |file: String| checked("workflow.yml", &format!("on: push\njobs:\n{file}"));
    let of_jobs = |jobs: usize, what: &str| -> String { (0..jobs).map(|n| format!("  a{n}: {what}\n")).collect() };
    let long = format!("{{ runs-on: a, steps: [run: {script}] }}");
    let steps = format!("  a: &a {{ runs-on: a, steps: [{}] }}\n", "run: x, ".repeat(2_000));
    for (ok, said) in [github(of_jobs(4, &long)), github(steps.clone() + &of_jobs(3, "*a"))] {
        assert!(ok && said.contains("no problems"), "{said}");
    }
    for ((ok, said), says) in [
        (
            github(of_jobs(6, &long)),
            "error[size]: this workflow file takes 600 kB, and the limit is 512 kB: 100 kB for each of 6 jobs, and 5 of this kind fit",
        ),
        (
            github(steps + &of_jobs(7, "*a")),
            "error[size]: in nodes of YAML, this file takes 64075, and the limit is 50000: 8009 for each of 8 jobs, and 6 of this kind fit",
        ),
        (
            github(of_jobs(1, &format!("{{ runs-on: a, steps: [run: \"${{{{ 1 }}}}{}\"] }}", &script[..21_000]))),
            "error[value-too-long]: with its expressions, this text has 21016 characters; GitHub takes 21000",
        ),
    ] {
        assert!(!ok && said.contains(says), "{said}");
    }
    // What is included is counted by itself, and told where it stands.
    let folder = TempDir::new().expect("a folder");
    let of_jobs = |range: std::ops::Range<usize>| -> String { range.map(|n| format!("a{n}: *long\n")).collect() };
    let file = |range| format!(".long: &long {{ script: [{script}] }}\n{}", of_jobs(range));
    fs::write(folder.path().join(".gitlab-ci.yml"), format!("include: more.yml\n{}", file(0..15))).expect("written");
    fs::write(folder.path().join("more.yml"), file(15..40)).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_splitbuild"))
        .args(["check", "--json"])
        .current_dir(folder.path())
        .output()
        .expect("splitbuild runs");
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(said["problems"].as_array().map(Vec::len), Some(1), "{said}");
    assert_eq!((&said["problems"][0]["code"], &said["problems"][0]["file"]), (&"size".into(), &"more.yml".into()));
    assert_eq!(said["sizes"][0]["limit"], 2_097_152);
    assert!(said["sizes"][0]["counted"].as_u64() < Some(1_700_000) && said["sizes"][1]["file"] == "more.yml", "{said}");
}

/// With a comparison of all names with all others, these would take minutes.
#[test]
#[cfg_attr(not(feature = "whole"), ignore = "takes 4 s: `./test` runs it")]
fn five_thousand_jobs_are_checked() {
    let lines = |line: &dyn Fn(usize) -> String| (0..5000).map(line).collect::<String>();
    let before = |n: usize| if n == 0 { String::new() } else { format!("j{}", n - 1) };
    let good =
        lines(&|n| format!("j{n}: {{ script: [make], needs: [{}], rules: [{{ if: $A == \"{n}\" }}] }}\n", before(n)));
    let bad = lines(&|n| format!("j{n}: {{ script: [make], stage: s{n}, extends: .x{n}, needs: [\"k{n}: [a]\"] }}\n"));
    for (text, says) in [(good, "1 error in"), (bad, "15001 errors in")] {
        let (_, said) = checked(".gitlab-ci.yml", &text);
        assert!(said.contains(says), "{}", said.lines().last().unwrap_or_default());
    }
    let github = |name: &str, body: &dyn Fn(usize) -> String| {
        let jobs = lines(&|n| format!("  {name}{n}: {{ runs-on: a, {} }}\n", body(n)));
        format!("on: push\njobs:\n{jobs}")
    };
    let good = github("j", &|n| {
        let need = n.saturating_sub(1);
        let needs = if n == 0 { String::new() } else { format!("j{need}") };
        format!("needs: [{needs}], outputs: {{ o: \"${{{{ steps.s.outputs.o }}}}\" }}, steps: [{{ id: s, run: make }}]")
    });
    let bad = github("j.", &|n| format!("needs: [k{n}], if: needs.k{n}.outputs.o, step: [], steps: [{{ uses: x }}]"));
    for (text, says) in [(good, "1 error in"), (bad, "20001 errors in")] {
        let (_, said) = checked("workflow.yml", &text);
        assert!(said.contains(says), "{}", said.lines().last().unwrap_or_default());
    }
    let circleci = |step: &dyn Fn(usize) -> String, requires: &dyn Fn(usize) -> String| {
        let jobs = lines(&|n| format!("  j{n}: {{ docker: [{{ image: a }}], steps: [{}] }}\n", step(n)));
        let uses = lines(&|n| {
            format!("      - j{n}: {{ requires: [{}], filters: {{ branches: {{ only: b{n} }} }} }}\n", requires(n))
        });
        format!("version: 2.1\njobs:\n{jobs}workflows:\n  main:\n    jobs:\n{uses}")
    };
    let good = circleci(&|_| "checkout".into(), &before);
    let bad = circleci(&|n| format!("c{n}"), &|n| format!("k{n}-1"));
    for (text, says) in [(good, "4999 warnings in"), (bad, "10000 errors in")] {
        let (_, said) = checked("config.yml", &text);
        assert!(said.contains(says), "{}", said.lines().last().unwrap_or_default());
    }
}
