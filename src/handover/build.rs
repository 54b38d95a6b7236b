//! The file of a build job: its key, its platform, its commit, and every name that it pushed, with the digest that the
//! push printed.
//!
//! ```text
//! splitbuild 2
//! key app
//! platform linux/amd64
//! revision 0123…
//! pushed acme/app:1.1.9 acme/app:1.1.9-amd64 sha256:…
//! moving acme/app:latest acme/app:1.1.9-amd64 sha256:…
//! ```
//!
//! `revision` may be missing; a `pushed` line has the index, the name that was pushed for it, and the digest. A `moving`
//! line has an index that in this run is the same image, but that only the rule of releases may move.

use super::VERSION;
use super::error::HandoverError;
use super::lines::{Flaw, Names, lines, name, words};
use crate::digest::Digest;
use crate::platform::Platform;
use crate::reference::Reference;

/// How a file begins, before its version.
const BEGIN: &str = "splitbuild ";

/// How a file of version 1 begins, which was JSON.
const OLD: &[u8] = br#"{"version":1,"key":"#;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// The file, for messages.
    pub file: String,
    /// The key of the image in the matrix.
    pub key: String,
    pub platform: Platform,
    /// The commit that it built from, if the file has one.
    pub revision: Option<String>,
    /// Everything that it pushed, each index once.
    pub pushed: Vec<Pushed>,
    /// Each index once that is one of those in this run, and that only a release may move.
    pub moving: Vec<Pushed>,
}

/// One name that a build job pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The index that it is for: the image's name with its tag.
    pub target: Reference,
    /// What was pushed, by the digest that the push printed.
    pub source: Reference,
}

/// Whether a build job wrote this, by how it begins; of whichever version.
pub fn is_of_build(bytes: &[u8]) -> bool {
    bytes.starts_with(BEGIN.as_bytes()) || bytes.starts_with(OLD)
}

impl Handover {
    /// Reads a file.
    ///
    /// # Errors
    /// It is of another version, or not what a build job writes.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, HandoverError> {
        match version(bytes) {
            Some(found) if found != VERSION => Err(HandoverError::Version { file: file.to_owned(), found }),
            _ => read(file, bytes).map_err(HandoverError::malformed(file)),
        }
    }
}

/// The version, if the file has one.
fn version(bytes: &[u8]) -> Option<String> {
    if bytes.starts_with(OLD) {
        return Some("1".into());
    }
    let first = bytes.split(|byte| *byte == b'\n').next()?;
    let version = std::str::from_utf8(first).ok()?.strip_prefix(BEGIN)?;
    (version.len() < 10 && version.parse::<u32>().is_ok()).then(|| version.to_owned())
}

fn read(file: &str, bytes: &[u8]) -> Result<Handover, Flaw> {
    let lines = lines(bytes)?;
    let (&(first, begin), rest) = lines.split_first().expect("a file that is not empty has a line");
    if begin.strip_prefix(BEGIN) != Some(VERSION) {
        return Err(Flaw { line: first, why: format!("the file must begin with the line `{BEGIN}{VERSION}`") });
    }
    let (mut key, mut platform, mut revision) = (None, None, None);
    let (mut targets, mut names) = (Names::new(), Names::new());
    let (mut pushed, mut moving) = (Vec::new(), Vec::new());
    for &(line, text) in rest {
        let bad = Flaw::at(line);
        match words(text).map_err(&bad)?[..] {
            ["key", word] => once(&mut key, word, image_key).map_err(bad)?,
            ["platform", word] => once(&mut platform, word, image_platform).map_err(bad)?,
            ["revision", word] => once(&mut revision, word, |word| Ok(word.to_owned())).map_err(bad)?,
            [kind @ ("pushed" | "moving"), target, source, digest] => {
                let of_kind = if kind == "moving" { &mut moving } else { &mut pushed };
                let (target, source) = (name(target).map_err(&bad)?, name(source).map_err(&bad)?);
                let digest: Digest = digest.parse().map_err(|e| bad(format!("{e}")))?;
                names.insert(&source, digest.clone(), line)?;
                if targets.insert(&target, (kind, source.in_full()), line)? {
                    of_kind.push(Pushed { target, source: source.at(digest) });
                }
            }
            ["key" | "platform" | "revision", ..] => {
                return Err(bad("expected exactly one word after the first".into()));
            }
            [kind @ ("pushed" | "moving"), ..] => {
                return Err(bad(format!("expected two names and a digest after `{kind}`")));
            }
            [word, ..] => return Err(bad(format!("there is no line `{word}` in version {VERSION}"))),
            [] => unreachable!("a line has a word"),
        }
    }
    // What is missing is missing after the last line.
    let missing = |what: &str| Flaw { line: lines.len(), why: format!("the file ends without a line {what}") };
    if pushed.is_empty() {
        return Err(missing("`pushed`"));
    }
    Ok(Handover {
        file: file.to_owned(),
        key: key.ok_or_else(|| missing("`key`"))?,
        platform: platform.ok_or_else(|| missing("`platform`"))?,
        revision,
        pushed,
        moving,
    })
}

/// Sets what a file must not give twice.
fn once<T>(slot: &mut Option<T>, word: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<(), String> {
    if slot.replace(parse(word)?).is_some() { Err("an earlier line says this already".into()) } else { Ok(()) }
}

fn image_key(word: &str) -> Result<String, String> {
    let is_key = word.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if is_key { Ok(word.to_owned()) } else { Err(format!("`{word}` is not the key of an image")) }
}

fn image_platform(word: &str) -> Result<Platform, String> {
    word.parse().map_err(|e: crate::platform::PlatformError| format!("{e}: {}", e.help))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const OTHER: &str = "sha256:ca7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn good() -> String {
        format!(
            "splitbuild 2\nkey app\nplatform linux/amd64\nrevision 0123abc\n\
             pushed acme/app:v1 acme/app:v1-amd64 {DIGEST}\n\
             pushed acme/app:latest acme/app:latest-amd64 {DIGEST}\n"
        )
    }

    fn refused(text: &str) -> String {
        Handover::parse("f", text.as_bytes()).expect_err(text).to_string()
    }

    #[test]
    fn what_a_build_job_pushed() {
        let read = Handover::parse("f", good().as_bytes()).expect("good");
        assert_eq!((read.file.as_str(), read.key.as_str()), ("f", "app"));
        assert_eq!((read.platform.to_string(), read.revision.as_deref()), ("linux/amd64".into(), Some("0123abc")));
        let pushed: Vec<String> = read.pushed.iter().map(|it| format!("{} {}", it.target, it.source)).collect();
        let line = |tag: &str| format!("acme/app:{tag} acme/app:{tag}-amd64@{DIGEST}");
        assert_eq!(pushed, [line("v1"), line("latest")]);
        let without = Handover::parse("f", good().replace("revision 0123abc\n", "").as_bytes()).expect("good");
        assert_eq!(without.revision, None);
    }

    #[test]
    fn what_only_a_release_may_move() {
        let line = |kind: &str, tag: &str| format!("{kind} acme/app:{tag} acme/app:v1-amd64 {DIGEST}\n");
        let text = format!("{}{}{}", good(), line("moving", "stable"), line("moving", "stable"));
        let read = Handover::parse("f", text.as_bytes()).expect("good");
        let moving: Vec<String> = read.moving.iter().map(|it| format!("{} {}", it.target, it.source)).collect();
        assert_eq!(moving, [format!("acme/app:stable acme/app:v1-amd64@{DIGEST}")]);
        assert_eq!(read.pushed.len(), 2);
        let both = refused(&format!("{}{}", good(), line("moving", "v1")));
        assert_eq!(both, "f is not a valid hand-over file: line 7: it disagrees with line 5 about acme/app:v1");
        let other = format!("moving acme/app:stable acme/app:v1-amd64 {OTHER}\n");
        assert!(refused(&format!("{}{other}", good())).ends_with("disagrees with line 5 about acme/app:v1-amd64"));
        let short = refused(&format!("{}moving acme/app:stable\n", good()));
        assert!(short.ends_with("line 7: expected two names and a digest after `moving`"), "{short}");
    }

    #[test]
    fn two_tags_that_come_out_equal_are_one_index() {
        let again = format!("{}pushed docker.io/acme/app:v1 acme/app:v1-amd64 {DIGEST}\n", good());
        assert_eq!(Handover::parse("f", again.as_bytes()).expect("good").pushed.len(), 2);
        for (line, name) in [
            (format!("pushed acme/app:v1 acme/app:v1-amd64 {OTHER}"), "acme/app:v1-amd64"),
            (format!("pushed docker.io/acme/app:v1 acme/app:v1-x64 {DIGEST}"), "docker.io/acme/app:v1"),
        ] {
            let says = format!("f is not a valid hand-over file: line 7: it disagrees with line 5 about {name}");
            assert_eq!(refused(&format!("{}{line}\n", good())), says);
        }
    }

    #[test]
    fn what_no_build_job_writes() {
        let good = good();
        let without =
            |word: &str| good.split_inclusive('\n').filter(|line| !line.starts_with(word)).collect::<String>();
        for (text, line, says) in [
            (String::new(), 1, "is empty"),
            ("[]\n".into(), 1, "must begin with the line `splitbuild 2`"),
            ("{}\n".into(), 1, "must begin with"),
            (good.replace("build 2", "build 2 "), 1, "must begin with"),
            (good.replace("build 2", "build two"), 1, "must begin with"),
            (good.replace("build 2", "build  2"), 1, "must begin with"),
            (good.replace("splitbuild 2", "Splitbuild 2"), 1, "must begin with"),
            (format!("\u{feff}{good}"), 1, "`\\xef`"),
            (good.replace('\n', "\r\n"), 1, "`\\r`"),
            (good.replace("v1-", "v1\0-"), 5, "`\\x00`"),
            (good.trim_end().into(), 6, "truncated"),
            (good[..good.len() - 20].into(), 6, "truncated"),
            (format!("{good}\n"), 7, "one space"),
            (good.replace("key app", "key  app"), 2, "one space"),
            (good.replace("key app", "key app "), 2, "one space"),
            (good.replace("key app", "key app b"), 2, "exactly one word"),
            (good.replace("key app", "key"), 2, "exactly one word"),
            (good.replace("key app", "key a/b"), 2, "is not the key of an image"),
            (good.replace("key app", "Key app"), 2, "there is no line `Key` in version 2"),
            (format!("{good}splitbuild 2\n"), 7, "no line `splitbuild`"),
            (format!("{good}fixed v1\n"), 7, "no line `fixed`"),
            (format!("{good}key app\n"), 7, "says this already"),
            (format!("{good}platform linux/amd64\n"), 7, "says this already"),
            (format!("{good}revision 0123abc\n"), 7, "says this already"),
            (good.replace("linux/amd64", "amd64"), 3, "did you mean `linux/amd64`?"),
            (good.replace("v1-amd64 sha", "v1-amd64 x sha"), 5, "two names and a digest"),
            (good.replace("v1-amd64 sha", "v1-amd64:sha"), 5, "two names and a digest"),
            (good.replace("v1-amd64 sha", "v1-amd64@sha"), 5, "two names and a digest"),
            (good.replace("256:", "256:0"), 5, "is not a digest"),
            (good.replace("app:v1 ", "app "), 5, "a name with its tag"),
            (good.replace("app:v1 ", "app:- "), 5, "names no image"),
            (good.replace("acme/app:v1 ", "oci:out:v1 "), 5, "is in a folder"),
            (good.replace(" acme/app:v1-amd64", " oci:out:v1"), 5, "is in a folder"),
            (without("key"), 5, "without a line `key`"),
            (without("platform"), 5, "without a line `platform`"),
            (without("pushed"), 4, "without a line `pushed`"),
            ("splitbuild 2\n".into(), 1, "without a line `pushed`"),
        ] {
            let why = refused(&text);
            assert!(
                why.starts_with(&format!("f is not a valid hand-over file: line {line}: ")) && why.contains(says),
                "{why}"
            );
        }
    }

    #[test]
    fn other_versions() {
        let json = r#"{"version":1,"key":"app","platform":"linux/amd64","revision":"abc","pushed":[]}"#;
        for (text, found) in [(json, "1"), (&good().replace("build 2", "build 3"), "3"), ("splitbuild 11", "11")] {
            let error = Handover::parse("f", text.as_bytes()).expect_err(text);
            let says = format!("f is a hand-over file of version {found}, but this splitbuild reads version 2");
            assert_eq!(error.to_string(), says);
            assert!(error.help().starts_with("generate the configuration again with this version"), "{}", error.help());
            assert!(is_of_build(text.as_bytes()));
        }
        assert!(is_of_build(good().as_bytes()));
        assert!(!is_of_build(b"acme/app:v1@sha256:00\n") && !is_of_build(b"latest v1\n") && !is_of_build(b"{}"));
    }
}
