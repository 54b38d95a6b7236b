//! The template environment: delimiters, strictness, and values that are written as YAML.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value, context};

use super::{Error, Provider};
use crate::yaml::write;

/// Lays a view out with the provider's template.
///
/// Every value is written as a YAML scalar that every reader takes for the same text; a fragment that a view marks as
/// safe is YAML already.
///
/// # Errors
/// A template that refers to what the view does not have.
pub(super) fn render(provider: &dyn Provider, view: &Value, header: &[String]) -> Result<String, Error> {
    let failed = |cause| Error::Template { provider: provider.name(), cause };
    let environment = environment().map_err(failed)?;
    let template = environment.template_from_named_str(provider.name(), provider.template()).map_err(failed)?;
    let header: Vec<Value> = header.iter().map(|line| Value::from_safe_string(line.clone())).collect();
    let mut text = template.render(context! { header, view }).map_err(failed)?;
    text.truncate(text.trim_end().len());
    text.push('\n');
    Ok(text)
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(
        SyntaxConfig::builder()
            .block_delimiters("{%", "%}")
            .variable_delimiters("{{{", "}}}")
            .comment_delimiters("{{#", "#}}")
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    environment.set_formatter(|out, _, value| {
        let text = match value.as_str() {
            Some(text) if value.is_safe() => text.to_owned(),
            Some(text) => write::scalar(text),
            None => {
                let kind = value.kind();
                return Err(minijinja::Error::new(
                    minijinja::ErrorKind::BadSerialization,
                    format!("a template writes text, not {kind}"),
                ));
            }
        };
        out.write_str(&text).map_err(minijinja::Error::from)
    });
    Ok(environment)
}
