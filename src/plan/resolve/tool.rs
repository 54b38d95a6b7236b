//! The tool: where manifest, copy and export jobs find splitbuild.

use super::{Problems, Scope, text};
use crate::diagnostic::Diagnostic;
use crate::plan::{Download, Job, Tool, Work};
use crate::spec;

/// What is packed in another way than jobs unpack.
const PACKED: [&str; 10] = [".zip", ".tar", ".gz", ".xz", ".txz", ".bz2", ".zst", ".7z", ".deb", ".rpm"];

/// What stands in an address beside letters and digits ([RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-2)). Without
/// `#`, which begins what is never sent, and without brackets, which curl takes for a pattern
/// (<https://curl.se/docs/manpage.html#-g>).
const MARKS: &str = "-._~:/?@!$&'()*+,;=%";

/// Manifest, copy and export jobs run splitbuild, so something must say where it is.
pub(super) fn tool(scope: &Scope, has_jobs: bool, problems: &mut Problems) -> Option<Tool> {
    match &scope.spec.tool {
        Some(spec::Tool::Image(text)) => text::filled(scope, text, problems).map(Tool::Image),
        Some(spec::Tool::Install(script)) => Some(Tool::Install(script.text.clone())),
        Some(spec::Tool::Download(all)) => downloads(scope, all, problems).map(Tool::Download),
        None => {
            if has_jobs && !scope.spec.doubtful.contains(&"tool") {
                problems.push(missing(scope));
            }
            None
        }
    }
}

/// That nothing says it, with every way to say it.
fn missing(scope: &Scope) -> Diagnostic {
    const IMAGE: &str = concat!("registry.example.com/ci/splitbuild:", env!("CARGO_PKG_VERSION"));
    const FILE: &str = concat!("https://example.com/splitbuild-", env!("CARGO_PKG_VERSION"), "-linux-amd64.tar.gz");
    Diagnostic::new("no-tool", scope.spec.spans.top, "nothing says where manifest jobs find splitbuild")
        .help(format!("name an image that holds it: `tool: {{ image: \"{IMAGE}\" }}`"))
        .help(format!(
            "or what jobs fetch: `tool: {{ download: {{ linux/amd64: {{ url: \"{FILE}\", sha256: \"...\" }} }} }}`"
        ))
        .help("or install it where builds run: `tool: { install: \"...\" }`")
}

/// What jobs fetch, in the order written; `None` if something is wrong with one of them.
fn downloads(scope: &Scope, all: &[spec::Download], problems: &mut Problems) -> Option<Vec<Download>> {
    let mut found: Vec<Download> = Vec::new();
    for spec::Download { platform, machine, url: text, sha256, .. } in all {
        let Some(url) = text::filled(scope, text, problems) else { continue };
        if let Some(problem) = address_problem(&url) {
            let mut diagnostic = Diagnostic::new("tool", text.span, problem.message).help(problem.help);
            if problem.is_secret {
                diagnostic = diagnostic.secret();
            }
            problems.push(diagnostic);
            continue;
        }
        let download = Download { platform: platform.clone(), machine, url, sha256: sha256.clone() };
        if found.first().is_some_and(|first| first.is_archive() != download.is_archive()) {
            let message = "of what jobs fetch, one is an archive and another the program itself";
            let help = "write `.tar.gz` files for all platforms, or for none";
            problems.push(Diagnostic::new("tool", text.span, message).related(all[0].url.span, "the first").help(help));
            continue;
        }
        found.push(download);
    }
    (found.len() == all.len()).then_some(found)
}

/// What jobs fetch must be there for every runner that is built in and that they use: of these it is known which platform
/// they have.
pub(super) fn check_runners(scope: &Scope, jobs: &[Job], problems: &mut Problems) {
    let Some(spec::Tool::Download(all)) = &scope.spec.tool else { return };
    let Some(first) = all.first().filter(|_| !scope.spec.doubtful.contains(&"tool")) else { return };
    let provider = scope.request.provider;
    let used = |word: &str| {
        let mut publish = jobs.iter().filter(|job| !matches!(job.work, Work::Build(_)));
        publish.any(|job| matches!(job.runner.as_slice(), [own] if own == word))
    };
    for (platform, word) in provider.runners.iter().filter(|(_, word)| used(word)) {
        if all.iter().all(|download| download.platform.to_string() != *platform) {
            let message = format!("jobs that run splitbuild run on `{word}`, and there is no download for {platform}");
            let problem = Diagnostic::new("tool", first.span, message);
            let add = format!("add `{platform}: {{ url: \"https://...\", sha256: \"...\" }}`");
            let other = format!("or let them run elsewhere: `{}: {{ runners: {{ manifest: ... }} }}`", provider.name);
            problems.push(problem.help(add).help(other));
        }
    }
}

/// What is wrong with an address.
struct AddressProblem {
    message: String,
    help: String,
    /// Whether it holds what nobody should see.
    is_secret: bool,
}

/// Without TLS is good, too: what is fetched is held to its sum, and is no secret.
fn address_problem(url: &str) -> Option<AddressProblem> {
    let problem = |message: String, help: &str| Some(AddressProblem { message, help: help.into(), is_secret: false });
    let form = "write where jobs find it: `url: \"https://example.com/splitbuild-linux-amd64.tar.gz\"`";
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        return problem("`url` does not begin with `https://`".into(), form);
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if authority.contains('@') {
        let message = "`url` contains credentials, and everybody can read the generated file".into();
        let help =
            "fetch it without, or by your own shell, which can use a variable of the job: `tool: { install: ... }`";
        return Some(AddressProblem { message, help: help.into(), is_secret: true });
    }
    if let Some(wrong) = rest.chars().find(|c| !c.is_ascii_alphanumeric() && !MARKS.contains(*c)) {
        let message = format!("`url` cannot contain `{}`", wrong.escape_debug());
        return problem(message, "remove it; or write `%` and its two hexadecimal digits, if the file is called so");
    }
    if authority.is_empty() || path.trim_start_matches('/').is_empty() {
        return problem("`url` names no file".into(), form);
    }
    let path = path.split('?').next().unwrap_or_default();
    let packed = PACKED.into_iter().find(|end| path.ends_with(end) && !path.ends_with(".tar.gz"))?;
    problem(
        format!("jobs cannot unpack what ends with `{packed}`"),
        "name a `.tar.gz` that holds splitbuild, or the program itself",
    )
}
