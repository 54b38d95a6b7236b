//! What is read and written: files by whichever name, and what is no file; outputs that are full, and nobody who reads.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use super::{MATRIX, Project};

const BINARY: &str = env!("CARGO_BIN_EXE_splitbuild");

impl Project {
    /// Runs a script, in which `$0` is splitbuild.
    fn shell(&self, script: &str) -> Output {
        Command::new("bash").args(["-c", script, BINARY]).current_dir(self.0.path()).output().expect("bash runs")
    }

    fn holds(&self, name: &str, content: &str) {
        assert_eq!(fs::read_to_string(self.path(name)).expect("a file"), content, "{name}");
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("written");
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_matrix_is_not_overwritten_by_whichever_name() {
    let project = Project::new(MATRIX);
    fs::hard_link(project.path("splitbuild.yml"), project.path("hard.yml")).expect("a link");
    symlink("hard.yml", project.path("soft.yml")).expect("a link");
    let absolute = project.path("splitbuild.yml").display().to_string();
    for name in ["splitbuild.yml", "./new/../splitbuild.yml", "hard.yml", "soft.yml", &absolute] {
        let ran = project.run(&["gen", "-o", name]).with_code(2);
        assert!(ran.error().contains("this is the matrix itself"), "{name}: {}", ran.error());
        project.holds("splitbuild.yml", MATRIX);
    }
    // Another file with the same content is another file.
    project.write("same.yml", MATRIX);
    project.run(&["gen", "-o", "same.yml"]).with_code(0);
}

#[test]
fn what_is_hand_written_is_not_overwritten() {
    let own = "version: 2.1\njobs: { a: { docker: [{ image: x }], steps: [checkout] } }\nworkflows: { main: { jobs: [a] } }\n";
    let project = Project::new(&(MATRIX.to_owned() + "circleci: { config: own.yml }\n"));
    project.write("own.yml", own);
    let ran = project.run(&["gen", "-o", "./own.yml"]).with_code(2);
    assert!(ran.error().contains("this is the hand-written file"), "{}", ran.error());
    project.holds("own.yml", own);

    let project = Project::new(&(MATRIX.to_owned() + "gitlab: { config: .gitlab-ci.yml }\n"));
    project.write(".gitlab-ci.yml", "include: [{ local: /ci/more.yml }, { local: .gitlab/splitbuild.yml }]\n");
    project.write("ci/more.yml", "include: ci/still-more.yml\n");
    project.write("ci/still-more.yml", "lint: { script: [make lint] }\n");
    for name in ["ci/more.yml", "ci/still-more.yml"] {
        let before = fs::read_to_string(project.path(name)).expect("a file");
        let ran = project.run(&["gen", "--provider", "gitlab", "-o", name]).with_code(2);
        assert!(ran.error().contains("a file that the hand-written one includes"), "{}", ran.error());
        project.holds(name, &before);
    }
    // The generated one is included, too, and is written again.
    for matrix in ["latest", "other"] {
        let text = fs::read_to_string(project.path("splitbuild.yml")).expect("a file").replace("latest", matrix);
        project.write("splitbuild.yml", &text);
        let ran = project.run(&["gen", "--provider", "gitlab", "-o", ".gitlab/splitbuild.yml"]).with_code(0);
        assert_eq!(ran.error(), "wrote .gitlab/splitbuild.yml\n");
    }
}

#[test]
fn standard_output_has_several_names() {
    let project = Project::new(MATRIX);
    let text = project.run(&["gen"]).with_code(0).out();
    for name in ["-", "/dev/stdout", "/dev/fd/1"] {
        let ran = project.run(&["gen", "-o", name]).with_code(0);
        assert_eq!((ran.out(), ran.error()), (text.clone(), String::new()), "{name}");
    }
    // What a shell opened goes on where it is.
    let output =
        project.shell("echo begun > log && \"$0\" gen -o /dev/stdout >> log && \"$0\" gen -o /dev/fd/3 3>> log");
    assert!(output.status.success(), "{}", said(&output));
    project.holds("log", &format!("begun\n{text}{text}"));
    assert!(!project.path("-").exists());
    project.run(&["gen", "--check", "-o", "-"]).with_code(2);
}

#[test]
fn pipes_and_devices_are_written_through() {
    let project = Project::new(MATRIX);
    let text = project.run(&["gen"]).with_code(0).out();
    let output = project.shell("mkfifo pipe && { timeout 20 cat pipe & timeout 20 \"$0\" gen -o pipe && wait; }");
    assert_eq!(String::from_utf8_lossy(&output.stdout), text, "{}", said(&output));
    assert_eq!(project.run(&["gen", "-o", "/dev/null"]).with_code(0).error(), "wrote /dev/null\n");
    for name in ["out", "out/"] {
        fs::create_dir_all(project.path("out")).expect("a folder");
        assert!(project.run(&["gen", "-o", name]).with_code(1).error().ends_with("it is a folder\n"));
    }
    let _listener = UnixListener::bind(project.path("socket")).expect("a socket");
    assert!(project.run(&["gen", "-o", "socket"]).with_code(1).error().ends_with("it is a socket\n"));
}

#[test]
fn links_and_the_mode_of_a_file_stay_as_they_are() {
    let project = Project::new(MATRIX);
    let text = project.run(&["gen"]).with_code(0).out();
    project.write("real.yml", "old");
    fs::set_permissions(project.path("real.yml"), fs::Permissions::from_mode(0o604)).expect("a mode");
    symlink("real.yml", project.path("link.yml")).expect("a link");
    symlink("new.yml", project.path("dangling.yml")).expect("a link");
    for (link, real) in [("link.yml", "real.yml"), ("dangling.yml", "new.yml")] {
        project.run(&["gen", "-o", link]).with_code(0);
        assert!(project.path(link).is_symlink(), "{link}");
        project.holds(real, &text);
    }
    let mode = |name: &str| fs::metadata(project.path(name)).expect("a file").mode() & 0o7777;
    assert_eq!(mode("real.yml"), 0o604);
    project.write("real.yml", "older");
    project.run(&["gen", "-o", "real.yml"]).with_code(0);
    project.holds("real.yml", &text);
    assert_eq!(mode("real.yml"), 0o604);
    assert_eq!(fs::read_dir(project.0.path()).expect("a folder").count(), 5, "nothing is left beside it");
}

/// Runs splitbuild as somebody who owns nothing here, which only root can.
fn as_nobody(project: &Project, arguments: &[&str]) -> Option<Output> {
    let mut command = Command::new(project.path("splitbuild"));
    command.args(arguments).current_dir(project.0.path()).uid(65534).gid(65534);
    match command.output() {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => None,
        output => Some(output.expect("splitbuild runs")),
    }
}

#[test]
fn who_may_not_write_a_file_may_not_replace_it() {
    let project = Project::new(MATRIX);
    project.write("out.yml", "old");
    fs::set_permissions(project.path("out.yml"), fs::Permissions::from_mode(0o444)).expect("a mode");
    // Where it is, others may not look; and nobody here may have it open for writing while it is run.
    let copied = Command::new("cp").args([BINARY, "splitbuild"]).current_dir(project.0.path()).status();
    assert!(copied.expect("it runs").success());
    fs::set_permissions(project.0.path(), fs::Permissions::from_mode(0o777)).expect("a mode");
    let Some(output) = as_nobody(&project, &["gen", "-o", "out.yml"]) else { return };
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("cannot write out.yml: Permission denied"), "{}", said(&output));
    project.holds("out.yml", "old");
    // Where nothing is to be changed, nothing is refused.
    project.write("same.yml", &project.run(&["gen"]).out());
    fs::set_permissions(project.path("same.yml"), fs::Permissions::from_mode(0o444)).expect("a mode");
    let output = as_nobody(&project, &["gen", "-o", "same.yml"]).expect("as before");
    assert_eq!(said(&output), "same.yml is up to date\n");
    // One that everybody may write stays that of its owner.
    fs::set_permissions(project.path("out.yml"), fs::Permissions::from_mode(0o666)).expect("a mode");
    let before = fs::metadata(project.path("out.yml")).expect("a file");
    let output = as_nobody(&project, &["gen", "-o", "out.yml"]).expect("as before");
    assert!(output.status.success(), "{}", said(&output));
    let after = fs::metadata(project.path("out.yml")).expect("a file");
    let facts = |of: &fs::Metadata| (of.uid(), of.gid(), of.mode());
    assert_eq!(facts(&before), facts(&after));
    project.holds("out.yml", &project.run(&["gen"]).out());
    assert_eq!(fs::read_dir(project.0.path()).expect("a folder").count(), 4, "nothing is left beside it");
}

#[test]
fn what_is_no_file_is_refused_as_an_input() {
    let project = Project::new(MATRIX);
    project.write("m.yml", &(MATRIX.to_owned() + "circleci: { config: pipe }\n"));
    assert!(Command::new("mkfifo").arg(project.path("pipe")).status().expect("it runs").success());
    let _listener = UnixListener::bind(project.path("socket")).expect("a socket");
    for (name, kind) in [("pipe", "a pipe"), ("/dev/zero", "a device"), ("socket", "a socket"), (".", "a folder")] {
        // Of a folder, `check` takes what is in it.
        let check: &[&str] = if name == "." { &["plan", name] } else { &["check", name] };
        let inputs: [(&[&str], i32); 6] = [
            (&["gen", name], 2),
            (check, 2),
            (&["plan", "--times", name], 2),
            (&["gen", "--check", "-o", name], 1),
            (&["inspect", "127.0.0.1:1/a:b", "--ca-file", name], 1),
            (&["inspect", "127.0.0.1:1/a:b", "--ca-file", "none"], 1),
        ];
        for (arguments, code) in inputs {
            let begun = Instant::now();
            let ran = project.run(arguments).with_code(code);
            let is_there = arguments.contains(&name);
            assert!(ran.error().contains(kind) == is_there, "{arguments:?}: {}", ran.error());
            assert!(begun.elapsed() < Duration::from_secs(5), "{arguments:?}");
        }
    }
    for name in ["pipe", "/dev/zero", "socket"] {
        let ran = project.run(&["manifest", "--digests", name]).with_code(1);
        assert!(ran.error().contains("not a file"), "{}", ran.error());
    }
    let ran = project.run(&["gen", "m.yml"]).with_code(1);
    assert!(ran.error().contains("cannot read pipe: it is a pipe, not a file"), "{}", ran.error());
}

#[test]
fn what_has_no_end_is_not_read_to_its_end() {
    let project = Project::new(MATRIX);
    let output = project.shell("ulimit -v 1000000; yes | timeout 60 \"$0\" plan --times -");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("it is larger than the limit of 16777216 bytes"), "{}", said(&output));
    fs::File::create(project.path("large.yml")).and_then(|file| file.set_len(1 << 40)).expect("a file of nothing");
    for arguments in [["gen", "large.yml"], ["check", "large.yml"]] {
        let ran = project.run(&arguments).with_code(2);
        assert!(ran.error().contains("it is larger than the limit of 16777216 bytes"), "{}", ran.error());
    }
}

#[test]
fn a_full_output_is_told() {
    let project = Project::new(MATRIX);
    project.run(&["gen", "-o", "out.yml"]).with_code(0);
    for arguments in ["gen", "plan", "plan --json", "check out.yml --json", "gen --help", "--version"] {
        let output = project.shell(&format!("\"$0\" {arguments} > /dev/full"));
        assert_eq!(output.status.code(), Some(1), "{arguments}");
        let expected = "splitbuild: cannot write standard output: No space left on device";
        assert!(said(&output).starts_with(expected), "{arguments}: {}", said(&output));
    }
    let ran = project.run(&["gen", "-o", "/dev/full"]).with_code(1);
    assert!(ran.error().starts_with("splitbuild: cannot write /dev/full: No space left"), "{}", ran.error());
}

#[test]
fn a_full_or_closed_standard_error_changes_nothing() {
    let project = Project::new(MATRIX);
    project.write("bad.yml", "jobs: [");
    let cases = [
        ("gen -o out.yml", 0),
        ("gen --check -o out.yml", 0),
        ("check out.yml", 0),
        ("gen --check", 1),
        ("check bad.yml", 1),
        ("gen bad.yml", 1),
        ("gen none.yml", 2),
        ("gne", 2),
        ("inspect 127.0.0.1:1/a:b --timeout 1s", 1),
        ("inspect -v 127.0.0.1:1/a:b --timeout 1s", 1),
    ];
    for (arguments, code) in cases {
        for closed in ["2> /dev/full", "2>&-", "2> >(true)"] {
            let output = project.shell(&format!("\"$0\" {arguments} {closed}"));
            assert_eq!(output.status.code(), Some(code), "{arguments} {closed}: {}", said(&output));
        }
    }
}

#[test]
fn durations_have_an_end() {
    let project = Project::new(MATRIX);
    for option in ["--timeout", "--wait"] {
        for value in ["18446744073709551615s", "366d", "99999999999999999999s"] {
            project.run(&["manifest", option, value, "127.0.0.1:1/a:b"]).with_code(2);
        }
    }
    // The longest one that there is.
    project.run(&["manifest", "--timeout", "1s", "--wait", "365d", "127.0.0.1:1/a:b"]).with_code(1);
}

#[test]
fn the_ends_of_lines_are_no_difference() {
    let project = Project::new(MATRIX);
    project.run(&["gen", "-o", "out.yml"]).with_code(0);
    let text = fs::read_to_string(project.path("out.yml")).expect("a file");
    project.write("out.yml", &text.replace('\n', "\r\n"));
    let ran = project.run(&["gen", "--check", "-o", "out.yml"]).with_code(0);
    assert_eq!(ran.error(), "out.yml is up to date; it differs only in line endings\n");
    project.write("out.yml", &text.replace("medium", "large").replace('\n', "\r\n"));
    let ran = project.run(&["gen", "--check", "-o", "out.yml"]).with_code(1);
    let changed = ran.out().lines().filter(|line| line.starts_with('-')).count();
    assert!(changed < 10, "only what differs is shown: {}", ran.out());
}
