//! The actions that jobs use, each by its commit. Robots update such pins where they find them, in the generated files, so
//! one that stands there stays.

pub(super) const CHECKOUT: &str = "actions/checkout";
pub(super) const UPLOAD: &str = "actions/upload-artifact";
pub(super) const DOWNLOAD: &str = "actions/download-artifact";

/// What is used where no file says otherwise: the action, the commit, its version.
const ACTIONS: [(&str, &str, &str); 3] = [
    (CHECKOUT, "3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    (UPLOAD, "043fb46d1a93c77aae656e7c1c64a875d1fc6a0a", "v7.0.1"),
    (DOWNLOAD, "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", "v8.0.1"),
];

/// The pins of one file, each with the version that its comment tells.
#[derive(Clone, Debug)]
pub(super) struct Pins(Vec<(&'static str, String, String)>);

impl Pins {
    /// Those of the file that is there, else ours.
    pub(super) fn of_file(committed: Option<&str>) -> Self {
        let pin = |(action, commit, version): &(&'static str, &str, &str)| {
            let found = committed.and_then(|text| found(text, action));
            let (commit, version) = found.unwrap_or_else(|| ((*commit).to_owned(), (*version).to_owned()));
            (*action, commit, version)
        };
        Self(ACTIONS.iter().map(pin).collect())
    }

    /// The action, by its commit.
    pub(super) fn of(&self, action: &str) -> String {
        let pin = self.0.iter().find(|(name, ..)| *name == action).expect("it is in the list");
        format!("{action}@{}", pin.1)
    }

    /// The version that goes with what `uses` says.
    pub(super) fn version(&self, uses: &str) -> Option<&str> {
        let (action, commit) = uses.split_once('@')?;
        let pin = self.0.iter().find(|(name, known, _)| *name == action && known == commit)?;
        Some(&pin.2).filter(|version| !version.is_empty()).map(String::as_str)
    }
}

/// The pin of an action that stands in a file, with the version behind it: only what is a commit is one.
fn found(text: &str, action: &str) -> Option<(String, String)> {
    text.lines().find_map(|line| {
        let line = line.trim_start().trim_start_matches("- ").trim_start();
        let rest = line.strip_prefix("uses:")?.trim_start().strip_prefix(action)?.strip_prefix('@')?;
        let (commit, comment) = rest.split_once(" #").unwrap_or((rest, ""));
        let commit = commit.trim();
        let is_commit = commit.len() == 40 && commit.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        let version: String = comment.trim().to_owned();
        let is_version = version.len() <= 40
            && version.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'+' | b'='));
        (is_commit && is_version).then(|| (commit.to_owned(), version))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_pin_that_stands_in_the_file_stays() {
        let file = format!("    steps:\n      - &checkout\n        uses: actions/checkout@{COMMIT} # v9.1.0\n");
        let pins = Pins::of_file(Some(&file));
        assert_eq!(pins.of(CHECKOUT), format!("actions/checkout@{COMMIT}"));
        assert_eq!(pins.version(&pins.of(CHECKOUT)), Some("v9.1.0"));
        assert_eq!(pins.of(UPLOAD), Pins::of_file(None).of(UPLOAD));
    }

    #[test]
    fn what_is_no_commit_is_no_pin() {
        let ours = Pins::of_file(None).of(CHECKOUT);
        for wrong in ["v4", "main", "0123", &format!("{COMMIT} # a: b\"'"), &format!("{COMMIT}; rm -rf /")] {
            let file = format!("      - uses: actions/checkout@{wrong}\n");
            assert_eq!(Pins::of_file(Some(&file)).of(CHECKOUT), ours, "{wrong}");
        }
    }
}
