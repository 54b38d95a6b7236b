//! A value never becomes code, the matrix's or the run's: whatever it holds arrives as it is, in every kind of value.

use super::job::{Config, REVISION, Ran, SHELLS, Trigger, everywhere, on_every_provider, some};

/// Texts that are code, syntax or another type to somebody on the way.
pub const TEXTS: &[&str] = &[
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
    "${{ secrets.PASS }} ${{ '${{' }} }}",
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
    run: |
      docker build --tag "$arch_image" .
      note "$v" "$w"
workflows:
  main: {{ on: {{ branches: [main] }}, tags: [latest] }}
  other: {{ on: {{ branches: [other] }}, tags: [latest], vars: {{ w: "another" }} }}
tool: {{ image: "registry.acme.org/tool:1" }}
"#
    )
}

#[test]
fn every_kind_of_value_arrives_as_it_is() {
    for (place, text) in some(TEXTS).enumerate() {
        on_every_provider(&matrix(text), |config, shell| {
            // The other workflow's own is no more hostile anywhere: one shell a text will do.
            let other = Some(("other", "another")).filter(|_| shell == SHELLS[place % SHELLS.len()]);
            for (workflow, different) in std::iter::once(("main", *text)).chain(other) {
                let job = |name: &str| config.job(workflow, name, Trigger::Branch(workflow));
                let ran = job("build-app-amd64").run(shell).green();
                let source = match config.provider {
                    "circleci" => "https://git.example.com/acme/this.git",
                    _ => "https://git.example.com/acme/this",
                };
                let expected = [
                    ("--file", (*text).to_owned()),
                    ("--target", (*text).to_owned()),
                    ("--network", (*text).to_owned()),
                    ("--build-arg", format!("ARG={text}")),
                    ("--build-arg", format!("VAR={text}")),
                    ("--build-arg", format!("DIFFERENT={different}")),
                    ("--build-arg", format!("MIXED=a{text}b")),
                    ("--label", format!("org.opencontainers.image.revision={REVISION}")),
                    ("--label", format!("org.opencontainers.image.source={source}")),
                    ("--label", format!("label={text}")),
                    ("--build-context", format!("more={text}")),
                    ("--cache-from", (*text).to_owned()),
                    ("--tag", "acme/app:latest-amd64".to_owned()),
                ];
                let mut words = vec!["build".to_owned()];
                words.extend(expected.into_iter().flat_map(|(option, value)| [option.to_owned(), value]));
                words.push(".".into());
                assert_eq!(ran.one("docker", "build"), words, "{text:?}: {}", ran.log);
                let ran = job("build-script-amd64").run(shell).green();
                let words = &ran.calls.iter().find(|call| call.tool == "note").expect("the script ran").arguments;
                assert_eq!(words, &[(*text).to_owned(), different.to_owned()], "{}", ran.log);
            }
        });
    }
}

#[test]
#[cfg_attr(not(feature = "whole"), ignore = "takes 4 s: `./test` runs it")]
fn sources_copies_exports_and_logins_arrive_as_they_are() {
    // A folder, a file's name and a git ref have rules of their own, so each text stands inside of one.
    for text in some(TEXTS).filter(|text| !text.contains([':', '#', '/']) && !text.contains("..")) {
        let value = value(&format!("a{text}"));
        let fragment = value.trim_matches('"');
        let key = format!("K{}", text.replace(|c: char| c.is_whitespace() || c.is_control() || c == '=', "_"));
        let matrix = format!(
            r#"
version: 1
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
            key = quoted(&key),
        );
        everywhere(&matrix, |config, shell| {
            let job = |name: &str| config.job("main", name, Trigger::Branch("main")).with("PASS", "p");
            let ran = job("build-built-amd64").run(shell).green();
            let clone = ran.one("git", "clone");
            let wanted = ["clone", "--recurse-submodules", "--single-branch", "--branch", &format!("a{text}"), "--"];
            assert_eq!(clone[..6], wanted, "{}", ran.log);
            assert_eq!(clone[6], format!("https://git.example.com/a{text}.git"));
            assert!(Ran::values(ran.one("docker", "build"), "--build-arg").contains(&format!("{key}=x").as_str()));
            let user = format!("a{text}");
            assert_eq!(ran.one("docker", "login"), ["login", "--username", &user, "--password-stdin", "r.acme.org"]);
            let ran = job("build-copied").run(shell).green();
            let login = ["--login", "r.acme.org=user_r_acme_org:PASS"];
            assert_eq!(ran.one("splitbuild", "copy")[1..], [login[0], login[1], &user, "acme/copied:latest"]);
            assert_eq!(ran.variable("user_r_acme_org"), Some(user));
            let job = job("export-built").given(".splitbuild/built-index", "acme/built:latest@sha256:00\n");
            let ran = job.run(shell).green();
            let export = ran.of("splitbuild", "export")[0];
            let folder = if config.provider == "circleci" { ".splitbuild/export" } else { "." };
            assert_eq!(Ran::values(export, "--output"), [format!("{folder}/a{text}-latest-amd64.tar")]);
        });
    }
}

#[test]
fn scripts_run_as_they_are_written() {
    let script = "docker build -t \"$arch_image\" .\ncat <<EOF >out\n  $platform\n\tx `echo y` \\$z\nEOF\n\
                  note \"$(cat out)\" 'a  b' *.none # << not >>\n";
    let matrix = format!(
        "version: 1\nimages:\n  app: {{ image: acme/app, run: {} }}\nworkflows: {{ main: {{ on: {{ branches: [main] }}, tags: [t] }} }}\ntool: {{ image: r.acme.org/t }}\n",
        quoted(script)
    );
    on_every_provider(&matrix, |config, shell| {
        let ran = config.job("main", "build-app-amd64", Trigger::Branch("main")).run(shell).green();
        let words = &ran.calls.iter().find(|call| call.tool == "note").expect("the script ran").arguments;
        assert_eq!(words, &["  linux/amd64\n\tx y $z".to_owned(), "a  b".to_owned(), "*.none".to_owned()]);
    });
}

/// Names of branches and tags that are code to somebody on the way, and the tags that are made of them.
const NAMES: &[(&str, &str)] = &[
    ("$(touch pwned)", "--touch-pwned-"),
    ("`touch pwned`", "-touch-pwned-"),
    ("a;touch pwned", "a-touch-pwned"),
    ("a\" && touch pwned && \"", "a-----touch-pwned-----"),
    ("a' || touch pwned '", "a-----touch-pwned--"),
    ("a\ntouch pwned\n", "a-touch-pwned-"),
    ("${{ secrets.SECRET }}", "----secrets.SECRET---"),
    ("%s%n", "-s-n"),
    ("${SECRET}", "--SECRET-"),
    ("$SECRET", "-SECRET"),
    ("<<SECRET>>", "--SECRET--"),
    ("grüße-你", "gr----e----"),
    ("$_/$[\\$\\", "-_------"),
    ("a b", "a-b"),
    ("*", "-"),
    ("-rf", "-rf"),
    ("--tag=x", "--tag-x"),
];

#[test]
fn what_a_run_is_of_is_never_looked_at_again() {
    let matrix = r#"
version: 1
vars: { channel: "${git_ref}" }
images:
  app: { image: acme/app, args: { A: "${TOKEN}", B: "${git_ref}", C: "${channel}", D: "${MORE}" } }
  cloned: { image: acme/cloned, context: "https://git.example.com/a.git#${git_ref}:${git_ref}" }
  script:
    image: acme/script
    setup: note "$git_ref" "$channel"
    run: docker build --tag "$arch_image" --build-arg "B=$git_ref" --build-arg "C=$channel" .
  copied: { image: acme/copied, copy: redis }
workflows:
  branches: { on: { branches: ["**"] }, tags: ["x${git_branch}", "${MORE}y"] }
  tags: { on: { tags: ["**"] }, tags: ["x${git_tag}", "${MORE}y"], vars: { channel: "is ${git_tag}" } }
tool: { image: r.acme.org/t }
"#;
    on_every_provider(matrix, |config, shell| {
        let number = SHELLS.iter().position(|it| *it == shell).expect("it is one of them");
        for (place, (text, clean)) in some(NAMES).enumerate() {
            // Every shell has every name, as that of a branch or that of a tag.
            let runs = [("branches", Trigger::Branch(text)), ("tags", Trigger::Tag(text))];
            let (workflow, trigger) = runs[(place + number) % 2];
            let job = |name: &str| {
                let job = config.job(workflow, name, trigger);
                job.with("TOKEN", text).with("MORE", text).with("SECRET", "hush")
            };
            let channel = if workflow == "tags" { format!("is {text}") } else { (*text).to_owned() };
            let arguments = [format!("A={text}"), format!("B={text}"), format!("C={channel}"), format!("D={text}")];
            let app = job("build-app-amd64").run(shell).green();
            assert_eq!(Ran::values(app.one("docker", "build"), "--build-arg"), arguments, "{}", app.log);
            let script = job("build-script-amd64").run(shell).green();
            assert_eq!(Ran::values(script.one("docker", "build"), "--build-arg"), arguments[1..3]);
            assert_eq!(script.of("note", text), [[(*text).to_owned(), channel]]);
            let first = format!("x{clean}");
            let second = format!("{}y", clean.strip_prefix('-').map_or(clean.to_string(), |rest| format!("_{rest}")));
            for (ran, image) in [(&app, "acme/app"), (&script, "acme/script")] {
                assert_eq!(ran.pushes(), [&first, &second].map(|tag| format!("{image}:{tag}-amd64")), "{}", ran.log);
            }
            let cloned = job("build-cloned-amd64").run(shell).green();
            let fetch = cloned.of("git", "-C")[0];
            assert_eq!(fetch[2..], ["fetch", "--", "https://git.example.com/a.git", text]);
            let folder = cloned.one("docker", "build").last().expect("a folder");
            assert_eq!(*folder, format!(".splitbuild/context/{text}"));
            let copied = job("build-copied").run(shell).green();
            let words = copied.one("splitbuild", "copy");
            assert_eq!(words[1..], ["redis", &format!("acme/copied:{first}"), &format!("acme/copied:{second}")]);
            let published = job("build-app-manifest").after(&app).run(shell).green();
            let manifest = published.one("splitbuild", "manifest");
            match config.provider {
                "github" => {
                    let pushed = format!("linux/amd64={}", app.outputs()["pushed"]);
                    assert_eq!(Ran::values(manifest, "--pushed"), [pushed.as_str(), "linux/arm64="]);
                }
                _ => assert!(Ran::values(manifest, "--digests").contains(&".splitbuild/app-amd64")),
            }
            // A tag of this run alone is told to be one; that of a branch moves on.
            let fixed = if workflow == "tags" { vec![first.as_str()] } else { Vec::new() };
            assert_eq!(Ran::values(manifest, "--fixed-tag"), fixed);
            for ran in [app, script, cloned, copied, published] {
                assert!(ran.found("pwned").is_none(), "{}", ran.log);
                let words = ran.calls.iter().flat_map(|call| &call.arguments);
                assert!(!ran.log.contains("hush") && words.into_iter().all(|word| !word.contains("hush")));
            }
        }
    });
}

#[test]
fn what_circleci_reads_stays_text() {
    for text in some(TEXTS).filter(|text| !text.trim().is_empty()) {
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
        for entry in document["workflows"]["main"]["jobs"].as_array().expect("jobs") {
            let call = entry.as_object().and_then(|map| map.values().next()).expect("a call");
            assert_eq!(call["context"][0], expected);
            assert_eq!(call["filters"]["branches"]["only"][0], "a\\<<b");
        }
        for executor in ["amd64", "arm64", "splitbuild"] {
            let executor = &document["executors"][executor];
            assert_eq!(executor["docker"][0]["image"], expected);
            assert_eq!(executor["resource_class"], expected);
        }
        let job = config.job("main", "build-app-amd64", Trigger::Branch("a<<b")).with("PASS", "p");
        let ran = job.run(SHELLS[0]).green();
        assert_eq!(ran.one("docker", "login")[1..3], ["--username", "a b<<c"]);
    }
}
