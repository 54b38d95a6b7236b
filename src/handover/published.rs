//! The file of a manifest or copy job: the names that it published, `acme/app:v1@sha256:…`, one a line, as
//! `splitbuild manifest` and `splitbuild copy` print them.

use super::error::HandoverError;
use super::lines::{Flaw, Names, lines, name};
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
        let (word, digest) = text.split_once('@').ok_or_else(|| bad("expected `IMAGE:TAG@DIGEST`".into()))?;
        let name = name(word).map_err(&bad)?;
        let digest: Digest = digest.parse().map_err(|e| bad(format!("{e}")))?;
        if names.insert(&name, digest.clone(), line)? {
            published.push(name.at(digest));
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
    fn what_no_job_publishes() {
        let good = format!("acme/app:v1@{DIGEST}\n");
        for (text, line, says) in [
            (String::new(), 1, "is empty"),
            (good.trim_end().into(), 1, "truncated"),
            (format!("{good}\n"), 2, "`IMAGE:TAG@DIGEST`"),
            (format!("{good}acme/app:latest\n"), 2, "`IMAGE:TAG@DIGEST`"),
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
