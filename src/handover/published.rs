//! The file of a manifest or copy job: the names that it published, one a line, as `splitbuild manifest` and
//! `splitbuild copy` print them.
//!
//! ```text
//! acme/app:1.1.9@sha256:…
//! moving acme/app:latest acme/app:1.1.9 sha256:…
//! ```
//!
//! A `moving` line has a name that in this run is the image of the other one, wherever it leads in the registry.

use super::error::HandoverError;
use super::lines::{Flaw, Names, lines, name, words};
use crate::digest::Digest;
use crate::reference::Reference;

/// The names in a file, each once, with its tag and its digest.
pub(super) fn parse(file: &str, bytes: &[u8]) -> Result<Vec<Reference>, HandoverError> {
    read(bytes).map_err(HandoverError::malformed(file))
}

fn read(bytes: &[u8]) -> Result<Vec<Reference>, Flaw> {
    let (mut names, mut published) = (Names::new(), Vec::new());
    for (line, text) in lines(bytes)? {
        let bad = Flaw::at(line);
        let (words, digest) = if text.starts_with("moving ") {
            match words(text).map_err(&bad)?[..] {
                [_, index, name, digest] => (vec![index, name], digest),
                _ => return Err(bad("expected two names and a digest after `moving`".into())),
            }
        } else {
            let (word, digest) = text.split_once('@').ok_or_else(|| bad("expected `IMAGE:TAG@DIGEST`".into()))?;
            (vec![word], digest)
        };
        let digest: Digest = digest.parse().map_err(|e| bad(format!("{e}")))?;
        for word in words {
            let name = name(word).map_err(&bad)?;
            if names.insert(&name, digest.clone(), line)? {
                published.push(name.at(digest.clone()));
            }
        }
    }
    Ok(published)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn what_was_published() {
        let text = format!("acme/app:v1@{DIGEST}\n127.0.0.1:5000/app:latest@{DIGEST}\nacme/app:v1@{DIGEST}\n");
        let read: Vec<String> =
            parse("f", text.as_bytes()).expect("good").iter().map(|name| format!("{name}\n")).collect();
        assert_eq!(read.concat(), text[..text.len() - 84]);
    }

    #[test]
    fn what_only_a_release_may_move_means_the_same_image() {
        let text = format!("acme/app:1.1.9@{DIGEST}\nmoving acme/app:latest acme/app:1.1.9 {DIGEST}\n");
        let read: Vec<String> = parse("f", text.as_bytes()).expect("good").iter().map(ToString::to_string).collect();
        assert_eq!(read, [format!("acme/app:1.1.9@{DIGEST}"), format!("acme/app:latest@{DIGEST}")]);
    }

    #[test]
    fn what_no_job_publishes() {
        let good = format!("acme/app:v1@{DIGEST}\n");
        for (text, line, says) in [
            (String::new(), 1, "is empty"),
            (good.trim_end().into(), 1, "truncated"),
            (format!("{good}\n"), 2, "`IMAGE:TAG@DIGEST`"),
            (format!("{good}acme/app:latest\n"), 2, "`IMAGE:TAG@DIGEST`"),
            (format!("{good}moving acme/app:latest {DIGEST}\n"), 2, "two names and a digest"),
            (format!("{good}moving acme/app:latest  acme/app:v1 {DIGEST}\n"), 2, "one space"),
            (
                format!("{good}moving acme/app:latest acme/app:v1 {}\n", DIGEST.replace(":b", ":c")),
                2,
                "disagrees with line 1 about acme/app:v1",
            ),
            (good.replace(":v1", ""), 1, "a name with its tag"),
            (good.replace("acme/app", "oci:out"), 1, "is in a folder"),
            (good.replace("acme", " acme"), 1, "names no image"),
            (good.replace('\n', " \n"), 1, "is not a digest"),
            (good.replace("@sha", "@sha@sha"), 1, "is not a digest"),
            (good.replace('\n', "\r\n"), 1, "`\\r`"),
            (
                format!("{good}docker.io/{}", good.replace(":b", ":c")),
                2,
                "disagrees with line 1 about docker.io/acme/app:v1",
            ),
        ] {
            let why = parse("f", text.as_bytes()).expect_err(&text).to_string();
            assert!(
                why.starts_with(&format!("f is not a valid hand-over file: line {line}: ")) && why.contains(says),
                "{why}"
            );
        }
    }
}
