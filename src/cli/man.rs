//! `splitbuild man`: the manual, a page for the program and one for each verb, made of what `--help` says.

use clap::Command;
use clap_mangen::roff::{Roff, roman};

use super::Failure;
use super::arguments::man::Man;
use crate::file;

/// `command` is our whole command line.
pub(super) fn run(arguments: &Man, command: Command) -> Result<(), Failure> {
    let mut program = command.disable_help_subcommand(true);
    program.build();
    let verbs = program.get_subcommands().filter(|verb| !verb.is_hide_set());
    for command in verbs.chain([&program]) {
        let (name, page) = page(command.clone());
        let path = arguments.folder.join(name);
        file::write(&path, &page).map_err(|cause| Failure::File { action: "write", path, cause })?;
    }
    Ok(())
}

/// The name of a command's page, and the page.
fn page(command: Command) -> (String, Vec<u8>) {
    // It would become one section with its lines run together.
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let title = command.get_display_name().unwrap_or(command.get_name()).to_uppercase();
    let page = clap_mangen::Man::new(command.after_help(None::<&str>))
        .title(title)
        // Pages have no date, so that one source makes one page; an empty word must be quoted.
        .date("\"\"")
        .source(concat!("splitbuild ", env!("CARGO_PKG_VERSION")))
        .manual("splitbuild");
    let mut text = Vec::new();
    page.render(&mut text).expect("memory takes what is written to it");
    text.extend(as_typed(&sections(&after).to_roff()).into_bytes());
    (page.get_filename(), text)
}

/// Quotes and the like as a shell knows them, which groff would else make fair
/// ([groff_char(7)](https://man7.org/linux/man-pages/man7/groff_char.7.html)). No control line has any.
fn as_typed(roff: &str) -> String {
    let signs = [('\'', r"\(aq"), ('`', r"\(ga"), ('~', r"\(ti"), ('^', r"\(ha")];
    signs.iter().fold(roff.to_owned(), |text, (sign, name)| text.replace(*sign, name))
}

/// What follows the options in a verb's help, in the sections that pages of the manual have
/// ([man-pages(7)](https://man7.org/linux/man-pages/man7/man-pages.7.html)). What is indented there stays as it is.
fn sections(after: &str) -> Roff {
    let mut roff = Roff::new();
    // In a section of text, after an empty line in it, and within lines that stay as they are.
    let (mut is_text, mut is_apart, mut is_verbatim) = (false, false, false);
    for line in after.lines() {
        if is_verbatim && !line.starts_with(' ') {
            roff.control("fi", []);
            is_verbatim = false;
        }
        if line == "Examples:" {
            roff.control("SH", ["EXAMPLES"]);
            (is_text, is_apart) = (false, false);
            continue;
        }
        if let Some(codes) = line.strip_prefix("Exit codes: ") {
            roff.control("SH", ["EXIT STATUS"]).text([roman(codes)]);
            (is_text, is_apart) = (true, false);
            continue;
        }
        if line.is_empty() {
            is_apart = is_text;
            continue;
        }
        if line.starts_with(' ') && !is_verbatim {
            roff.control("nf", []);
            is_verbatim = true;
        } else if !is_verbatim && !is_text {
            roff.control("SH", ["NOTES"]);
            is_text = true;
        } else if is_apart {
            roff.control("PP", []);
        }
        is_apart = false;
        roff.text([roman(line)]);
    }
    roff
}
