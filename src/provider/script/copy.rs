//! What publishes a foreign image.

use super::Values;
use crate::plan::Copy;
use crate::shell;
use crate::template::Template;

/// The shell that copies the image to every name under every one of `$tags`.
pub(in crate::provider) fn copy(values: &Values<'_>, copy: &Copy, logins: &[String]) -> String {
    let mut text = String::new();
    let mut all: Vec<Template> = copy.images.iter().chain([&copy.source]).cloned().collect();
    all.extend(values.runs.iter().flat_map(|place| values.plan.workflows[*place].tags.iter().cloned()));
    for name in values.environment(all.iter()) {
        text.push_str(&format!(": \"${{{name}:?{}}}\"\n", values.dialect.advice));
    }
    text.push_str("set --\nfor tag in $tags; do\n");
    for image in &copy.images {
        let mut name = image.clone();
        name.push_literal(":");
        name.push(&Template::name("tag"));
        // Each tag in turn, and not the first.
        let name = name.fill(|name| values.same_var(name).cloned());
        let word = shell::word(&name, &|name| values.parameter(name));
        text.push_str(&format!("  set -- \"$@\" {word}\n"));
    }
    text.push_str("done\nmkdir -p .splitbuild\nsplitbuild copy");
    logins.iter().for_each(|login| text.push_str(&format!(" \\\n  {login}")));
    if !copy.platforms.is_empty() {
        let platforms: Vec<String> = copy.platforms.iter().map(ToString::to_string).collect();
        text.push_str(&format!(" \\\n  --platform {}", platforms.join(",")));
    }
    let index = format!(".splitbuild/{}-index", values.job.key);
    text.push_str(&format!(" \\\n  {} \"$@\" >{index}\ncat {index}\n", values.word(&copy.source)));
    text
}
