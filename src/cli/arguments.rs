//! The options of the verbs that speak to registries.

pub(super) mod check;
pub(super) mod completions;
pub(super) mod export;
pub(super) mod format;
pub(super) mod generate;
pub(super) mod import;
pub(super) mod man;
pub(super) mod matrix;
pub(super) mod plan;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::link::{Run, Version};
use crate::oci::Format;
use crate::platform::Platform;
use crate::reference::{Reference, is_registry, tag_problem};
use crate::registry::Login;
use crate::template::Template;

pub(super) const MANIFEST_EXAMPLES: &str = "\
Examples:
  splitbuild manifest acme/app:v1                 acme/app:v1 over acme/app:v1-amd64 and :v1-arm64
  splitbuild manifest acme/app:v1 acme/web:v1     several at once: all of them, or none
  splitbuild manifest acme/app:v1 --tag latest    the same index under a second tag
  splitbuild manifest --digests .splitbuild       what the build jobs pushed, by digest
  splitbuild manifest acme/app:1.1.9 --release 1.1.9 --moving-tag 1.1 --moving-tag latest
                                                  those never go back to a lower version
  splitbuild manifest acme/app:v1 --pushed 'linux/amd64=0123… sha256:…' --pushed …
                                                  what build jobs have as outputs: COMMIT DIGEST...
  splitbuild manifest acme/app:v1 --dry-run       print the index, push nothing
  splitbuild manifest acme/app:v1 --platform linux/amd64,linux/arm/v7 \\
      --arch-image 'acme/app-${arch}:${tag}'
  splitbuild manifest acme/app:v1 \\
      --source linux/amd64=acme/x86:9 --source linux/arm64=acme/arm@sha256:…
  splitbuild manifest oci:out:v1                  in a folder (an OCI layout), without a registry

Credentials come from the first of these that has some for the registry: --login;
SPLITBUILD_USERNAME and SPLITBUILD_PASSWORD (and SPLITBUILD_REGISTRY, if there are several
registries); DOCKER_AUTH_CONFIG; Docker's config.json and its helpers; podman's auth.json; GitLab's
CI_REGISTRY_USER and CI_REGISTRY_PASSWORD.

Standard output has one line `image:tag@sha256:…` for every tag that now points to its index, and
for every moving tag a line `moving image:tag image:fixed sha256:…`.
Exit codes: 0 success; 1 failure; 2 wrong usage.";

pub(super) const INSPECT_EXAMPLES: &str = "\
Examples:
  splitbuild inspect acme/app:v1            platforms, digests, compressed sizes, commits
  splitbuild inspect acme/app:v1 --json     the same for programs
  splitbuild inspect acme/app:v1 --raw      the manifest or index, byte for byte
  splitbuild inspect oci:out:v1             in a folder that is an OCI layout

Exit codes: 0 success; 1 not found, or something in it is wrong; 2 wrong usage.";

/// How registries are spoken to.
#[derive(Debug, Args)]
#[command(next_help_heading = "Registries")]
pub(super) struct Network {
    /// The environment variables that hold a registry's credentials; may be repeated
    #[arg(long, value_name = "HOST=USER_VAR:PASS_VAR", value_parser = login)]
    pub(super) login: Vec<Login>,

    /// Use HTTP without TLS for this registry; may be repeated. Registries on localhost need no such option
    #[arg(long, value_name = "HOST[:PORT]", value_parser = host)]
    pub(super) plain_http: Vec<String>,

    /// Trust the certificates in this PEM file, too
    #[arg(long, value_name = "FILE")]
    pub(super) ca_file: Option<PathBuf>,

    /// The time limit of a request with all its retries, and of a layer that makes no progress
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration)]
    pub(super) timeout: Duration,

    /// Send at most this many requests at a time
    #[arg(long, value_name = "N", default_value = "64", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) concurrency: u16,

    /// Print errors only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// Print every request
    #[arg(short, long)]
    pub(super) verbose: bool,
}

#[derive(Debug, Args)]
pub(super) struct Manifest {
    /// The index to publish: an image with its tag
    #[arg(value_name = "REF", required_unless_present = "digests", value_parser = target)]
    pub(super) references: Vec<Reference>,

    /// The platforms that the index must have, os/arch[/variant] or windows/arch:os.version; separated by commas, or
    /// repeated [default: linux/amd64,linux/arm64]
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',', value_parser = platform)]
    pub(super) platform: Vec<Platform>,

    /// The names of the per-architecture images; may use ${image}, ${tag}, ${arch}, ${platform}
    #[arg(long, value_name = "TEMPLATE", default_value = "${image}:${tag}-${arch}", value_parser = arch_image)]
    pub(super) arch_image: Template,

    /// Hand-over files of build jobs, or a folder of them, which name the images by digest; without REF, the indexes,
    /// too
    #[arg(long, value_name = "DIR|FILE", conflicts_with_all = ["source", "arch_image"])]
    pub(super) digests: Vec<PathBuf>,

    /// What the build job of one platform handed on, for all REFs: its commit, and the digest of each REF, in order;
    /// repeated for all platforms
    #[arg(long, value_name = "PLATFORM=WORDS", value_parser = pushed, conflicts_with_all = ["digests", "source"])]
    pub(super) pushed: Vec<(Platform, String)>,

    /// The image of one platform; repeated for all platforms of the one REF. Each version of Windows counts as a
    /// platform: windows/amd64:10.0.20348.2000=REF
    #[arg(long, value_name = "PLATFORM=REF", value_parser = source, conflicts_with_all = ["platform", "arch_image"])]
    pub(super) source: Vec<(Platform, Reference)>,

    /// Another tag for the same index; may be repeated
    #[arg(long, value_name = "TAG", value_parser = tag)]
    pub(super) tag: Vec<String>,

    /// Add an annotation to the index; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = annotation)]
    pub(super) annotation: Vec<(String, String)>,

    /// The format of the index
    #[arg(long, value_enum, default_value = "oci")]
    pub(super) format: WrittenFormat,

    /// Whether to keep the attestations that images have in indexes of their own
    #[arg(long, value_enum, default_value = "keep")]
    pub(super) attestations: KeptAttestations,

    /// Wait up to this long for architectures that are not there yet
    #[arg(long, value_name = "DURATION", default_value = "0s", hide_default_value = true, value_parser = duration)]
    pub(super) wait: Duration,

    /// Publish even if the architectures were built from different commits
    #[arg(long)]
    pub(super) allow_mixed_revisions: bool,

    /// The CI run that publishes: its number is recorded in the index, and a tag that a newer run of the project has
    /// published stays as it is
    #[arg(long, value_name = "PROJECT/NUMBER", value_parser = run)]
    pub(super) run: Option<Run>,

    /// A tag that belongs to this run alone, such as a release, and is published whatever newer runs did; may be
    /// repeated
    #[arg(long, value_name = "TAG", value_parser = tag, requires = "run")]
    pub(super) fixed_tag: Vec<String>,

    /// The version that is released, 1.2.3 or v1.2.3: its tags are published, and a moving tag is led to the highest
    /// version in the repository that it may lead
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub(super) release: Option<Version>,

    /// A tag that the release may move, such as latest or 1.2, for every image; may be repeated
    #[arg(long, value_name = "TAG", value_parser = tag, requires = "release")]
    pub(super) moving_tag: Vec<String>,

    /// Print the index and push nothing
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Print JSON for programs
    #[arg(long)]
    pub(super) json: bool,

    #[command(flatten)]
    pub(super) network: Network,
}

pub(super) const COPY_EXAMPLES: &str = "\
Examples:
  splitbuild copy docker.io/library/redis:7 acme/redis:7                 with the same digest
  splitbuild copy docker.io/library/redis:7 acme/redis:7 acme/redis:latest
  splitbuild copy --platform linux/amd64,linux/arm64 docker.io/library/redis:7 acme/redis:7
  splitbuild copy --referrers acme/app:v1 ghcr.io/acme/app:v1            with its signatures
  splitbuild copy --digests app-index acme/app:v1 ghcr.io/acme/app:v1    as this run published it
  splitbuild copy --release 1.1.9 --moving-tag latest ghcr.io/acme/app:1.1.9 acme/app:1.1.9
  splitbuild copy acme/app:v1 oci:mirror:v1                              into a folder
  splitbuild copy oci:mirror:v1 registry.inside.example.com/acme/app:v1  and out of it

Layers that the target has already are skipped. The others are mounted within one registry, or
streamed from one place to the other.

Standard output has one line `image:tag@sha256:…` for every tag that now points to the copy, and
for every moving tag a line `moving image:tag image:fixed sha256:…`.
Exit codes: 0 success; 1 failure; 2 wrong usage.";

#[derive(Debug, Args)]
pub(super) struct Copy {
    /// The platforms to copy, os/arch[/variant] or windows/arch:os.version; separated by commas, or repeated [default:
    /// all, which keeps the digest]
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',', value_parser = platform)]
    pub(super) platform: Vec<Platform>,

    /// Copy its referrers, too, such as signatures: everything that the registry lists
    #[arg(long)]
    pub(super) referrers: bool,

    /// Take SOURCE by the digest in this hand-over file of a job, KEY-index or KEY-ARCH; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(super) digests: Vec<PathBuf>,

    /// The version that is released, 1.2.3 or v1.2.3: a moving tag is led to the highest version in the repository that
    /// it may lead
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub(super) release: Option<Version>,

    /// A tag that the release may move, such as latest or 1.2, for every image; may be repeated
    #[arg(long, value_name = "TAG", value_parser = tag, requires = "release")]
    pub(super) moving_tag: Vec<String>,

    /// Print JSON for programs
    #[arg(long)]
    pub(super) json: bool,

    /// An image or an index, with its tag or digest
    #[arg(value_name = "SOURCE", value_parser = reference)]
    pub(super) source: Reference,

    /// The names to publish it under, each with a tag
    #[arg(value_name = "TARGET", required = true, value_parser = target)]
    pub(super) targets: Vec<Reference>,

    #[command(flatten)]
    pub(super) network: Network,
}

#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// An image with its tag or digest
    #[arg(value_name = "REF", value_parser = reference)]
    pub(super) reference: Reference,

    /// Print JSON for programs
    #[arg(long, conflicts_with = "raw")]
    pub(super) json: bool,

    /// Print the manifest or index, byte for byte
    #[arg(long)]
    pub(super) raw: bool,

    #[command(flatten)]
    pub(super) network: Network,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum WrittenFormat {
    /// An OCI image index
    Oci,
    /// A Docker manifest list, without annotations and attestations
    Docker,
}

impl From<WrittenFormat> for Format {
    fn from(format: WrittenFormat) -> Self {
        match format {
            WrittenFormat::Oci => Self::Oci,
            WrittenFormat::Docker => Self::Docker,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum KeptAttestations {
    /// Keep them in the index, beside their images
    Keep,
    /// Leave them out
    Drop,
}

fn reference(text: &str) -> Result<Reference, String> {
    text.parse().map_err(|e| format!("{e}"))
}

fn target(text: &str) -> Result<Reference, String> {
    let reference = reference(text)?;
    match reference.digest() {
        Some(_) => Err("an index is published under a tag; its digest follows from its content".into()),
        None => Ok(reference),
    }
}

fn platform(text: &str) -> Result<Platform, String> {
    Platform::with_version(text.trim()).map_err(|e| format!("{e}: {}", e.help))
}

fn source(text: &str) -> Result<(Platform, Reference), String> {
    let (named, at) = text.split_once('=').ok_or("write PLATFORM=REF")?;
    Ok((platform(named)?, reference(at)?))
}

fn pushed(text: &str) -> Result<(Platform, String), String> {
    let (named, words) = text.split_once('=').ok_or("write PLATFORM=WORDS")?;
    Ok((platform(named)?, words.to_owned()))
}

fn tag(text: &str) -> Result<String, String> {
    tag_problem(text).map_or_else(|| Ok(text.to_owned()), Err)
}

fn annotation(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, _)) if key == crate::oci::RUN => Err("--run sets this annotation".into()),
        Some((key, _)) if key == crate::oci::VERSION => Err("--release sets this annotation".into()),
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".into()),
    }
}

fn run(text: &str) -> Result<Run, String> {
    text.parse().map_err(|e| format!("{e}"))
}

fn version(text: &str) -> Result<Version, String> {
    text.parse().map_err(|e| format!("{e}"))
}

fn duration(text: &str) -> Result<Duration, String> {
    /// `Instant` overflows at some point; nobody waits a year.
    const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    match humantime::parse_duration(text) {
        Ok(duration) if duration <= LONGEST => Ok(duration),
        Ok(_) => Err("the longest duration is a year (365d)".into()),
        Err(_) => Err("write a number with its unit: 90s, 10m, 1h 30m".into()),
    }
}

fn host(text: &str) -> Result<String, String> {
    if is_registry(text) { Ok(text.to_owned()) } else { Err("write HOST or HOST:PORT, without a scheme".into()) }
}

fn login(text: &str) -> Result<Login, String> {
    const FORM: &str = "write HOST=USER_VAR:PASS_VAR, with the names of variables and not their values";
    let is_variable = |name: &str| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let (registry, names) = text.split_once('=').ok_or(FORM)?;
    let (username, password) = names.split_once(':').ok_or(FORM)?;
    if !is_registry(registry) || !is_variable(username) || !is_variable(password) {
        return Err(FORM.into());
    }
    Ok(Login { registry: registry.to_owned(), username: username.to_owned(), password: password.to_owned() })
}

/// The names that `--arch-image` can refer to.
const ARCH_IMAGE_NAMES: [&str; 4] = ["image", "tag", "arch", "platform"];

fn arch_image(text: &str) -> Result<Template, String> {
    let (template, _) = Template::parse(text).map_err(|e| format!("{e}: {}", e.help))?;
    if let Some(name) = template.names().find(|name| !ARCH_IMAGE_NAMES.contains(name)) {
        return Err(format!("there is no `{name}` here; use ${{image}}, ${{tag}}, ${{arch}} or ${{platform}}"));
    }
    Ok(template)
}
