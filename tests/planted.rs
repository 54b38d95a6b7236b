//! Mistakes that people make in the hand-written file of the HySDS example, each found at its line by `splitbuild gen`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hysds/.circleci/own.yml");
    fs::read_to_string(path).expect("the hand-written file")
}

fn generate(own: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let matrix = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hysds/splitbuild.yml");
    fs::copy(matrix, folder.path().join("splitbuild.yml")).expect("a copy");
    fs::create_dir(folder.path().join(".circleci")).expect("a folder");
    fs::write(folder.path().join(".circleci/own.yml"), own).expect("written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_splitbuild"));
    command.arg("gen").current_dir(folder.path()).output().expect("splitbuild runs")
}

/// The file with `right` replaced where it first stands, and the line of what stands there now.
fn planted(right: &str, wrong: &str) -> (String, usize) {
    let text = example();
    let at = text.find(right).unwrap_or_else(|| panic!("{right:?} is in the file"));
    let same = right.bytes().zip(wrong.bytes()).take_while(|(a, b)| a == b).count();
    let line = text[..at].matches('\n').count() + right[..same].matches('\n').count() + 1;
    (text.replacen(right, wrong, 1), line)
}

#[test]
fn the_clean_file_gives_none() {
    let output = generate(&example());
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_planted_mistake_is_found_at_its_line() {
    let first_requires = "          requires:\n            - export-hysds_verdi_pge_base\n";
    let only_main = "          filters:\n            branches:\n              only: main\n";
    let filtered = format!("      - export-support-assets-amd64:\n          context: *contexts\n{only_main}");
    let wider =
        format!("{first_requires}          filters:\n            branches:\n              only: [develop, main]\n");
    let mistakes: [(&str, &str, &str); 16] = [
        // A `requires` with a typo, of a generated job and of a hand-written one.
        ("unknown-requires", first_requires, "          requires:\n            - export-hysds_verdi_pge_bse\n"),
        (
            "unknown-requires",
            "            - export-support-assets-amd64\n",
            "            - export-support-asset-amd64\n",
        ),
        // A job that is not there.
        ("unknown-definition", "    jobs:\n      - test:\n", "    jobs:\n      - tset:\n"),
        // A command that does not exist; a generated one with a typo.
        ("unknown-definition", "      - checkout\n", "      - chekout\n"),
        ("unknown-definition", "      - checkout\n", "      - checkout\n      - log-inn\n"),
        // An executor and an orb that are nowhere.
        (
            "unknown-definition",
            "  deploy:\n    docker:\n      - image: alpine:latest\n        auth:\n          username: $DOCKER_USER\n          password: $DOCKER_PASS\n",
            "  deploy:\n    executor: alpine\n",
        ),
        ("unknown-orb", "      - checkout\n", "      - python/install\n"),
        // Parameters: one that is missing, one too much.
        (
            "missing-parameter",
            "  test:\n    docker:",
            "  test:\n    parameters: { python: { type: string } }\n    docker:",
        ),
        (
            "unknown-parameter",
            "      - export-support-assets-amd64:\n",
            "      - export-support-assets-amd64:\n          region: west\n",
        ),
        // A reference to nothing.
        ("unknown-reference", "          command: pytest\n", "          command: pytest << parameters.arguments >>\n"),
        // A heredoc that CircleCI reads.
        (
            "unescaped",
            "            set -eu\n            apk add --no-cache github-cli\n",
            "            set -eu\n            cat >notes <<EOF\n            EOF\n",
        ),
        // Filters that drop what is required, of one's own and of ours.
        ("filtered-requires", "      - export-support-assets-amd64:\n          context: *contexts\n", &filtered),
        ("filtered-requires", first_requires, &wider),
        // A step that is indented wrongly; a key that it needs.
        (
            "step-indentation",
            "      - attach_workspace:\n          at: assets\n",
            "      - attach_workspace:\n        at: assets\n",
        ),
        (
            "step-key",
            "      - attach_workspace:\n          at: assets\n",
            "      - attach_workspace:\n          to: assets\n",
        ),
        // Jobs that wait for each other.
        (
            "cycle",
            "      - export-support-assets-amd64:\n          context: *contexts\n",
            "      - export-support-assets-amd64:\n          context: *contexts\n          requires: [deploy-support-assets]\n",
        ),
    ];
    for (code, right, wrong) in mistakes {
        let (text, line) = planted(right, wrong);
        let output = generate(&text);
        let shown = String::from_utf8_lossy(&output.stderr);
        assert!(shown.contains(&format!("[{code}]")), "{code}: {shown}");
        let lines: Vec<usize> =
            shown.lines().filter_map(|it| it.split("own.yml:").nth(1)?.split(':').next()?.parse().ok()).collect();
        // A mistake in what a job requires is told where that is said, which may be some lines further on.
        let is_near =
            lines.contains(&line) || matches!(code, "filtered-requires" | "missing-parameter" | "cycle" | "step-key");
        assert!(is_near && !lines.is_empty(), "{code} at {line}: {shown}");
        let is_error = shown.contains("error[");
        assert_eq!(output.status.success(), !is_error, "{shown}");
        assert_eq!(output.stdout.is_empty(), is_error, "{shown}");
    }
}
