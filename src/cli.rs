//! The command line: its verbs, their options and their help; each verb has a file of its own.

mod arguments;
mod check;
mod copy;
mod digests;
mod export;
mod fresh;
mod generate;
mod input;
mod inspect;
mod limit;
mod manifest;
mod moving;
mod network;
mod plan;
mod report;
mod screen;
mod size;
mod targets;
mod times;

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use self::arguments::format::Format;
use crate::diagnostic::{Colour, Report, Severity};
use crate::file;
use crate::handover::HandoverError;
use crate::registry::CredentialError;
use crate::stop::Signal;

/// Compile an image matrix into CI pipelines that build every image natively, one job per architecture, and link the
/// results into one index.
///
/// One short YAML file says which images there are, how they are built and when. splitbuild turns it into a CI
/// configuration in which every image is built by one job per architecture, on a machine of that architecture, and
/// published by one manifest job, which checks the architectures in the registry and pushes the index over them.
#[derive(Debug, Parser)]
#[command(name = "splitbuild", version, about, long_about, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

const EXIT_CODES: &str = "Exit codes: 0 success; 1 failure, or --check found a difference; 2 wrong usage.";

/// The smallest matrix, which `--help` shows; a test runs it.
const SMALLEST: &str = "\
Examples:
  splitbuild gen -o .circleci/config.yml             write the configuration if it has changed
  splitbuild gen > .circleci/config.yml              the same, through the shell
  splitbuild gen --provider gitlab -o .gitlab-ci.yml for GitLab CI
  splitbuild gen --provider github -o .github/workflows
                                                     for GitHub Actions: a file for each workflow
  splitbuild gen --check                             in CI: fail if the file is stale
  splitbuild gen --check --format github             the same, with annotations of the matrix
  splitbuild gen images/splitbuild.yml --var org=me  another matrix, another value

The smallest matrix:
  version: 1
  images:
    app: { image: acme/app }
  workflows:
    main: { on: { branches: [main] }, tags: [latest] }
  registries:
    docker.io: { username: \"${DOCKER_USER}\", password: \"${DOCKER_PASS}\" }
  tool: { image: \"registry.example.com/ci/splitbuild:0.1.0\" }

Exit codes: 0 success; 1 failure, or --check found a difference; 2 wrong usage.";

const CHECK_EXAMPLES: &str = "\
Examples:
  splitbuild check                        the configuration where its provider reads it
  splitbuild check path/to/config.yml     another file
  splitbuild check .github/workflows      every workflow of GitHub's
  splitbuild check --format github        in a workflow: annotations of the lines
  splitbuild check --format gitlab > gl-code-quality-report.json
  splitbuild check --format json | jq '.[] | select(.severity == \"error\")'
  splitbuild check --json | jq '.sizes[] | .counted / .limit'

It finds what the provider would refuse, without asking it: unknown jobs, commands, executors and
parameters; values of the wrong type; `requires` and `needs` that name no job; cycles; filters and
rules that leave out a job that another one waits for; references to nothing; an unescaped `<<`.
The contents of orbs are not checked. It also measures the file as the provider does (CircleCI: its
compiled size; GitLab: the memory that it takes; GitHub: bytes and nodes): from four fifths of the
limit on there is a warning, beyond it an error.

Exit codes: 0 no errors (there may be warnings); 1 errors; 2 wrong usage.";

const PLAN_EXAMPLES: &str = "\
Examples:
  splitbuild plan                     the jobs of every workflow, and what each waits for
  splitbuild plan --json | jq '.workflows[].jobs[].name'
  splitbuild plan --times times.txt   how long a run takes, and why

FILE has a line `JOB SECONDS` for every job (`#` begins a comment):
  build-app-amd64     412
  build-app-arm64     388.5
  build-app-manifest  21
or a JSON object from job to seconds. It must have every job of the plan, and every hand-written
job that one of them waits for, which counts as if it waited for nothing. It may have other
hand-written jobs, which are not counted.

Exit codes: 0 success; 1 failure; 2 wrong usage.";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write the CI configuration for a matrix
    #[command(name = "gen", after_help = SMALLEST)]
    Generate(Generate),
    /// Check a whole CI configuration, generated or hand-written
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Check),
    /// Show the jobs of a matrix and what each waits for
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(Plan),
    /// Check the per-architecture images in the registry and push the index that combines them
    #[command(after_help = arguments::MANIFEST_EXAMPLES)]
    Manifest(arguments::Manifest),
    /// Copy an image or index to another repository or registry, as it is
    #[command(after_help = arguments::COPY_EXAMPLES)]
    Copy(arguments::Copy),
    /// Write images to a tarball that `docker load` reads, without Docker
    #[command(after_help = arguments::export::EXAMPLES)]
    Export(arguments::export::Export),
    /// Show an index or image, verified by its digests
    #[command(after_help = arguments::INSPECT_EXAMPLES)]
    Inspect(arguments::Inspect),
}

/// Options of every verb that reads a matrix.
#[derive(Debug, Args)]
struct Matrix {
    /// The matrix; paths in it are relative to its folder
    #[arg(value_name = "MATRIX", default_value = "splitbuild.yml")]
    path: PathBuf,

    /// Set one of the matrix's vars, over those of the workflows, too; may be repeated
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = name_and_value)]
    vars: Vec<(String, String)>,
}

#[derive(Debug, Args)]
struct Generate {
    #[command(flatten)]
    matrix: Matrix,

    /// The CI provider
    #[arg(long, value_name = "NAME", default_value = crate::provider::ALL[0].name(), value_parser = provider_names())]
    provider: String,

    /// Write to FILE, unless it is up to date; `-` is standard output [default: -]. For GitHub Actions, FILE is the folder
    /// of the workflows
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Accept problems of this code in the hand-written file; may be repeated. A comment `# splitbuild: allow CODE`
    /// there accepts them on its line, or on the next
    #[arg(long, value_name = "CODE")]
    allow: Vec<String>,

    /// Write nothing; show how the files (-o, else the provider's usual path beside the matrix) differ, and exit with 1
    /// if they do
    #[arg(long)]
    check: bool,

    /// How to report problems; all but text on standard output, so the configuration goes to a file (-o, or --check)
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Args)]
struct Check {
    #[arg(value_name = "FILE|DIR", help = usual_paths())]
    paths: Vec<PathBuf>,

    /// The CI provider [default: recognised from the file's content]
    #[arg(long, value_name = "NAME", value_parser = provider_names())]
    provider: Option<String>,

    /// Accept problems of this code; may be repeated. A comment `# splitbuild: allow CODE` in the file accepts them on
    /// its line, or on the next
    #[arg(long, value_name = "CODE")]
    allow: Vec<String>,

    /// How to report problems: all but text on standard output
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Print JSON for programs: the problems, as `--format json` has them, and how large each file is
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Debug, Args)]
struct Plan {
    #[command(flatten)]
    matrix: Matrix,

    /// The CI provider
    #[arg(long, value_name = "NAME", default_value = crate::provider::ALL[0].name(), value_parser = provider_names())]
    provider: String,

    /// Show every job of images that are one in the matrix
    #[arg(long)]
    all: bool,

    /// Compute how long a run takes, from the seconds per job in FILE; `-` is standard input
    #[arg(long, value_name = "FILE")]
    times: Option<PathBuf>,

    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

/// Why a verb failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("splitbuild: {}", counted_problems(.0))]
    Problems(Vec<Report>),
    #[error("splitbuild: {}; nothing was written", counted_problems(.0))]
    Unwritten(Vec<Report>),
    /// Wrong usage: exit code 2.
    #[error("{0}")]
    Usage(String),
    #[error("cannot {action} {}: {cause}", path.display())]
    File {
        /// `read` or `write`.
        action: &'static str,
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error("cannot start: {0}")]
    System(std::io::Error),
    #[error(transparent)]
    Provider(#[from] crate::provider::Error),
    #[error("{outcome}")]
    Handover { problems: Vec<HandoverError>, outcome: &'static str },
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    #[error("stopped; nothing was written")]
    Stopped(Signal),
    #[error("stopped")]
    StoppedHalfway(Signal),
    #[error("")]
    Reported,
}

pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return print_clap(&error),
    };
    let format = match &cli.verb {
        Verb::Generate(arguments) => arguments.format,
        _ => Format::Text,
    };
    let result = match cli.verb {
        Verb::Generate(arguments) => generate::run(&arguments).map_err(|failure| match failure {
            Failure::Problems(reports) => Failure::Unwritten(reports),
            other => other,
        }),
        Verb::Check(arguments) => check::run(&arguments),
        Verb::Plan(arguments) => plan::run(&arguments),
        Verb::Manifest(arguments) => manifest::run(&arguments),
        Verb::Copy(arguments) => copy::run(&arguments),
        Verb::Export(arguments) => export::run(&arguments),
        Verb::Inspect(arguments) => inspect::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            show(&failure, format);
            match failure {
                Failure::Usage(_) => ExitCode::from(2),
                Failure::Stopped(signal) | Failure::StoppedHalfway(signal) => ExitCode::from(signal.exit_code()),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

/// Prints help, or what is wrong with the options.
fn print_clap(error: &clap::Error) -> ExitCode {
    let printed = error.print().and_then(|()| std::io::stdout().flush());
    match written(printed) {
        Err(failure) if !error.use_stderr() => {
            show(&failure, Format::Text);
            ExitCode::FAILURE
        }
        _ => u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from),
    }
}

fn show(failure: &Failure, format: Format) {
    match failure {
        Failure::Reported => {}
        Failure::Problems(reports) | Failure::Unwritten(reports) => {
            if let Err(unprinted) = report::tell(format, reports) {
                log_line(&format!("splitbuild: {unprinted}"));
            }
            log_line(&failure.to_string());
        }
        Failure::Handover { problems, .. } => {
            problems.iter().for_each(|problem| log_line(&format!("splitbuild: {problem}\n  help: {}", problem.help())));
            log_line(&format!("splitbuild: {failure}"));
        }
        _ => log_line(&format!("splitbuild: {failure}")),
    }
}

/// Prints a line on standard error.
fn log_line(line: &str) {
    log(&format!("{line}\n"));
}

/// Prints text on standard error. If that fails, there is nobody left to report it to.
fn log(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Colour only on a terminal, and never with `NO_COLOR` (<https://no-color.org>).
fn colour() -> Colour {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if std::io::stderr().is_terminal() && !unwanted { Colour::Always } else { Colour::Never }
}

/// `2 errors and 1 warning in a.yml and b.yml`
fn counted_problems(reports: &[Report]) -> String {
    let of = |severity| {
        reports.iter().flat_map(|report| &report.diagnostics).filter(|problem| problem.severity == severity).count()
    };
    let counted = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let counts = [(of(Severity::Error), "error"), (of(Severity::Warning), "warning")];
    let counts: Vec<String> =
        counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, noun)| counted(count, noun)).collect();
    let files: Vec<String> = reports.iter().map(|report| report.source.shown_name()).collect();
    format!("{} in {}", counts.join(" and "), files.join(" and "))
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    if value.contains(char::is_control) {
        return Err("a value on the command line cannot contain control characters; write it in the matrix".into());
    }
    Ok((name.to_owned(), value.to_owned()))
}

fn provider_names() -> clap::builder::PossibleValuesParser {
    crate::provider::ALL.iter().map(|provider| provider.name()).collect::<Vec<_>>().into()
}

fn usual_paths() -> String {
    let paths: Vec<&str> = crate::provider::ALL.iter().map(|it| it.path(false)).collect();
    format!("The configurations; of a folder, every .yml file [default: {}]", paths.join(", else "))
}

/// Writes a result to standard output.
fn print(result: impl AsRef<[u8]>) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    written(out.write_all(result.as_ref()).and_then(|()| out.flush()).and_then(|()| file::check_close(&out)))
}

/// The result of writing to standard output, whose reader may have gone away.
fn written(result: std::io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(cause) if cause.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::File { action: "write", path: "standard output".into(), cause })
        }
        _ => Ok(()),
    }
}
