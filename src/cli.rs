//! The command line: its verbs, their options and their help; each verb has a file of its own.

mod arguments;
mod bake;
mod check;
mod completions;
mod copy;
mod digests;
mod drafted;
mod export;
mod fresh;
mod generate;
mod graph;
mod import;
mod init;
mod input;
mod inspect;
mod limit;
mod man;
mod manifest;
mod moving;
mod network;
mod plan;
mod report;
mod schema;
mod screen;
mod size;
mod targets;
pub mod times;

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

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

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write the CI configuration for a matrix
    #[command(name = "gen", after_help = arguments::generate::EXAMPLES)]
    Generate(arguments::generate::Generate),
    /// Look at a repository, and write a first matrix for it
    #[command(after_help = arguments::init::EXAMPLES)]
    Init(arguments::init::Init),
    /// Check a whole CI configuration, generated or hand-written
    #[command(after_help = arguments::check::EXAMPLES)]
    Check(arguments::check::Check),
    /// Show the jobs of a matrix and what each waits for
    #[command(after_help = arguments::plan::EXAMPLES)]
    Plan(arguments::plan::Plan),
    /// Write the images of a workflow as a file for `docker buildx bake`
    #[command(after_help = arguments::bake::EXAMPLES)]
    Bake(arguments::bake::Bake),
    /// Draw the jobs of a workflow, by what they wait for or over time
    #[command(after_help = arguments::graph::EXAMPLES)]
    Graph(arguments::graph::Graph),
    /// Write a matrix for what docker buildx bake or Compose builds
    #[command(after_help = arguments::import::EXAMPLES)]
    Import(arguments::import::Import),
    /// Print the JSON schema of a matrix, for editors
    #[command(after_help = arguments::schema::EXAMPLES)]
    Schema(arguments::schema::Schema),
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
    /// Print what a shell needs to complete commands, options and their values
    #[command(after_help = arguments::completions::EXAMPLES)]
    Completions(arguments::completions::Completions),
    /// Write the manual pages, one for each command
    #[command(hide = true, after_help = arguments::man::EXAMPLES)]
    Man(arguments::man::Man),
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
        Verb::Init(arguments) => init::run(&arguments),
        Verb::Check(arguments) => check::run(&arguments),
        Verb::Plan(arguments) => plan::run(&arguments),
        Verb::Bake(arguments) => bake::run(&arguments),
        Verb::Graph(arguments) => graph::run(&arguments),
        Verb::Import(arguments) => import::run(&arguments),
        Verb::Schema(arguments::schema::Schema {}) => schema::run(),
        Verb::Manifest(arguments) => manifest::run(&arguments),
        Verb::Copy(arguments) => copy::run(&arguments),
        Verb::Export(arguments) => export::run(&arguments),
        Verb::Inspect(arguments) => inspect::run(&arguments),
        Verb::Completions(arguments) => completions::run(&arguments, Cli::command()),
        Verb::Man(arguments) => man::run(&arguments, Cli::command()),
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
