//! Names and texts that mean something to YAML, to shells or to the matrix are only names and texts.

use crate::tree::Tree;

#[test]
fn odd_folders() {
    let names = [
        "$(id)",
        "${HOME}",
        "a b",
        "`id`",
        "it's",
        "\"q\"",
        "-rf",
        "#x",
        "a: b",
        "{x}",
        "[x]",
        "*",
        "&a",
        "!t",
        "%",
        "@",
        "null",
        "yes",
        "1.10",
        "ü",
        "a;b",
        "a|b",
        "a>b",
        "\\",
        "\u{202e}abc",
        "..x",
        "x..",
        "~",
    ];
    let files: Vec<(String, &str)> =
        names.iter().map(|name| (format!("{name}/Dockerfile"), "FROM debian\nCOPY x /\n")).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let tree = Tree::of_remote("https://github.com/acme/things", &files);
    let ran = tree.proposed();
    assert_eq!(
        ran.out.matches("    image: ").count() + ran.out.matches("{ image: ").count(),
        names.len() - 2,
        "{}",
        ran.out
    );
    assert!(ran.error.contains("left out: -rf/Dockerfile, ~/Dockerfile: a context cannot begin"), "{}", ran.error);
}

#[test]
fn odd_bases() {
    let bases = [
        "$(id)",
        "${A:-${B:-c}}",
        "${A",
        "$",
        "a@b",
        "a:b:c",
        "::",
        "ACME/Base",
        "ghcr.io/acme/base:$(id)",
        "#",
        "a\tb",
        "é",
        "${A#x}",
        "''",
        "-",
        "http://x/y",
        "scratch:1",
    ];
    let app = |(place, base): (usize, &&str)| {
        let text = format!("ARG A\nARG B=b\nFROM {base}\nRUN id\n");
        (format!("app{place}/Dockerfile"), text)
    };
    let apps: Vec<(String, String)> = bases.iter().enumerate().map(app).collect();
    let mut files = vec![("base/Dockerfile", "FROM debian\n")];
    files.extend(apps.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    Tree::of_remote("https://github.com/acme/things", &files).proposed();
}

#[test]
fn odd_remotes_and_branches() {
    for remote in [
        "https://github.com/A_B/-x-.git",
        "https://github.com/a/..",
        "x",
        "https://user:secret@github.com/acme/app",
        "ssh://h/~u/a",
    ] {
        let tree = Tree::of_remote(remote, &[("Dockerfile", "FROM debian\n")]);
        let ran = tree.proposed();
        assert!(!ran.out.contains("secret") && !ran.error.contains("secret"), "{}{}", ran.out, ran.error);
    }
    for branch in ["release/1.x", "$(id)", "a'b", "${x}", "it@is", "#x", "main,x", "1.10"] {
        let tree = Tree::of(&[("Dockerfile", "FROM debian\n")]);
        tree.git(&["init", "--quiet", "--initial-branch", branch]);
        tree.proposed();
    }
}

#[test]
fn a_deep_or_large_tree_is_bounded() {
    let deep = format!("{}/Dockerfile", vec!["d"; 40].join("/"));
    let large = format!("FROM debian\n{}", "RUN true\n".repeat(200_000));
    let tree = Tree::of(&[("a/Dockerfile", "FROM debian\n"), (&deep, "FROM debian\n"), ("large/Dockerfile", &large)]);
    let ran = tree.proposed();
    assert!(ran.error.contains("folders deeper than 16"), "{}", ran.error);
    assert!(ran.error.contains("large/Dockerfile: cannot read it"), "{}", ran.error);
}
