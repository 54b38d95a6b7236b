//! The options of every verb that reads a matrix.

use std::path::PathBuf;

use clap::Args;

/// Options of every verb that reads a matrix.
#[derive(Debug, Args)]
pub(in crate::cli) struct Matrix {
    /// The matrix; paths in it are relative to its folder
    #[arg(value_name = "MATRIX", default_value = "splitbuild.yml")]
    pub(in crate::cli) path: PathBuf,

    /// Set one of the matrix's vars, over those of the workflows, too; may be repeated
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(in crate::cli) vars: Vec<(String, String)>,
}

pub(in crate::cli) fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    if value.contains(char::is_control) {
        return Err("a value on the command line cannot contain control characters; write it in the matrix".into());
    }
    Ok((name.to_owned(), value.to_owned()))
}

pub(in crate::cli) fn provider_names() -> clap::builder::PossibleValuesParser {
    crate::provider::ALL.iter().map(|provider| provider.name()).collect::<Vec<_>>().into()
}

pub(in crate::cli) fn usual_paths() -> String {
    let paths: Vec<&str> = crate::provider::ALL.iter().map(|it| it.path(false)).collect();
    format!("The configurations; of a folder, every .yml file [default: {}]", paths.join(", else "))
}
