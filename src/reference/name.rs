//! The rules for image names and tags.

/// The most characters that a tag may have, by the
/// [distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests).
pub const TAG_LIMIT: usize = 128;

/// The most characters that a repository's name may have with its registry's, as Docker has it
/// ([distribution/reference](https://github.com/distribution/reference/blob/main/reference.go)).
const NAME_LIMIT: usize = 255;

/// The name under which Docker knows the Docker Hub.
pub const DOCKER_HUB: &str = "docker.io";

/// A tag as a regular expression, without anchors
/// ([the distribution spec's](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests)).
pub const TAG_EXPRESSION: &str = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";

/// A registry, and nothing else, as a regular expression. It takes what [`is_registry`] takes, and numbers that are no
/// address.
pub fn registry_pattern() -> String {
    format!("^{}$", registry_expression())
}

/// An image's name, without a tag, as a regular expression. It takes what [`name_problem`] takes, and names that are too
/// long.
pub fn name_pattern() -> String {
    let component = "[a-z0-9]+(([.]|_|__|-+)[a-z0-9]+)*";
    format!("^({}/)?{component}(/{component})*$", registry_expression())
}

fn registry_expression() -> String {
    let label = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?";
    format!(r"({label}([.]{label})*|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?")
}

/// Why `name` cannot name an image without a tag, or `None` if it can.
pub fn name_problem(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("an image's name is empty".into());
    }
    if name.len() > NAME_LIMIT {
        return Some(format!("an image's name has at most {NAME_LIMIT} characters, and this has {}", name.len()));
    }
    if name.contains('@') {
        return Some("an image's name has no digest".into());
    }
    let (registry, path) = split(name);
    if path.contains(':') {
        return Some("an image's name has no tag".into());
    }
    if let Some(registry) = registry
        && !is_registry(registry)
    {
        let registry = registry.escape_debug();
        return Some(format!("`{registry}` is neither the name of a registry nor its address"));
    }
    let bad = path.split('/').find(|component| !is_component(component))?;
    Some(match bad.to_lowercase() {
        _ if bad.is_empty() => "a part of it is empty".into(),
        lower if lower != bad && is_component(&lower) => {
            format!("the names of images are lower case, and `{}` is not", bad.escape_debug())
        }
        _ => format!("`{}` cannot be part of an image's name", bad.escape_debug()),
    })
}

/// Why `tag` is no tag, or `None` if it is one: `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`.
pub fn tag_problem(tag: &str) -> Option<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if tag.is_empty() {
        return Some("a tag is empty".into());
    }
    if tag.len() > TAG_LIMIT {
        return Some(format!("a tag has at most {TAG_LIMIT} characters, and this has {}", tag.len()));
    }
    if let Some(bad) = tag.chars().find(|c| !is_word(*c) && !".-".contains(*c)) {
        return Some(format!(
            "a tag has only letters, digits, `_`, `.` and `-`, and this has `{}`",
            bad.escape_debug()
        ));
    }
    (!tag.starts_with(is_word)).then(|| "a tag begins with a letter, a digit or `_`".into())
}

/// The registry's host, with its port, in which an image of this name lives: `docker.io` where the name has none.
pub fn registry(name: &str) -> &str {
    split(name).0.unwrap_or(DOCKER_HUB)
}

/// The name in full, so that equal images have equal names: `redis` is `docker.io/library/redis`.
pub fn full_name(name: &str) -> String {
    match split(name) {
        (Some(registry), path) if registry != DOCKER_HUB && registry != "index.docker.io" => {
            format!("{registry}/{path}")
        }
        (_, path) if path.contains('/') => format!("{DOCKER_HUB}/{path}"),
        (_, path) => format!("{DOCKER_HUB}/library/{path}"),
    }
}

/// Whether `host` can be a registry: a host's name, or an address, with or without a port. Who takes it for part of a URL
/// finds that very host: `127.1` would be another way to write `127.0.0.1`, and `256.0.0.1` none.
pub fn is_registry(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    };
    let is_label = |l: &str| {
        !l.is_empty()
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let is_address = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
    let good_name = match is_address {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            let is_itself = |host: url::Host| host.to_string().eq_ignore_ascii_case(name);
            name.split('.').all(is_label) && url::Host::parse(name).is_ok_and(is_itself)
        }
    };
    let is_port = |port: &str| port.chars().all(|c| c.is_ascii_digit()) && port.parse::<u16>().is_ok();
    good_name && port.is_none_or(is_port)
}

/// The registry, if the first component looks like a host as Docker decides it, and the rest.
fn split(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':']) || first == "localhost" || first.chars().any(|c| c.is_ascii_uppercase()) =>
        {
            (Some(first), rest)
        }
        _ => (None, name),
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !text.starts_with(is_plain)
        || !text.ends_with(is_plain)
        || text.chars().any(|c| !is_plain(c) && !"._-".contains(c))
    {
        return false;
    }
    text.split(is_plain).all(|gap| matches!(gap, "" | "." | "_" | "__") || gap.chars().all(|c| c == '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is taken by an expression that takes a little more.
    fn is_matched(pattern: &str, text: &str) -> bool {
        regex::Regex::new(pattern).expect("an expression").is_match(text)
    }

    #[test]
    fn names() {
        for good in [
            "redis",
            "hysds/cuda-pge-base",
            "registry.acme.org/a/b__c",
            "127.0.0.1:5000/x",
            "localhost/x",
            "[::1]:5000/x",
            "a.b:80/c.d",
        ] {
            assert_eq!(name_problem(good), None, "{good}");
            assert!(is_matched(&name_pattern(), good), "{good}");
        }
        for bad in [
            "",
            "a:b",
            "Redis",
            "a/B",
            "a//b",
            "a_",
            "a..b",
            "a@sha256:00",
            "a b",
            "-a",
            "a/b:c",
            "ex ample.com/x",
            "a.b:99999/c",
        ] {
            assert!(name_problem(bad).is_some(), "{bad}");
            assert!(!is_matched(&name_pattern(), bad) || bad == "a.b:99999/c", "{bad}");
        }
    }

    #[test]
    fn registries() {
        for good in [
            "r.io",
            "R.io:443",
            "a--b.example",
            "1.2.3.4:5000",
            "1-2.io",
            "xn--bcher-kva.example",
            "[::1]",
            "[2001:db8::1]:5000",
        ] {
            assert!(is_registry(good), "{good}");
            assert!(is_matched(&registry_pattern(), good), "{good}");
        }
        for bad in [
            "",
            ":80",
            "r.io:",
            "r.io:+80",
            "r.io:65536",
            "r.io:8 0",
            "r..io",
            ".r.io",
            "r.io.",
            "r_x.io",
            "-r.io",
            "256.256.256.256",
            "127.0.0.999:5000",
            "127.1",
            "0x7f.0.0.1",
            "010.0.0.1",
            "1.2.3.4.5",
            "a.1",
            "1",
            "a.0x1",
            "xn--99999.example",
            "xn--.io",
            "[::1",
            "::1",
            "[::g]",
            "[::1]x",
            "[1.2.3.4]",
            "[fe80::1%eth0]",
            "bücher.example",
        ] {
            assert!(!is_registry(bad), "{bad}");
        }
        for bad in [
            "",
            ":80",
            "r.io:",
            "r.io:+80",
            "r..io",
            ".r.io",
            "r_x.io",
            "-r.io",
            "[::1",
            "[::g]",
            "https://r.io",
            "r.io/",
        ] {
            assert!(!is_matched(&registry_pattern(), bad), "{bad}");
        }
    }

    #[test]
    fn tags() {
        for good in ["latest", "v6.1.0", "_x", "1.10-a_B", &"x".repeat(128)] {
            assert_eq!(tag_problem(good), None, "{good}");
            assert!(is_matched(&format!("^{TAG_EXPRESSION}$"), good), "{good}");
        }
        for bad in ["", ".x", "-x", "a/b", "a b", "ü", &"x".repeat(129)] {
            assert!(tag_problem(bad).is_some(), "{bad}");
            assert!(!is_matched(&format!("^{TAG_EXPRESSION}$"), bad), "{bad}");
        }
    }

    #[test]
    fn full_names() {
        assert_eq!(full_name("redis"), "docker.io/library/redis");
        assert_eq!(full_name("docker.io/redis"), "docker.io/library/redis");
        assert_eq!(full_name("acme/redis"), "docker.io/acme/redis");
        assert_eq!(full_name("ghcr.io/redis"), "ghcr.io/redis");
        assert_eq!(registry("localhost:5000/a"), "localhost:5000");
        assert_eq!(registry("a/b"), "docker.io");
    }
}
