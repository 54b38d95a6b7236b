//! `linux/arm64/v8`, `windows/amd64:10.0.20348.2000`: a platform, parsed, normalised, compared, printed, and its word in
//! the names of tags and jobs.

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

/// A platform as OCI means it: operating system, architecture and, where it matters, variant and version of the system.
///
/// One platform has one form, the one that
/// [containerd](https://github.com/containerd/platforms/blob/main/database.go) gives it: `linux/arm64` is
/// `linux/arm64/v8` as well, `linux/amd64` is `linux/amd64/v1`, and `linux/arm/v7` is `linux/arm`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Platform {
    os: String,
    architecture: String,
    variant: Option<String>,
    os_version: Option<String>,
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
    /// The platform of an image by its own words (the `os`, `architecture`, `variant` and `os.version` of the
    /// [image configuration](https://github.com/opencontainers/image-spec/blob/main/config.md)), which may name systems
    /// and architectures that are unknown here; `None` if they are no words. A version that is no word tells nothing.
    pub fn of_image(os: &str, architecture: &str, variant: Option<&str>, os_version: Option<&str>) -> Option<Self> {
        let variant = variant.filter(|variant| !variant.is_empty());
        if !is_word(os) || !is_word(architecture) || !variant.is_none_or(is_word) {
            return None;
        }
        let os_version = os_version.filter(|version| is_word(version)).map(str::to_owned);
        Some(Self { os_version, ..Self::normalised(os, architecture, variant) })
    }

    /// A platform that may tell the version of its system after a colon, as it is written on the command line:
    /// `windows/amd64:10.0.20348.2000`.
    pub fn with_version(text: &str) -> Result<Self, PlatformError> {
        match text.split_once(':') {
            Some((platform, version)) if is_word(version) => {
                Ok(Self { os_version: Some(version.to_owned()), ..platform.parse()? })
            }
            _ => text.parse(),
        }
    }

    /// A platform under any of the names that other tools have for it: `linux/i386`, `aarch64`.
    pub fn by_any_name(text: &str) -> Result<Self, PlatformError> {
        let text = text.to_lowercase();
        let architecture = text.strip_prefix("linux/").unwrap_or(&text);
        match OTHER_NAMES.iter().find(|(other, _)| *other == architecture) {
            Some((_, known)) => format!("linux/{known}").parse(),
            None if ARCHITECTURES.contains(&architecture) => format!("linux/{architecture}").parse(),
            None => text.parse(),
        }
    }

    fn normalised(os: &str, architecture: &str, variant: Option<&str>) -> Self {
        let variant = match (architecture, variant) {
            ("arm64", Some("v8" | "8")) | ("amd64", Some("v1" | "1")) => None,
            ("arm", None) => Some("v7".to_owned()),
            ("arm", Some(number @ ("5" | "6" | "7" | "8"))) => Some(format!("v{number}")),
            (_, variant) => variant.map(str::to_owned),
        };
        Self { os: os.to_owned(), architecture: architecture.to_owned(), variant, os_version: None }
    }

    /// Whether both can be said of one image. Only where both tell a version of the system do those have to agree: one
    /// is the other, or its beginning, as `10.0.20348` is that of `10.0.20348.2000`.
    pub fn fits(&self, other: &Self) -> bool {
        let is_beginning = |short: &str, long: &str| {
            long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let versions_fit = match (&self.os_version, &other.os_version) {
            (Some(one), Some(other)) => is_beginning(one, other) || is_beginning(other, one),
            _ => true,
        };
        let words = |platform: &Self| (platform.os.clone(), platform.architecture.clone(), platform.variant.clone());
        versions_fit && words(self) == words(other)
    }

    /// Whether it is of Windows, whatever the architecture.
    pub fn is_windows(&self) -> bool {
        self.os == "windows"
    }

    /// What `uname -m` prints on such a machine ([uname(2)](https://man7.org/linux/man-pages/man2/uname.2.html)), where that
    /// tells the platform: on a machine of 64 bits, programs of 32 may be meant, and no word tells the variant.
    pub fn machine(&self) -> Option<&'static str> {
        if self.os != "linux" || self.variant.is_some() {
            return None;
        }
        match self.architecture.as_str() {
            "amd64" => Some("x86_64"),
            "arm64" => Some("aarch64"),
            "ppc64le" => Some("ppc64le"),
            "riscv64" => Some("riscv64"),
            "s390x" => Some("s390x"),
            _ => None,
        }
    }

    /// The version of the operating system, if it is told.
    pub fn os_version(&self) -> Option<&str> {
        self.os_version.as_deref()
    }

    /// The word that stands for the platform in names of tags and jobs: `amd64`, `armv7`, `windows-amd64`,
    /// `windows-amd64-10.0.20348.2000`.
    pub fn word(&self) -> String {
        let variant = self.variant.as_deref().unwrap_or_default();
        let version = self.os_version.as_ref().map(|version| format!("-{version}")).unwrap_or_default();
        match self.os.as_str() {
            "linux" => format!("{}{variant}{version}", self.architecture),
            os => format!("{os}-{}{variant}{version}", self.architecture),
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
        if let Some(variant) = &self.variant {
            write!(f, "/{variant}")?;
        }
        match &self.os_version {
            Some(version) => write!(f, ":{version}"),
            None => Ok(()),
        }
    }
}

/// Whether a text can stand in the name of a tag, and between slashes.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

fn suggestion(text: &str) -> String {
    if let Some((platform, _)) = text.split_once(':').filter(|(platform, _)| platform.parse::<Platform>().is_ok()) {
        return format!("`{platform}` is one; its system's version can follow on the command line only");
    }
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
        assert_eq!(parse("linux/arm").to_string(), "linux/arm/v7");
        assert_eq!(parse("linux/arm/7"), parse("linux/arm/v7"));
        assert_ne!(parse("linux/arm"), parse("linux/arm/v6"));
        assert_eq!(parse("linux/amd64/v1"), parse("linux/amd64"));
    }

    #[test]
    fn machines_tell_some_platforms() {
        let machine = |text| parse(text).machine();
        assert_eq!(machine("linux/amd64/v1"), Some("x86_64"));
        assert_eq!(machine("linux/arm64/v8"), Some("aarch64"));
        assert_eq!(machine("linux/riscv64"), Some("riscv64"));
        for unknown in ["linux/amd64/v3", "linux/arm/v7", "linux/386", "windows/amd64", "darwin/arm64"] {
            assert_eq!(machine(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn platforms_of_images() {
        let of = |os, architecture, variant| Platform::of_image(os, architecture, variant, None);
        assert_eq!(of("linux", "arm64", Some("v8")), Some(parse("linux/arm64")));
        assert_eq!(of("linux", "amd64", Some("")), Some(parse("linux/amd64")));
        assert_eq!(of("linux", "arm", None), Some(parse("linux/arm/v7")));
        assert_eq!(of("unknown", "unknown", None).expect("words").to_string(), "unknown/unknown");
        for (os, architecture) in [("", "amd64"), ("linux", ""), ("linux\n", "amd64"), ("linux", "a/b")] {
            assert_eq!(of(os, architecture, None), None, "{os}/{architecture}");
        }
        let windows = |version| Platform::of_image("windows", "amd64", None, Some(version)).expect("words");
        assert_eq!(windows("10.0.1").to_string(), "windows/amd64:10.0.1");
        assert_eq!(windows("\u{1b}[31m").to_string(), "windows/amd64");
    }

    #[test]
    fn versions_of_a_system() {
        let of = |text: &str| Platform::with_version(text).expect("a platform");
        assert_eq!(of("windows/amd64:10.0.20348.2000").os_version(), Some("10.0.20348.2000"));
        assert_ne!(of("windows/amd64:10.0.20348.2000"), of("windows/amd64"));
        for (one, other) in [("", ":10.0.1.2"), (":10.0.1", ":10.0.1.2"), (":10.0.1.2", ":10.0.1.2")] {
            let [one, other] = [one, other].map(|version| of(&format!("windows/amd64{version}")));
            assert!(one.fits(&other) && other.fits(&one), "{one} {other}");
        }
        assert!(!of("windows/amd64:10.0.1").fits(&of("windows/amd64:10.0.17.3")));
        assert!(!of("windows/amd64").fits(&of("windows/arm64:10.0.1")));
        for bad in ["windows/amd64:", "windows/amd64:a b", "windows:1/amd64", "amd64:1", "windows/amd64:1:2"] {
            assert!(Platform::with_version(bad).is_err(), "{bad}");
        }
        let help = "windows/amd64:10.0.1".parse::<Platform>().expect_err("no platform of a matrix").help;
        assert!(help.contains("on the command line only"), "{help}");
    }

    #[test]
    fn other_names_are_known() {
        let of = |text: &str| Platform::by_any_name(text).expect(text).to_string();
        assert_eq!(
            ["linux/i386", "x86_64", "arm64", "linux/armhf"].map(of),
            ["linux/386", "linux/amd64", "linux/arm64", "linux/arm/v7"]
        );
        assert!(Platform::by_any_name("linux/m68k").is_err());
    }

    #[test]
    fn words() {
        let words: Vec<String> =
            ["linux/amd64", "linux/arm64/v8", "linux/arm/v7", "windows/amd64"].map(|p| parse(p).word()).into();
        assert_eq!(words, ["amd64", "arm64", "armv7", "windows-amd64"]);
        let windows = Platform::with_version("windows/amd64:10.0.20348.2000").expect("a platform");
        assert_eq!(windows.word(), "windows-amd64-10.0.20348.2000");
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
