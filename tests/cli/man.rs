//! `splitbuild man`: a page for the program and for each of its commands, with what `--help` says.

use std::collections::BTreeSet;

use super::{MATRIX, Project};

/// A page as it is read: signs that roff has names for as themselves.
fn read(page: &str) -> String {
    let named =
        [(r"\(aq", "'"), (r"\*(Aq", "'"), (r"\(ga", "`"), (r"\(ti", "~"), (r"\(ha", "^"), (r"\-", "-"), (r"\e", r"\")];
    let text = named.iter().fold(page.to_owned(), |text, (name, sign)| text.replace(name, sign));
    // A line that would begin like a control line.
    text.replace(r"\&", "").replace(r"\\", r"\")
}

/// The verbs in the help of the program.
fn verbs(project: &Project) -> Vec<String> {
    let help = project.run(&["help"]).with_code(0).out();
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // What is further in is the rest of a description.
    let listed = listed.filter(|line| !line.starts_with("   "));
    listed
        .map(|line| line.split_whitespace().next().expect("a verb").to_owned())
        .filter(|verb| verb != "help")
        .collect()
}

#[test]
fn every_command_has_a_page_with_its_examples() {
    let project = Project::new(MATRIX);
    std::fs::create_dir(project.path("man1")).expect("a folder");
    project.run(&["man", "man1"]).with_code(0);
    let verbs = verbs(&project);
    assert!(verbs.len() >= 8, "{verbs:?}");
    let written: BTreeSet<String> = std::fs::read_dir(project.path("man1"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    let mut pages: BTreeSet<String> = verbs.iter().map(|verb| format!("splitbuild-{verb}.1")).collect();
    pages.insert("splitbuild.1".into());
    assert_eq!(written, pages);
    for verb in verbs {
        let page = read(&std::fs::read_to_string(project.path(&format!("man1/splitbuild-{verb}.1"))).expect("text"));
        let help = project.run(&[&verb, "--help"]).with_code(0).out();
        let examples = help.lines().skip_while(|line| *line != "Examples:").skip(1).take_while(|line| !line.is_empty());
        let examples: Vec<&str> = examples.collect();
        assert!(!examples.is_empty(), "{verb} has no examples: {help}");
        let shown = format!(".SH EXAMPLES\n.nf\n{}\n.fi\n", examples.join("\n"));
        assert!(page.contains(&shown), "{shown}\n{page}");
        let codes = help.lines().find_map(|line| line.strip_prefix("Exit codes: ")).expect("each tells its exit codes");
        assert!(page.contains(&format!(".SH \"EXIT STATUS\"\n{codes}\n")), "{page}");
        // The last of `.TH` are the date, the source and the manual; one that is empty would shift the others.
        assert!(
            page.contains(".TH SPLITBUILD-") && page.contains(" 1 \"\" \"splitbuild 0.1.0\" splitbuild\n"),
            "{page}"
        );
    }
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let ran = Project::new(MATRIX).run(&["man", "none"]).with_code(1);
    assert!(ran.error().contains("cannot write none/splitbuild-gen.1: "), "{}", ran.error());
}
