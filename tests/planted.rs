//! Mistakes that people make in the hand-written file of an example, each found at its line by `splitbuild gen`, or in a
//! file of their own by `splitbuild check`.

#[allow(dead_code, reason = "each test uses some of it")]
#[path = "support/command.rs"]
mod command;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use command::splitbuild;

/// An example, and its hand-written file.
struct Example {
    provider: &'static str,
    folder: PathBuf,
    file: &'static str,
}

/// A code, what stands in the file, and what is written there instead.
type Mistake<'m> = (&'static str, &'m str, &'m str);

impl Example {
    fn of(provider: &'static str, name: &str, file: &'static str) -> Self {
        Self { provider, folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name), file }
    }

    fn text(&self) -> String {
        fs::read_to_string(self.folder.join(self.file)).expect("the hand-written file")
    }

    fn generate(&self, text: &str) -> Output {
        let folder = tempfile::tempdir().expect("a folder");
        fs::copy(self.folder.join("splitbuild.yml"), folder.path().join("splitbuild.yml")).expect("a copy");
        let file = folder.path().join(self.file);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("written");
        splitbuild(folder.path(), &["gen", "--provider", self.provider])
    }

    /// The file with `right` replaced where it first stands, and the line of what stands there now.
    fn planted(&self, right: &str, wrong: &str) -> (String, usize) {
        let text = self.text();
        let at = text.find(right).unwrap_or_else(|| panic!("{right:?} is in the file"));
        let same = right.bytes().zip(wrong.bytes()).take_while(|(a, b)| a == b).count();
        let line = text[..at].matches('\n').count() + right[..same].matches('\n').count() + 1;
        (text.replacen(right, wrong, 1), line)
    }

    /// Every mistake is found at its line; those with one of the codes `elsewhere` may be found some lines further on.
    fn finds(&self, mistakes: &[Mistake<'_>], elsewhere: &[&str]) {
        let output = self.generate(&self.text());
        assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        let name = self.file.rsplit('/').next().unwrap_or(self.file);
        for (code, right, wrong) in mistakes {
            let (text, line) = self.planted(right, wrong);
            let output = self.generate(&text);
            let shown = String::from_utf8_lossy(&output.stderr);
            assert!(shown.contains(&format!("[{code}]")), "{code}: {shown}");
            let place = format!("{name}:");
            let lines: Vec<usize> =
                shown.lines().filter_map(|it| it.split(&place).nth(1)?.split(':').next()?.parse().ok()).collect();
            assert!(
                lines.contains(&line) || (!lines.is_empty() && elsewhere.contains(code)),
                "{code} at {line}: {shown}"
            );
            let is_error = shown.contains("error[");
            assert_eq!(output.status.success(), !is_error, "{shown}");
            assert_eq!(output.stdout.is_empty(), is_error, "{shown}");
        }
    }
}

#[test]
fn mistakes_for_circleci_are_found() {
    let first_requires = "          requires:\n            - export-hysds_verdi_pge_base\n";
    let only_main = "          filters:\n            branches:\n              only: main\n";
    let filtered = format!("      - export-support-assets-amd64:\n          context: *contexts\n{only_main}");
    let wider =
        format!("{first_requires}          filters:\n            branches:\n              only: [develop, main]\n");
    let mistakes: [Mistake<'_>; 16] = [
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
    // A mistake in what a job requires is reported where that is said.
    let elsewhere = ["filtered-requires", "missing-parameter", "cycle", "step-key"];
    Example::of("circleci", "hysds", ".circleci/own.yml").finds(&mistakes, &elsewhere);
}

#[test]
fn mistakes_for_gitlab_are_found() {
    let rules = "  rules:\n    - if: $CI_COMMIT_TAG =~ /^v[0-9]+\\.[0-9]+$/\n  script:\n    - cat";
    let by_rule = rules.replace("\n  script:", "\n      needs: [lint]\n  script:");
    let compile = "compile-amd64:\n  extends: .compile\n";
    let needs = format!("{compile}  needs: [announce]\n");
    let mistakes: [Mistake<'_>; 16] = [
        // A need with a typo, and one of a job that is not there.
        ("unknown-needs", "needs: [build-app-manifest]", "needs: [build-app-manifset]"),
        ("unknown-needs", "needs: [build-app-manifest]", "needs: [build-app-manifest, lint]"),
        // One of a matrix that is none, one by a rule, one twice, and artifacts of a job that is not needed.
        ("unknown-needs", "needs: [build-app-manifest]", "needs: [\"build-app-manifest: [amd64]\"]"),
        ("unknown-needs", rules, &by_rule),
        ("needs-twice", "needs: [build-app-manifest]", "needs: [build-app-manifest, build-app-manifest]"),
        ("dependencies", "needs: [build-app-manifest]", "needs: [build-app-manifest]\n  dependencies: [compile-amd64]"),
        // What a job extends; its stage.
        ("unknown-extends", "  extends: .compile\n", "  extends: .compil\n"),
        ("unknown-stage", "  stage: announce\n", "  stage: anounce\n"),
        ("own-stage", "stages: [compile, images, announce]", "stages: [compile, announce]"),
        // Names that GitLab, or a hidden job of ours, has taken.
        ("reserved-name", "announce:\n", "image:\n"),
        ("own-name", "\n.compile:\n", "\n.splitbuild-build:\n"),
        // A job without a script, and one that is none.
        ("no-script", "  script:\n    - cat .splitbuild/app-index\n", "  scripts:\n    - cat .splitbuild/app-index\n"),
        ("shape", "\nannounce:\n", "\nnothing: text\nannounce:\n"),
        // Rules that leave out what is needed.
        ("filtered-needs", rules, "  script:\n    - cat"),
        // Jobs that wait for each other.
        ("cycle", compile, &needs),
        // A dollar that GitLab takes for its own.
        ("filled-in", "{ ARCH: amd64 }", "{ ARCH: $machine }"),
    ];
    let elsewhere = ["filtered-needs", "no-script", "cycle", "reserved-name", "dependencies"];
    Example::of("gitlab", "gitlab", ".gitlab-ci.yml").finds(&mistakes, &elsewhere);
}

#[test]
fn mistakes_for_github_are_found() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/checked");
    let good = fs::read_to_string(folder.join("github-good.yml")).expect("a workflow");
    let checked = tempfile::tempdir().expect("a folder");
    let mistakes: [Mistake<'_>; 26] = [
        // Needs: a typo, one too few, itself and each other.
        ("unknown-needs", "needs: [Build, again]", "needs: [Build, agian]"),
        ("unknown-reference", "needs: [Build, again]", "needs: [Build]\n    # twice"),
        ("needs-twice", "needs: [Build, again]", "needs: [Build, again, BUILD]"),
        ("cycle", "again: { needs: build,", "again: { needs: [build, call],"),
        // Names and keys.
        ("identifier", "  Build:\n", "  Build.app:\n"),
        ("duplicate-key", "  again: {", "  build: {"),
        ("unknown-key", "permissions: { contents", "permission: { contents"),
        ("unknown-key", "runs-on: ${{ matrix.runner }}", "runs_on: ${{ matrix.runner }}"),
        ("unknown-key", "    with: { digest", "    env: { A: b }\n    with: { digest"),
        ("no-executor", "    runs-on: { group: large, labels: [x64] }\n", ""),
        ("step-key", "{ run: two, id: two }", "{ rnu: two, id: two }"),
        ("identifier", "{ run: two, id: two }", "{ run: two, id: push }"),
        ("merge", "    runs-on: ${{ matrix.runner }}\n", "    runs-on: ${{ matrix.runner }}\n    <<: { name: x }\n"),
        // Expressions.
        ("unknown-reference", "${{ steps.push.outputs.digest }}", "${{ steps.psuh.outputs.digest }}"),
        ("unknown-reference", "outputs['DIGEST']", "outputs['DIGESTS']"),
        ("unknown-context", "env: { TOKEN: \"${{ secrets.TOKEN }}\" }", "env: { TOKEN: \"${{ env.TOKEN }}\" }"),
        ("unknown-context", "if: needs.BUILD.outputs", "if: secrets.A == 'b' || needs.BUILD.outputs"),
        ("expression", "conclusion == 'success'", "conclusion == \"success\""),
        ("constant-condition", "'x') }}\n", "'x') }} && true\n"),
        ("injection", "title == 'x' && 'a' || 'b' }}", "title }}"),
        // What others may do.
        ("unpinned", "08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0", "v5"),
        ("permission", "id-token: write", "id_token: write"),
        (
            "secrets-inherit",
            "secrets: { TOKEN: \"${{ secrets.TOKEN }}\" }\n    permissions",
            "secrets: inherit\n    permissions",
        ),
        // Triggers.
        ("unknown-event", "  pull_request: {", "  pull-request: {"),
        ("filter", "{ types: [opened],", "{ types: [opened], branches: [main],"),
        ("schedule", "30 4,16 * jan-mar MON-FRI", "30 24 * jan-mar MON-FRI"),
    ];
    for (code, right, wrong) in mistakes {
        let at = good.find(right).unwrap_or_else(|| panic!("{right:?} is in the file"));
        let same = right.bytes().zip(wrong.bytes()).take_while(|(a, b)| a == b).count();
        let line = good[..at].matches('\n').count() + right[..same].matches('\n').count() + 1;
        fs::write(checked.path().join("planted.yml"), good.replacen(right, wrong, 1)).expect("written");
        let output = splitbuild(checked.path(), &["check", "planted.yml"]);
        let shown = String::from_utf8_lossy(&output.stderr);
        assert!(shown.contains(&format!("[{code}]")), "{code}: {right}: {shown}");
        let lines = shown.lines().filter_map(|it| it.split("planted.yml:").nth(1)?.split(':').next()?.parse().ok());
        let lines: Vec<usize> = lines.collect();
        let is_elsewhere = ["no-executor", "cycle", "unknown-reference", "step-key"].contains(&code);
        assert!(lines.contains(&line) || is_elsewhere, "{code} at {line}: {shown}");
        assert_eq!(output.status.success(), !shown.contains("error["), "{shown}");
    }
}
