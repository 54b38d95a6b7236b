//! A provider that has a file for each workflow: where the files go, the pins in them that stay, and files that are left over.

use std::fs;

use super::{Project, Ran};

const TWO: &str = "\
version: 1
images: { app: { image: ghcr.io/acme/app } }
workflows:
  main: { on: { branches: [main] }, tags: [latest] }
  release: { on: { tags: [\"v*\"] }, tags: [\"${git_tag}\"] }
tool: { image: \"acme/tool:1\" }
";

const FOLDER: &str = ".github/workflows";

fn gen_(project: &Project, more: &[&str]) -> Ran {
    project.run(&[&["gen", "--provider", "github"], more].concat())
}

fn text(project: &Project, name: &str) -> String {
    fs::read_to_string(project.path(FOLDER).join(name)).expect("a file")
}

#[test]
fn each_workflow_has_its_file() {
    let project = Project::new(TWO);
    let told = gen_(&project, &["-o", FOLDER]).with_code(0).error();
    assert!(told.contains("wrote .github/workflows/main.yml") && told.contains("release.yml"), "{told}");
    assert!(text(&project, "main.yml").contains("\n  push:\n    branches: [main]\n"));
    assert!(text(&project, "release.yml").contains("\n  push:\n    tags: [v*]\n"));
    gen_(&project, &["--check"]).with_code(0);
    gen_(&project, &["--check", "-o", FOLDER]).with_code(0);
    // Standard output, or a file, holds one.
    for more in [&[][..], &["-o", "-"]] {
        let ran = gen_(&project, more).with_code(2);
        assert!(
            ran.out().is_empty() && ran.error().contains("2 files") && ran.error().contains(FOLDER),
            "{}",
            ran.error()
        );
    }
    let one = Project::new(&TWO.replace("  release:", "  # release:"));
    assert!(gen_(&one, &[]).with_code(0).out().contains("\nname: main\n"));
    gen_(&one, &["-o", "one.yml"]).with_code(0);
    assert!(fs::read_to_string(one.path("one.yml")).expect("a file").contains("\nname: main\n"));
    gen_(&one, &["--check", "-o", "one.yml"]).with_code(0);
}

#[test]
fn every_file_is_compared_and_one_that_is_left_over_is_told() {
    let project = Project::new(TWO);
    gen_(&project, &["-o", FOLDER]).with_code(0);
    fs::write(project.path(FOLDER).join("own.yml"), "name: mine\n").expect("written");
    for name in ["main.yml", "release.yml"] {
        let whole = text(&project, name);
        fs::write(project.path(FOLDER).join(name), whole.replace("ubuntu-24.04-arm", "mine")).expect("written");
        let told = gen_(&project, &["--check"]).with_code(1);
        assert!(told.error().contains(&format!("{name} is stale")), "{}", told.error());
        assert!(told.out().contains("-    runs-on: mine\n"), "{}", told.out());
        fs::write(project.path(FOLDER).join(name), whole).expect("written");
    }
    fs::write(project.path("splitbuild.yml"), TWO.replace("  release:", "  final:")).expect("written");
    let told = gen_(&project, &["-o", FOLDER]).with_code(0).error();
    assert!(told.contains("release.yml: no workflow of splitbuild.yml has this file any more; remove it"), "{told}");
    let told = gen_(&project, &["--check"]).with_code(1).error();
    assert!(told.contains("release.yml: no workflow") && !told.contains("own.yml"), "{told}");
    fs::remove_file(project.path(FOLDER).join("release.yml")).expect("removed");
    gen_(&project, &["--check"]).with_code(0);
}

#[test]
fn pins_that_stand_in_a_file_stay() {
    const BOT: &str = "actions/checkout@0123456789abcdef0123456789abcdef01234567 # v99.1.0";
    let project = Project::new(TWO);
    gen_(&project, &["-o", FOLDER]).with_code(0);
    let whole = text(&project, "main.yml");
    let ours = whole.lines().find_map(|line| line.trim().strip_prefix("- uses: ")).expect("a pin");
    fs::write(project.path(FOLDER).join("main.yml"), whole.replace(ours, BOT)).expect("written");
    gen_(&project, &["--check"]).with_code(0);
    // They stay when something else changes, in this file alone.
    fs::write(project.path("splitbuild.yml"), TWO.replace("[latest]", "[newest]")).expect("written");
    gen_(&project, &["-o", FOLDER]).with_code(0);
    let after = text(&project, "main.yml");
    assert!(after.contains(BOT) && after.contains("newest") && !after.contains(ours), "{after}");
    assert!(text(&project, "release.yml").contains(ours));
    // A tag is no pin, and what is behind one is no shell.
    for wrong in ["actions/checkout@v99", &format!("{BOT}: x"), "actions/checkout@${{ github.sha }} # v1"] {
        fs::write(project.path(FOLDER).join("main.yml"), after.replace(BOT, wrong)).expect("written");
        gen_(&project, &["--check"]).with_code(1);
        gen_(&project, &["-o", FOLDER]).with_code(0);
        assert!(text(&project, "main.yml").contains(ours), "{wrong}");
    }
}

#[test]
fn a_file_that_somebody_has_written_is_not_replaced() {
    let project = Project::new(TWO);
    fs::create_dir_all(project.path(FOLDER)).expect("a folder");
    fs::write(project.path(FOLDER).join("release.yml"), "name: mine\n").expect("written");
    let told = gen_(&project, &["-o", FOLDER]).with_code(2).error();
    assert!(told.contains("release.yml is there already") && told.contains("`prefix`"), "{told}");
    assert_eq!(text(&project, "release.yml"), "name: mine\n");
    assert!(!project.path(FOLDER).join("main.yml").exists(), "nothing is half written");
}
