//! Files, links and what is no file, in a folder of their own.

use std::io::Write;

use super::*;

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_file_is_read_up_to_a_bound() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("a");
    fs::write(&path, "12345").expect("written");
    assert_eq!(read(&path, 5).expect("short enough"), b"12345");
    let error = read(&path, 4).expect_err("too long");
    assert_eq!(error.to_string(), "it is larger than the limit of 4 bytes");
    assert_eq!(bounded(&b"12345"[..], 4).expect_err("too long").kind(), io::ErrorKind::FileTooLarge);
    assert_eq!(read(&home.path().join("b"), 5).expect_err("nothing").kind(), io::ErrorKind::NotFound);
}

#[test]
fn what_is_no_file_is_not_read() {
    let home = tempfile::tempdir().expect("a folder");
    let said = |path: &Path| open(path).expect_err("it is not a file").to_string();
    assert_eq!(said(home.path()), "it is a folder, not a file");
    assert_eq!(said(Path::new("/dev/zero")), "it is a device, not a file");
    let socket = home.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    assert_eq!(said(&socket), "it is a socket, not a file");
    let pipe = home.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("it runs").success());
    assert_eq!(said(&pipe), "it is a pipe, not a file");
    // Under another name as well.
    let link = home.path().join("link");
    std::os::unix::fs::symlink(&pipe, &link).expect("a link");
    assert_eq!(said(&link), "it is a pipe, not a file");
}

#[test]
fn one_file_has_many_names() {
    let home = tempfile::tempdir().expect("a folder");
    let path = |name: &str| home.path().join(name);
    fs::write(path("a"), "x").expect("written");
    fs::write(path("b"), "x").expect("written");
    fs::hard_link(path("a"), path("hard")).expect("a link");
    std::os::unix::fs::symlink("a", path("soft")).expect("a link");
    fs::create_dir(path("folder")).expect("a folder");
    for same in ["a", "hard", "soft", "folder/../a", "./a"] {
        assert!(is_same(&path("a"), &path(same)), "{same}");
    }
    assert!(!is_same(&path("a"), &path("b")) && !is_same(&path("c"), &path("c")));
}

#[test]
fn what_is_written_is_whole_and_what_was_there_stays_until_then() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("a");
    fs::write(&path, "old").expect("written");
    let draft = Draft::of(&path).expect("begun");
    draft.writer_at(0).write_all(b"new").expect("written");
    assert_eq!(fs::read(&path).expect("there"), b"old");
    assert_eq!(names(home.path()).len(), 2);
    drop(draft);
    assert_eq!(names(home.path()), ["a"]);
    write(&path, b"new").expect("written");
    assert_eq!((fs::read(&path).expect("there"), names(home.path())), (b"new".to_vec(), vec!["a".to_owned()]));
}

#[test]
fn mode_and_owner_of_what_was_there_are_kept() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("a");
    fs::write(&path, "old").expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
    // Only root may give files away.
    let is_root = chown(&path, Some(4711), Some(4712)).is_ok();
    write(&path, b"new").expect("written");
    let found = fs::metadata(&path).expect("there");
    assert_eq!(found.mode() & 0o7777, 0o640);
    assert!(!is_root || (found.uid(), found.gid()) == (4711, 4712));
    // A new one gets what the user's mask leaves, as of everybody else.
    write(&home.path().join("b"), b"").expect("written");
    fs::write(home.path().join("c"), "").expect("written");
    let mode = |name: &str| fs::metadata(home.path().join(name)).expect("there").mode();
    assert_eq!(mode("b"), mode("c"));
}

#[test]
fn only_what_nobody_writes_any_more_is_swept() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("x.tar");
    let draft = Draft::of(&path).expect("begun");
    let under_way = names(home.path());
    for name in [".x.tar.abc123.partial", ".y.tar.abc123.partial", ".x.tar.mine.partial", ".x.tar.partial", "partial"] {
        fs::write(home.path().join(name), "left").expect("written");
    }
    std::os::unix::fs::symlink("partial", home.path().join(".x.tar.linked.partial")).expect("a link");
    drop(Draft::of(&path).expect("begun"));
    let mut expected = vec![".x.tar.linked.partial", ".x.tar.mine.partial", ".x.tar.partial", ".y.tar.abc123.partial"];
    expected.extend(["partial", under_way[0].as_str()]);
    expected.sort_unstable();
    assert_eq!(names(home.path()), expected);
    draft.finish().expect("it is still there");
}

#[test]
fn where_something_is_written() {
    let home = tempfile::tempdir().expect("a folder");
    let path = |name: &str| home.path().join(name);
    let file = |name: &str| match Output::at(&path(name)) {
        Ok(Output::File(found)) => found,
        other => panic!("{name}: {other:?}"),
    };
    fs::write(path("a"), "x").expect("written");
    std::os::unix::fs::symlink("a", path("link")).expect("a link");
    std::os::unix::fs::symlink("link", path("second")).expect("a link");
    std::os::unix::fs::symlink("nothing", path("dangling")).expect("a link");
    std::os::unix::fs::symlink("loop", path("loop")).expect("a link");
    assert_eq!((file("a"), file("new")), (path("a"), path("new")));
    assert_eq!((file("second"), file("dangling")), (path("a"), path("nothing")));
    assert!(Output::at(&path("loop")).is_err());
    for folder in ["", ".", "new/"] {
        assert_eq!(Output::at(&path(folder)).expect_err("a folder").to_string(), "it is a folder", "{folder}");
    }
    for name in ["-", "/dev/stdout", "/dev/fd/1"] {
        assert!(matches!(Output::at(Path::new(name)), Ok(Output::Standard)), "{name}");
    }
    assert!(matches!(Output::at(Path::new("/dev/null")), Ok(Output::Through(_))));
    assert!(Output::at(Path::new("")).is_err());
}
