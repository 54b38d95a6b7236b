//! Tests that hard comparisons end quickly, and that ordinary ones are within the limits.

use std::time::{Duration, Instant};

use super::*;

#[test]
fn blow_ups_end_quickly() {
    let many: Vec<String> = ('a'..='z').map(|c| format!("**{c}**-{c}**")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let tall: Vec<String> = (1..9).map(|n| format!("/.*a.{{{}}}b/", n * 3)).collect();
    let tall: Vec<&str> = tall.iter().map(String::as_str).collect();
    for (a, b) in [
        (&["/(a|b)*a(a|b){20}/"][..], &["**a"][..]),
        (&["/.*a.{500}/"], &["/.*b.{500}/"]),
        (&["/.{1000}.{1000}.{1000}/"], &["/.*x.{13}/"]),
        (&["/.*a.{9}/"], &["/.*b.{9}/"]),
        (&["/(.{7})*/", "/(.{11})*/", "/(.{13})*/"], &["/(.{17})*/", "/(.{19})*/"]),
        (&["/(.{997})*a/"], &["/(.{991})*b/"]),
        (&["/(.{997})*/"], &["/(.{991})*/"]),
        (&many, &many[..1]),
        (&["**a"], &tall),
        (&["/é.*a.{500}/"], &["**"]),
        (&["/é.*/"], &["/(.{300})*a/"]),
    ] {
        let (a, b) = (patterns(a), patterns(b));
        for decide in [overlap, leftover] {
            let begun = Instant::now();
            let answer = decide(&a, &b);
            let took = begun.elapsed();
            // Each takes well under a second; other tests share the machine.
            assert!(took < Duration::from_secs(5), "{a:?} {b:?}: {took:?} {answer:?}");
        }
    }
    let error = overlap(&patterns(&["/(a|b)*a(a|b){20}/"]), &patterns(&["**"]));
    let error = error.expect_err("two million states");
    assert_eq!(error.text, "/(a|b)*a(a|b){20}/");
    let same = patterns(&["/(a|b)*a(a|b){20}/"]);
    assert_eq!(is_covered(&same, &same), Ok(true));
}

#[test]
fn large_matrices_are_within_the_limits() {
    let teams = ["core", "web", "infra", "docs", "mobile", "data", "über"];
    let mut texts = vec!["main".to_owned(), r"/v\d+(\.\d+){0,2}(-rc\.\d+)?/".to_owned()];
    for team in teams {
        texts.push(format!("{team}/**"));
        texts.push(format!("feat/{team}/*"));
        texts.push(format!("*-{team}-fix"));
        texts.push(format!("/^(release|hotfix)\\/{team}-[0-9]{{4,8}}.*$/"));
    }
    let all: Vec<Pattern> = texts.iter().map(|text| pattern(text)).collect();
    let begun = Instant::now();
    let release = patterns(&["release/**", "hotfix/*", "/.*-fix/"]);
    let shared = overlap(&all, &release);
    assert_eq!(shared, Ok(Some("web/-fix".to_owned())));
    assert_eq!(is_covered(&all, &release), Ok(false));
    assert_eq!(is_covered(&all, &all[1..]), Ok(false));
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
}
