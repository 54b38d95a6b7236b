//! Tests of filters, by example and against brute force.

use proptest::prelude::*;

use super::judge::{Judge, Reading};
use super::*;

const ALPHABET: [char; 6] = ['a', 'b', '1', '/', '.', '-'];
const READINGS: [Reading; 2] = [Reading::Plain, Reading::Folders];

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|text| pattern(text)).collect()
}

/// Every name of one to five characters, as far as git has it.
fn names() -> Vec<String> {
    let (mut names, mut last) = (Vec::new(), vec![String::new()]);
    for _ in 0..5 {
        last = last.iter().flat_map(|name| ALPHABET.map(|c| format!("{name}{c}"))).collect();
        names.extend(last.iter().cloned());
    }
    names.retain(|name| !name.starts_with('/') && !name.ends_with('/') && !name.contains("//"));
    names
}

/// The names for which a list does not say what the patterns do, in either reading.
fn mistakes(list: &[String], wanted: &[Pattern], excluded: &[Pattern], names: &[String]) -> Vec<String> {
    let judges = READINGS.map(|reading| Judge::new(list, reading));
    let said = |patterns: &[Pattern]| {
        let one = |pattern: &Pattern| regex::Regex::new(&format!("^(?:{})$", ascii(&pattern.regex()))).expect("valid");
        patterns.iter().map(one).collect::<Vec<_>>()
    };
    let (wanted, excluded) = (said(wanted), said(excluded));
    let is_wrong = |name: &&String| {
        let is_meant = wanted.iter().any(|one| one.is_match(name)) && !excluded.iter().any(|one| one.is_match(name));
        judges.iter().any(|judge| judge.matches(name) != is_meant)
    };
    names.iter().filter(is_wrong).cloned().collect()
}

/// The judge's `\d` and `\w` are of Unicode by default, and the language's are not.
fn ascii(body: &str) -> String {
    body.replace(r"\d", "[0-9]").replace(r"\w", "[0-9A-Za-z_]")
}

#[track_caller]
fn assert_said(wanted: &[&str], excluded: &[&str], list: &[&str]) {
    let (wanted, excluded) = (patterns(wanted), patterns(excluded));
    let found = globs(&wanted, &excluded).expect("can be said");
    assert_eq!(found, list, "{wanted:?} {excluded:?}");
    assert_eq!(mistakes(&found, &wanted, &excluded, &names()), Vec::<String>::new(), "{found:?}");
}

#[test]
fn what_people_write_is_said() {
    for (text, list) in [
        ("main", &["main"][..]),
        ("v1.2+x", &[r"v1.2\+x"]),
        ("!important!", &[r"\!important!"]),
        ("feature/**", &["feature/**"]),
        ("v*.*", &["v*.*"]),
        ("***", &["**"]),
        ("/.*/", &["**"]),
        ("/.+/", &["**"]),
        (r"/^v\d+\.\d+\.\d+$/", &["v[0-9]+.[0-9]+.[0-9]+"]),
        (r"/v\d+(\.\d+){0,2}/", &["v[0-9]+", "v[0-9]+.[0-9]+", "v[0-9]+.[0-9]+.[0-9]+"]),
        ("/release-.*/", &["release-**"]),
        ("/release-[^/]*/", &["release-*"]),
        ("/(main|develop)/", &["main", "develop"]),
        (r"/v.*-rc\d+/", &["v**-rc[0-9]+"]),
        (r"/feature\/.+/", &["feature/**"]),
        (r"/feature\/[^/]+/", &["feature/*"]),
        ("/v.+/", &["v**", "!v"]),
        ("/v[0-9]*/", &["v", "v[0-9]+"]),
        ("/v[0-9]{2}/", &["v[0-9][0-9]"]),
        ("/a{1,3}b?/", &["aa?a?b?"]),
        ("/a{2,}/", &["aa+"]),
        ("/[a-c.]1/", &["[a-c]1", ".1"]),
        ("/[aA]b/", &["[Aa]b"]),
        ("/[A-Za-z0-9]+/", &["[0-9A-Za-z]+"]),
        ("/(a|b)-(1|.*)/", &["[ab]-1", "[ab]-**"]),
        ("/a$|^b/", &["a", "b"]),
        ("**/a", &["**/a", "!a"]),
        ("a**/b", &["a**/b", "a/b", "!ab"]),
        (r"/é\++/", &[r"é\++"]),
        ("/a\\/*b\\/?/", &["ab", "a/b"]),
        ("/(a|b/)b?/", &["ab?", "b/b?"]),
    ] {
        assert_said(&[text], &[], list);
    }
}

#[test]
fn order_says_what_is_left_out() {
    assert_said(&["**"], &["main", "a/*"], &["**", "!main", "!a/*"]);
    assert_said(&["/.*/"], &["/a|1+/"], &["**", "!a", "!1+"]);
    assert_said(&["a*", "b"], &["/a.+/"], &["a*", "b", "!a**", "a"]);
    assert_said(&["a", "**"], &["/a.+/"], &["**", "!a**", "a"]);
    assert_said(&["a", "b*"], &["/a.+/"], &["a", "b*", "!a**", "a"]);
    assert_said(&["/a.+/", "a"], &[], &["a**", "a"]);
    assert_said(&["/a.+/"], &["/a.+1/"], &["a**", "!a", "!a**1", "a1"]);
    assert_said(&["**"], &["**/a"], &["**", "!**/a", "a"]);
    assert_said(&["**"], &["!a"], &["**", r"!\!a"]);
    assert_said(&["a", "a"], &[], &["a"]);
    assert_said(&[], &["a"], &[]);
}

#[test]
fn what_cannot_be_said_is_told() {
    for (text, why) in [
        ("/v[0-9]+(\\.[0-9]+)*/", "repeat a group"),
        ("/v[0-9.]+/", "one class of letters and digits"),
        (r"/\w+/", "one class of letters and digits"),
        ("/é+/", "one ASCII character"),
        ("/v./", "no `.`"),
        ("/v.{2,}/", "no `.`"),
        ("/[^a]/", "all but these"),
        (r"/\W/", "all but these"),
        ("/.+-.+/", "also matches `-**`"),
        ("/.+a.*/", "also matches `a**`"),
        ("**/a/**/b", "`**/`"),
        ("**/a/**", "also matches `a/**`"),
        ("/(a|bc){1,9}/", "more than 64"),
        ("/a*b*1*2*3*4*5*/", "more than 64"),
        ("/a{1000}/", "more than 100"),
        ("/(abcdefgh){1000}/", "more than 1000 bytes"),
        ("/a^b/", "no name"),
        ("/[~]/", "no name"),
        ("a]b", "`]`"),
    ] {
        let unsayable = globs(&patterns(&[text]), &[]).expect_err(text);
        assert_eq!(unsayable.pattern, text);
        assert!(unsayable.why.contains(why), "{text}: {unsayable:?}");
        assert!(!unsayable.help.is_empty());
    }
    // The nearest pattern leaves out `ab` and `a1b`, and only one of them is wanted.
    let unsayable = globs(&patterns(&["ab", "/a.*bb/"]), &patterns(&["/a1?b.+/"])).expect_err("a part only");
    assert_eq!(unsayable.pattern, "/a1?b.+/");
    let unsayable = globs(&patterns(&["**"]), &patterns(&["/a./"])).expect_err("no dot");
    assert_eq!(unsayable.pattern, "/a./");
}

#[test]
fn planted_mistakes_are_seen() {
    let names = names();
    for (wanted, excluded, list) in [
        ("a*", "", &["a**"][..]),
        ("a**", "", &["a*"]),
        ("/a[0-9]+/", "", &["a[0-9]"]),
        ("/a[0-9]+/", "", &["a[0-9]?"]),
        (r"/a\.b/", "", &["a?.b"]),
        ("/a.+/", "", &["a**"]),
        ("**", "a", &["**"]),
        ("**", "/a.+/", &["**", "!a**"]),
        ("**/a", "", &["**/a"]),
        ("a**/b", "", &["a**/b", "!ab"]),
        ("/a|b/", "", &["a"]),
        ("/a*/", "", &["a*"]),
    ] {
        let list: Vec<String> = list.iter().map(|&item| item.to_owned()).collect();
        let excluded: Vec<Pattern> = Some(excluded).filter(|text| !text.is_empty()).map(pattern).into_iter().collect();
        assert!(!mistakes(&list, &[pattern(wanted)], &excluded, &names).is_empty(), "{wanted} {list:?}");
    }
}

fn plain_or_glob() -> impl Strategy<Value = Pattern> {
    let part = prop::sample::select(vec!["a", "b", "1", "/", ".", "-", "*", "**"]);
    prop::collection::vec(part, 1..5).prop_filter_map("git refuses it", |parts| {
        let text = parts.concat();
        (!text.starts_with('/')).then(|| Pattern::parse(&text).ok()).flatten()
    })
}

fn regex() -> impl Strategy<Value = Pattern> {
    let atoms = vec![
        "a", "b", "/", r"\.", "-", "[ab]", "[a-z]", "[0-9]+", r"\d", "[a1]*", ".*", ".*", ".+", "[^/]*", "[^/]+", "^",
        "$", "[a.]", "1?", "~", "a{2,}",
    ];
    let body = prop::sample::select(atoms).prop_map(str::to_owned);
    let body = body.prop_recursive(3, 8, 4, |inner| {
        let repeats = vec!["*", "+", "?", "*?", "{2}", "{1,2}", "{0,1}?", "{2,}", "{0}"];
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 2..5).prop_map(|parts| parts.concat()),
            1 => prop::collection::vec(inner.clone(), 2..3).prop_map(|parts| format!("({})", parts.join("|"))),
            1 => (inner, prop::sample::select(repeats)).prop_map(|(x, n)| format!("(?:{x}){n}")),
        ]
    });
    body.prop_filter_map("not in the language", |body| Pattern::parse(&format!("/{body}/")).ok())
}

fn set(least: usize) -> impl Strategy<Value = Vec<Pattern>> {
    let pattern = prop_oneof![plain_or_glob(), regex()];
    prop::collection::vec(pattern, least..3)
}

#[test]
fn lists_agree_with_brute_force() {
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
    let config = Config { failure_persistence: None, ..Config::with_cases(400) };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let names: Vec<String> =
        names().into_iter().enumerate().filter(|(at, _)| at % 5 == 0 || *at < 900).map(|it| it.1).collect();
    let said = std::cell::Cell::new(0);
    let outcome = runner.run(&(set(1), set(0)), |(wanted, excluded)| {
        if let Ok(list) = globs(&wanted, &excluded) {
            said.set(said.get() + 1);
            let wrong = mistakes(&list, &wanted, &excluded, &names);
            prop_assert!(wrong.is_empty(), "{:?} {:?}", list, wrong);
            prop_assert_eq!(list.iter().find_map(|item| glob_problem(item)), None, "{:?}", list);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    // Most of what is generated can be said, and so is compared.
    assert!(said.get() > 250, "{}", said.get());
}
