//! Releases: the tags of a version are published, and moving tags lead to the highest version that they may.

use std::fmt::Write as _;
use std::thread;

use crate::command::{Run, run};
use crate::image::{INDEX, Image, Pushed, get, index, pair, put};
use crate::registry::{folder, plain, write};
use crate::relay::{Relay, nothing};

/// Publishes versions of a repository.
pub fn release(host: &str, repository: &str, version: &str, moving: &[&str], more: &[&str]) -> Run {
    let target = format!("{host}/{repository}:{version}");
    let release = format!("v{version}");
    let mut arguments = vec!["manifest", &target, "--release", &release];
    moving.iter().for_each(|tag| arguments.extend(["--moving-tag", tag]));
    arguments.extend(more);
    run(&arguments)
}

/// Whether two tags lead to one index; of one that is not there, none is.
pub fn same(repository: &str, one: &str, other: &str) -> bool {
    get(repository, one).is_some() && get(repository, one) == get(repository, other)
}

/// The tags that a version may move.
fn moving(version: &str) -> [String; 3] {
    let parts: Vec<&str> = version.split(['.', '-']).collect();
    ["latest".into(), parts[0].into(), format!("{}.{}", parts[0], parts[1])]
}

#[test]
fn in_any_order() {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for (number, order) in orders.iter().enumerate() {
        let repository = format!("release/order{number}");
        let mut released: Vec<&str> = Vec::new();
        for version in order.map(|at| ["2.0.0", "1.1.9", "2.1.0-rc.1"][at]) {
            pair(&repository, version);
            let moving = moving(version);
            let done = release(plain(), &repository, version, &moving.each_ref().map(String::as_str), &[]).good();
            released.push(version);
            let highest = if released.contains(&"2.0.0") { Some("2.0.0") } else { None };
            let lower = if released.contains(&"1.1.9") { Some("1.1.9") } else { None };
            for (tag, leads) in [
                ("latest", highest.or(lower)),
                ("2", highest),
                ("2.0", highest),
                ("1", lower),
                ("1.1", lower),
                ("2.1", None),
            ] {
                let is_right = leads.map_or(get(&repository, tag).is_none(), |leads| same(&repository, tag, leads));
                assert!(is_right, "{released:?}: {tag}\n{}", done.stderr);
            }
            assert_eq!(index(&repository, version)["annotations"]["io.splitbuild.version"], version);
            // What each name means in this run, whatever it leads to.
            let own = done.stdout.lines().next().and_then(|line| line.split_once('@')).expect("a digest");
            let name = format!("{}/{repository}", plain());
            let mut expected = format!("{name}:{version}@{}\n", own.1);
            moving.iter().for_each(|tag| {
                writeln!(expected, "moving {name}:{tag} {name}:{version} {}", own.1).expect("in memory");
            });
            assert_eq!(done.stdout, expected);
            if version.contains("rc") {
                assert!(done.stderr.contains("latest as it is: 2.1.0-rc.1 is a pre-release"), "{}", done.stderr);
            }
        }
    }
}

#[test]
fn side_by_side() {
    for number in 0..6 {
        let repository = format!("release/beside{number}");
        let versions = ["2.0.0", "1.1.9", "1.2.0"];
        versions.iter().for_each(|version| drop(pair(&repository, version)));
        let runs: Vec<_> = versions
            .iter()
            .map(|&version| {
                let repository = repository.clone();
                thread::spawn(move || {
                    let moving = moving(version);
                    release(plain(), &repository, version, &moving.each_ref().map(String::as_str), &[])
                })
            })
            .collect();
        let said: Vec<String> = runs.into_iter().map(|run| run.join().expect("it ends").good().stderr).collect();
        for (tag, leads) in [("latest", "2.0.0"), ("2", "2.0.0"), ("1", "1.2.0"), ("1.1", "1.1.9"), ("1.2", "1.2.0")] {
            assert!(same(&repository, tag, leads), "{tag} leads to {leads}\n{}", said.concat());
        }
    }
}

#[test]
fn variants_lead_their_own_tags() {
    let repository = "release/slim";
    let released = |version: &str| {
        let slim = format!("{version}-slim");
        let targets = [version, &slim].map(|tag| {
            pair(repository, tag);
            format!("{}/{repository}:{tag}", plain())
        });
        let [latest, major, minor] = moving(version);
        let [major_slim, minor_slim] = [format!("{major}-slim"), format!("{minor}-slim")];
        let mut arguments = vec!["manifest", &*targets[0], &*targets[1], "--release", version];
        for tag in [&*latest, &*major, &*minor, "latest-slim", &*major_slim, &*minor_slim] {
            arguments.extend(["--moving-tag", tag]);
        }
        run(&arguments).good()
    };
    released("2.0.0");
    released("1.1.9");
    for (tag, leads) in [("latest", "2.0.0"), ("1", "1.1.9"), ("1.1", "1.1.9")] {
        assert!(same(repository, tag, leads), "{tag}");
        assert!(same(repository, &format!("{}-slim", tag), &format!("{leads}-slim")), "{tag}-slim");
    }
    assert!(!same(repository, "latest", "latest-slim"));
}

#[test]
fn what_leads_where_it_should_is_not_written() {
    let repository = "release/again";
    for version in ["2.0.0", "1.1.9"] {
        pair(repository, version);
        release(plain(), repository, version, &["latest", "1"], &[]).good();
    }
    // The images and the tag; the configurations; the list; where both tags of each lead.
    let relay = Relay::with_rounds(plain(), nothing(), &[3, 2, 1, 4]);
    let done = release(&relay.host, repository, "1.1.9", &["latest", "1"], &[]).good();
    assert!(relay.rounds_were_kept(), "{:#?}", relay.short());
    assert_eq!(relay.count("PUT"), 0, "{:#?}", relay.short());
    let at = format!("{}/{repository}", relay.host);
    for says in [
        format!("unchanged {at}:1.1.9@sha256:"),
        format!("unchanged {at}:1@sha256:"),
        format!("left {at}:latest at 2.0.0, the highest version that it may lead: {at}:latest@sha256:"),
    ] {
        assert!(done.stderr.contains(&says), "{says}\n{}", done.stderr);
    }
}

/// A later run may release a lower version.
#[test]
fn the_version_has_the_say_and_not_the_run() {
    let repository = "release/runs";
    for (version, run) in [("1.1.9", "p/7"), ("2.0.0", "p/5"), ("1.2.0", "p/8")] {
        pair(repository, version);
        release(plain(), repository, version, &["latest"], &["--run", run]).good();
        assert_eq!(index(repository, version)["annotations"]["io.splitbuild.run"], run);
    }
    assert!(same(repository, "latest", "2.0.0"));
}

#[test]
fn to_look_is_not_to_write() {
    let repository = "release/dry";
    pair(repository, "2.0.0");
    release(plain(), repository, "2.0.0", &["latest"], &[]).good();
    pair(repository, "2.0.1");
    pair(repository, "1.1.9");
    let relay = Relay::new(plain(), nothing());
    let at = format!("{}/{repository}", relay.host);
    let done = release(&relay.host, repository, "2.0.1", &["latest", "2.0"], &["--dry-run"]).good();
    assert!(done.stderr.contains(&format!("would move {at}:latest to 2.0.1: ")), "{}", done.stderr);
    assert!(done.stdout.contains("io.splitbuild.version\":\"2.0.1\""), "{}", done.stdout);
    let done = release(&relay.host, repository, "1.1.9", &["latest"], &["--dry-run"]).good();
    assert!(done.stderr.contains(&format!("would leave {at}:latest at 2.0.0")), "{}", done.stderr);
    assert_eq!(relay.count("PUT"), 0);

    let done = release(plain(), repository, "1.1.9", &["latest", "1"], &["--json"]).good();
    let json: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    let moving = &json["targets"][0]["moving"];
    let words = |key: &str| -> Vec<String> {
        let all = moving.as_array().expect("a list").iter();
        all.map(|tag| tag[key].as_str().unwrap_or("null").to_owned()).collect()
    };
    assert_eq!(words("tag"), ["latest", "1"]);
    assert_eq!(words("state"), ["unchanged", "moved"]);
    assert_eq!(words("version"), ["2.0.0", "1.1.9"]);
    let own = &json["targets"][0]["index"]["digest"];
    assert!(words("leads")[1].ends_with(own.as_str().expect("text")));
    assert!(!words("leads")[0].ends_with(own.as_str().expect("text")));
    assert!(words("reference").iter().all(|at| at.ends_with(own.as_str().expect("text"))), "what it means in this run");
}

/// A folder of hand-over files with two fixed tags and a moving one.
fn handed(name: &str, repository: &str, images: &[Pushed; 2], kind: &str) -> String {
    let folder = folder(name);
    let at = format!("{}/{repository}", plain());
    for (arch, image) in ["amd64", "arm64"].iter().zip(images) {
        let mut text = format!("splitbuild 2\nkey app\nplatform linux/{arch}\n");
        for (kind, tag) in [("pushed", "abc"), ("pushed", "1.1.9"), (kind, "1.1"), (kind, "latest")] {
            writeln!(text, "{kind} {at}:{tag} {at}:1.1.9-{arch} {}", image.digest).expect("in memory");
        }
        write(&folder.join(format!("app-{arch}")), &text);
    }
    folder.to_str().expect("text").to_owned()
}

#[test]
fn what_builds_hand_over() {
    let repository = "release/handed";
    pair(repository, "2.0.0");
    release(plain(), repository, "2.0.0", &["latest"], &[]).good();
    let images = pair(repository, "1.1.9");
    let files = handed("release-handed", repository, &images, "moving");
    run(&["manifest", "--digests", &files]).bad(&[
        "app-amd64 was written by a release: only the rule of releases may move",
        "help: add --release VERSION",
        "nothing was published",
    ]);
    let other = run(&["manifest", "--digests", &files, "--release", "1.2.0"]);
    other.wrong(&["no fixed tag of", "says the version 1.2.0", "there is abc, 1.1.9"]);
    assert_eq!(get(repository, "1.1.9"), None);
    let done = run(&["manifest", "--digests", &files, "--release", "1.1.9"]).good();
    assert!(
        same(repository, "1.1", "1.1.9") && same(repository, "abc", "1.1.9") && same(repository, "latest", "2.0.0")
    );
    let at = format!("{}/{repository}", plain());
    let lines: Vec<&str> = done.stdout.lines().collect();
    let digest = lines[1].rsplit('@').next().expect("a digest");
    let expected = [
        format!("{at}:abc@{digest}"),
        format!("{at}:1.1.9@{digest}"),
        format!("moving {at}:1.1 {at}:1.1.9 {digest}"),
        format!("moving {at}:latest {at}:1.1.9 {digest}"),
    ];
    assert_eq!(lines, expected);

    // A later job takes the name for what it means in this run.
    let published = write(&folder("release-handed-index").join("app-index"), &done.stdout);
    let copy = format!("{}/release/copied:latest", plain());
    run(&["copy", "--digests", &published, &format!("{at}:latest"), &copy]).good();
    assert_eq!(get("release/copied", "latest"), get(repository, "1.1.9"));
}

#[test]
fn one_of_what_builds_hand_over() {
    let repository = "release/one";
    let images = pair(repository, "1.1.9");
    let files = handed("release-one", repository, &images, "moving");
    let at = format!("{}/{repository}", plain());
    let moving = format!("{at}:latest");
    run(&["manifest", &moving, "--digests", &files, "--release", "1.1.9"]).wrong(&["do not report"]);
    run(&["manifest", &format!("{at}:1.1.9"), "--digests", &files, "--release", "1.1.9"]).good();
    assert_eq!(get(repository, "abc"), None);
    assert!(same(repository, "latest", "1.1.9"));
    // Fixed by all files, the rule has no say in them.
    let fixed = handed("release-fixed", repository, &images, "pushed");
    run(&["manifest", "--digests", &fixed]).good();
}

#[test]
fn copies() {
    for home in [format!("{}/release/mirror", plain()), format!("oci:{}", folder("release-mirror").display())] {
        let mut sources = Vec::new();
        for version in ["2.0.0", "1.1.9", "2.1.0-rc.1"] {
            pair("release/source", version);
            // Whatever the source says of its version is not what is released here.
            release(plain(), "release/source", version, &[], &["--annotation", "org.example=x"]).good();
            let source = format!("{}/release/source:{version}", plain());
            let target = format!("{home}:{version}");
            let moving = moving(version);
            let mut arguments = vec!["copy", &source, &target, "--release", version];
            moving.iter().for_each(|tag| arguments.extend(["--moving-tag", tag]));
            let done = run(&arguments).good();
            let digest = done.stdout.lines().next().and_then(|line| line.split_once('@')).expect("a digest").1;
            let line = format!("moving {home}:latest {target} {digest}\n");
            assert!(done.stdout.contains(&line), "{}", done.stdout);
            assert!(!done.stderr.contains("warning"), "{}", done.stderr);
            sources.push(digest.to_owned());
        }
        for (tag, leads) in [("latest", 0), ("2", 0), ("1", 1), ("1.1", 1)] {
            let said = run(&["inspect", "--json", &format!("{home}:{tag}")]).good().stdout;
            assert!(said.contains(&sources[leads]), "{home}:{tag}\n{said}");
        }
        let json = run(&[
            "copy",
            &format!("{home}:2.0.0"),
            &format!("{home}:2.0.0"),
            "--json",
            "--release",
            "2.0.0",
            "--moving-tag",
            "latest",
        ])
        .good()
        .stdout;
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!((&json["moving"][0]["tag"], &json["moving"][0]["state"]), (&"latest".into(), &"unchanged".into()));
    }
}

#[test]
fn usage() {
    pair("release/usage", "1.1.9");
    let released = |version: &str, moving: &str, tag: &str| {
        let target = format!("{}/release/usage:{tag}", plain());
        run(&["manifest", &target, "--release", version, "--moving-tag", moving])
    };
    released("1.1", "latest", "1.1.9").wrong(&["`1.1` is no semantic version, such as 1.2.3"]);
    released("1.1.8", "latest", "1.1.9").wrong(&["no fixed tag of", "says the version 1.1.8", "there is 1.1.9"]);
    released("1.1.9", "1.1.9", "1.1.9").wrong(&["is a fixed tag of this release"]);
    released("1.1.9", "1.1.8", "1.1.9").wrong(&["is the tag of a version"]);
    let target = format!("{}/release/usage:1.1.9", plain());
    run(&["manifest", &target, "--moving-tag", "latest"]).wrong(&["--release"]);
    run(&["manifest", &target, "--annotation", "io.splitbuild.version=9.9.9"])
        .wrong(&["--release sets this annotation"]);
    let copied = format!("{}/release/usage-copied:1.1.8", plain());
    run(&["copy", &target, &copied, "--release", "1.1.9", "--moving-tag", "latest"]).wrong(&["no fixed tag of"]);
    assert_eq!(get("release/usage", "1.1.9"), None);
    assert_eq!(get("release/usage-copied", "1.1.8"), None);
}

/// An annotation of the indexes in which images come is taken over if all have it, but not this one.
#[test]
fn a_version_is_not_taken_over_from_a_source() {
    let repository = "release/over";
    for arch in ["amd64", "arm64"] {
        let image = Image::new(arch);
        let pushed = image.push(repository, &format!("bare-{arch}"));
        let document = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [crate::image::entry(&pushed, Some(&image))],
            "annotations": { "io.splitbuild.version": "9.9.9", "org.example.kept": "yes" },
        });
        put(plain(), repository, &format!("v1-{arch}"), INDEX, &document);
    }
    run(&["manifest", &format!("{}/{repository}:v1", plain())]).good();
    let annotations = &index(repository, "v1")["annotations"];
    assert_eq!(annotations["org.example.kept"], "yes");
    assert!(annotations["io.splitbuild.version"].is_null(), "{annotations}");
    // Nor by a copy of a part.
    pair(repository, "1.0.0");
    release(plain(), repository, "1.0.0", &[], &[]).good();
    let [source, target] = ["1.0.0", "part"].map(|tag| format!("{}/{repository}:{tag}", plain()));
    run(&["copy", "--platform", "linux/amd64", &source, &target]).good();
    assert!(index(repository, "part")["annotations"]["io.splitbuild.version"].is_null());
}
