//! The hand-over files of build jobs, by digest.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::command::run;
use crate::image::{Image, Pushed, get, index, pair, platforms};
use crate::registry::{folder, plain, write};

/// What a build job writes, in a file of a folder.
pub fn file(folder: &Path, key: &str, platform: &str, revision: &str, pushed: &[(&str, &str, &Pushed)]) -> String {
    let arch = platform.rsplit('/').next().expect("a word");
    let mut text = format!("splitbuild 2\nkey {key}\nplatform {platform}\nrevision {revision}\n");
    for (repository, tag, pushed) in pushed {
        let name = format!("{}/{repository}:{tag}", plain());
        writeln!(text, "pushed {name} {name}-{arch} {}", pushed.digest).expect("in memory");
    }
    write(&folder.join(format!("{key}-{arch}")), &text)
}

/// The files of two builds that pushed two tags each.
pub fn files(name: &str, repository: &str) -> (PathBuf, [String; 2], [Pushed; 2]) {
    let folder = folder(name);
    let [amd64, arm64] = pair(repository, "v1");
    let both = |pushed| [(repository, "v1", pushed), (repository, "latest", pushed)];
    let files = [
        file(&folder, "app", "linux/amd64", "abc", &both(&amd64)),
        file(&folder, "app", "linux/arm64", "abc", &both(&arm64)),
    ];
    (folder, files, [amd64, arm64])
}

#[test]
fn what_was_pushed_is_published_by_digest() {
    let (_, files, [amd64, arm64]) = files("handover-good", "handover/good");
    // The tags have moved since: another run has pushed.
    for architecture in ["amd64", "arm64"] {
        Image::new(architecture).content("later").push("handover/good", &format!("v1-{architecture}"));
    }
    let done = run(&["manifest", "--digests", &files[0], "--digests", &files[1]]).good();
    let lines: Vec<&str> = done.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with(&format!("{}/handover/good:v1@sha256:", plain())), "{lines:?}");
    for tag in ["v1", "latest"] {
        let index = index("handover/good", tag);
        assert_eq!(index["manifests"][0]["digest"], amd64.digest);
        assert_eq!(index["manifests"][1]["digest"], arm64.digest);
    }
}

#[test]
fn a_folder_of_files_and_one_of_their_targets() {
    let (folder, _, _) = files("handover-folder", "handover/folder");
    // What else lies in it: the tags of the run, what was published, what nobody can open and wait for.
    write(&folder.join("tags"), "v1 latest\n");
    write(&folder.join("app-index"), &format!("acme/app:v1@sha256:{}\n", "0".repeat(64)));
    write(&folder.join("empty"), "");
    fs::create_dir(folder.join("parents")).expect("a folder");
    assert!(std::process::Command::new("mkfifo").arg(folder.join("pipe")).status().expect("it runs").success());
    let target = format!("{}/handover/folder:latest", plain());
    let folder = folder.to_str().expect("text");
    run(&["manifest", &target, "--digests", folder]).good();
    assert_eq!(platforms("handover/folder", "latest").len(), 2);
    assert_eq!(get("handover/folder", "v1"), None, "only what is asked for");
    run(&["manifest", "handover/other:v1", "--digests", folder]).wrong(&["do not report handover/other:v1"]);
    let empty = format!("{folder}/parents");
    run(&["manifest", "--digests", &empty]).bad(&["cannot read", &empty, "no hand-over file of a build job"]);
}

#[test]
fn names_are_compared_in_full() {
    let folder = folder("handover-full");
    let digest = format!("sha256:{}", "0".repeat(64));
    for (name, file) in [("base", "amd64"), ("docker.io/library/base", "arm64")] {
        let text = format!("splitbuild 2\nkey a\nplatform linux/{file}\npushed {name}:v1 {name}:v1-{file} {digest}\n");
        write(&folder.join(file), &text);
    }
    let files = folder.to_str().expect("text");
    // Nobody is asked for what is refused before.
    let told = run(&["manifest", "library/other:v1", "--digests", files]).wrong(&["do not report library/other:v1"]);
    assert_eq!(told.stderr.matches("base:v1").count(), 1, "{}", told.stderr);
}

#[test]
fn a_file_is_missing() {
    let (_, files, _) = files("handover-missing", "handover/missing");
    let says = ["no hand-over file reports", "missing:v1 for linux/arm64", "nothing was published"];
    run(&["manifest", "--digests", &files[0]]).bad(&says);
    run(&["manifest", "--digests", &files[0], "--digests", "is/not/there"]).bad(&[
        "the hand-over file is/not/there does not exist",
        "the job that writes it failed",
        "nothing was published",
    ]);
    assert_eq!(get("handover/missing", "v1"), None, "never a silent fall-back to the tag");
    run(&["manifest", "--digests", &files[0], "--platform", "linux/amd64"]).good();
}

#[test]
fn files_that_disagree() {
    let (folder, files, [amd64, arm64]) = files("handover-two", "handover/two");
    let other = file(&folder, "other", "linux/amd64", "abc", &[("handover/two", "v1", &arm64)]);
    let all = ["manifest", "--digests", &files[0], "--digests", &files[1], "--digests", &other];
    run(&all).bad(&["disagree about", "handover/two:v1 for linux/amd64", "the files of one run only"]);
    let late = file(
        &folder,
        "app",
        "linux/arm64",
        "def",
        &[("handover/two", "v1", &arm64), ("handover/two", "latest", &arm64)],
    );
    let says = ["linux/amd64 from abc (hand-over file), linux/arm64 from def (hand-over file)", "rerun all builds"];
    run(&["manifest", "--digests", &files[0], "--digests", &late]).bad(&says);
    let short = file(&folder, "app", "linux/arm64", "abc", &[("handover/two", "v1", &arm64)]);
    run(&["manifest", "--digests", &files[0], "--digests", &short]).bad(&["two:latest for linux/arm64"]);
    let wrong = file(
        &folder,
        "app",
        "linux/arm64",
        "abc",
        &[("handover/two", "v1", &amd64), ("handover/two", "latest", &arm64)],
    );
    run(&["manifest", "--digests", &files[0], "--digests", &wrong]).bad(&["should be linux/arm64, but"]);
    assert_eq!(get("handover/two", "v1"), None);
}

#[test]
fn a_digest_that_is_not_there() {
    let (folder, files, [_, arm64]) = files("handover-gone", "handover/gone");
    let gone = Pushed { digest: arm64.digest.replace(&arm64.digest[7..9], "00"), ..arm64 };
    let gone = file(
        &folder,
        "app",
        "linux/arm64",
        "abc",
        &[("handover/gone", "v1", &gone), ("handover/gone", "latest", &gone)],
    );
    run(&["manifest", "--digests", &files[0], "--digests", &gone]).bad(&["(linux/arm64) is not in 127.0.0.1"]);
    assert_eq!(get("handover/gone", "v1"), None);
}

#[test]
fn a_tag_is_this_runs_own_only_if_the_command_says_so() {
    let (_, files, _) = files("handover-fixed", "handover/fixed");
    let publish = |run_number: &str, more: &[&str]| {
        let number = format!("acme/app/{run_number}");
        let arguments = ["manifest", "--run", &number, "--digests", &files[0], "--digests", &files[1]];
        run(&[&arguments[..], more].concat()).good()
    };
    publish("9", &[]);
    let left = publish("8", &["--fixed-tag", "v1"]);
    assert!(left.stderr.contains("left") && left.stderr.contains("fixed:latest to the newer run acme/app/9"));
    assert!(left.stderr.contains("published") && left.stderr.contains("fixed:v1@"), "{}", left.stderr);
    assert_eq!(index("handover/fixed", "v1")["annotations"]["io.splitbuild.run"], "acme/app/8");
    assert_eq!(index("handover/fixed", "latest")["annotations"]["io.splitbuild.run"], "acme/app/9");
}

/// A good file, altered; each is refused with its name and its line, and nobody is asked.
#[test]
fn files_of_malice() {
    let folder = folder("handover-bad");
    let digest = format!("sha256:{}", "0".repeat(64));
    let good = format!(
        "splitbuild 2\nkey app\nplatform linux/amd64\nrevision abc\npushed a.example/app:v1 a.example/app:v1-amd64 {digest}\n"
    );
    let line = good.lines().last().expect("a line");
    let big = format!("{good}{}", format!("{line}\n").repeat((5 << 20) / line.len()));
    for (name, text, says) in [
        ("nul", good.replace("key app", "key a\0p"), "line 2: it contains the byte `\\x00`"),
        ("crlf", good.replace('\n', "\r\n"), "line 1: it contains the byte `\\r`"),
        ("cut", good[..good.len() - 1].to_owned(), "line 5: it does not end with a line feed: the file is truncated"),
        ("bom", format!("\u{feff}{good}"), "line 1: it contains the byte `\\xef`"),
        ("escape", good.replace("key app", "key \x1b[2J"), "line 2: it contains the byte `\\x1b`"),
        ("big", big, "the file is longer than 4 MiB"),
        ("long", good.replace("abc", &"a".repeat(5000)), "line 4: it has 5009 bytes"),
        ("more", good.replace("linux/amd64", "linux/amd64 x"), "line 3: expected exactly one word after the first"),
        ("fewer", good.replace(&format!(" {digest}"), ""), "line 5: expected two names and a digest after `pushed`"),
        ("twice", format!("{good}key app\n"), "line 6: an earlier line says this already"),
        ("second", format!("{good}platform linux/amd64\n"), "line 6: an earlier line says this already"),
        ("unknown", format!("{good}fixed v1\n"), "line 6: there is no line `fixed` in version 2"),
        ("layout", good.replace(" a.example/app:v1 ", " oci:/etc:v1 "), "line 5: `oci:/etc:v1` is in a folder"),
        ("empty", String::new(), "line 1: the file is empty"),
        ("other", "[]\n".into(), "line 1: the file must begin with the line `splitbuild 2`"),
    ] {
        let path = write(&folder.join(name), &text);
        run(&["manifest", "--digests", &path]).bad(&[&format!("{path} is not a valid hand-over file: "), says]);
    }
    let latin = folder.join("latin1");
    fs::write(&latin, b"splitbuild 2\nkey \xe9\n").expect("written");
    run(&["manifest", "--digests", latin.to_str().expect("text")]).bad(&["line 2: it contains the byte `\\xe9`"]);
    // In a folder, those that begin like one, and all that is wrong with them.
    let all = run(&["manifest", "--digests", folder.to_str().expect("text")]).bad(&["nothing was published"]);
    assert_eq!(all.stderr.matches("is not a valid hand-over file").count(), 13, "{}", all.stderr);
}

#[test]
fn files_of_another_version() {
    let folder = folder("handover-version");
    let old = r#"{"version":1,"key":"app","platform":"linux/amd64","revision":"abc","pushed":[
{"image":"acme/app","tag":"v1","reference":"acme/app:v1-amd64","digest":"sha256:00"}
]}
"#;
    for (name, text, version) in [("app-amd64.json", old, "1"), ("app-arm64", "splitbuild 3\nkey app\n", "3")] {
        let path = write(&folder.join(name), text);
        let says = format!("{path} is a hand-over file of version {version}, but this splitbuild reads version 2");
        run(&["manifest", "--digests", &path])
            .bad(&[&says, "help: generate the configuration again with this version"]);
        run(&["manifest", "--digests", folder.to_str().expect("text")]).bad(&[&says]);
        run(&["copy", "acme/app:v1-amd64", "acme/app:v2", "--digests", &path]).bad(&[&says, "nothing was published"]);
    }
}
