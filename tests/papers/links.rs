//! Links: to files that are there, to headings that they have.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use regex::Regex;

use crate::{Page, pages, root};

/// What a heading is called in an address, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading.to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(page: &Page) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in page.parts().0 {
        if let Some(heading) = line.strip_prefix('#') {
            let heading = heading.trim_start_matches('#').trim();
            assert!(found.insert(anchor(heading)), "{}: the heading `{heading}` stands there twice", page.name);
        }
    }
    found
}

/// Where the links of a page lead.
fn targets(page: &Page) -> Vec<String> {
    let link = Regex::new(r"\]\(([^()\s]*)\)").expect("a pattern");
    let prose = page.parts().0.join("\n");
    link.captures_iter(&prose).map(|found| found[1].to_owned()).collect()
}

/// A path relative to the root of the repository, from one that is relative to a page.
fn resolved(page: &Page, path: &str) -> String {
    let folder = page.name.rsplit_once('/').map(|(folder, _)| folder);
    let mut parts: Vec<&str> = folder.into_iter().collect();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match part {
            ".." => assert!(parts.pop().is_some(), "{}: {path} leaves the repository", page.name),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn links_lead_somewhere_and_every_page_is_found_from_the_readme() {
    let pages = pages();
    let anchors: BTreeMap<&str, BTreeSet<String>> =
        pages.iter().map(|page| (page.name.as_str(), anchors(page))).collect();
    let address = Regex::new(r"^https://[a-z0-9.-]+\.[a-z]+(/[\x21-\x7e]*)?$").expect("a pattern");
    let mut seen = 0;
    let mut next: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for page in &pages {
        for target in targets(page) {
            seen += 1;
            if target.contains("://") {
                assert!(address.is_match(&target), "{}: {target} is no address", page.name);
                continue;
            }
            let (path, heading) = target.split_once('#').unwrap_or((&target, ""));
            let path = if path.is_empty() { page.name.clone() } else { resolved(page, path) };
            assert!(root().join(&path).exists(), "{}: {target} leads nowhere", page.name);
            if !heading.is_empty() {
                let known = anchors.get(path.as_str()).is_some_and(|known| known.contains(heading));
                assert!(known, "{}: {target} names no heading", page.name);
            }
            next.entry(&page.name).or_default().insert(path);
        }
    }
    assert!(seen > 100, "{seen}");
    let mut found = BTreeSet::from(["README.md".to_owned()]);
    let mut open: Vec<String> = found.iter().cloned().collect();
    while let Some(name) = open.pop() {
        for other in next.get(name.as_str()).into_iter().flatten() {
            if found.insert(other.clone()) {
                open.push(other.clone());
            }
        }
    }
    let lost: Vec<&String> = pages.iter().map(|page| &page.name).filter(|name| !found.contains(*name)).collect();
    assert!(lost.is_empty(), "no link leads to {lost:?}");
}

/// Paths of this repository that stand in the text as code.
#[test]
fn files_that_are_named_are_there() {
    let path =
        Regex::new(r"`((?:src|tests|templates|docs|fixtures|examples|benches|\.ci)/[^`\s]*)`").expect("a pattern");
    let mut seen = 0;
    for page in pages() {
        let prose = page.parts().0.join("\n");
        for found in path.captures_iter(&prose) {
            let named = &found[1];
            // The place of one that is still to come.
            if named.contains("NAME") {
                continue;
            }
            let with_an_end = root().join(format!("{named}.rs"));
            assert!(root().join(named).exists() || with_an_end.exists(), "{}: there is no {named}", page.name);
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn recipes_that_are_named_are_there() {
    let recipes = fs::read_to_string(root().join("justfile")).expect("text");
    let call = Regex::new(r"`just ([a-z0-9-]+)").expect("a pattern");
    for page in pages() {
        for found in call.captures_iter(&page.text) {
            let is_recipe = |line: &str| {
                line.strip_prefix(&found[1]).is_some_and(|rest| rest.starts_with([':', ' ']) && rest.contains(':'))
            };
            assert!(recipes.lines().any(is_recipe), "{}: there is no recipe {}", page.name, &found[1]);
        }
    }
}

#[test]
fn anchors_are_made_as_github_makes_them() {
    for (heading, expected) in [
        ("Two runs at a time", "two-runs-at-a-time"),
        ("`no-image-name`", "no-image-name"),
        ("`splitbuild export`", "splitbuild-export"),
        ("HySDS, by hand and with splitbuild", "hysds-by-hand-and-with-splitbuild"),
    ] {
        assert_eq!(anchor(heading), expected);
    }
}
