//! Lines of words, read strictly: what a job did not write, or did not finish, is refused at its line.

use std::collections::BTreeMap;

use crate::reference::Reference;

/// The most bytes of a hand-over file, far more than the pushes of one job take.
pub const LONGEST: usize = 4 << 20;

/// The most bytes of a line: two names of an image and a digest take less than a thousand.
const LONGEST_LINE: usize = 4 << 10;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    /// The line, from 1.
    pub(super) line: usize,
    pub(super) why: String,
}

impl Flaw {
    pub(super) fn at(line: usize) -> impl Fn(String) -> Self {
        move |why| Self { line, why }
    }
}

/// The lines with their numbers, from 1. Every line ends with a line feed, the last one, too: without it, it may be half
/// of what was meant.
pub(super) fn lines(bytes: &[u8]) -> Result<Vec<(usize, &str)>, Flaw> {
    if bytes.is_empty() {
        return Err(Flaw { line: 1, why: "the file is empty".into() });
    }
    if let Some(kept) = bytes.get(..LONGEST).filter(|_| bytes.len() > LONGEST) {
        let line = kept.iter().filter(|byte| **byte == b'\n').count() + 1;
        return Err(Flaw { line, why: format!("the file is longer than {} MiB", LONGEST >> 20) });
    }
    let numbered = bytes.split_inclusive(|byte| *byte == b'\n').enumerate();
    numbered.map(|(at, line)| Ok((at + 1, text(line).map_err(Flaw::at(at + 1))?))).collect()
}

fn text(line: &[u8]) -> Result<&str, String> {
    let (text, is_whole) = line.strip_suffix(b"\n").map_or((line, false), |text| (text, true));
    if text.len() > LONGEST_LINE {
        return Err(format!("it has {} bytes, and the limit is {LONGEST_LINE}", text.len()));
    }
    if let Some(bad) = text.iter().find(|byte| !matches!(byte, b' '..=b'~')) {
        return Err(format!("it contains the byte `{}`; only printable ASCII is allowed", bad.escape_ascii()));
    }
    if !is_whole {
        return Err("it does not end with a line feed: the file is truncated".into());
    }
    Ok(std::str::from_utf8(text).expect("ASCII is UTF-8"))
}

pub(super) fn words(line: &str) -> Result<Vec<&str>, String> {
    let words: Vec<&str> = line.split(' ').collect();
    if words.iter().any(|word| word.is_empty()) {
        return Err("words must have exactly one space between them".into());
    }
    Ok(words)
}

/// A name under which a job pushed or published: in a registry, with its tag.
pub(super) fn name(word: &str) -> Result<Reference, String> {
    let reference: Reference = word.parse().map_err(|e| format!("{e}"))?;
    if reference.repository().is_none() {
        return Err(format!("`{word}` is in a folder, but jobs hand on images in registries only"));
    }
    // A name without a tag is printed with the one that is meant.
    if reference.digest().is_some() || reference.to_string() != word {
        return Err(format!("`{word}` must be a name with its tag: `{}:TAG`", reference.name()));
    }
    Ok(reference)
}

/// The meaning of each name in a file: always the same one, however the name is written.
pub(super) struct Names<T>(BTreeMap<String, (usize, T)>);

impl<T: PartialEq> Names<T> {
    pub(super) fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Whether the name is new.
    pub(super) fn insert(&mut self, name: &Reference, meaning: T, line: usize) -> Result<bool, Flaw> {
        match self.0.get(&name.in_full()) {
            None => Ok(self.0.insert(name.in_full(), (line, meaning)).is_none()),
            Some((_, known)) if *known == meaning => Ok(false),
            Some((first, _)) => Err(Flaw { line, why: format!("it disagrees with line {first} about {name}") }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> (usize, String) {
        let Flaw { line, why } = lines(bytes).expect_err("a flaw");
        (line, why)
    }

    #[test]
    fn whole_lines() {
        assert_eq!(lines(b"a b\nc\n"), Ok(vec![(1, "a b"), (2, "c")]));
        assert_eq!(lines(b"\n"), Ok(vec![(1, "")]));
        assert_eq!(lines(&[b'a'; LONGEST_LINE].into_iter().chain([b'\n']).collect::<Vec<_>>()).expect("fits").len(), 1);
        assert_eq!(lines(&b"a\n".repeat(LONGEST / 2)).expect("fits").len(), LONGEST / 2);
    }

    #[test]
    fn what_is_not_whole_or_not_text() {
        assert_eq!(refused(b""), (1, "the file is empty".into()));
        assert_eq!(refused(b"a\nb"), (2, "it does not end with a line feed: the file is truncated".into()));
        for (bytes, line, shown) in [
            (&b"a\0b\n"[..], 1, "\\x00"),
            (b"a\nb\r\n", 2, "\\r"),
            (b"\xef\xbb\xbfa\n", 1, "\\xef"),
            (b"a\n\nb\tc\n", 3, "\\t"),
            (b"a\xff", 1, "\\xff"),
            ("a\nü\n".as_bytes(), 2, "\\xc3"),
            (b"\x1b[31m\n", 1, "\\x1b"),
            (b"\x7f\n", 1, "\\x7f"),
        ] {
            let why = format!("it contains the byte `{shown}`; only printable ASCII is allowed");
            assert_eq!(refused(bytes), (line, why));
        }
        let long = [b"a\n", &[b'a'; LONGEST_LINE + 1][..], b"\n"].concat();
        assert_eq!(refused(&long), (2, "it has 4097 bytes, and the limit is 4096".into()));
        let many = b"a\n".repeat(LONGEST / 2 + 1);
        assert_eq!(refused(&many), (LONGEST / 2 + 1, "the file is longer than 4 MiB".into()));
    }

    #[test]
    fn words_of_lines() {
        assert_eq!(words("a b"), Ok(vec!["a", "b"]));
        for bad in ["", " ", " a", "a ", "a  b"] {
            assert_eq!(words(bad), Err("words must have exactly one space between them".into()), "{bad:?}");
        }
    }

    #[test]
    fn names_with_tags() {
        assert_eq!(name("acme/app:v1").expect("a name").to_string(), "acme/app:v1");
        for (bad, says) in [
            ("acme/app", "must be a name with its tag: `acme/app:TAG`"),
            ("acme/app:v1@sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "with its tag"),
            ("oci:out:v1", "`oci:out:v1` is in a folder"),
            ("acme/APP:v1", "names no image"),
            ("acme/app:-", "names no image"),
        ] {
            let why = name(bad).expect_err(bad);
            assert!(why.contains(says), "{why}");
        }
    }
}
