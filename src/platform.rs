//! `linux/arm64/v8`: a platform, parsed, normalised, printed, and its word in the names of tags and jobs.

use std::fmt;
use std::str::FromStr;

/// Operating systems that images are made for (the `os` values of the OCI image spec, from Go's `GOOS`).
const SYSTEMS: &[&str] = &["linux", "windows", "darwin", "freebsd", "netbsd", "openbsd", "solaris", "aix"];

/// Architectures (the `architecture` values of the OCI image spec, from Go's `GOARCH`).
const ARCHITECTURES: &[&str] = &[
    "amd64", "arm64", "arm", "386", "ppc64le", "ppc64", "s390x", "riscv64", "loong64", "mips64le", "mips64", "mipsle",
    "mips",
];

/// What other tools call an architecture, and what Docker and OCI call it.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("x86_64", "amd64"),
    ("x86-64", "amd64"),
    ("x64", "amd64"),
    ("aarch64", "arm64"),
    ("armv8", "arm64"),
    ("arm64v8", "arm64"),
    ("armv7", "arm/v7"),
    ("armhf", "arm/v7"),
    ("arm32v7", "arm/v7"),
    ("armv6", "arm/v6"),
    ("i386", "386"),
    ("i686", "386"),
];

/// A platform as OCI means it: operating system, architecture and, where it matters, variant.
///
/// `linux/arm64` and `linux/arm64/v8` are one platform, and so are `linux/amd64` and `linux/amd64/v1`; the shorter form
/// is kept. `linux/arm` without a variant is a platform of its own, neither v6 nor v7.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Platform {
    os: String,
    architecture: String,
    variant: Option<String>,
}

/// Why a text is no platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not a platform")]
pub struct PlatformError {
    /// The text as written.
    pub found: String,
    /// What it may have been meant to be, else the form of a platform.
    pub help: String,
}

impl Platform {
    /// The platform of an image by its own words (the `os`, `architecture` and `variant` of the
    /// [image configuration](https://github.com/opencontainers/image-spec/blob/main/config.md)), which may name systems
    /// and architectures that are unknown here; `None` if they are no words.
    pub fn of_image(os: &str, architecture: &str, variant: Option<&str>) -> Option<Self> {
        let is_word = |text: &str| {
            !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        let variant = variant.filter(|variant| !variant.is_empty());
        if !is_word(os) || !is_word(architecture) || !variant.is_none_or(is_word) {
            return None;
        }
        Some(Self::normalised(os, architecture, variant))
    }

    fn normalised(os: &str, architecture: &str, variant: Option<&str>) -> Self {
        let variant = match (architecture, variant) {
            ("arm64", Some("v8")) | ("amd64", Some("v1")) => None,
            (_, variant) => variant.map(str::to_owned),
        };
        Self { os: os.to_owned(), architecture: architecture.to_owned(), variant }
    }

    /// The word that stands for the platform in names of tags and jobs: `amd64`, `armv7`, `windows-amd64`.
    pub fn word(&self) -> String {
        let variant = self.variant.as_deref().unwrap_or_default();
        match self.os.as_str() {
            "linux" => format!("{}{variant}", self.architecture),
            os => format!("{os}-{}{variant}", self.architecture),
        }
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let refuse = |help: String| PlatformError { found: text.to_owned(), help };
        let mut parts = text.split('/');
        let (os, architecture) = match (parts.next(), parts.next()) {
            (Some(os), Some(architecture)) => (os, architecture),
            _ => return Err(refuse(suggestion(text))),
        };
        let variant = parts.next();
        let is_variant = |v: &str| !v.is_empty() && v.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !SYSTEMS.contains(&os)
            || !ARCHITECTURES.contains(&architecture)
            || parts.next().is_some()
            || variant.is_some_and(|v| !is_variant(v))
        {
            return Err(refuse(suggestion(text)));
        }
        Ok(Self::normalised(os, architecture, variant))
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

fn suggestion(text: &str) -> String {
    let architecture = text.strip_prefix("linux/").unwrap_or(text);
    if let Some((_, known)) = OTHER_NAMES.iter().find(|(other, _)| *other == architecture) {
        return format!("docker and OCI call it `linux/{known}`");
    }
    if ARCHITECTURES.contains(&architecture) {
        return format!("did you mean `linux/{architecture}`?");
    }
    let known: Vec<String> = ARCHITECTURES.iter().map(|a| format!("linux/{a}")).collect();
    let asked = format!("linux/{architecture}");
    match crate::similar::closest(&asked, known.iter().map(String::as_str)) {
        Some(close) => format!("did you mean `{close}`?"),
        None => {
            "a platform is os/architecture or os/architecture/variant, such as linux/amd64, linux/arm64, linux/arm/v7"
                .into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Platform {
        text.parse().expect("a platform")
    }

    #[test]
    fn one_platform_has_one_form() {
        assert_eq!(parse("linux/arm64/v8"), parse("linux/arm64"));
        assert_eq!(parse("linux/arm64/v8").to_string(), "linux/arm64");
        assert_ne!(parse("linux/arm/v7"), parse("linux/arm"));
        assert_ne!(parse("linux/arm/v7"), parse("linux/arm/v6"));
    }

    #[test]
    fn platforms_of_images() {
        assert_eq!(Platform::of_image("linux", "arm64", Some("v8")), Some(parse("linux/arm64")));
        assert_eq!(Platform::of_image("linux", "amd64", Some("")), Some(parse("linux/amd64")));
        assert_ne!(Platform::of_image("linux", "arm", None), Some(parse("linux/arm/v7")));
        assert_eq!(Platform::of_image("unknown", "unknown", None).expect("words").to_string(), "unknown/unknown");
        for (os, architecture) in [("", "amd64"), ("linux", ""), ("linux\n", "amd64"), ("linux", "a/b")] {
            assert_eq!(Platform::of_image(os, architecture, None), None, "{os}/{architecture}");
        }
    }

    #[test]
    fn words() {
        let words: Vec<String> =
            ["linux/amd64", "linux/arm64/v8", "linux/arm/v7", "windows/amd64"].map(|p| parse(p).word()).into();
        assert_eq!(words, ["amd64", "arm64", "armv7", "windows-amd64"]);
    }

    #[test]
    fn refusals_say_what_was_meant() {
        let help = |text: &str| text.parse::<Platform>().expect_err("no platform").help;
        assert_eq!(help("linux/arm46"), "did you mean `linux/arm64`?");
        assert_eq!(help("arm64"), "did you mean `linux/arm64`?");
        assert_eq!(help("aarch64"), "docker and OCI call it `linux/arm64`");
        assert_eq!(help("linux/x86_64"), "docker and OCI call it `linux/amd64`");
        assert!(help("linux/arm/v7/x").starts_with("a platform is"), "{}", help("linux/arm/v7/x"));
    }
}
