//! Recognises plain scalars that some YAML reader would not take for a string.
//!
//! The forms are the union of YAML 1.1, YAML 1.2 and what `PyYAML`, go-yaml and Psych accept,
//! since a text is only safe to leave unquoted when none of them converts it.

/// Names the type some reader gives to this plain text, if it is not a string to all of them.
pub(super) fn plain_type(text: &str) -> Option<&'static str> {
    // Most texts: what begins with a letter can only be one of some short words.
    if text.len() > "false".len() && text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    if is_null(text) {
        return Some("nothing");
    }
    if is_boolean(text) {
        return Some("a boolean");
    }
    if is_date(text) {
        return Some("a date");
    }
    is_number(text).then_some("a number")
}

fn is_null(text: &str) -> bool {
    text.is_empty() || text == "~" || text.eq_ignore_ascii_case("null")
}

fn is_boolean(text: &str) -> bool {
    // Psych ignores case altogether, so mixed case is unsafe although YAML 1.1 does not list it.
    const WORDS: [&str; 8] = ["true", "false", "yes", "no", "on", "off", "y", "n"];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if [".inf", ".nan"].iter().any(|word| unsigned.eq_ignore_ascii_case(word)) {
        return true;
    }
    is_based(unsigned) || is_sexagesimal(unsigned) || is_decimal(unsigned)
}

/// Integers with an explicit base: `0x1F`, `0o17`, `0b101`.
fn is_based(unsigned: &str) -> bool {
    let Some((prefix, digits)) = unsigned.split_at_checked(2) else {
        return false;
    };
    let radix = match prefix {
        "0x" | "0X" => 16,
        "0o" | "0O" => 8,
        "0b" | "0B" => 2,
        _ => return false,
    };
    let in_base = |c: char| c.is_digit(radix) || is_separator(c);
    !digits.is_empty() && digits.chars().all(in_base)
}

/// Base sixty, which YAML 1.1 gives to times such as `12:30` and `1:02:03.5`.
fn is_sexagesimal(unsigned: &str) -> bool {
    let Some((whole, rest)) = unsigned.split_once(':') else {
        return false;
    };
    let (parts, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let below_sixty = |part: &str| match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [tens, digit] => (b'0'..=b'5').contains(tens) && digit.is_ascii_digit(),
        _ => false,
    };
    is_digits(whole) && parts.split(':').all(below_sixty) && fraction.chars().all(|c| c.is_ascii_digit() || c == '_')
}

/// Integers and floats in base ten, leading zeros included: `012`, `1_000`, `1.10`, `.5`, `1e3`.
fn is_decimal(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    if let Some(exponent) = exponent {
        let magnitude = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if !is_digits(magnitude) {
            return false;
        }
    }
    match mantissa.split_once('.') {
        None => is_digits(mantissa),
        Some(("", fraction)) => !fraction.is_empty() && fraction.chars().all(is_digit_like),
        Some((whole, fraction)) => is_digits(whole) && fraction.chars().all(is_digit_like),
    }
}

/// `2026-11-21`, alone or followed by a time of day.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let is_short = |digits: &str| (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let day_end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (day, time) = rest.split_at(day_end);
    year.len() == 4
        && year.bytes().all(|b| b.is_ascii_digit())
        && is_short(month)
        && is_short(day)
        && (time.is_empty() || is_time(time))
}

/// What follows the day in a timestamp, from its separator on.
fn is_time(text: &str) -> bool {
    let clock = text.trim_start_matches(['T', 't', ' ', '\t']);
    clock.len() < text.len()
        && clock.starts_with(|c: char| c.is_ascii_digit())
        && clock.contains(':')
        && clock.chars().all(|c| c.is_ascii_digit() || ":.+-Zz \t".contains(c))
}

fn is_digits(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(is_digit_like)
}

fn is_digit_like(c: char) -> bool {
    c.is_ascii_digit() || is_separator(c)
}

/// YAML 1.1 allows `_` between digits; Psych also allows `,`.
fn is_separator(c: char) -> bool {
    matches!(c, '_' | ',')
}

#[cfg(test)]
mod tests {
    use super::plain_type;

    fn assert_all(expected: Option<&str>, texts: &[&str]) {
        for text in texts {
            assert_eq!(plain_type(text), expected, "{text:?}");
        }
    }

    #[test]
    fn numbers() {
        assert_all(
            Some("a number"),
            &[
                "0",
                "12",
                "-12",
                "+3",
                "012",
                "08",
                "1_000",
                "1,000",
                "0x1F",
                "0XfF",
                "0o17",
                "0b101",
                "-0x1",
                "12:30",
                "1:02:03",
                "1:02:03.5",
                "1.10",
                "1.",
                ".5",
                "+1.5",
                "1e3",
                "1E-3",
                "1.5e+3",
                "6.02e23",
                ".inf",
                "-.Inf",
                ".NaN",
                ".nan",
            ],
        );
    }

    #[test]
    fn words_and_dates() {
        assert_all(Some("a boolean"), &["true", "True", "FALSE", "yes", "No", "ON", "off", "y", "Y", "n", "N"]);
        assert_all(Some("nothing"), &["", "~", "null", "Null", "NULL"]);
        assert_all(
            Some("a date"),
            &[
                "2026-11-21",
                "2026-1-2",
                "2001-12-14t21:59:43.10-05:00",
                "2001-12-14 21:59:43.10 -5",
                "2001-12-15T02:59:43Z",
            ],
        );
    }

    #[test]
    fn strings() {
        assert_all(
            None,
            &[
                "a",
                "1.2.3",
                "v1.0",
                "1e",
                "0x",
                "0b2",
                "0xg",
                ".",
                "..",
                "-",
                "+",
                "1-2",
                "12:60",
                "8080:80",
                "a:30",
                "2026-11",
                "2026-11-21-rc1",
                "2026-11-21 release",
                "nope",
                "yesno",
                "inf",
                "é",
                "0é",
                "_1",
                "1a",
                "1 2",
                "--",
                ".inff",
                "<<",
            ],
        );
    }
}
