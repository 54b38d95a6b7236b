//! The command that builds an image.

use super::Values;
use super::local::PULL;
use crate::plan::{Build, Recipe};
use crate::template::Template;

/// The build, a line an option.
pub(super) fn command(values: &Values<'_>, build: &Build, (engine, takes_names): (&str, bool)) -> Vec<Vec<Template>> {
    let Recipe::Docker(options) = &build.recipe else { return Vec::new() };
    let word = Template::literal;
    let mut first = vec![word(engine), word("build")];
    // Its storage may know a layer of another build, and does not see that a variable got its value from another argument
    // (https://github.com/containers/buildah/issues/5501): it looks only if it is asked for a cache.
    let is_cached = options.iter().any(|option| option.flag.starts_with("--cache-"));
    if engine == "buildah" && is_cached {
        first.push(word("--layers"));
    }
    first.extend((takes_names || values.pulls_sometimes()).then(|| Template::name("@")));
    let mut lines = vec![first];
    let filled = |value: &Template| values.filled(value);
    let label = |key: &str, value: &Template| {
        let mut label = word(&format!("{key}="));
        label.push(value);
        vec![word("--label"), filled(&label)]
    };
    for option in options.iter().filter(|option| option.flag != PULL || !values.leaves_pull()) {
        lines.push(std::iter::once(word(option.flag)).chain(option.value.as_ref().map(filled)).collect());
    }
    // The project's own labels count, wherever they stand.
    let at = lines.iter().position(|line| line[0].as_literal() == Some("--label")).unwrap_or(lines.len());
    let source = build.context.address().unwrap_or_else(|| Template::name("source"));
    let ours = [
        label("org.opencontainers.image.revision", &Template::name("revision")),
        label("org.opencontainers.image.source", &source),
    ];
    lines.splice(at..at, ours);
    let is_always =
        |image: &&Template| values.optional(image).is_none() && values.filled(image).as_literal() != Some("");
    for image in build.images.iter().filter(is_always) {
        let mut name = image.clone();
        name.push_literal(":");
        name.push(&Template::name("arch_tag"));
        lines.push(vec![word("--tag"), filled(&name)]);
    }
    lines.push(vec![filled(&build.context.path())]);
    lines
}
