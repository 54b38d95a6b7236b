//! Logic statements: the conditions of `when` and `unless`
//! (<https://circleci.com/docs/reference/configuration-reference/#logic-statements>).

use serde_json::Value;

use super::expression;
use super::node::{Node, Result};
use super::pattern;
use super::template::Scope;

/// Whether a condition holds.
pub fn holds(node: &Node, scope: &Scope) -> Result<bool> {
    match node.value() {
        // Without a template in it, it is an expression, and no text that would be true because it is there.
        Value::String(text) if !text.contains("<<") => expression::holds(node, text, scope),
        Value::Object(_) => statement(node, scope),
        Value::Array(_) => node.refuse("a list is no condition"),
        _ => Ok(truthy(&scope.fill(node)?)),
    }
}

fn statement(node: &Node, scope: &Scope) -> Result<bool> {
    let (operator, Some(operand)) = node.called()? else { return node.refuse("a condition was expected") };
    match operator {
        "not" => Ok(!holds(&operand, scope)?),
        "and" | "or" => {
            // All of them, so that what is not known is refused wherever it stands.
            let held = some(&operand)?.iter().map(|item| holds(item, scope)).collect::<Result<Vec<bool>>>()?;
            Ok(if operator == "and" { held.iter().all(|held| *held) } else { held.iter().any(|held| *held) })
        }
        "equal" => {
            let values = some(&operand)?.iter().map(|item| scope.fill(item)).collect::<Result<Vec<Value>>>()?;
            Ok(values.windows(2).all(|pair| pair[0] == pair[1]))
        }
        "matches" => {
            operand.only(&["pattern", "value"])?;
            let filled = scope.fill(&operand)?;
            let filled = operand.holding(&filled);
            pattern::matches(&filled, filled.need("pattern")?.text()?, filled.need("value")?.text()?)
        }
        other => node.refuse(format!("'{other}' is no operator that is known here")),
    }
}

fn some<'v>(node: &Node<'v>) -> Result<Vec<Node<'v>>> {
    match node.items()? {
        items if items.is_empty() => node.refuse("an empty list is no operand"),
        items => Ok(items),
    }
}

/// Whether a value counts as true.
pub fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}
