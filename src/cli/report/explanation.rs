//! What the documentation says of a code.

/// The pages that explain codes, each under a heading of its own.
const PAGES: [&str; 3] = [
    include_str!("../../../docs/matrix-errors.md"),
    include_str!("../../../docs/configuration-errors.md"),
    include_str!("../../../docs/bake.md"),
];

/// The paragraph under the heading of a code, on one line and without its links, which are relative to the page.
pub(super) fn of(code: &str) -> Option<String> {
    let heading = format!("\n### `{code}`\n");
    let (_, after) = PAGES.iter().find_map(|page| page.split_once(&heading))?;
    let paragraph: Vec<&str> = after.lines().take_while(|line| !line.starts_with('#')).map(str::trim).collect();
    Some(without_links(paragraph.join(" ").trim()))
}

/// `[text](page.md#heading)` as `text`.
fn without_links(text: &str) -> String {
    let Some((before, rest)) = text.split_once("](") else { return text.to_owned() };
    let (Some((before, label)), Some((target, after))) = (before.rsplit_once('['), rest.split_once(')')) else {
        return text.to_owned();
    };
    if target.contains("://") || target.contains(' ') {
        return format!("{before}[{label}]({target}){}", without_links(after));
    }
    format!("{before}{label}{}", without_links(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_explained_without_relative_links() {
        let empty = of("empty-matrix").expect("it is explained");
        assert!(empty.ends_with("The quick start has the smallest matrix."), "{empty}");
        assert_eq!(of("none"), None);
        assert_eq!(without_links("a [b](c.md#d), [e](https://f) and [g] (h)"), "a b, [e](https://f) and [g] (h)");
    }
}
