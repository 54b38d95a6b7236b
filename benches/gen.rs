//! Where the time of `splitbuild gen` goes, for matrices of growing size: `cargo bench --locked --bench gen`.
//!
//! Every image has two platforms, three arguments and, but for the first, one parent; two workflows build them all. Every
//! figure is the median of several rounds, which take turns. `parse` reads the emitted file once, and is the unit that
//! everything else is compared with. `emit` holds a `parse`, a
//! `compare` with the plan, a `check` of the whole beside that, and the count of its `size`; they are measured once more alone.
//! What is too large for the provider is measured all the same.

use std::time::{Duration, Instant};

use splitbuild::plan::{Plan, Request, resolve};
use splitbuild::provider::{Origin, find, generate, vocabularies};
use splitbuild::spec::{Spec, decode};
use splitbuild::yaml::Node;
use splitbuild::yaml::read::{Budget, read};

const PHASES: [&str; 7] = ["read", "resolve", "emit", "parse", "compare", "check", "size"];

fn main() {
    let asked: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![10, 100, 1000, 10_000] } else { asked };
    println!(
        "{:>7} {:>9} {:>62}   {:>9} {:>8} {:>10}",
        "images", "bytes", "milliseconds", "gen, ms", "µs/image", "gen/parse"
    );
    print!("{:>17}", "");
    PHASES.iter().for_each(|phase| print!(" {phase:>8}"));
    println!();
    for size in sizes {
        let matrix = matrix(size);
        let rounds: Vec<(usize, [Duration; 7])> =
            (0..if size > 1000 { 3 } else { 9 }).map(|_| round(&matrix)).collect();
        let median = |phase: usize| {
            let mut times: Vec<f64> = rounds.iter().map(|(_, times)| times[phase].as_secs_f64() * 1e3).collect();
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        };
        let times: Vec<f64> = (0..PHASES.len()).map(median).collect();
        let total: f64 = times[..3].iter().sum();
        print!("{size:>7} {:>9}", rounds[0].0);
        times.iter().for_each(|time| print!(" {time:>8.2}"));
        println!("   {total:>9.2} {:>8.0} {:>10.2}", total * 1e3 / size as f64, total / times[3]);
    }
}

fn matrix(size: usize) -> String {
    let mut text = String::from(
        "version: 1\ntool: { image: acme/tool }\nregistries: { docker.io: { username: \"${U}\", password: \"${P}\" } }\n\
         workflows:\n  main: { on: { branches: [main] }, tags: [latest] }\n  \
         release: { on: { tags: [\"v*\"] }, tags: [\"${git_tag}\"] }\nimages:\n",
    );
    for number in 0..size {
        let needs = if number == 0 { String::new() } else { format!(", needs: [i{}]", number / 2) };
        text.push_str(&format!(
            "  i{number}: {{ image: acme/i{number}, context: images/i{number}{needs}, \
             args: {{ A: \"1\", B: \"${{arch}}\", TAG: \"${{arch_tag}}\" }} }}\n"
        ));
    }
    text
}

fn round(matrix: &str) -> (usize, [Duration; 7]) {
    let mut clock = Instant::now();
    let mut lap = move || std::mem::replace(&mut clock, Instant::now()).elapsed();
    let provider = find("circleci").expect("it is in the list");
    let document = parsed(matrix);
    let (spec, problems): (Spec, _) = decode(&document, matrix, &vocabularies());
    assert!(problems.is_empty(), "{problems:?}");
    let reading = lap();
    let plan: Plan = resolve(&spec, &Request::of(provider.vocabulary())).expect("a good matrix");
    let resolving = lap();
    let text = generate(provider, &plan, None, &Origin::default(), &|_| None).expect("a configuration").text();
    let generating = lap();
    let document = parsed(&text);
    let parsing = lap();
    let found = provider.read(&document).expect("what was emitted");
    assert_eq!(provider.files(&plan, false, &|_| None)[0].pipeline.facts().first_difference(&found), None);
    drop(found);
    let comparing = lap();
    assert_eq!(provider.problems(&document, &text), []);
    let checking = lap();
    assert!(provider.size(&document, &text).is_some());
    let sizing = lap();
    (text.len(), [reading, resolving, generating, parsing, comparing, checking, sizing])
}

fn parsed(text: &str) -> Node {
    let budget = Budget { nodes: text.len() + 1, ..Budget::default() };
    read(text, budget).expect("YAML").root
}
