//! The `filters` of a job: whether an event runs it
//! (<https://circleci.com/docs/reference/configuration-reference/#jobfilters>).

use super::expression;
use super::node::{Node, Result};
use super::pattern;
use super::template::Scope;
use super::trigger::Event;

/// Whether filters admit an event. Without filters for tags, nothing runs for a tag.
pub fn admits(filters: Option<&Node>, scope: &Scope) -> Result<bool> {
    let event = &scope.trigger.event;
    let Some(filters) = filters else { return Ok(!matches!(event, Event::Tag(_))) };
    let filled = scope.fill(filters)?;
    let filters = filters.holding(&filled);
    if let Some(text) = filled.as_str() {
        let holds = expression::holds(&filters, text, scope)?;
        let of_tags = expression::names(&filters, text, "pipeline.git.tag")?;
        return Ok(holds && (of_tags || !matches!(event, Event::Tag(_))));
    }
    filters.only(&["branches", "tags"])?;
    // Both are looked at, so that what is not known is refused for every event.
    let branch = filters.get("branches").map(|side| passes(&side, event.branch())).transpose()?;
    let tag = filters.get("tags").map(|side| passes(&side, event.tag())).transpose()?;
    Ok(match event {
        Event::Tag(_) => tag.unwrap_or(false),
        _ => branch.unwrap_or(true),
    })
}

/// Whether a name passes `only` or `ignore`.
pub fn passes(side: &Node, name: &str) -> Result<bool> {
    side.only(&["only", "ignore"])?;
    match (side.get("only"), side.get("ignore")) {
        (Some(_), Some(_)) => side.refuse("what 'only' and 'ignore' mean together is not told clearly"),
        (Some(only), None) => named(&only, name),
        (None, Some(ignore)) => Ok(!named(&ignore, name)?),
        (None, None) => side.refuse("'only' or 'ignore' was expected"),
    }
}

fn named(list: &Node, name: &str) -> Result<bool> {
    let mut found = false;
    for specifier in list.texts()? {
        found |= match specifier.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
            Some(regex) => pattern::matches(list, regex, name)?,
            None => specifier == name,
        };
    }
    Ok(found)
}
