//! Where a foreign file says that something lies: a folder of the repository, or a place elsewhere.

use crate::template::Template;

/// What begins an address and no path of the repository
/// (<https://docs.docker.com/reference/cli/docker/buildx/build/#build-context>).
const ELSEWHERE: [&str; 9] =
    ["https://", "http://", "git://", "ssh://", "git@", "github.com/", "docker-image://", "oci-layout://", "target:"];

pub(super) fn is_elsewhere(text: &Template) -> bool {
    ELSEWHERE.iter().any(|start| text.leading().starts_with(start))
}

/// A path that begins in a folder of the repository, from its root; `None` if it leaves the repository, or begins at the root
/// of the machine.
pub(super) fn from_root(folder: &str, path: &Template) -> Option<Template> {
    let path = match path.leading().strip_prefix("cwd://") {
        // Where the command was run, whatever the file says of folders.
        Some(_) => return from_root("", &path.without_start("cwd://".len())),
        None => path,
    };
    if path.leading().starts_with(['/', '~']) {
        return None;
    }
    let Some(literal) = path.as_literal() else {
        let mut whole = Template::literal(folder.trim_end_matches('/'));
        if !folder.is_empty() {
            whole.push_literal("/");
        }
        let dots = if path.leading().starts_with("./") { 2 } else { 0 };
        whole.push(&path.without_start(dots));
        return (!path.leading().starts_with("..")).then_some(whole);
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(literal.split('/')).filter(|part| !part.is_empty() && *part != ".") {
        match part {
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(Template::literal(if parts.is_empty() { ".".to_owned() } else { parts.join("/") }.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_begin_at_the_root() {
        let found = |folder: &str, path: &str| {
            let (path, _) = Template::parse(path).expect("a value");
            from_root(folder, &path).map(|path| path.to_string())
        };
        assert_eq!(found("", "./").as_deref(), Some("."));
        assert_eq!(found("docker", ".").as_deref(), Some("docker"));
        assert_eq!(found("docker/x", "../y/./z/").as_deref(), Some("docker/y/z"));
        assert_eq!(found("docker", "./${dir}/x").as_deref(), Some("docker/${dir}/x"));
        assert_eq!(found("docker", "cwd://a").as_deref(), Some("a"));
        for path in ["..", "/etc", "~/x", "../${dir}"] {
            assert_eq!(found("", path), None, "{path}");
        }
    }
}
