//! A value of the matrix never becomes code: whatever it holds arrives as it is, in every kind of value.

use super::job::{Config, SHELLS, Trigger};

/// Texts that are code, syntax or another type to somebody on the way.
const TEXTS: &[&str] = &[
    "plain",
    "two words",
    "  spaces  around  ",
    "\"double\" 'single'",
    "$(touch pwned)",
    "`touch pwned`",
    "${HOME} $HOME $$ $",
    "%HOME% %% 50% $SECRET ${SECRET}",
    "a\nb\n\nc\n",
    "tab\there",
    "<< parameters.tags >>",
    "<<EOF",
    "\\<<",
    "<<<",
    "a # b",
    "key: value",
    "- item",
    "no",
    "on",
    "012",
    "1.10",
    "~",
    "null",
    "2026-11-21",
    "*",
    "/*",
    "?[a-z]*",
    "; rm -rf /",
    "| cat && true & ",
    "\\n \\ \\\\",
    "%s %d",
    "{{ checksum }}",
    "!tag &anchor *alias",
    "grüße 你好 🚀",
    "\u{85}\u{2028}\u{feff}",
    "\r\n",
    "\u{7f}\u{1b}[31m",
    "",
];

/// YAML for a text, by a writer that is not splitbuild's; a value's dollar is doubled.
fn value(text: &str) -> String {
    quoted(&text.replace('$', "$$"))
}

/// JSON is YAML, but for what YAML takes for a line break or does not print.
fn quoted(text: &str) -> String {
    let json = serde_json::to_string(text).expect("text is JSON");
    let escape = |c: char| match c {
        '\u{7f}' | '\u{85}' | '\u{2028}' | '\u{feff}' => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    json.chars().map(escape).collect()
}

fn matrix(text: &str) -> String {
    let value = value(text);
    format!(
        r#"
version: 1
vars: {{ v: {value}, w: {value} }}
images:
  app:
    image: acme/app
    target: {value}
    dockerfile: {value}
    network: {value}
    args: {{ ARG: {value}, VAR: "$v", DIFFERENT: "$w", MIXED: "a${{v}}b" }}
    labels: {{ label: {value} }}
    additional_contexts: {{ more: {value} }}
    cache_from: [{value}]
  script:
    image: acme/script
    run: note "$v" "$w"
workflows:
  main: {{ on: {{ branches: [main] }}, tags: [latest] }}
  other: {{ on: {{ branches: [other] }}, tags: [latest], vars: {{ w: "another" }} }}
tool: {{ image: "registry.acme.org/tool:1" }}
"#
    )
}

#[test]
fn every_kind_of_value_arrives_as_it_is() {
    for text in TEXTS {
        let config = Config::of(&matrix(text));
        let gitlab = Config::for_provider(&matrix(text), "gitlab");
        for (shell, is_gitlab) in SHELLS.into_iter().flat_map(|shell| [(shell, false), (shell, true)]) {
            for (workflow, different) in [("main", *text), ("other", "another")] {
                let job = |name: &str| match is_gitlab {
                    true => gitlab.gitlab_job(workflow, name, Trigger::Branch(workflow)),
                    false => config.job(workflow, name, Trigger::Branch(workflow)),
                };
                let ran = job("build-app-amd64").run(shell).green();
                let build = ran.of("docker", "build")[0];
                let expected = [
                    format!("--file={text}"),
                    format!("--target={text}"),
                    format!("--network={text}"),
                    format!("--build-arg=ARG={text}"),
                    format!("--build-arg=VAR={text}"),
                    format!("--build-arg=DIFFERENT={different}"),
                    format!("--build-arg=MIXED=a{text}b"),
                    format!("--label=label={text}"),
                    format!("--build-context=more={text}"),
                    format!("--cache-from={text}"),
                    "--tag".to_owned(),
                ];
                // The commit's two labels stand before, and the tag and the folder after.
                assert_eq!(build[5..16], expected, "{text:?} in {workflow} with {shell:?}");
                let ran = job("build-script-amd64").run(shell).green();
                let words = &ran.calls.iter().find(|call| call.tool == "note").expect("the script ran").arguments;
                assert_eq!(words, &[text.to_string(), different.to_owned()], "{shell:?}");
            }
        }
    }
}

#[test]
fn sources_copies_exports_and_logins_arrive_as_they_are() {
    // A folder, a file's name and a git ref have rules of their own, so each text stands inside of one.
    for text in TEXTS.iter().filter(|text| !text.contains([':', '#', '/']) && !text.contains("..")) {
        let value = value(&format!("a{text}"));
        let fragment = value.trim_matches('"');
        let matrix = format!(
            r#"
version: 1
vars: {{ w: {value} }}
registries: {{ r.acme.org: {{ username: {value}, password: "${{PASS}}" }} }}
images:
  built:
    image: acme/built
    context: "https://git.example.com/{fragment}.git#{fragment}:docker"
    args: {{ {key}: x }}
    export: "{fragment}-${{tag}}-${{arch}}.tar"
  copied: {{ image: acme/copied, copy: {value} }}
workflows: {{ main: {{ on: {{ branches: [main] }}, tags: [latest] }} }}
tool: {{ image: r.acme.org/tool }}
"#,
            key = quoted(&format!("K{}", text.replace(|c: char| c.is_whitespace() || c.is_control() || c == '=', "_"))),
        );
        let config = Config::of(&matrix);
        let key = format!("K{}", text.replace(|c: char| c.is_whitespace() || c.is_control() || c == '=', "_"));
        for shell in SHELLS {
            let job = |name: &str| config.job("main", name, Trigger::Branch("main")).with("PASS", "p");
            let ran = job("build-built-amd64").run(shell).green();
            let clone = ran.of("git", "clone")[0];
            let wanted = ["clone", "--recurse-submodules", "--single-branch", "--branch", &format!("a{text}"), "--"]
                .map(str::to_owned);
            assert_eq!(clone[..6], wanted, "{text:?}");
            assert_eq!(clone[6], format!("https://git.example.com/a{text}.git"));
            assert!(ran.of("docker", "build")[0].contains(&format!("--build-arg={key}=x")), "{text:?}");
            let ran = job("build-copied").run(shell).green();
            assert_eq!(ran.of("splitbuild", "copy"), [["copy", &format!("a{text}"), "acme/copied:latest"]]);
            let config: serde_json::Value = serde_json::from_str(&ran.home(".docker/config.json")).expect("JSON");
            let auth = config["auths"]["r.acme.org"]["auth"].as_str().expect("text");
            assert_eq!(auth, base64(&format!("a{text}:p")), "{text:?}");
            let ran = job("export-built").run_prepared(shell, |_, folder| {
                std::fs::create_dir_all(folder.join(".splitbuild")).expect("a folder");
                std::fs::write(folder.join(".splitbuild/built-manifest.txt"), "acme/built:latest@sha256:00\n")
                    .expect("a file");
            });
            let file = &ran.green().of("splitbuild", "export")[0][9].clone();
            assert_eq!(*file, format!(".splitbuild/export/a{text}-latest-amd64.tar"));
        }
    }
}

/// RFC 4648, by the coreutils.
fn base64(text: &str) -> String {
    let output = std::process::Command::new("sh").args(["-c", "printf %s \"$1\" | base64 -w 0", "sh", text]).output();
    String::from_utf8(output.expect("sh runs").stdout).expect("UTF-8")
}

#[test]
fn scripts_run_as_they_are_written() {
    let script =
        "cat <<EOF >out\n  $platform\n\tx `echo y` \\$z\nEOF\ncat out\nnote \"$(cat out)\" 'a  b' *.none # << not >>\n";
    let matrix = format!(
        "version: 1\nimages:\n  app: {{ image: acme/app, run: {} }}\nworkflows: {{ main: {{ on: {{ branches: [main] }}, tags: [t] }} }}\ntool: {{ image: r.acme.org/t }}\n",
        quoted(script)
    );
    let config = Config::of(&matrix);
    for shell in SHELLS {
        let ran = config.job("main", "build-app-amd64", Trigger::Branch("main")).run(shell).green();
        let words = &ran.calls.iter().find(|call| call.tool == "note").expect("the script ran").arguments;
        assert_eq!(words, &["  linux/amd64\n\tx y $z".to_owned(), "a  b".to_owned(), "*.none".to_owned()]);
    }
}

#[test]
fn what_the_environment_holds_is_not_looked_at_again() {
    let matrix = r#"
version: 1
images: { app: { image: acme/app, args: { A: "${TOKEN}", B: "${git_branch}" } } }
workflows: { main: { on: { branches: ["**"] }, tags: ["${git_branch}"] } }
tool: { image: r.acme.org/t }
"#;
    let config = Config::of(matrix);
    for shell in SHELLS {
        for text in ["${SECRET}", "$SECRET", "$(touch pwned)", "`id`", "$_$/$[", "a b", "*"] {
            let job =
                config.job("main", "build-app-amd64", Trigger::Branch(text)).with("TOKEN", text).with("SECRET", "hush");
            let ran = job.run(shell).green();
            let build = ran.of("docker", "build")[0];
            assert!(build.contains(&format!("--build-arg=A={text}")), "{build:?}");
            assert!(build.contains(&format!("--build-arg=B={text}")), "{build:?}");
            assert!(!ran.log.contains("hush") && build.iter().all(|word| !word.contains("hush")));
        }
    }
}

#[test]
fn what_circleci_reads_stays_text() {
    for text in TEXTS.iter().filter(|text| !text.trim().is_empty()) {
        let value = value(text);
        let matrix = format!(
            r#"
version: 1
registries: {{ docker.io: {{ username: "a b<<c", password: "${{PASS}}" }} }}
images: {{ app: {{ image: acme/app, circleci: {{ runners: {value} }} }} }}
workflows: {{ main: {{ on: {{ branches: ["a<<b"] }}, tags: [t] }} }}
circleci: {{ contexts: [{value}], executor: {{ docker: {value} }}, runners: {{ manifest: {value} }} }}
tool: {{ image: {value} }}
"#
        );
        let config = Config::of(&matrix);
        let document = config.document();
        let expected = text.replace("<<", "\\<<");
        let entry = &document["workflows"]["main"]["jobs"][0]["build-app-amd64"];
        assert_eq!(entry["context"][0], expected);
        assert_eq!(entry["filters"]["branches"]["only"][0], "a\\<<b");
        let (build, manifest) = (&document["jobs"]["build-app-amd64"], &document["jobs"]["build-app-manifest"]);
        assert_eq!(build["docker"][0]["image"], expected);
        assert_eq!(build["resource_class"], expected);
        assert_eq!(manifest["docker"][0]["image"], expected);
        assert_eq!(manifest["resource_class"], expected);
    }
}
