//! The picture of a workflow without times: images from the top down, their jobs from left to right by what they wait for.

use std::fmt::Write as _;

use super::Drawing;
use super::chart::{Cell, Chart, Chip, Edge, Extent};
use super::legend::{Legend, Sample};
use super::route::{Route, Routes, Track};
use super::style::{NAME, NOTE, TITLE, WORD};
use super::svg::{Frame, Svg, fitting, middle, number};
use super::task::Kind;
use super::text::{shortened, width};

/// Between the picture's edge and what is in it.
pub(super) const MARGIN: f64 = 20.0;
/// Where the rows begin.
pub(super) const TOP: f64 = 66.0;
/// The widest that a row's name gets.
pub(super) const LONGEST_NAME: f64 = 230.0;
const CHIP: f64 = 20.0;
/// From the top of one chip to the top of the next.
const CHIP_STEP: f64 = 23.0;
/// Between a row's edge and its cells.
const ROW_ROOM: f64 = 8.0;
/// Between cells and the lines of their chips' brackets.
const BRACKET: f64 = 10.0;
/// Between two tracks of a gutter.
const TRACK: f64 = 7.0;
const RADIUS: f64 = 5.0;
/// So wide is a picture at least, for the sake of the legend.
const NARROWEST: f64 = 480.0;

/// Where everything stands, in pixels.
struct Layout<'c> {
    chart: &'c Chart<'c>,
    /// The left edge of each column's cells, and how wide they are.
    columns: Vec<(f64, f64)>,
    /// The upper edge of each row, and its height.
    rows: Vec<(f64, f64)>,
    width: f64,
    bottom: f64,
}

/// The strokes of all lines of a kind. As one path they are painted once where they run over each other, and so no darker.
#[derive(Default)]
struct Lines {
    waits: String,
    parts: String,
    rails: String,
    heads: String,
    chain: String,
    marked_rails: String,
    tips: String,
}

impl Lines {
    fn draw(&self, svg: &mut Svg) {
        for (class, strokes) in [
            ("part", &self.parts),
            ("rail", &self.rails),
            ("gap", &self.rails),
            ("wait", &self.waits),
            ("head", &self.heads),
            ("rail chain", &self.marked_rails),
            ("gap", &self.marked_rails),
            ("chain", &self.chain),
            ("tip", &self.tips),
        ] {
            if !strokes.is_empty() {
                svg.path(class, strokes);
            }
        }
    }
}

pub(super) fn layers(drawing: &Drawing<'_>, chart: &Chart<'_>) -> String {
    let routes = Routes::of(chart);
    let layout = Layout::of(drawing, chart, &routes);
    let mut svg = Svg::new();
    title(&mut svg, drawing);
    for (row, (y, height)) in chart.rows.iter().zip(&layout.rows) {
        stripe(&mut svg, (*y, *height, layout.width), is_odd(&layout.rows, *y));
        row_name(&mut svg, (row.name, row.images), y + height / 2.0);
    }
    let mut lines = Lines::default();
    for (edge, route) in chart.edges.iter().zip(&routes.routes) {
        let strokes = layout.strokes(edge, route);
        let bundle = match (edge.marked, edge.extent) {
            (Some(_), Extent::SamePlatform) => &mut lines.marked_rails,
            (None, Extent::SamePlatform) => &mut lines.rails,
            (Some(_), _) => &mut lines.chain,
            (None, Extent::Whole) => &mut lines.waits,
            (None, Extent::Part) => &mut lines.parts,
        };
        bundle.push_str(&strokes);
    }
    for (at, cell) in chart.cells.iter().enumerate() {
        layout.brackets(&mut lines, (at, cell));
    }
    lines.draw(&mut svg);
    for cell in &chart.cells {
        layout.cell(&mut svg, drawing, cell);
    }
    let end = legend(drawing, chart).draw(&mut svg, (MARGIN, layout.bottom + 26.0), layout.width - 2.0 * MARGIN);
    let description = format!(
        "{}; {}. Each row is an image; from left to right stands what waits for what. The marked chain: {}.",
        drawing.counts(),
        drawing.chain(),
        drawing.chain_names(),
    );
    svg.finish(layout.width, end + MARGIN - 4.0, (&format!("Jobs of {}", drawing.title), &description))
}

/// The workflow's name, and what there is of it.
pub(super) fn title(svg: &mut Svg, drawing: &Drawing<'_>) {
    svg.text("title", (MARGIN, MARGIN + 13.0), &shortened(drawing.title, TITLE, 420.0));
    svg.text("note", (MARGIN, MARGIN + 33.0), &drawing.counts());
    let x = MARGIN + width(&drawing.counts(), NOTE) + 10.0;
    svg.text("chain-note", (x, MARGIN + 33.0), &drawing.chain());
}

/// How wide the title is at the most.
pub(super) fn title_width(drawing: &Drawing<'_>) -> f64 {
    let note = width(&drawing.counts(), NOTE) + 10.0 + width(&drawing.chain(), NOTE) * 1.1;
    note.max(width(&shortened(drawing.title, TITLE, 420.0), TITLE) * 1.1)
}

fn is_odd(rows: &[(f64, f64)], y: f64) -> bool {
    rows.iter().position(|(top, _)| *top >= y).is_some_and(|at| at % 2 == 0)
}

pub(super) fn stripe(svg: &mut Svg, (y, height, width): (f64, f64, f64), is_odd: bool) {
    if is_odd {
        svg.rectangle("stripe", Frame { x: 8.0, y, width: width - 16.0, height }, RADIUS);
    }
}

/// What is written beside a row.
fn row_title((name, images): (&str, usize)) -> String {
    let count = if images > 1 { format!(" × {images}") } else { String::new() };
    shortened(name, NAME, LONGEST_NAME - width(&count, NAME)) + &count
}

pub(super) fn row_name(svg: &mut Svg, (name, images): (&str, usize), y: f64) {
    let shown = row_title((name, images));
    if shown.starts_with(name) {
        return svg.text("name", (MARGIN, y + 4.5), &shown);
    }
    svg.group("row", name, |svg| svg.text("name", (MARGIN, y + 4.5), &shown));
}

/// How much room the names of rows take.
pub(super) fn names_width<'n>(rows: impl Iterator<Item = (&'n str, usize)>) -> f64 {
    rows.map(|row| width(&row_title(row), NAME)).fold(40.0, f64::max).ceil()
}

fn legend(drawing: &Drawing<'_>, chart: &Chart<'_>) -> Legend {
    let mut legend = Legend::default();
    let has = |kind: Kind| chart.cells.iter().any(|cell| cell.kind == kind);
    if has(Kind::Build) {
        legend.add(Sample::Box(Kind::Build), "build for one architecture");
    }
    let others = [
        (Kind::Manifest, "index over the builds"),
        (Kind::Copy, "copy of an image"),
        (Kind::Export, "export to files"),
    ];
    let others: Vec<&str> = others.into_iter().filter(|(kind, _)| has(*kind)).map(|(_, text)| text).collect();
    if !others.is_empty() {
        legend.add(Sample::Box(Kind::Manifest), &others.join(", "));
    }
    if has(Kind::External) {
        legend.add(Sample::Box(Kind::External), "hand-written");
    }
    if !drawing.tasks.chain.is_empty() {
        legend.add(Sample::Line("chain"), "longest chain");
    }
    let has = |extent: Extent| chart.edges.iter().any(|edge| edge.extent == extent && edge.marked.is_none());
    if has(Extent::Whole) {
        legend.add(Sample::Line("wait"), "waits for");
    }
    if chart.edges.iter().any(|edge| edge.extent == Extent::SamePlatform) {
        legend.add(Sample::Line("rail"), "each architecture waits for its own");
    }
    if has(Extent::Part) {
        legend.add(Sample::Line("part"), "some of them wait");
    }
    if chart.is_reduced {
        legend.note("Waits that others imply are left out.");
    }
    legend
}

impl<'c> Layout<'c> {
    fn of(drawing: &Drawing<'_>, chart: &'c Chart<'c>, routes: &Routes) -> Self {
        let names = names_width(chart.rows.iter().map(|row| (row.name, row.images)));
        let mut x = MARGIN + names + 16.0;
        let mut columns = Vec::new();
        for column in 0..chart.columns {
            let cells = chart.cells.iter().filter(|cell| cell.column == column);
            let words = cells.flat_map(|cell| &cell.chips).map(Chip::label).collect::<Vec<_>>();
            let wide = fitting(words.iter().map(String::as_str), WORD * 1.06, 16.0);
            columns.push((x, wide));
            x += wide + 2.0 * BRACKET + TRACK * (routes.tracks[column] as f64 + 1.0);
        }
        let right = columns.last().map_or(x, |(x, wide)| x + wide);
        let mut y = TOP;
        let mut rows = Vec::new();
        for row in 0..chart.rows.len() {
            let chips = chart.cells.iter().filter(|cell| cell.row == row).map(|cell| cell.chips.len()).max();
            let height = 2.0 * ROW_ROOM + CHIP_STEP * chips.unwrap_or(1) as f64 - (CHIP_STEP - CHIP);
            rows.push((y, height));
            y += height;
        }
        let width = (right + MARGIN).max(2.0 * MARGIN + title_width(drawing)).max(NARROWEST).ceil();
        Self { chart, columns, rows, width, bottom: y }
    }

    /// The middle of a row.
    fn middle(&self, row: usize) -> f64 {
        let (y, height) = self.rows[row];
        y + height / 2.0
    }

    fn frame(&self, cell: &Cell<'_>, chip: usize) -> Frame {
        let (x, width) = self.columns[cell.column];
        let above = CHIP_STEP * cell.chips.len() as f64 - (CHIP_STEP - CHIP);
        let y = self.middle(cell.row) - above / 2.0 + CHIP_STEP * chip as f64;
        Frame { x, y, width, height: CHIP }
    }

    /// Where lines come into a cell, and where they leave it.
    fn doors(&self, cell: &Cell<'_>) -> (f64, f64) {
        let (x, width) = self.columns[cell.column];
        let bracket = if cell.chips.len() > 1 { BRACKET } else { 0.0 };
        (x - bracket, x + width + bracket)
    }

    fn track(&self, at: Track) -> f64 {
        let (x, width) = self.columns[at.gutter];
        x + width + BRACKET + TRACK * (at.track as f64 + 0.6)
    }

    /// An edge as the attribute `d` of a path.
    fn strokes(&self, edge: &Edge, route: &Route) -> String {
        let (from, to) = (&self.chart.cells[edge.from], &self.chart.cells[edge.to]);
        let (start, end) = (self.doors(from).1, self.doors(to).0);
        let (source, target) = (self.middle(from.row), self.middle(to.row));
        let points = match route {
            Route::Straight => vec![(start, source), (end, target)],
            Route::Bent(out) => {
                let x = self.track(*out);
                vec![(start, source), (x, source), (x, target), (end, target)]
            }
            Route::Around(out, back) => {
                let (x, near) = (self.track(*out), self.track(*back));
                let (top, height) = self.rows[to.row];
                let below = top + height - 3.0;
                vec![(start, source), (x, source), (x, below), (near, below), (near, target), (end, target)]
            }
        };
        rounded(&points)
    }

    /// The lines that join the chips of a cell with its doors.
    fn brackets(&self, lines: &mut Lines, (at, cell): (usize, &Cell<'_>)) {
        let into = || self.chart.edges.iter().filter(|edge| edge.to == at);
        let out = || self.chart.edges.iter().filter(|edge| edge.from == at);
        let (left, right) = self.doors(cell);
        let y = self.middle(cell.row);
        let tick = |door: f64, chip: usize| {
            let frame = self.frame(cell, chip);
            let edge = if door < frame.x { frame.x } else { frame.x + frame.width };
            let middle = frame.y + CHIP / 2.0;
            if cell.chips.len() > 1 { rounded(&[(door, y), (door, middle), (edge, middle)]) } else { String::new() }
        };
        let head = |chip: usize| {
            let frame = self.frame(cell, chip);
            format!("M{} {}l-6 -3.5v7z", number(frame.x), number(frame.y + CHIP / 2.0))
        };
        for chip in 0..cell.chips.len() {
            if into().next().is_some() {
                lines.waits.push_str(&tick(left, chip));
                lines.heads.push_str(&head(chip));
            }
            if out().next().is_some() {
                lines.waits.push_str(&tick(right, chip));
            }
        }
        for (_, chip) in into().filter_map(|edge| edge.marked) {
            lines.chain.push_str(&tick(left, chip));
            lines.tips.push_str(&head(chip));
        }
        out().filter_map(|edge| edge.marked).for_each(|(chip, _)| lines.chain.push_str(&tick(right, chip)));
    }

    fn cell(&self, svg: &mut Svg, drawing: &Drawing<'_>, cell: &Cell<'_>) {
        for (at, chip) in cell.chips.iter().enumerate() {
            let frame = self.frame(cell, at);
            let tasks = || chip.tasks.iter().map(|at| &drawing.tasks.all[*at]);
            let marked = if tasks().any(|task| task.is_critical) { " marked" } else { "" };
            let title: Vec<String> = tasks().map(|task| task.explained()).collect();
            svg.group(&format!("{}{marked}", class(cell.kind)), &title.join("\n"), |svg| {
                svg.rectangle("box", frame, radius(cell.kind));
                svg.text("word", (middle(frame), frame.y + 14.0), &chip.label());
            });
        }
    }
}

pub(super) fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Build => "build",
        Kind::External => "external",
        _ => "other",
    }
}

pub(super) fn radius(kind: Kind) -> f64 {
    if kind == Kind::Build { 4.0 } else { CHIP / 2.0 }
}

/// Straight lines from point to point with round bends.
pub(super) fn rounded(points: &[(f64, f64)]) -> String {
    let mut strokes = String::new();
    for (at, &(x, y)) in points.iter().enumerate() {
        let (Some(&before), Some(&after)) = (at.checked_sub(1).map(|at| &points[at]), points.get(at + 1)) else {
            let _ = write!(strokes, "{}{} {}", if at == 0 { "M" } else { "L" }, number(x), number(y));
            continue;
        };
        let far = |(a, b): (f64, f64)| (a - x).abs() + (b - y).abs();
        let radius = RADIUS.min(far(before) / 2.0).min(far(after) / 2.0);
        let towards =
            |(a, b): (f64, f64)| (x + radius * (a - x).signum_or_zero(), y + radius * (b - y).signum_or_zero());
        let ((x1, y1), (x2, y2)) = (towards(before), towards(after));
        let [x1, y1, x, y, x2, y2] = [x1, y1, x, y, x2, y2].map(number);
        let _ = write!(strokes, "L{x1} {y1}Q{x} {y} {x2} {y2}");
    }
    strokes
}

/// The direction along an axis.
trait Direction {
    /// -1, 0 or 1; `signum` takes zero for positive.
    fn signum_or_zero(self) -> f64;
}

impl Direction for f64 {
    fn signum_or_zero(self) -> f64 {
        if self == 0.0 { 0.0 } else { self.signum() }
    }
}
