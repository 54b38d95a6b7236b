//! A workflow as a diagram of Mermaid, which is drawn where it stands in Markdown.

use std::fmt::Write as _;
use std::time::Duration;

use super::Drawing;
use super::chart::Chart;
use super::gantt::rows;
use super::task::Kind;
use super::text::width;

/// Of the names of sections, with some room, in pixels.
const FONT: f64 = 12.0;

/// The jobs as a flowchart (<https://mermaid.js.org/syntax/flowchart.html>), those of a row in a frame.
pub(super) fn flowchart(drawing: &Drawing<'_>, chart: &Chart<'_>) -> String {
    let mut text = format!("---\ntitle: \"{}\"\n---\nflowchart LR\n", quoted_yaml(drawing.title));
    let mut marked = Vec::new();
    for (at, row) in chart.rows.iter().enumerate() {
        let _ = writeln!(text, "  subgraph r{at}[\"{}\"]\n    direction LR", escaped(&row.label()));
        for (at, cell) in chart.cells.iter().enumerate().filter(|(_, cell)| cell.row == at) {
            let (open, close) = if cell.kind == Kind::Build { ("[", "]") } else { ("([", "])") };
            for (chip, shown) in cell.chips.iter().enumerate() {
                let _ = writeln!(text, "    c{at}x{chip}{open}\"{}\"{close}", escaped(&shown.label()));
                if shown.tasks.iter().any(|task| drawing.tasks.all[*task].is_critical) {
                    marked.push(format!("c{at}x{chip}"));
                }
            }
        }
        text.push_str("  end\n");
    }
    let (mut count, mut links) = (0, Vec::new());
    for edge in &chart.edges {
        for chips in &edge.chips {
            let arrow = if edge.marked == Some(*chips) {
                links.push(count.to_string());
                "==>"
            } else {
                "-->"
            };
            let _ = writeln!(text, "  c{}x{} {arrow} c{}x{}", edge.from, chips.0, edge.to, chips.1);
            count += 1;
        }
    }
    // The colours are legible on light pages and on dark ones.
    text.push_str("  classDef marked fill:#bc4c00,stroke:#bc4c00,color:#ffffff\n");
    if !marked.is_empty() {
        let _ = writeln!(text, "  class {} marked", marked.join(","));
    }
    if !links.is_empty() {
        let _ = writeln!(text, "  linkStyle {} stroke:#bc4c00,stroke-width:3px", links.join(","));
    }
    text
}

/// The jobs over time (<https://mermaid.js.org/syntax/gantt.html>), those of an image in a section.
///
/// Mermaid has no durations on its axis, only moments in the reader's time zone; so the run begins at a midnight there.
pub(super) fn gantt(drawing: &Drawing<'_>) -> String {
    let rows = rows(drawing);
    let names = rows.iter().map(|row| width(row.name, FONT)).fold(0.0, f64::max).ceil();
    let mut text = format!(
        "---\nconfig:\n  gantt:\n    leftPadding: {names}\n---\ngantt\n  title {}\n  \
         dateFormat YYYY-MM-DD HH:mm:ss.SSS\n  axisFormat %H:%M:%S\n",
        plain(&format!("{}, {}", drawing.title, drawing.chain()))
    );
    for row in rows {
        let _ = writeln!(text, "  section {}", plain(row.name));
        for (member, _) in row.bars {
            let task = &drawing.tasks.all[member];
            let (begin, end) = task.time.unwrap_or_default();
            let marked = if task.is_critical { "crit, " } else { "" };
            let _ = writeln!(
                text,
                "  {} :{marked}j{member}, {}, {}ms",
                plain(&drawing.label(task)),
                moment(begin),
                (end - begin).as_millis()
            );
        }
    }
    text
}

/// The moment of a day in which a run began at midnight, and of the days after it.
fn moment(at: Duration) -> String {
    let (seconds, rest) = (at.as_secs(), at.subsec_millis());
    // More than a month is no run.
    let day = (seconds / 86_400).min(30) + 1;
    format!("2001-01-{day:02} {:02}:{:02}:{:02}.{rest:03}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}

/// Text between `"`: all but letters, digits and what is harmless, by its number, as Mermaid writes entities
/// (<https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters>).
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/' | '×') {
            escaped.push(c);
        } else if c.is_control() {
            escaped.push(' ');
        } else {
            let _ = write!(escaped, "#{};", u32::from(c));
        }
    }
    escaped
}

/// Text of a Gantt diagram, which knows no quotes: what would end it there becomes a blank.
fn plain(text: &str) -> String {
    let is_kept = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '×' | ',' | '(' | ')');
    text.chars().map(|c| if is_kept(c) { c } else { ' ' }).collect()
}

/// Text between the quotes of YAML.
fn quoted_yaml(text: &str) -> String {
    let mut quoted = String::new();
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn text_cannot_end_early() {
        assert_eq!(escaped("a\"];click x`<b>#1\n"), "a#34;#93;#59;click x#96;#60;b#62;#35;1 ");
        assert_eq!(plain("a :crit;%%x#\ny"), "a  crit   x  y");
        assert_eq!(quoted_yaml("a\"\\\n"), "a\\\"\\\\ ");
    }

    #[test]
    fn a_moment_is_counted_from_a_midnight() {
        assert_eq!(moment(Duration::from_millis(90_061_500)), "2001-01-02 01:01:01.500");
    }
}
