//! A workflow as a graph for Graphviz.

use std::fmt::Write as _;

use super::chart::{Cell, Chart, Chip};
use super::task::{Kind, Task};
use super::{Drawing, clock};

/// The jobs from left to right, those of a row in a frame.
pub(super) fn dot(drawing: &Drawing<'_>, chart: &Chart<'_>) -> String {
    let mut text = String::from("digraph {\n");
    let _ = writeln!(text, "  label=\"{}\"", escaped(&format!("{}: {}", drawing.title, drawing.chain())));
    text.push_str(
        "  labelloc=t\n  labeljust=l\n  rankdir=LR\n  nodesep=0.12\n  ranksep=0.4\n  fontname=\"Helvetica\"\n  \
         node [shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\", color=\"#7b8590\", fontname=\"Helvetica\", fontsize=11, height=0.3]\n  \
         edge [color=\"#7b8590\", arrowsize=0.6]\n",
    );
    for (at, row) in chart.rows.iter().enumerate() {
        let _ = writeln!(text, "  subgraph cluster_{at} {{");
        let _ = writeln!(text, "    label=\"{}\"", escaped(&row.label()));
        text.push_str("    labeljust=l\n    fontsize=11\n    style=rounded\n    color=\"#d1d9e0\"\n");
        for (at, cell) in chart.cells.iter().enumerate().filter(|(_, cell)| cell.row == at) {
            for (place, chip) in cell.chips.iter().enumerate() {
                let _ = writeln!(text, "    c{at}x{place} [{}]", attributes(drawing, cell, chip));
            }
        }
        text.push_str("  }\n");
    }
    for edge in &chart.edges {
        for chips in &edge.chips {
            let marked = if edge.marked == Some(*chips) { " [color=\"#bc4c00\", penwidth=2]" } else { "" };
            let _ = writeln!(text, "  c{}x{} -> c{}x{}{marked}", edge.from, chips.0, edge.to, chips.1);
        }
    }
    text.push_str("}\n");
    text
}

/// What a chip is called and how it looks.
fn attributes(drawing: &Drawing<'_>, cell: &Cell<'_>, chip: &Chip<'_>) -> String {
    let tasks: Vec<&Task<'_>> = chip.tasks.iter().map(|task| &drawing.tasks.all[*task]).collect();
    let (fill, line) = match (tasks.iter().any(|task| task.is_critical), cell.kind) {
        (true, _) => ("#fff0e3", "#bc4c00"),
        (false, Kind::Build) => ("#e7f0fb", "#5b8ec6"),
        (false, _) => ("#ffffff", "#7b8590"),
    };
    // Of several jobs, the times are in the tip.
    let time = match tasks.as_slice() {
        [Task { time: Some((begin, end)), .. }] => format!("\\n{}", clock(*end - *begin)),
        _ => String::new(),
    };
    let tips: Vec<String> = tasks.iter().map(|task| escaped(&task.explained())).collect();
    let (label, tips) = (escaped(&chip.label()), tips.join("\\n"));
    format!("label=\"{label}{time}\", tooltip=\"{tips}\", fillcolor=\"{fill}\", color=\"{line}\"")
}

/// Text between `"`, in which `\` begins escapes of its own (<https://graphviz.org/doc/info/lang.html>,
/// <https://graphviz.org/docs/attr-types/escString/>).
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            // Labels know the entities of HTML.
            '&' => escaped.push_str("&amp;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_cannot_end_early() {
        assert_eq!(super::escaped("a\"] \\N &lt;\n"), "a\\\"] \\\\N &amp;lt; ");
    }
}
