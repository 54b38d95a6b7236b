//! From paths to a plan: reads the matrix and the hand-written file beside it, and reports everything that is wrong.

use std::path::{Path, PathBuf};

use super::Failure;
use super::arguments::matrix::Matrix;
use crate::diagnostic::{Allowed, Diagnostic, Report, Severity, Source};
use crate::file;
use crate::lineage;
use crate::plan::{ExternalJobs, Plan, Request, resolve};
use crate::provider::{Origin, Provider, UserConfig, vocabularies};
use crate::span::Span;
use crate::spec::{self, Section, Spec};
use crate::yaml::Node;
use crate::yaml::read::{Budget, Form, ProblemKind, SyntaxErrorKind, read_as};

/// A matrix that was read, with the file that is merged into its configuration.
pub(super) struct Input {
    pub(super) plan: Plan,
    pub(super) own: Option<UserConfig>,
    pub(super) origin: Origin,
    pub(super) folder: PathBuf,
    /// What is doubtful in the matrix.
    pub(super) warnings: Option<Report>,
    /// The matrix as it was written, and as a text.
    pub(super) spec: Spec,
    pub(super) source: Source,
}

/// Reads the matrix for a provider.
///
/// Problems that are `allowed` in the hand-written file stop nothing, and of what is doubtful in the matrix they are not
/// told.
pub(super) fn load(matrix: &Matrix, provider: &dyn Provider, allowed: Allowed) -> Result<Input, Failure> {
    let source = read_file(&matrix.path).map_err(|failure| missing_matrix(failure, matrix))?;
    let (root, mut problems) = parse(&source, Form::Core)?;
    let (spec, found) = spec::decode(&root, &source.text, &vocabularies());
    problems.extend(found);
    check_vars(matrix, &spec)?;
    let folder = matrix.path.parent().map(Path::to_owned).unwrap_or_default();
    let mut reports = Vec::new();
    let workflows: Vec<&str> = spec.workflows.iter().map(|(name, _)| name.text.as_str()).collect();
    let (own, foreign) = match own(provider, &spec, &folder, &mut problems) {
        Ok(Some(mut own)) => {
            own.allowed = allowed.clone();
            let (foreign, wrong) = provider.external_jobs(&own, &workflows);
            own.problems.extend(wrong);
            own.problems.retain(|problem| !own.allowed.admits(&own.source.text, problem));
            let is_error = |problem: &mut Diagnostic| problem.severity == Severity::Error;
            reports.extend(Report::of(&own.source, own.problems.extract_if(.., is_error).collect()));
            (Some(own), foreign)
        }
        Ok(None) => (None, ExternalJobs::default()),
        Err(failure) => match failure {
            Failure::Problems(wrong) => {
                reports.extend(wrong);
                (None, ExternalJobs::default())
            }
            other => return Err(other),
        },
    };
    let unread = !reports.is_empty();
    let request = Request { vars: matrix.vars.clone(), provider: provider.vocabulary(), external: foreign };
    match resolve(&spec, &request) {
        Ok(plan) if problems.is_empty() && reports.is_empty() => {
            let name = matrix.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let refusals = provider.refusals(&plan);
            if !refusals.is_empty() {
                return Err(Failure::Problems(Report::of(&source, refusals).into_iter().collect()));
            }
            let read = |path: &str| read_file(&folder.join(path)).ok().map(|source| source.text);
            let mut warnings = plan.warnings.clone();
            warnings.extend(lineage::doubts(&plan, &spec, &read));
            warnings.retain(|problem| !allowed.admits(&source.text, problem));
            let warnings = Report::of(&source, warnings);
            let origin = Origin { matrix: name, vars: matrix.vars.clone() };
            Ok(Input { plan, own, origin, folder, warnings, spec, source })
        }
        resolved => {
            // Without the hand-written file, nobody knows which jobs are in it.
            let of_the_plan = resolved.err().unwrap_or_default();
            problems.extend(of_the_plan.into_iter().filter(|problem| !unread || problem.code != "unknown-need"));
            reports.splice(0..0, Report::of(&source, problems));
            Err(Failure::Problems(reports))
        }
    }
}

pub(super) fn read_file(path: &Path) -> Result<Source, Failure> {
    let text = file::read(path, file::LONGEST_TEXT).map_err(|cause| Failure::File {
        action: "read",
        path: path.to_owned(),
        cause,
    })?;
    let name = path.display().to_string();
    match String::from_utf8(text) {
        Ok(text) => Ok(Source { name, text }),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            Err(Failure::Usage(format!("{name}:{line}: this is not UTF-8; save the file as UTF-8")))
        }
    }
}

fn missing_matrix(failure: Failure, matrix: &Matrix) -> Failure {
    match failure {
        Failure::File { path, cause, .. } if cause.kind() == std::io::ErrorKind::NotFound => Failure::Usage(format!(
            "there is no {}; name the matrix (`splitbuild gen path/to/{}`), or write one: `splitbuild gen --help` shows the smallest",
            path.display(),
            matrix.path.file_name().unwrap_or_default().display(),
        )),
        Failure::File { path, cause, .. } => Failure::Usage(format!("cannot read {}: {cause}", path.display())),
        other => other,
    }
}

/// A CI configuration as a tree, with what is odd in it: what its provider takes is a warning.
pub(super) fn parse_config(source: &Source, form: Form) -> Result<(Node, Vec<Diagnostic>), Failure> {
    let (root, mut problems) = parse(source, form)?;
    // Anybody's tags are between them and the provider.
    problems.retain(|problem| problem.code != "tag");
    // Who does not merge is strict with keys in general.
    let is_taken = |code: &str| form != Form::Plain && matches!(code, "duplicate-key" | "merge");
    for problem in problems.iter_mut().filter(|problem| is_taken(problem.code)) {
        problem.severity = Severity::Warning;
        if problem.code == "duplicate-key" {
            problem.help = vec!["the last one counts; remove the others".into()];
        }
    }
    Ok((root, problems))
}

/// A file as a tree, with the problems that do not stop reading it.
pub(super) fn parse(source: &Source, form: Form) -> Result<(Node, Vec<Diagnostic>), Failure> {
    let failed = |problem| Failure::Problems(Report::of(source, vec![problem]).into_iter().collect());
    parse_text(&source.text, form).map_err(failed)
}

/// A text as a tree, with the problems that do not stop reading it.
///
/// # Errors
/// It is not YAML, or too much.
pub(super) fn parse_text(text: &str, form: Form) -> Result<(Node, Vec<Diagnostic>), Diagnostic> {
    // A long file may hold much; what aliases make of a short one is bounded.
    let budget = Budget::default();
    let budget = Budget { nodes: budget.nodes.max(text.len()), ..budget };
    let document = read_as(text, budget, form).map_err(|error| {
        let mut problem = match error.kind {
            SyntaxErrorKind::Parser => {
                Diagnostic::new("syntax", error.span, format!("this is not YAML: {}", error.message))
            }
            SyntaxErrorKind::Budget => {
                Diagnostic::new("too-large", error.span, format!("this file is too large: {}", error.message))
            }
        };
        problem.help = match error.kind {
            SyntaxErrorKind::Parser => syntax_help(text, error.span),
            SyntaxErrorKind::Budget => vec!["use fewer aliases, less nesting, or several matrices".into()],
        };
        problem
    })?;
    let problems = document.problems.into_iter().map(|problem| match problem.kind {
        ProblemKind::DuplicateKey { key, first } => {
            Diagnostic::new("duplicate-key", problem.span, format!("the key `{key}` is given twice"))
                .related(first, "first given here")
                .help("keep one of them")
        }
        ProblemKind::KeyNotText => {
            Diagnostic::new("key", problem.span, "a key is text, not a list or a map").help("write the key as text")
        }
        ProblemKind::BadMerge => {
            Diagnostic::new("merge", problem.span, "`<<` merges a map, or a list of maps").help("write `<<: *anchor`")
        }
        ProblemKind::Tag(tag) => {
            Diagnostic::new("tag", problem.span, format!("unknown YAML tag `{tag}`")).help("remove it")
        }
    });
    Ok((document.root, problems.collect()))
}

/// The usual mistakes on a line that is not YAML.
fn syntax_help(text: &str, span: Span) -> Vec<String> {
    let at = Span::floor(text, span.start);
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let is_odd = |quote: char| line.matches(quote).count() % 2 == 1;
    let is_uneven = |open: char, close: char| line.matches(open).count() != line.matches(close).count();
    let before_reference = line.find("${").map(|at| &line[..at]).unwrap_or_default();
    let in_flow = before_reference.contains(['{', '[']);
    let is_quoted = before_reference.matches('"').count() % 2 == 1 || before_reference.matches('\'').count() % 2 == 1;
    let has_pattern = line.contains("[/") || line.contains(": /") || line.contains("/^") || line.contains("$/");
    let hints = [
        (line.trim_start_matches(' ').starts_with('\t'), "YAML indents with spaces; replace the tab"),
        (in_flow && !is_quoted, "inside `{ }` and `[ ]` a reference needs quotes: `\"${name}\"`"),
        (is_odd('"') || is_odd('\''), "a quote on this line, or above it, is not closed"),
        (text[at..].starts_with('*'), "to YAML, `*` begins an alias; quote a pattern: `\"*\"`"),
        (has_pattern, "a pattern with `[ ] { } , *` or `#` needs quotes: `\"/^v[0-9]+$/\"`"),
        (is_uneven('[', ']') || is_uneven('{', '}'), "a bracket on this line has no counterpart"),
    ];
    let help: Vec<String> = hints.iter().filter(|(holds, _)| *holds).map(|(_, help)| (*help).to_owned()).collect();
    match help.is_empty() {
        true => vec!["look at the indentation, colons, quotes and brackets here and on the line above".into()],
        false => help,
    }
}

fn check_vars(matrix: &Matrix, spec: &Spec) -> Result<(), Failure> {
    for (name, _) in &matrix.vars {
        if spec.vars.iter().all(|(known, _)| known.text != *name) {
            let known: Vec<&str> = spec.vars.iter().map(|(known, _)| known.text.as_str()).collect();
            let help = match crate::similar::closest(name, known.iter().copied()) {
                Some(close) => format!("did you mean `{close}`?"),
                None if known.is_empty() => "it has none".to_owned(),
                None => format!("it has {}", crate::diagnostic::list(&known)),
            };
            return Err(Failure::Usage(format!(
                "--var {name}: {} declares no var `{name}`; {help}",
                matrix.path.display()
            )));
        }
    }
    Ok(())
}

/// The hand-written file that the matrix names, with the problems of its YAML.
fn own(
    provider: &dyn Provider,
    spec: &Spec,
    folder: &Path,
    problems: &mut Vec<Diagnostic>,
) -> Result<Option<UserConfig>, Failure> {
    let vocabulary = provider.vocabulary();
    let Some(text) = spec.section(vocabulary).and_then(Section::config) else { return Ok(None) };
    // A reference is reported where all values are checked, and so is nothing at all.
    let Some(name) = text.template.as_literal().filter(|name| !name.trim().is_empty()) else { return Ok(None) };
    if name == provider.path(true) {
        let problem = Diagnostic::new("own-file", text.span, format!("{name} is the generated file itself"));
        let other = vocabulary.advice.own_file;
        problems.push(
            problem.help(format!("move the hand-written jobs to another file, such as `{other}`, and name that")),
        );
        return Ok(None);
    }
    let path = folder.join(name);
    let source = match read_file(&path) {
        Ok(source) => source,
        Err(Failure::File { cause, .. }) => {
            let problem = Diagnostic::new("own-file", text.span, format!("cannot read {}: {cause}", path.display()));
            problems.push(
                problem
                    .help("paths in a matrix are relative to its folder; without hand-written jobs, remove `config`"),
            );
            return Ok(None);
        }
        Err(other) => return Err(other),
    };
    let (root, problems) = parse_config(&source, provider.form())?;
    // Within the generated file it is called as the matrix calls it, wherever the command was run.
    Ok(Some(UserConfig { problems, ..UserConfig::new(name, source, root) }))
}
