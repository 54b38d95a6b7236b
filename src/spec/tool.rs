//! The tool: where manifest jobs find splitbuild.

use super::access::check_keys;
use super::decode::Decoder;
use super::{Download, Name, Text, Tool};
use crate::diagnostic::Diagnostic;
use crate::platform::{Platform, PlatformError};
use crate::yaml::{Entry, Node};

/// The ways, of which a matrix has one.
const WAYS: [&str; 3] = ["image", "install", "download"];

/// What is told of a download.
const DOWNLOAD: [&str; 2] = ["url", "sha256"];

/// The hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;

const FORM: &str = "write `download: { linux/amd64: { url: \"https://...\", sha256: \"...\" } }`";

pub(super) fn tool(decoder: &mut Decoder<'_>, node: &Node) -> Option<Tool> {
    let map = decoder.map(node, "`tool`")?;
    check_keys(decoder, map, "`tool`", &WAYS);
    let mut ways = map.entries.iter().filter(|entry| WAYS.contains(&entry.key.text.as_str()));
    let Some(Entry { key, value }) = ways.next() else {
        if map.entries.is_empty() {
            decoder.error("tool", node.span, "`tool` is empty", "write `tool: { image: ... }`");
        }
        return None;
    };
    if let Some(second) = ways.next() {
        let message = format!("`tool` has both `{}` and `{}`", key.text, second.key.text);
        let help = "keep `image` to run manifest jobs in it; or run them where builds run, after the script `install`, or \
                    with what they `download`";
        decoder.error("tool", second.value.span, message, help);
        return None;
    }
    match key.text.as_str() {
        "image" => decoder.text(value, "`tool.image`").map(Tool::Image),
        "install" => decoder.script(value, "`tool.install`").map(Tool::Install),
        _ => Some(Tool::Download(downloads(decoder, value)?)),
    }
}

/// What is downloaded, by the platform that it is for; what cannot be read is left out.
fn downloads(decoder: &mut Decoder<'_>, node: &Node) -> Option<Vec<Download>> {
    let map = decoder.map(node, "`tool.download`")?;
    if map.entries.is_empty() {
        decoder.error("tool", node.span, "`tool.download` is empty", FORM);
        return None;
    }
    if let Some(entry) = map.entries.iter().find(|entry| DOWNLOAD.contains(&entry.key.text.as_str())) {
        let message = format!("`{}` must stand below a platform", entry.key.text);
        let help = format!("{FORM}, with every platform that manifest jobs may run on");
        decoder.error("tool", entry.key.span, message, help);
        return None;
    }
    let mut all: Vec<Download> = Vec::new();
    for entry in map.entries.iter().filter(|entry| !entry.key.text.starts_with("x-")) {
        let platform = platform(decoder, entry, &all);
        if let (Some((platform, machine)), Some((url, sha256))) = (platform, download(decoder, entry)) {
            all.push(Download { platform, machine, span: entry.key.span, url, sha256 });
        }
    }
    Some(all)
}

/// The platform, with what its machines call themselves.
fn platform(decoder: &mut Decoder<'_>, entry: &Entry, known: &[Download]) -> Option<(Platform, &'static str)> {
    let (name, span) = (&entry.key.text, entry.key.span);
    let platform: Platform = match name.parse() {
        Ok(platform) => platform,
        Err(PlatformError { found, help }) => {
            decoder.error("platform", span, format!("`{found}` is not a platform"), help);
            return None;
        }
    };
    let Some(machine) = platform.machine() else {
        let message = format!("jobs cannot tell that they run on `{name}`");
        let known = "linux/amd64, linux/arm64, linux/ppc64le, linux/riscv64 or linux/s390x";
        let help = format!("write one of {known}, which `uname -m` tells; or fetch it by your own shell, `install`");
        decoder.error("tool", span, message, help);
        return None;
    };
    if let Some(first) = known.iter().find(|other| other.platform == platform) {
        let problem = Diagnostic::new("platform", span, format!("the platform `{name}` is listed twice"));
        decoder.report(problem.related(first.span, "first listed here").help("keep one of them"));
        return None;
    }
    Some((platform, machine))
}

/// Where it is, and what its bytes must come to.
fn download(decoder: &mut Decoder<'_>, entry: &Entry) -> Option<(Text, String)> {
    let what = format!("the download for `{}`", entry.key.text);
    let map = decoder.map(&entry.value, &what)?;
    check_keys(decoder, map, &what, &DOWNLOAD);
    for key in DOWNLOAD.into_iter().filter(|key| map.get(key).is_none()) {
        let help = match key {
            "url" => "write `url: \"https://...\"`: a `.tar.gz` that holds splitbuild, or the program itself",
            _ => "write `sha256: \"...\"`, which `sha256sum FILE` prints: jobs run nothing else",
        };
        decoder.error("tool", entry.key.span, format!("{what} has no `{key}`"), help);
    }
    let url = map.get("url").and_then(|node| decoder.text(node, "`url`"));
    let sha256 = map.get("sha256").and_then(|node| sha256(decoder, node));
    url.zip(sha256)
}

fn sha256(decoder: &mut Decoder<'_>, node: &Node) -> Option<String> {
    let Name { text, span } = decoder.word(node, "`sha256`")?;
    let is_digest = text.len() == DIGITS && text.chars().all(|c| c.is_ascii_hexdigit());
    if is_digest {
        return Some(text.to_ascii_lowercase());
    }
    let message = format!("`sha256` must be {DIGITS} hexadecimal digits");
    let count = text.chars().count();
    let help = match text.strip_prefix("sha256:") {
        Some(_) => "write the digits alone, without `sha256:`".to_owned(),
        None if text.chars().all(|c| c.is_ascii_hexdigit()) => {
            format!("these are {count}: copy what `sha256sum FILE` prints")
        }
        None => "copy what `sha256sum FILE` prints, without the name of the file".to_owned(),
    };
    decoder.error("tool", span, message, help);
    None
}
