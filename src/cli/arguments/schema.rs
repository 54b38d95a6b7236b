//! The options of `splitbuild schema`.

use clap::Args;

pub(in crate::cli) const EXAMPLES: &str = "\
Examples:
  splitbuild schema > .splitbuild.schema.json     then, in the first line of the matrix:
      # yaml-language-server: $schema=.splitbuild.schema.json
  check-jsonschema --schemafile .splitbuild.schema.json splitbuild.yml

An editor with the schema completes keys, explains them and marks what has the wrong form. What is
said of other parts of a matrix, such as an image in `needs` that does not exist, is for `gen`.

Exit codes: 0 success; 1 failure; 2 wrong usage.";

#[derive(Debug, Args)]
pub(in crate::cli) struct Schema {}
