//! Variables of a bake file and the texts that refer to them: HCL's templates in JSON
//! (<https://github.com/hashicorp/hcl/blob/main/json/spec.md#strings>), as far as they name variables with a default.

use crate::diagnostic::Diagnostic;
use crate::import::PRINT;
use crate::span::Span;
use crate::yaml::Mapping;

/// Variables, by name, with their defaults.
pub(super) struct Variables(Vec<(String, String)>);

impl Variables {
    pub(super) fn of(section: &Mapping) -> Self {
        let default = |entry: &crate::yaml::Entry| {
            let text = entry.value.get("default")?.as_scalar().filter(|it| it.text != "null")?.text.clone();
            Some((entry.key.text.clone(), text))
        };
        Self(section.entries.iter().filter_map(default).collect())
    }

    /// A text with its variables filled in; what has to be evaluated is reported.
    pub(super) fn filled(&self, text: &str, span: Span, problems: &mut Vec<Diagnostic>) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['$', '%']) {
            let (before, found) = rest.split_at(at);
            filled.push_str(before);
            let sign = &found[..1];
            let escaped = format!("{sign}{sign}{{");
            rest = if let Some(after) = found.strip_prefix(&escaped) {
                filled.push_str(&format!("{sign}{{"));
                after
            } else if let Some(inside) = found[1..].strip_prefix('{') {
                let end = inside.find('}').unwrap_or(inside.len());
                let name = inside[..end].trim();
                match self.0.iter().find(|(known, _)| known == name).filter(|_| sign == "$") {
                    Some((_, value)) => filled.push_str(value),
                    None => {
                        let message = format!("`{sign}{{{name}}}` has to be evaluated, which only bake does");
                        problems.push(Diagnostic::new("unresolved", span, message).help(PRINT));
                        return text.to_owned();
                    }
                }
                inside.get(end + 1..).unwrap_or_default()
            } else {
                filled.push_str(sign);
                &found[1..]
            };
        }
        filled + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_and_nothing_is_evaluated() {
        let variables = Variables(vec![("TAG".into(), "v1".into())]);
        let filled = |text: &str| {
            let mut problems = Vec::new();
            let filled = variables.filled(text, Span::default(), &mut problems);
            problems.is_empty().then_some(filled)
        };
        assert_eq!(filled("a:${TAG}-$x 100% $${TAG} %%{if}").as_deref(), Some("a:v1-$x 100% ${TAG} %{if}"));
        for text in ["${OTHER}", "${timestamp()}", "%{if TAG}", "${TAG} ${"] {
            assert_eq!(filled(text), None, "{text}");
        }
    }
}
