//! Tests of patterns, by example and against brute force.

mod brute;
mod limits;

use super::*;

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn patterns(texts: &[&str]) -> Vec<Pattern> {
    texts.iter().map(|text| pattern(text)).collect()
}

#[track_caller]
fn assert_refused(text: &str, offset: usize, named: &str) {
    let error = Pattern::parse(text).expect_err(text);
    assert_eq!(error.offset, offset, "{text}: {error}");
    assert!(error.message.contains(named), "{text}: {error}");
    assert!(error.help.is_some(), "{text}: {error}");
    assert!(!error.to_string().ends_with('.'), "{text}: {error}");
}

#[test]
fn kinds_and_translations() {
    for (text, kind, regex) in [
        ("main", Kind::Exact, "main"),
        ("v1.2+x", Kind::Exact, r"v1\.2\+x"),
        ("a(b)|{c}$]-_@#!", Kind::Exact, r"a\(b\)\|\{c\}\$\]-_@#!"),
        ("feat/**", Kind::Glob, "feat/.*"),
        ("*", Kind::Glob, "[^/]*"),
        ("v*.*", Kind::Glob, r"v[^/]*\.[^/]*"),
        ("***", Kind::Glob, ".*"),
        ("/a|b/", Kind::Regex, "a|b"),
        (r"/^v\d+\/x$/", Kind::Regex, r"^v\d+\/x$"),
    ] {
        let pattern = pattern(text);
        assert_eq!(pattern.text(), text);
        assert_eq!(pattern.kind(), kind, "{text}");
        assert_eq!(pattern.regex(), regex, "{text}");
    }
}

#[test]
fn shapes_are_of_what_names_hold() {
    let any = |set: Set| Shape::Repeat(Box::new(Shape::One(set)), 0, None);
    let one = |first: char, last: char| Shape::One(Set::Ranges(vec![(first, last)]));
    for (text, shape) in [
        ("ab", Shape::Sequence(vec![one('a', 'a'), one('b', 'b')])),
        ("**", any(Set::All)),
        ("*", any(Set::NoSlash)),
        (r"/\S*?/", any(Set::All)),
        (r"/([^\/])*/", any(Set::NoSlash)),
        (
            "/[^!-.0-~é]/",
            Shape::One(Set::Ranges(vec![('/', '/'), ('\u{a0}', 'è'), ('ê', '\u{2027}'), ('\u{202a}', char::MAX)])),
        ),
        (r"/\d/", one('0', '9')),
        (r"/[!-\/]/", Shape::One(Set::Ranges(vec![('!', '.'), ('/', '/')]))),
        (r"/^(?:a|)$/", {
            let some = Shape::Either(vec![Shape::Sequence(vec![one('a', 'a')]), Shape::Sequence(Vec::new())]);
            Shape::Sequence(vec![Shape::Start, some, Shape::End])
        }),
        ("/a{2,3}/", Shape::Repeat(Box::new(Shape::Sequence(vec![one('a', 'a')])), 2, Some(3))),
    ] {
        assert_eq!(pattern(text).shape(), shape, "{text}");
    }
}

#[test]
fn translations_stay_in_the_language() {
    for text in ["a(b)|{c}$]-_@#!", "v*.*", "feat/**", "**/x+*", "é*ü"] {
        let glob = [pattern(text)];
        let regex = [pattern(&format!("/{}/", glob[0].regex()))];
        assert_eq!(is_covered(&glob, &regex), Ok(true), "{text}");
        assert_eq!(is_covered(&regex, &glob), Ok(true), "{text}");
    }
}

#[test]
fn refuses_texts_that_are_no_pattern() {
    for (text, offset, named) in [
        ("", 0, "empty"),
        ("//", 0, "empty"),
        ("/", 0, "does not end with `/`"),
        ("/main", 0, "does not end with `/`"),
        (r"/main\/", 5, "escaped"),
        ("a b", 1, "a space"),
        ("/a b/", 2, "a space"),
        ("a\tb", 1, "control character"),
        ("é\u{7f}", 2, "control character"),
        ("a\u{2028}", 1, "control character"),
        ("a?", 1, "not a glob character"),
        ("v[0-9]", 1, "not a glob character"),
        ("^main", 0, "not a glob character"),
        ("a~b", 1, "`~`"),
        ("a:b", 1, "`:`"),
        (r"a\*", 1, r"`\`"),
        ("a@{b", 1, "`@{`"),
        ("a..b", 1, "`..`"),
        ("a//b", 1, "`//`"),
        ("a/.b", 1, "`/.`"),
        (".a", 0, "starts with `.`"),
        (".*", 0, "starts with `.`"),
        ("feat/", 4, "ends with `/`"),
        ("*.lock", 1, "ends with `.lock`"),
        ("a.lock/b", 1, "`.lock/`"),
        ("a.", 1, "ends with `.`"),
    ] {
        assert_refused(text, offset, named);
    }
    assert_refused(&"a".repeat(5000), 4096, "5000 bytes");
}

#[test]
fn refuses_regexes_outside_the_shared_language() {
    for (text, offset, named) in [
        ("/a(?=b)/", 2, "look-ahead"),
        ("/a(?!b)/", 2, "look-ahead"),
        ("/(?<=a)b/", 1, "look-behind"),
        ("/(?<!a)b/", 1, "look-behind"),
        (r"/(a)\1/", 4, "back reference"),
        (r"/(a)\k<n>/", 4, "back reference"),
        ("/(?P=n)/", 1, "back reference"),
        ("/(?>a)/", 1, "atomic"),
        ("/(?<n>a)/", 1, "named group"),
        ("/(?P<n>a)/", 1, "named group"),
        ("/(?i)a/", 1, "inline flag"),
        ("/(?i:a)/", 1, "inline flag"),
        ("/(?-s:a)/", 1, "inline flag"),
        ("/(?#a)/", 1, "comment"),
        ("/é(?i)a/", 3, "inline flag"),
        ("/a*+/", 3, "possessive"),
        ("/a++/", 3, "possessive"),
        ("/a?+/", 3, "possessive"),
        ("/a{2}+/", 5, "possessive"),
        ("/a**/", 3, "repeated"),
        ("/a{2}{3}/", 5, "repeated"),
        ("/a*??/", 4, "repeated"),
        ("/^*/", 2, "anchor is repeated"),
        (r"/\p{L}/", 1, "Unicode class"),
        (r"/\PL/", 1, "Unicode class"),
        (r"/[\pL]/", 2, "Unicode class"),
        ("/[[:alpha:]]/", 2, "POSIX"),
        ("/[a[b]]/", 3, "another class"),
        ("/[a&&b]/", 3, "set operation"),
        ("/[a--b]/", 3, "set operation"),
        ("/[a~~b]/", 3, "set operation"),
        ("/[]a]/", 2, "starts with `]`"),
        ("/[^]a]/", 3, "starts with `]`"),
        ("/[]/", 2, "starts with `]`"),
        ("/[a-c-e]/", 5, "middle of a class"),
        (r"/[a-\d]/", 2, "not valid"),
        (r"/\bа/", 1, "word boundary"),
        (r"/\B/", 1, "word boundary"),
        (r"/a\<b/", 2, "word boundary"),
        (r"/\A/", 1, "anchor"),
        (r"/\G/", 1, "anchor"),
        (r"/a\z/", 2, "anchor"),
        (r"/a\Z/", 2, "anchor"),
        (r"/\Qa\E/", 1, "quoting"),
        (r"/a\E/", 2, "quoting"),
        (r"/\h/", 1, r"`\h`"),
        (r"/\R/", 1, r"`\R`"),
        (r"/\X/", 1, r"`\X`"),
        (r"/\C/", 1, r"`\C`"),
        (r"/\x{41}/", 1, "numeric escape"),
        (r"/\x41/", 1, "numeric escape"),
        (r"/\u0041/", 1, "numeric escape"),
        (r"/\012/", 1, "octal"),
        (r"/\n/", 1, "control character"),
        (r"/\cA/", 1, "control character"),
        (r"/\é/", 1, r"`\é`"),
        ("/a{1001}/", 2, "past 1000"),
        ("/a{1,1001}/", 2, "past 1000"),
        ("/(a{50}){50}/", 3, "past 1000"),
        ("/a{02}/", 2, "starts with 0"),
        ("/a{2,1}/", 2, "not valid"),
        ("/a{,2}/", 2, "not valid"),
        ("/a{x/", 2, "not valid"),
        ("/{/", 1, "not valid"),
        ("/*a/", 1, "not valid"),
        ("/(a/", 1, "not valid"),
        ("/a)/", 2, "not valid"),
        ("/[a/", 1, "not valid"),
        ("/[z-a]/", 2, "not valid"),
    ] {
        let error = Pattern::parse(text).expect_err(text);
        // Where a syntax error starts is the parser's business.
        let offset = if named == "not valid" {
            assert!(error.offset >= 1 && error.offset < text.len(), "{text}");
            error.offset
        } else {
            offset
        };
        assert_refused(text, offset, named);
    }
    let deep = format!("/{}a{}/", "(".repeat(150), ")".repeat(150));
    assert!(Pattern::parse(&deep).is_err());
    assert_refused(&format!("/{}/", "a{1000}".repeat(20)), 1, "too large");
}

#[test]
fn accepts_and_matches_the_shared_language() {
    for (text, yes, no) in [
        ("main", "main", "Main"),
        ("*", "a.b-c", "a/b"),
        ("**", "a/b", ""),
        ("feat/**", "feat/a/b", "feat"),
        ("*/x", "a/x", "a/b/x"),
        ("a*b*c", "abbc", "a/bc"),
        ("**/x", "/x", "x"),
        ("/a.c/", "aéc", "ac"),
        ("/main|dev/", "dev", "main-dev"),
        ("/^(?:a|b)$/", "b", "ab"),
        (r"/v\d+/", "v12", "v٣"),
        (r"/\D/", "٣", "3"),
        (r"/\w+/", "a_9", "é"),
        (r"/[\W]/", "é", "a"),
        (r"/[^\w]/", "-", "a"),
        (r"/[\d-]+/", "1-2", "a"),
        (r"/\S+/", "aé", ""),
        (r"/a\/b/", "a/b", r"a\/b"),
        ("/a/b/", "a/b", "a"),
        (r"/\.\-\_\&\[\]\\/", r".-_&[]\", "."),
        ("/a{2,3}?/", "aaa", "a"),
        ("/a{2,}/", "aaaa", "a"),
        ("/a+?b??c*?/", "aabcc", "b"),
        ("/[-a]+[a-]/", "a-", "b-"),
        ("/[^^]/", "a", "^"),
        (r"/[\]\[]+/", "[]", "a"),
        ("/[(?=]+/", "(?=", "a"),
        ("/(|a)b/", "b", "a"),
        ("/}]/", "}]", "}"),
        ("/(a{10}){100}/", &"a".repeat(1000), "a"),
        ("/.{1000}/", &"é".repeat(1000), "é"),
        ("/a^b|c/", "c", "ab"),
    ] {
        let found = pattern(text);
        // The empty text is no name, though `**` is a run that may be empty.
        assert!(found.matches(yes), "{text} should match {yes}");
        assert!(no.is_empty() || !found.matches(no), "{text} matches {no}");
    }
}

#[test]
fn knows_what_matches_everything() {
    for text in ["**", "***", "/.*/", "/^.*$/", "/.+/", r"/[\s\S]*/", r"/(a|[^a])+/"] {
        assert!(pattern(text).is_everything(), "{text}");
    }
    for text in ["*", "a", "**/**", "a**", "/.*a/", "/[^~]*/", "/[!-~]*/", "/./"] {
        assert!(!pattern(text).is_everything(), "{text}");
    }
    assert!(!pattern("/(a|b)*a(a|b){20}/").is_everything());
}

#[test]
fn overlaps_by_a_shortest_name() {
    for (a, b, found) in [
        (&["main"][..], &["main"][..], Some("main")),
        (&["main"], &["dev"], None),
        (&["main"], &["m*"], Some("main")),
        (&["feat/**"], &["**/b"], Some("feat/b")),
        (&["*"], &["feat/**"], None),
        (&["*"], &["**"], Some("a")),
        (&["longer", "x*"], &["**"], Some("x")),
        (&["x", "long*"], &["**"], Some("x")),
        (&[r"/v\d+/"], &["v*"], Some("v0")),
        (&["/[^a-zA-Z0-9!-~]+/"], &["*"], Some("é")),
        (&["/é+/"], &["/.{2}/"], Some("éé")),
        (&["/a?/"], &["/b?/"], None),
        (&[r"/\s+/"], &["**"], None),
        (&[], &["**"], None),
    ] {
        let found = found.map(str::to_owned);
        let (a, b) = (patterns(a), patterns(b));
        assert_eq!(overlap(&a, &b), Ok(found.clone()), "{a:?} {b:?}");
        let swapped = overlap(&b, &a).expect("small");
        assert_eq!(swapped.map(|n| n.len()), found.map(|n| n.len()));
    }
}

#[test]
fn leaves_over_a_shortest_name() {
    for (a, minus, found) in [
        (&["main"][..], &["main"][..], None),
        (&["main"], &[], Some("main")),
        (&["main"], &["m*"], None),
        (&["main", "dev"], &["m*"], Some("dev")),
        (&["feat/**"], &["**"], None),
        (&["feat/**"], &["feat/*"], Some("feat//")),
        (&["*"], &["a", "b*"], Some("c")),
        (&["**"], &["*", "*/**"], None),
        (&["**"], &["*", "*/*"], Some("//")),
        (&["**"], &["*", "/.*\\/.*/"], None),
        (&["/a|b/"], &["b", "a"], None),
        (&["/.*/"], &["/[!-~]*/"], Some("é")),
        (&[], &["a"], None),
    ] {
        let (a, minus) = (patterns(a), patterns(minus));
        let expected = found.map(str::to_owned);
        assert_eq!(leftover(&a, &minus), Ok(expected), "{a:?} {minus:?}");
        assert_eq!(is_covered(&a, &minus), Ok(found.is_none()));
    }
}
