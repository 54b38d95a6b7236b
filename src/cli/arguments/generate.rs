//! The options of `splitbuild gen`.

use std::path::PathBuf;

use clap::Args;

use super::format::Format;
use super::matrix::{Matrix, provider_names};

/// The smallest matrix, which `--help` shows; a test runs it.
pub(in crate::cli) const EXAMPLES: &str = "\
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

#[derive(Debug, Args)]
pub(in crate::cli) struct Generate {
    #[command(flatten)]
    pub(in crate::cli) matrix: Matrix,

    /// The CI provider
    #[arg(long, value_name = "NAME", default_value = crate::provider::ALL[0].name(), value_parser = provider_names())]
    pub(in crate::cli) provider: String,

    /// Write to FILE, unless it is up to date; `-` is standard output [default: -]. For GitHub Actions, FILE is the folder
    /// of the workflows
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,

    /// Accept problems of this code in the hand-written file, and warnings of the matrix; may be repeated. A comment
    /// `# splitbuild: allow CODE` there accepts them on its line, or on the next
    #[arg(long, value_name = "CODE")]
    pub(in crate::cli) allow: Vec<String>,

    /// Write nothing; show how the files (-o, else the provider's usual path beside the matrix) differ, and exit with 1
    /// if they do
    #[arg(long)]
    pub(in crate::cli) check: bool,

    /// How to report problems; all but text on standard output, so the configuration goes to a file (-o, or --check)
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) format: Format,
}
