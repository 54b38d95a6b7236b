//! How much of what GitHub takes a workflow file is: its bytes, or the nodes that its reader counts.

use crate::provider::size::{Size, Unit};
use crate::yaml::{Node, Value};

/// "Workflow file size" (<https://docs.github.com/en/actions/reference/limits>). A larger file starts nothing, and nothing
/// says why.
const BYTES: u64 = 512_000;

/// `c_maxYamlNodes` of
/// <https://github.com/actions/runner/blob/main/src/Sdk/WorkflowParser/Conversion/YamlObjectReader.cs>.
const NODES: u64 = 50_000;

/// The beginning and the end of the stream and of the document are nodes as well.
const AROUND: u64 = 4;

/// The size of a file that stands in `text`: whichever of the two is nearer to its limit.
pub(super) fn size(document: &Node, text: &str) -> Option<Size> {
    let jobs = document.as_mapping()?.get("jobs").and_then(Node::as_mapping).map_or(0, |jobs| jobs.entries.len());
    let (bytes, nodes) = (text.len() as u64, nodes(document) + AROUND);
    Some(match bytes * NODES >= nodes * BYTES {
        true => Size {
            what: "this workflow file",
            counted: bytes,
            limit: BYTES,
            unit: Unit::Bytes,
            jobs,
            help: "call reusable workflows: each is counted by itself; or put long scripts into files of the repository",
        },
        false => Size {
            what: "in nodes of YAML, this file",
            counted: nodes,
            limit: NODES,
            unit: Unit::Things,
            jobs,
            help: "an alias counts as much as what it stands for: call a reusable workflow instead",
        },
    })
}

/// As GitHub counts: the beginning and the end of a list or a map, keys and values, and what an alias stands for each time.
fn nodes(node: &Node) -> u64 {
    match &node.value {
        Value::Scalar(_) => 1,
        Value::Sequence(items) => 2 + items.iter().map(nodes).sum::<u64>(),
        Value::Mapping(map) => 2 + map.entries.iter().map(|entry| 1 + nodes(&entry.value)).sum::<u64>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::read::{Budget, read};

    fn counted(text: &str) -> (u64, u64, usize) {
        let size = size(&read(text, Budget::default()).expect("YAML").root, text).expect("a map has a size");
        (size.counted, size.limit, size.jobs)
    }

    #[test]
    fn the_nearer_limit_counts() {
        let long = format!("jobs: {{ a: {{ x: {} }} }}\n", "x".repeat(1000));
        assert_eq!(counted(&long), (long.len() as u64, BYTES, 1));
        let aliases = "jobs: { a: &a { x: [1, 2, 3] }, b: *a, c: *a }\n";
        let job = 1 + 2 + 1 + 2 + 3;
        assert_eq!(counted(aliases), (4 + 2 + 1 + 2 + 3 * job, NODES, 3));
    }
}
