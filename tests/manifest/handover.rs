//! The hand-over files of build jobs, by digest.

use std::path::{Path, PathBuf};

use crate::command::run;
use crate::image::{Image, Pushed, get, index, pair, platforms};
use crate::registry::{folder, plain, write};

fn file(folder: &Path, key: &str, platform: &str, revision: &str, pushed: &[(&str, &str, &Pushed)]) -> String {
    let lines: Vec<String> = pushed
        .iter()
        .map(|(repository, tag, pushed)| {
            let (host, digest) = (plain(), &pushed.digest);
            let arch = platform.rsplit('/').next().expect("a word");
            format!(
                r#"{{"image":"{host}/{repository}","tag":"{tag}","reference":"{host}/{repository}:{tag}-{arch}","digest":"{digest}"}}"#
            )
        })
        .collect();
    let text = format!(
        "{{\"version\":1,\"key\":\"{key}\",\"platform\":\"{platform}\",\"revision\":\"{revision}\",\"pushed\":[\n{}\n]}}\n",
        lines.join(",\n")
    );
    let arch = platform.replace('/', "-");
    write(&folder.join(format!("{key}-{arch}.json")), &text)
}

/// The files of two builds that pushed two tags each.
fn files(name: &str, repository: &str) -> (PathBuf, [String; 2], [Pushed; 2]) {
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
    let target = format!("{}/handover/folder:latest", plain());
    let folder = folder.to_str().expect("text");
    run(&["manifest", &target, "--digests", folder]).good();
    assert_eq!(platforms("handover/folder", "latest").len(), 2);
    assert_eq!(get("handover/folder", "v1"), None, "only what is asked for");
    run(&["manifest", "handover/other:v1", "--digests", folder]).wrong(&["tell nothing of handover/other:v1"]);
}

#[test]
fn a_file_is_missing() {
    let (_, files, _) = files("handover-missing", "handover/missing");
    let says = ["no hand-over file tells what was pushed of", "missing:v1 for linux/arm64", "nothing was published"];
    run(&["manifest", "--digests", &files[0]]).bad(&says);
    run(&["manifest", "--digests", &files[0], "--digests", "is/not/there.json"]).bad(&[
        "the hand-over file is/not/there.json is not there",
        "its build job has failed",
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
    let says = ["linux/amd64 from abc (hand-over file), linux/arm64 from def (hand-over file)", "rerun all the builds"];
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
    run(&["manifest", "--digests", &files[0], "--digests", &wrong]).bad(&["is to be linux/arm64, but"]);
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
fn what_is_no_hand_over_file() {
    let folder = folder("handover-bad");
    for (name, text) in
        [("a", ""), ("b", "[]"), ("c", r#"{"version":2,"key":"k","platform":"linux/arm64","pushed":[]}"#)]
    {
        let path = write(&folder.join(format!("{name}.json")), text);
        run(&["manifest", "--digests", &path]).bad(&["is no hand-over file", &path]);
    }
    let all = run(&["manifest", "--digests", folder.to_str().expect("text")]).bad(&["a.json", "b.json"]);
    assert_eq!(all.stderr.matches("is no hand-over file").count(), 3, "{}", all.stderr);
}
