//! Compares the decisions with brute force over short names.

use proptest::prelude::*;

use super::super::{Kind, Pattern, leftover, overlap};

const ALPHABET: [char; 4] = ['a', 'b', '/', '.'];

/// Every name of one to five characters, the shortest first.
fn names() -> Vec<String> {
    let mut names = vec![String::new()];
    let mut longest = 0..1;
    for _ in 0..5 {
        let grown: Vec<String> =
            names[longest.clone()].iter().flat_map(|name| ALPHABET.map(|c| format!("{name}{c}"))).collect();
        longest = names.len()..names.len() + grown.len();
        names.extend(grown);
    }
    names.remove(0);
    names
}

/// A matcher that shares no code with the module.
enum Judge {
    Glob(String),
    Regex(regex::Regex),
}

impl Judge {
    fn new(pattern: &Pattern) -> Judge {
        if pattern.kind() != Kind::Regex {
            return Judge::Glob(pattern.text().to_owned());
        }
        // The judge's `\w` is Unicode by default, and the language's is not.
        let body =
            pattern.text()[1..pattern.text().len() - 1].replace(r"\w", "[0-9A-Za-z_]").replace(r"\W", "[^0-9A-Za-z_]");
        Judge::Regex(regex::Regex::new(&format!("^(?:{body})$")).expect("a valid expression"))
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Judge::Glob(glob) => glob_matches(glob, name),
            Judge::Regex(regex) => regex.is_match(name),
        }
    }
}

fn glob_matches(glob: &str, name: &str) -> bool {
    if let Some(rest) = glob.strip_prefix("**") {
        return name.char_indices().any(|(i, _)| glob_matches(rest, &name[i..])) || glob_matches(rest, "");
    }
    if let Some(rest) = glob.strip_prefix('*') {
        let run = name.find('/').unwrap_or(name.len());
        return (0..=run).filter(|&i| name.is_char_boundary(i)).any(|i| glob_matches(rest, &name[i..]));
    }
    let (mut glob, mut name) = (glob.chars(), name.chars());
    match (glob.next(), name.next()) {
        (None, None) => true,
        (Some(expected), Some(c)) if expected == c => glob_matches(glob.as_str(), name.as_str()),
        _ => false,
    }
}

fn any_matches(judges: &[Judge], name: &str) -> bool {
    judges.iter().any(|judge| judge.matches(name))
}

fn plain_or_glob() -> impl Strategy<Value = Pattern> {
    let part = prop::sample::select(vec!["a", "b", "/", ".", "*", "**", "a", "b"]);
    prop::collection::vec(part, 1..5).prop_filter_map("git refuses it", |parts| {
        let text = parts.concat();
        let globbed = !text.starts_with('/');
        globbed.then(|| Pattern::parse(&text).ok()).flatten()
    })
}

fn regex() -> impl Strategy<Value = Pattern> {
    let atoms =
        vec!["a", "b", "/", r"\.", ".", "[ab]", "[^/]", r"[^a.]", r"\w", r"\W", r"[\w/]", "^", "$", "é", "[aé]"];
    let body = prop::sample::select(atoms).prop_map(str::to_owned);
    let body = body.prop_recursive(3, 8, 3, |inner| {
        let repeats = vec!["*", "+", "?", "*?", "{2}", "{1,2}", "{0,1}?", "{2,}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| parts.concat()),
            prop::collection::vec(inner.clone(), 2..3).prop_map(|parts| parts.join("|")),
            (inner, prop::sample::select(repeats)).prop_map(|(x, n)| format!("(?:{x}){n}")),
        ]
    });
    body.prop_map(|body| Pattern::parse(&format!("/{body}/")).expect("in the language"))
}

fn set() -> impl Strategy<Value = Vec<Pattern>> {
    let pattern = prop_oneof![plain_or_glob(), regex()];
    prop::collection::vec(pattern, 1..3)
}

/// Checks an answer against the shortest name brute force found.
fn check(answer: Option<&str>, brute: Option<&String>, is_wanted: impl Fn(&str) -> bool) -> Result<(), TestCaseError> {
    match (answer, brute) {
        (None, Some(name)) => prop_assert!(false, "missed {name}"),
        (Some(name), Some(brute)) => {
            prop_assert!(name.chars().count() <= brute.len(), "{name} is long")
        }
        _ => {}
    }
    if let Some(name) = answer {
        prop_assert!(!name.is_empty() && is_wanted(name), "{name} is wrong");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn agrees_with_brute_force(a in set(), b in set()) {
        let judges = |set: &[Pattern]| set.iter().map(Judge::new).collect::<Vec<_>>();
        let (in_a, in_b) = (judges(&a), judges(&b));
        let is_shared = |name: &str| any_matches(&in_a, name) && any_matches(&in_b, name);
        let is_left = |name: &str| any_matches(&in_a, name) && !any_matches(&in_b, name);
        let names = names();

        let shared = names.iter().find(|name| is_shared(name));
        check(overlap(&a, &b).expect("small").as_deref(), shared, is_shared)?;
        let left = names.iter().find(|name| is_left(name));
        check(leftover(&a, &b).expect("small").as_deref(), left, is_left)?;
    }

    #[test]
    fn matching_agrees_with_the_judge(pattern in prop_oneof![plain_or_glob(), regex()]) {
        let judge = Judge::new(&pattern);
        for name in names().iter().step_by(41) {
            prop_assert_eq!(pattern.matches(name), judge.matches(name), "{}", name);
        }
        let whole = Pattern::parse("**").expect("a glob");
        let brute = names().into_iter().find(|name| !judge.matches(name));
        prop_assert!(!pattern.is_everything() || brute.is_none());
        let rest = leftover(&[whole], std::slice::from_ref(&pattern)).expect("small");
        prop_assert_eq!(pattern.is_everything(), rest.is_none());
    }
}
