//! `splitbuild completions`: bash completes with its script; those of other shells have what they complete.

use std::process::Command;

use super::{MATRIX, Project};

/// What bash offers for the last of these words.
fn offered(project: &Project, words: &[&str]) -> Vec<String> {
    // As bash calls a function of completions: the program, the word, and the one before it.
    let complete = r#"
        source ./script
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _splitbuild "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", complete, "bash", "splitbuild"]).args(words).current_dir(project.path("."));
    let output = bash.output().expect("bash runs");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_verbs_options_values_and_files() {
    let project = Project::new(MATRIX);
    let script = project.run(&["completions", "bash"]).with_code(0).out();
    std::fs::write(project.path("script"), script).expect("a file");
    let verbs = offered(&project, &[""]);
    assert!(["gen", "manifest", "completions"].iter().all(|verb| verbs.iter().any(|it| it == verb)), "{verbs:?}");
    assert!(!verbs.iter().any(|verb| verb == "man"), "what is hidden is not offered: {verbs:?}");
    assert_eq!(offered(&project, &["ins"]), ["inspect"]);
    assert_eq!(offered(&project, &["manifest", "--mov"]), ["--moving-tag"]);
    assert_eq!(offered(&project, &["gen", "--provider", "git"]), ["gitlab", "github"]);
    assert_eq!(offered(&project, &["plan", "--times", "spl"]), ["splitbuild.yml"]);
}

#[test]
fn other_shells_have_scripts_too() {
    let project = Project::new(MATRIX);
    let first = [
        ("zsh", "#compdef splitbuild"),
        ("fish", "# Print an optspec"),
        ("elvish", "use builtin;"),
        ("powershell", "using namespace System.Management.Automation"),
    ];
    for (shell, first) in first {
        let script = project.run(&["completions", shell]).with_code(0).out();
        assert!(script.trim_start().starts_with(first), "{shell}: {script}");
        assert!(script.contains("moving-tag"), "{shell}: {script}");
    }
    project.run(&["completions", "tcsh"]).with_code(2);
}
