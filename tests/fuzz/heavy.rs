//! Short texts that mean much: what refers to itself twice, what multiplies, and long chains.

use std::fmt::Write as _;

/// So many times the double: more than any memory holds.
const DOUBLINGS: usize = 40;

/// The links of a chain, each of which may be a call.
const CHAIN: usize = if cfg!(feature = "whole") { 3000 } else { 600 };

/// Lines made of a number and the one before.
fn lines(from: usize, to: usize, line: impl Fn(usize, usize) -> String) -> String {
    (from..to).fold(String::new(), |mut text, number| {
        let _ = writeln!(text, "{}", line(number, number - 1));
        text
    })
}

/// Ten keys with ten values each.
fn product(indent: &str) -> String {
    let values: Vec<String> = (0..10).map(|value| format!("v{value}")).collect();
    lines(1, 11, |key, _| format!("{indent}k{key}: [{}]", values.join(", ")))
}

/// Each with the target that it is for.
pub fn texts() -> Vec<(&'static str, String)> {
    let rest = "workflows: { main: { on: { branches: [main] }, tags: [latest] } }\ntool: { image: acme/tool }\n";
    let circleci = "version: 2.1\n";
    let steps = "steps: [checkout]";
    vec![
        ("matrix", {
            let vars = lines(1, DOUBLINGS, |it, before| format!("  v{it}: \"${{v{before}}}${{v{before}}}\""));
            format!("version: 1\nvars:\n  v0: aaaaaaaaaa\n{vars}images: {{ a: {{ image: \"a/b${{v39}}\" }} }}\n{rest}")
        }),
        ("matrix", { format!("version: 1\nimages:\n  a:\n    image: a/b\n    for:\n{}{rest}", product("      ")) }),
        ("matrix", {
            let image =
                |it, before| format!("  i{it}: {{ image: a/i{it}, platforms: [linux/amd64], needs: [i{before}] }}");
            let images = lines(1, CHAIN / 10, image);
            format!("version: 1\nimages:\n  i0: {{ image: a/i0 }}\n{images}{rest}")
        }),
        ("check", {
            let command = |it, before| format!("  c{it}: {{ steps: [c{before}, c{before}] }}");
            let commands = lines(1, DOUBLINGS, command);
            let job = "jobs: { j: { docker: [{ image: a }], steps: [c39] } }\nworkflows: { w: { jobs: [j] } }\n";
            format!("{circleci}commands:\n  c0: {{ {steps} }}\n{commands}{job}")
        }),
        ("check", {
            let command = |it, before| format!("  c{it}: {{ steps: [c{before}] }}");
            let job = format!("jobs: {{ j: {{ docker: [{{ image: a }}], steps: [c{}] }} }}\n", CHAIN - 1);
            let commands = lines(1, CHAIN, command);
            format!("{circleci}commands:\n  c0: {{ {steps} }}\n{commands}{job}workflows: {{ w: {{ jobs: [j] }} }}\n")
        }),
        ("check", {
            let jobs = lines(1, CHAIN, |it, before| format!("      - j: {{ name: j{it}, requires: [j{before}] }}"));
            let job = format!("jobs: {{ j: {{ docker: [{{ image: a }}], {steps} }} }}\n");
            format!("{circleci}{job}workflows:\n  w:\n    jobs:\n      - j: {{ name: j0 }}\n{jobs}")
        }),
        ("check", {
            let parameters: String = lines(1, 11, |it, _| format!("      k{it}: {{ type: string }}"));
            let job = format!("jobs:\n  j:\n    docker: [{{ image: a }}]\n    {steps}\n    parameters:\n{parameters}");
            let matrix =
                format!("      - j:\n          matrix:\n            parameters:\n{}", product("              "));
            format!("{circleci}{job}workflows:\n  w:\n    jobs:\n{matrix}")
        }),
        ("check", {
            let jobs = lines(1, DOUBLINGS, |it, before| format!(".a{it}: {{ extends: [.a{before}, .a{before}] }}"));
            format!(".a0: {{ script: [make] }}\n{jobs}job: {{ extends: .a39 }}\n")
        }),
        ("check", {
            let jobs = lines(1, CHAIN, |it, before| format!(".a{it}: {{ extends: .a{before} }}"));
            format!(".a0: {{ script: [make] }}\n{jobs}job: {{ extends: .a{} }}\n", CHAIN - 1)
        }),
        ("check", {
            let twice = |it| format!("[!reference [.a{it}, script], !reference [.a{it}, script]]");
            let jobs = lines(1, DOUBLINGS, |it, before| format!(".a{it}: {{ script: {} }}", twice(before)));
            format!(".a0: {{ script: [make] }}\n{jobs}job: {{ script: {} }}\n", twice(39))
        }),
        ("check", format!("job:\n  script: [make]\n  parallel:\n    matrix:\n      -\n{}", product("        "))),
        ("check", {
            let jobs = lines(1, CHAIN, |it, before| format!("j{it}: {{ script: [make], needs: [j{before}] }}"));
            format!("j0: {{ script: [make] }}\n{jobs}")
        }),
        ("check", format!("job: {{ script: [make], rules: [{{ if: \"{}$A\" }}] }}\n", "(".repeat(100_000))),
        ("check", {
            let job = "    runs-on: a\n    steps: [{ run: make }]\n";
            format!("on: push\njobs:\n  j:\n{job}    strategy:\n      matrix:\n{}", product("        "))
        }),
        ("check", {
            let job = |it, before| format!("  j{it}: {{ runs-on: a, needs: j{before}, steps: [{{ run: make }}] }}");
            format!("on: push\njobs:\n  j0: {{ runs-on: a, steps: [{{ run: make }}] }}\n{}", lines(1, CHAIN, job))
        }),
        ("check", {
            let alternatives = "(a|b)".repeat(40);
            format!("on: {{ push: {{ branches: [\"{alternatives}\", \"{}\"] }} }}\njobs: {{}}\n", "*a".repeat(200))
        }),
        ("import", {
            let targets = lines(1, DOUBLINGS, |it, before| {
                format!("\"t{it}\": {{\"inherits\": [\"t{before}\", \"t{before}\"], \"tags\": [\"a/b:{it}\"]}},")
            });
            format!("{{\"target\": {{{targets} \"t0\": {{\"context\": \".\"}}}}}}")
        }),
        ("import", {
            let groups = lines(1, DOUBLINGS, |it, before| {
                format!("\"g{it}\": {{\"targets\": [\"g{before}\", \"g{before}\"]}},")
            });
            let targets = "\"target\": {\"t\": {\"context\": \".\", \"tags\": [\"a/b\"]}}";
            format!("{{\"group\": {{{groups} \"g0\": {{\"targets\": [\"t\"]}}}}, {targets}}}")
        }),
        ("import", {
            let services = lines(1, CHAIN, |it, before| format!("  s{it}: {{ extends: {{ service: s{before} }} }}"));
            format!("services:\n  s0: {{ build: ., image: a/b }}\n{services}")
        }),
        ("import", {
            let values = lines(1, DOUBLINGS, |it, before| format!("V{it}=$V{before}$V{before}"));
            format!("V0=a\n{values}\n%%%\nservices: {{ a: {{ build: \"$V39\", image: \"a/b:${{V39:+$V39}}\" }} }}\n")
        }),
        ("dockerfile", {
            let arguments = lines(1, DOUBLINGS, |it, before| format!("ARG A{it}=$A{before}$A{before}"));
            format!("ARG A0=aaaaaaaaaa\n{arguments}FROM $A39\n")
        }),
        ("dockerfile", format!("FROM {}a\n", "${A:-".repeat(100_000))),
        ("dockerfile", format!("FROM {}a{}\n", "${A:-".repeat(20_000), "}".repeat(20_000))),
        (
            "dockerfile",
            lines(1, 10 * CHAIN, |it, before| format!("FROM a{before} AS s{it}\nCOPY --from=s{before} a b")),
        ),
        ("pattern", "/(a|b)*a(a|b){40}/\n/(a|b)*b(a|b){40}/\n".to_owned()),
        ("pattern", format!("/{}a{}/\n", "(".repeat(240), ")".repeat(240))),
        ("pattern", format!("/{}/\n{}\n", "(a?b?c?d?){1,30}".repeat(3), "*a".repeat(100))),
        ("pattern", "/[^a]{1,1000}{1,1000}/\n/.*/\n".to_owned()),
        ("yaml", {
            let anchors = lines(1, DOUBLINGS, |it, before| format!("a{it}: &a{it} [*a{before}, *a{before}]"));
            format!("a0: &a0 [x]\n{anchors}")
        }),
        ("yaml", {
            let anchors = lines(1, CHAIN, |it, before| format!("a{it}: &a{it} {{ <<: *a{before}, k{it}: 1 }}"));
            format!("a0: &a0 {{ k: 1 }}\n{anchors}")
        }),
        ("template", "${a}".repeat(20_000)),
        ("handover", format!("splitbuild 2\n{}", "moving a:1 b:1 sha256:\n".repeat(10_000))),
    ]
}
