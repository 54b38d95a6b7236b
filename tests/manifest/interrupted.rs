//! `splitbuild export` while registries fail, disks fill and users lose patience: taken up, tried again or refused, and a
//! file that is either whole or as it was.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::command::{Run, run, splitbuild};
use crate::daemon::output;
use crate::export::{image, path, place};
use crate::http::{Message, ask};
use crate::image::{Image, Packing, noise};
use crate::registry::plain;
use crate::relay::{Fault, Relay, Rule, Seen};

/// An image of one large layer, and the path of that layer.
pub fn one_layer(repository: &str) -> (String, String) {
    let contents = [noise(7, 400_000)];
    Image::new("amd64").contents(&contents).packing(Packing::Gzip).push(repository, "v1");
    let manifest = ask(plain(), "GET", &format!("/v2/{repository}/manifests/v1"));
    let manifest: serde_json::Value = serde_json::from_slice(&manifest.body).expect("JSON");
    let digest = manifest["layers"][0]["digest"].as_str().expect("text").to_owned();
    (format!("{}/{repository}:v1", plain()), format!("/v2/{repository}/blobs/{digest}"))
}

/// Exports through a relay that does something with the layer, by how often it was asked for; the tarball, if there is one.
fn through(
    repository: &str,
    fault: impl Fn(usize) -> Fault + Send + Sync + 'static,
    more: &[&str],
) -> (Run, Option<Vec<u8>>, Vec<Seen>) {
    let (source, layer) = one_layer(repository);
    let layer_path = layer.clone();
    let rule: Rule =
        Box::new(move |request: &Message, nth| match request.method() == "GET" && request.path() == layer {
            true => fault(nth),
            false => Fault::Pass,
        });
    let relay = Relay::new(plain(), rule);
    let through = source.replace(plain(), &relay.host);
    let file = path(repository, "x.tar");
    let run = run(&[&["export", &through, "--name", &source, "-o", &file][..], more].concat());
    let seen = relay.seen().into_iter().filter(|seen| seen.method == "GET" && seen.path == layer_path).collect();
    let left: Vec<String> = fs::read_dir(place(repository))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert!(left.is_empty() || left == ["x.tar"], "nothing half done is left: {left:?}");
    (run, fs::read(file).ok(), seen)
}

/// What is exported without any fault.
fn good(repository: &str) -> Vec<u8> {
    let (source, _) = one_layer(repository);
    splitbuild(&["export", &source, "-q"]).output().expect("it runs").stdout
}

#[test]
fn a_dropped_layer_is_taken_up_where_it_broke_off() {
    let cut = |nth| if nth < 3 { Fault::Cut(80_000) } else { Fault::Pass };
    let (run, tarball, seen) = through("interrupted/cut", cut, &[]);
    run.good();
    assert!(tarball == Some(good("interrupted/cut")));
    let ranges: Vec<Option<&str>> = seen.iter().map(|seen| seen.range.as_deref()).collect();
    assert_eq!(ranges, [None, Some("bytes=80000-"), Some("bytes=160000-"), Some("bytes=240000-")]);
}

#[test]
fn a_registry_without_ranges_sends_the_beginning_again() {
    let cut = |nth| if nth == 0 { Fault::Cut(150_000) } else { Fault::Whole };
    let (run, tarball, seen) = through("interrupted/whole", cut, &[]);
    run.good();
    assert!(tarball == Some(good("interrupted/whole")));
    assert_eq!(seen.len(), 2);
}

#[test]
fn a_beginning_that_changes_is_refused() {
    let (_, layer) = one_layer("interrupted/lies");
    let mut other = ask(plain(), "GET", &layer);
    other.body[1000] ^= 1;
    let cut = move |nth| if nth == 0 { Fault::Cut(150_000) } else { Fault::Answer(other.clone()) };
    let (run, tarball, _) = through("interrupted/lies", cut, &[]);
    run.bad(&["it sends different content the second time", "was not changed"]);
    assert_eq!(tarball, None);
}

#[test]
fn another_part_than_was_asked_for_is_refused() {
    let part = |nth| match nth {
        0 => Fault::Cut(150_000),
        _ => Fault::Alter(|answer| answer.set("Content-Range", "bytes 10-20/400000")),
    };
    let (run, tarball, _) = through("interrupted/part", part, &[]);
    run.bad(&["it sends a different range than requested"]);
    assert_eq!(tarball, None);
}

#[test]
fn what_passes_is_tried_again() {
    for (name, status) in [("busy", 429), ("ill", 503), ("worse", 500)] {
        let rule = move |nth| match nth {
            0 => Fault::Answer(Message::answer(status, &[("Retry-After", "0")], b"")),
            1 => Fault::Drop,
            2 => Fault::Truncate,
            _ => Fault::Pieces,
        };
        let repository = format!("interrupted/{name}");
        let (run, tarball, seen) = through(&repository, rule, &[]);
        run.good();
        assert!(tarball == Some(good(&repository)), "{name}");
        assert_eq!(seen.len(), 4, "{name}");
    }
}

#[test]
fn what_does_not_pass_is_refused_and_the_old_file_stays() {
    type Make = fn() -> Fault;
    const DENIED: &[u8] = br#"{"errors":[{"code":"DENIED","message":"members only"}]}"#;
    let faults: [(&str, Make, &str); 5] = [
        ("gone", || Fault::Answer(Message::answer(404, &[], b"")), "404"),
        (
            "forbidden",
            || Fault::Answer(Message::answer(403, &[], DENIED)),
            "no credentials were found for it: DENIED members only",
        ),
        ("altered", || Fault::Alter(|answer| answer.body[99] ^= 1), "sends other bytes"),
        ("longer", || Fault::Alter(|answer| answer.body.push(0)), "sends other bytes"),
        ("endless", || Fault::Endless, "sends other bytes"),
    ];
    for (name, fault, says) in faults {
        let repository = format!("interrupted/{name}");
        let file = path(&repository, "x.tar");
        fs::write(&file, "as it was").expect("written");
        let (run, tarball, _) = through(&repository, move |_| fault(), &["--timeout", "3s"]);
        run.bad(&[says, "was not changed"]);
        assert_eq!(tarball.as_deref(), Some(&b"as it was"[..]), "{name}");
    }
    for (name, fault) in [("shorter", (|| Fault::Cut(1000)) as Make), ("down", || Fault::Drop)] {
        let repository = format!("interrupted/{name}");
        let (run, tarball, seen) = through(&repository, move |_| fault(), &["--timeout", "1s"]);
        run.bad(&["cannot reach "]);
        assert!(tarball.is_none() && seen.len() > 2, "{name}");
    }
}

#[test]
fn a_full_disk() {
    let folder = place("interrupted/full");
    let disk = folder.join("disk");
    fs::create_dir_all(&disk).expect("a folder");
    let at = disk.display().to_string();
    output(Command::new("mount").args(["-t", "tmpfs", "-o", "size=200k", "tmpfs", &at]));
    let (source, _) = one_layer("interrupted/full");
    let zstd = Image::new("amd64").contents(&[noise(9, 900_000)]).packing(Packing::Zstd);
    zstd.push("interrupted/full-zstd", "v1");
    let runs = [source, format!("{}/interrupted/full-zstd:v1", plain())]
        .map(|source| run(&["export", &source, "-o", &format!("{at}/x.tar")]));
    let left: Vec<_> = fs::read_dir(&disk).expect("a folder").collect();
    output(Command::new("umount").arg(&at));
    for run in runs {
        run.bad(&["cannot write", &at, "No space left on device"]);
    }
    assert!(left.is_empty(), "{left:?}");
}

/// A relay before the registry that says nothing of what is asked for with such a method and path.
fn silent(method: &'static str, path: &str) -> Relay {
    let path = path.to_owned();
    let is_meant = move |request: &Message| request.method() == method && request.path() == path;
    Relay::new(
        plain(),
        Box::new(move |request: &Message, _| {
            if !is_meant(request) {
                return Fault::Pass;
            }
            std::thread::park_timeout(Duration::from_secs(60));
            Fault::Drop
        }),
    )
}

/// Waits until something is so.
fn comes_true(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..2000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{what} in vain");
}

/// The names of what is in a folder, and of what is half written there.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn half_written(folder: &Path) -> usize {
    names(folder).iter().filter(|name| name.ends_with(".partial")).count()
}

fn signal(name: &str, child: &Child) {
    output(Command::new("kill").args([name, &child.id().to_string()]));
}

#[test]
fn who_interrupts_it_finds_nothing_half_done() {
    let (source, layer) = one_layer("interrupted/stopped");
    let relay = silent("GET", &layer);
    let folder = place("interrupted/stopped");
    for (name, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        let file = path("interrupted/stopped", "x.tar");
        let arguments = ["export", &source.replace(plain(), &relay.host), "-o", &file];
        let child = splitbuild(&arguments).stderr(Stdio::piped()).spawn().expect("it runs");
        comes_true("it begins", || half_written(&folder) == 1);
        signal(name, &child);
        let ended = child.wait_with_output().expect("it ends");
        assert_eq!(ended.status.code(), Some(code), "{name}");
        assert!(String::from_utf8_lossy(&ended.stderr).contains("stopped; nothing was written"), "{name}");
        assert_eq!(names(&folder), [""; 0], "{name}");
    }
}

#[test]
fn what_is_told_to_ignore_a_hangup_ignores_it() {
    let (source, layer) = one_layer("interrupted/nohup");
    let relay = silent("GET", &layer);
    let folder = place("interrupted/nohup");
    let file = path("interrupted/nohup", "x.tar");
    let arguments = ["-c", "trap '' HUP; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_splitbuild"), "export"];
    let mut command = Command::new("sh");
    command.args(arguments).args([&source.replace(plain(), &relay.host), "-o", &file]);
    let child = command.stderr(Stdio::piped()).spawn().expect("it runs");
    comes_true("it begins", || half_written(&folder) == 1);
    signal("-HUP", &child);
    signal("-TERM", &child);
    assert_eq!(child.wait_with_output().expect("it ends").status.code(), Some(143));
}

#[test]
fn two_at_a_time_do_not_write_into_one_file() {
    let (source, layer) = one_layer("interrupted/two");
    let relay = silent("GET", &layer);
    let file = path("interrupted/two", "x.tar");
    let folder = place("interrupted/two");
    let mut first = splitbuild(&["export", &source.replace(plain(), &relay.host), "-o", &file])
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    comes_true("it begins", || half_written(&folder) == 1);
    run(&["export", &source, "-o", &file]).good();
    assert!(fs::read(&file).expect("a file") == good("interrupted/two"));
    assert_eq!(half_written(&folder), 1, "what the first one has begun is left alone");
    first.kill().and_then(|()| first.wait()).expect("it ends");
    // What the killed one left is in nobody's way, and goes.
    fs::remove_file(&file).expect("there");
    run(&["export", &source, "-o", &file]).good();
    assert_eq!(names(&folder), ["x.tar"]);
}

#[test]
fn what_others_put_in_the_way_is_not_written_to() {
    let (source, _) = one_layer("interrupted/planted");
    let (file, folder) = (path("interrupted/planted", "x.tar"), place("interrupted/planted"));
    let layout = folder.join("layout");
    fs::create_dir_all(&layout).expect("a folder");
    let victim = folder.join("victim");
    fs::write(&victim, "precious").expect("written");
    for link in [folder.join(".x.tar.partial"), layout.join(".index.json.partial")] {
        symlink(&victim, link).expect("a link");
    }
    symlink(folder.join("made"), layout.join("oci-layout")).expect("a link");
    run(&["export", &source, "-o", &file]).good();
    let target = format!("oci:{}:v1", layout.display());
    run(&["copy", &source, &target]).bad(&["cannot write", "oci-layout"]);
    fs::remove_file(layout.join("oci-layout")).expect("there");
    run(&["copy", &source, &target]).good();
    assert_eq!(fs::read_to_string(&victim).expect("text"), "precious");
    assert!(!folder.join("made").exists());
}

#[test]
fn what_a_killed_copy_left_goes_with_the_next_one() {
    let (source, layer) = one_layer("interrupted/killed");
    let relay = silent("GET", &layer);
    let folder = place("interrupted/killed").join("layout");
    let target = format!("oci:{}:v1", folder.display());
    let through = source.replace(plain(), &relay.host);
    let name = format!(".{}.", layer.rsplit(':').next().expect("a digest"));
    let begun = || names(&folder).iter().filter(|found| found.starts_with(&name)).count();
    let mut killed = splitbuild(&["copy", &through, &target]).stderr(Stdio::null()).spawn().expect("it runs");
    comes_true("it begins", || begun() == 1);
    // What another one still writes is not touched.
    let at_work = splitbuild(&["copy", &through, &target]).stderr(Stdio::piped()).spawn().expect("it runs");
    comes_true("it begins", || begun() == 2);
    killed.kill().and_then(|()| killed.wait()).expect("it ends");
    run(&["copy", &source, &target]).good();
    assert_eq!(begun(), 1);
    // Who is asked to end takes it along.
    signal("-TERM", &at_work);
    let ended = at_work.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(143));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("was not changed\nsplitbuild: stopped"));
    assert_eq!(names(&folder), ["blobs", "index.json", "oci-layout"]);
}

#[test]
fn many_layers_come_a_few_at_a_time() {
    let contents: Vec<String> = (0..30).map(|seed| noise(seed, 30_000)).collect();
    image("amd64").contents(&contents).push("interrupted/many", "v1");
    let source = format!("{}/interrupted/many:v1", plain());
    let told = run(&["export", &source, "-o", &path("interrupted/many", "x.tar.gz")]).good();
    assert_eq!(told.stderr.matches(" in 0.").count(), 30, "one line for each layer: {}", told.stderr);
    assert!(told.stderr.contains("kB/s)") || told.stderr.contains("MB/s)"), "{}", told.stderr);
    let quiet = run(&["export", &source, "-q", "-o", &path("interrupted/many", "y.tar.gz")]).good();
    assert_eq!(quiet.stderr, "");
}
