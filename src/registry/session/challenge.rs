//! How a registry wants to be logged in to: its `WWW-Authenticate`.

/// One way that a registry offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// The username and password with every request.
    Basic,
    /// A token from a service
    /// (<https://distribution.github.io/distribution/spec/auth/token/>).
    Bearer {
        /// The address of the service.
        realm: String,
        /// What the service knows the registry by.
        service: Option<String>,
        /// Whether the token that was sent allows too little, by
        /// [RFC 6750, section 3.1](https://www.rfc-editor.org/rfc/rfc6750#section-3.1); else it may have expired.
        is_scope_insufficient: bool,
    },
}

/// The best of the ways in the values of the header: a token if there is a service for it, else the password.
/// The grammar is that of [RFC 9110, section 11.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1).
pub fn parse<'a>(values: impl Iterator<Item = &'a str>) -> Option<Challenge> {
    let mut found = None;
    for value in values {
        for (scheme, parameters) in challenges(value) {
            let get = |name: &str| {
                let same = parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                same.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
            };
            if scheme.eq_ignore_ascii_case("bearer")
                && let Some(realm) = get("realm")
            {
                let is_scope_insufficient = get("error").as_deref() == Some("insufficient_scope");
                return Some(Challenge::Bearer { realm, service: get("service"), is_scope_insufficient });
            }
            if scheme.eq_ignore_ascii_case("basic") {
                found = Some(Challenge::Basic);
            }
        }
    }
    found
}

type Parameters = Vec<(String, String)>;

/// Every scheme with its parameters.
fn challenges(text: &str) -> Vec<(String, Parameters)> {
    let mut found: Vec<(String, Parameters)> = Vec::new();
    let mut rest = text.trim_start_matches([' ', ',']);
    while !rest.is_empty() {
        let length = rest.find([' ', '=', ',']).unwrap_or(rest.len());
        let word = &rest[..length];
        let after = rest[length..].trim_start();
        if let Some(value) = after.strip_prefix('=')
            && !word.is_empty()
            && let Some((_, parameters)) = found.last_mut()
        {
            let (value, left) = parameter(value.trim_start());
            parameters.push((word.to_owned(), value));
            rest = left;
        } else {
            if !word.is_empty() {
                found.push((word.to_owned(), Vec::new()));
            }
            rest = after.strip_prefix('=').unwrap_or(after);
        }
        rest = rest.trim_start_matches([' ', ',']);
    }
    found
}

/// The value at the beginning, quoted or not, and what follows it.
fn parameter(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let length = text.find([',', ' ']).unwrap_or(text.len());
        return (text[..length].to_owned(), &text[length..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(value: &str) -> Option<Challenge> {
        parse(std::iter::once(value))
    }

    #[test]
    fn challenges_of_real_registries() {
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/redis:pull""#;
        assert_eq!(
            one(hub),
            Some(Challenge::Bearer {
                realm: "https://auth.docker.io/token".into(),
                service: Some("registry.docker.io".into()),
                is_scope_insufficient: false
            })
        );
        for (error, expected) in [("invalid_token", false), ("insufficient_scope", true)] {
            let text = format!(r#"Bearer realm="https://r/t", service="s", error="{error}""#);
            let Some(Challenge::Bearer { is_scope_insufficient, .. }) = one(&text) else { panic!("a challenge") };
            assert_eq!(is_scope_insufficient, expected);
        }
        assert_eq!(one(r#"Basic realm="Registry Realm""#), Some(Challenge::Basic));
        assert_eq!(one(r#"basic realm="a, b=\"c\"", charset="UTF-8""#), Some(Challenge::Basic));
        let both = r#"Basic realm="x", Bearer realm="https://r/t",service="s""#;
        assert!(matches!(one(both), Some(Challenge::Bearer { .. })));
    }

    #[test]
    fn what_offers_no_way() {
        for value in
            ["", "Negotiate", "Bearer", "Bearer realm=\"\"", "=,=,", "\"", "Digest realm=\"x\"", "Bearer realm"]
        {
            assert_eq!(one(value), None, "{value}");
        }
        assert!(one("Bearer realm=\"https://r").is_some(), "a missing quote ends with the header");
    }
}
