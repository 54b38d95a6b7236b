//! How the sources of an image come from another repository: by a branch, a tag, a commit, or what only the run knows.

use super::job::{Ran, Trigger, on_every_provider};
use super::recorder::COMMIT;

const URL: &str = "https://git.example.com/a.git";

const MATRIX: &str = r#"
version: 1
vars: { branch: main, place: a }
images:
  branch: { image: acme/branch, context: "https://git.example.com/${place}.git#${branch}" }
  none: { image: acme/none, context: "https://git.example.com/a.git" }
  folder: { image: acme/folder, context: "https://git.example.com/a.git#:docker" }
  commit: { image: acme/commit, context: "https://git.example.com/a.git#89abcdef0123456789abcdef0123456789abcdef" }
  full: { image: acme/full, context: "https://git.example.com/a.git#refs/pull/7/head" }
  late: { image: acme/late, context: "https://git.example.com/${REPOSITORY}.git#${git_ref}" }
  by_tag: { image: acme/by_tag, context: "https://git.example.com/a.git#${tag}" }
  user: { image: acme/user, context: "https://someone@git.example.com/a.git#main" }
  shell: { image: acme/shell, context: "git@git.example.com:a.git#main" }
workflows:
  main: { on: { branches: ["**"] }, tags: ["${git_ref}"] }
  release: { on: { tags: ["**"] }, tags: ["v-${git_tag}"], vars: { branch: "stable of $place", place: b } }
tool: { image: r.acme.org/t }
"#;

/// What `git clone` is called with, but for the folder at the end; of a fetch, what is fetched.
fn got(ran: &Ran) -> Vec<&str> {
    match ran.of("git", "clone").as_slice() {
        [clone] => {
            let [first @ .., folder] = clone else { panic!("{clone:?}") };
            assert_eq!(folder, ".splitbuild/context");
            first.iter().map(String::as_str).collect()
        }
        [] => {
            let calls = ran.of("git", "-C");
            let fetch = calls.iter().find(|call| call[2] == "fetch").unwrap_or_else(|| panic!("{}", ran.log));
            for then in [["checkout", "--detach", "FETCH_HEAD"], ["submodule", "update", "--init"]] {
                assert!(calls.iter().any(|call| call[2..].starts_with(&then.map(str::to_owned))), "{calls:?}");
            }
            fetch[2..].iter().map(String::as_str).collect()
        }
        several => panic!("{several:?}"),
    }
}

#[test]
fn sources_come_by_what_they_are_named_by() {
    on_every_provider(MATRIX, |config, shell| {
        let clone = |url: &str, branch: Option<&str>| {
            let mut words = vec!["clone", "--recurse-submodules", "--single-branch"];
            words.extend(branch.iter().flat_map(|branch| ["--branch", branch]));
            words.extend(["--", url]);
            words.into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let fetch = |url: &str, reference: &str| ["fetch", "--", url, reference].map(str::to_owned).to_vec();
        // What differs between workflows is known in a file of GitHub's, which is of one.
        let branch = if config.provider == "github" { clone(URL, Some("main")) } else { fetch(URL, "main") };
        for (key, expected) in [
            ("branch", branch),
            ("none", clone(URL, None)),
            ("folder", clone(URL, None)),
            ("commit", fetch(URL, "89abcdef0123456789abcdef0123456789abcdef")),
            ("full", fetch(URL, "refs/pull/7/head")),
            ("late", fetch("https://git.example.com/b c.git", "feat/x")),
            ("by_tag", fetch(URL, "feat-x")),
            ("user", clone("https://someone@git.example.com/a.git", Some("main"))),
            ("shell", clone("git@git.example.com:a.git", Some("main"))),
        ] {
            let job = config.job("main", &format!("build-{key}-amd64"), Trigger::Branch("feat/x"));
            let ran = job.with("REPOSITORY", "b c").run(shell).green();
            assert_eq!(got(&ran), expected, "{}", ran.log);
            let build = ran.one("docker", "build");
            let context = if key == "folder" { ".splitbuild/context/docker" } else { ".splitbuild/context" };
            assert_eq!(build.last().expect("a context"), context);
            let labels = Ran::values(build, "--label");
            let source = match key {
                "late" => "https://git.example.com/b c.git",
                "shell" => "git@git.example.com:a.git",
                _ => URL,
            };
            let ours = [format!("revision={COMMIT}"), format!("source={source}")];
            assert_eq!(labels, ours.map(|label| format!("org.opencontainers.image.{label}")));
        }
        // What differs between workflows, and the tag, are known to this step as well.
        for (key, url, reference) in
            [("branch", "https://git.example.com/b.git", "stable of b"), ("by_tag", URL, "v-v1")]
        {
            let ran = config.job("release", &format!("build-{key}-amd64"), Trigger::Tag("v1")).run(shell).green();
            let words = got(&ran);
            assert!(words.contains(&url) && words.contains(&reference), "{words:?}");
        }
    });
}

#[test]
fn git_asks_nobody() {
    on_every_provider(
        "version: 1\nimages: { app: { image: acme/app, context: \"https://git.example.com/a.git#main\" } }\n\
                workflows: { main: { on: { branches: [main] }, tags: [t] } }\ntool: { image: r.acme.org/t }\n",
        |config, shell| {
            let ran = config.job("main", "build-app-amd64", Trigger::Branch("main")).run(shell).green();
            assert_eq!(ran.recorded("git-prompt").as_deref(), Some("0\n"));
        },
    );
}

#[test]
fn a_name_of_the_environment_that_is_empty_stops_the_job_before_it_clones() {
    on_every_provider(MATRIX, |config, shell| {
        let job = config.job("main", "build-late-amd64", Trigger::Branch("main"));
        for ran in [job.run(shell), job.with("REPOSITORY", "").run(shell)] {
            let ran = ran.red("REPOSITORY");
            assert!(ran.calls.is_empty(), "{:?}\n{}", ran.calls, ran.log);
        }
    });
}
