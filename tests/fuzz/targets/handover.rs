//! What jobs hand on: files of build jobs and of manifest jobs, with a line `%%%` between two of them, and the words of an
//! output.

use splitbuild::handover::{Handover, Pins, Words, combine, is_of_build};
use splitbuild::platform::Platform;

pub fn target(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let files: Vec<(String, Vec<u8>)> =
        text.split("%%%\n").enumerate().map(|(at, file)| (format!("file-{at}"), file.as_bytes().to_vec())).collect();
    let platforms: Vec<Platform> =
        ["linux/amd64", "linux/arm64"].iter().map(|text| text.parse().expect("a platform")).collect();
    let builds: Vec<Handover> = files.iter().filter_map(|(name, bytes)| one(name, bytes)).collect();
    if let Ok(pushes) = combine(&builds, &platforms) {
        assert!(pushes.iter().all(|pushes| pushes.sources.len() == platforms.len()), "{pushes:?}");
    }
    if let Ok(pins) = Pins::read(&files) {
        assert!(pins.names().count() > 0, "a file that is read names something");
        for build in &builds {
            assert!(build.pushed.iter().all(|pushed| pins.pin(&pushed.source).is_some()), "{build:?}");
        }
    }
    let count = text.split_ascii_whitespace().count().saturating_sub(1);
    if let Ok(words) = Words::parse(&platforms[0], &text, count) {
        let digests: Vec<&str> = (0..count).map(|place| words.digest(place).as_str()).collect();
        let again = format!("{} {}", words.revision, digests.join(" "));
        assert_eq!(Words::parse(&platforms[0], &again, count).as_ref(), Ok(&words));
    }
}

/// A build's file; as a job would write it, it is the same.
fn one(name: &str, bytes: &[u8]) -> Option<Handover> {
    let read = Handover::parse(name, bytes).ok()?;
    assert!(is_of_build(bytes));
    let mut text = format!("splitbuild 2\nkey {}\nplatform {}\n", read.key, read.platform);
    if let Some(revision) = &read.revision {
        text.push_str(&format!("revision {revision}\n"));
    }
    for (kind, pushes) in [("pushed", &read.pushed), ("moving", &read.moving)] {
        for pushed in pushes {
            let (name, digest) = (pushed.source.name(), pushed.source.digest().expect("it was read"));
            let tag = pushed.source.tag().expect("it was read");
            text.push_str(&format!("{kind} {} {name}:{tag} {digest}\n", pushed.target));
        }
    }
    assert_eq!(Handover::parse(name, text.as_bytes()).as_ref(), Ok(&read), "{text}");
    Some(read)
}
