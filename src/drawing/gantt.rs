//! The picture of a workflow with times: every job where it can begin at the earliest, as long as it takes.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::layers::{MARGIN, TOP, class, names_width, rounded, row_name, stripe, title, title_width};
use super::legend::{Legend, Sample};
use super::style::WORD;
use super::svg::{Frame, Svg};
use super::task::{Kind, Task};
use super::text::width;
use super::{Drawing, clock};

const BAR: f64 = 15.0;
/// From one lane to the next.
const LANE: f64 = 18.0;
const ROW_ROOM: f64 = 5.0;
/// How wide the time is, at the least.
const PLOT: f64 = 640.0;
/// What is shorter is drawn as if it were this wide, so that it is seen.
const NARROWEST: f64 = 2.5;
/// Room for the words of the bars that end last.
const BEHIND: f64 = 96.0;

/// The seconds between two lines of the scale, of which the first is taken that gives few enough.
const STEPS: [u64; 16] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800];
const MOST_TICKS: u64 = 8;

/// A row of lanes, in each of which one bar follows another.
pub(super) struct Row<'p> {
    pub(super) name: &'p str,
    images: usize,
    /// Jobs by place with their lanes, in the order in which they begin.
    pub(super) bars: Vec<(usize, usize)>,
    lanes: usize,
}

pub(super) fn gantt(drawing: &Drawing<'_>) -> String {
    let tasks = &drawing.tasks.all;
    let rows = rows(drawing);
    let whole = drawing.tasks.length().unwrap_or_default();
    let left = MARGIN + names_width(rows.iter().map(|row| (row.name, row.images))) + 16.0;
    let plot = PLOT.max(title_width(drawing) + 2.0 * MARGIN - left);
    let scale = plot / whole.as_secs_f64().max(0.001);
    let x = |at: Duration| left + at.as_secs_f64() * scale;
    let width = (left + plot + BEHIND).ceil();
    let mut svg = Svg::new();
    title(&mut svg, drawing);
    let (mut y, mut tops) = (TOP + 18.0, Vec::new());
    for (at, row) in rows.iter().enumerate() {
        let height = 2.0 * ROW_ROOM + LANE * row.lanes as f64;
        stripe(&mut svg, (y, height, width), at % 2 == 0);
        tops.push(y);
        y += height;
    }
    let bottom = y;
    ticks(&mut svg, whole, &x, bottom);
    let mut frames: HashMap<usize, Frame> = HashMap::new();
    for (row, top) in rows.iter().zip(&tops) {
        row_name(&mut svg, (row.name, row.images), top + ROW_ROOM + LANE * row.lanes as f64 / 2.0);
        for &(at, lane) in &row.bars {
            let (begin, end) = tasks[at].time.unwrap_or_default();
            let wide = (x(end) - x(begin) - 1.0).max(NARROWEST);
            let y = top + ROW_ROOM + LANE * lane as f64 + (LANE - BAR) / 2.0;
            frames.insert(at, Frame { x: x(begin), y, width: wide, height: BAR });
        }
    }
    links(&mut svg, drawing, &frames);
    for row in &rows {
        for &(at, lane) in &row.bars {
            let next = row.bars.iter().filter(|(other, its)| *its == lane && frames[other].x > frames[&at].x);
            let next = next.map(|(other, _)| frames[other].x).fold(width - 8.0, f64::min);
            bar(&mut svg, (&tasks[at], &drawing.label(&tasks[at])), frames[&at], next);
        }
    }
    let end = legend(drawing).draw(&mut svg, (MARGIN, bottom + 26.0), width - 2.0 * MARGIN);
    let description = format!(
        "{}; {}. Each row is an image; from left to right goes the time, in which each job begins when what it waits for \
         has ended. The critical path: {}.",
        drawing.counts(),
        drawing.chain(),
        drawing.chain_names(),
    );
    svg.finish(width, end + MARGIN - 4.0, (&format!("Jobs of {} over time", drawing.title), &description))
}

impl Row<'_> {
    /// Puts every bar into the first lane that is free when it begins.
    fn pack(&mut self, tasks: &[Task<'_>]) {
        self.images = self.bars.iter().map(|(at, _)| tasks[*at].image).collect::<BTreeSet<_>>().len();
        let time = |at: usize| tasks[at].time.unwrap_or_default();
        self.bars.sort_by_key(|(at, _)| (time(*at).0, *at));
        // When the last bar of each lane ends; what takes no time needs a lane as well.
        let mut lanes: Vec<Duration> = Vec::new();
        for (at, lane) in &mut self.bars {
            let (begin, end) = time(*at);
            *lane = lanes.iter().position(|last| *last <= begin).unwrap_or(lanes.len());
            lanes.resize(lanes.len().max(*lane + 1), Duration::ZERO);
            lanes[*lane] = end.max(begin + Duration::from_nanos(1));
        }
        self.lanes = lanes.len();
    }
}

/// The rows, in the order in which they stand without times.
pub(super) fn rows<'p>(drawing: &Drawing<'p>) -> Vec<Row<'p>> {
    let row = |(name, members): (&'p str, Vec<usize>)| {
        let mut row = Row { name, images: 0, bars: members.into_iter().map(|at| (at, 0)).collect(), lanes: 0 };
        row.pack(&drawing.tasks.all);
        row
    };
    let mut rows: Vec<Row<'p>> = drawing.by_row().into_iter().map(row).collect();
    let places: HashMap<&str, usize> =
        drawing.chart().rows.iter().enumerate().rev().map(|(at, row)| (row.name, at)).collect();
    rows.sort_by_key(|row| places.get(row.name).copied());
    rows
}

/// The scale, with lines through all rows.
fn ticks(svg: &mut Svg, whole: Duration, x: &dyn Fn(Duration) -> f64, bottom: f64) {
    let seconds = whole.as_secs();
    let step = STEPS.into_iter().find(|step| seconds / step <= MOST_TICKS);
    let step = step.unwrap_or_else(|| 86_400 * seconds.div_ceil(86_400 * MOST_TICKS));
    for at in (0..=seconds).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
        let at = Duration::from_secs(at);
        let place = x(at);
        svg.path("grid", &rounded(&[(place, TOP + 14.0), (place, bottom)]));
        svg.text("tick", (place, TOP + 7.0), &if at.is_zero() { "0".into() } else { clock(at) });
    }
}

/// For every job the lines from those whose end it waited for.
fn links(svg: &mut Svg, drawing: &Drawing<'_>, frames: &HashMap<usize, Frame>) {
    let tasks = &drawing.tasks.all;
    let (mut waits, mut chain) = (String::new(), String::new());
    for (to, task) in tasks.iter().enumerate() {
        let begin = task.time.map(|(begin, _)| begin);
        for &from in task.waits.iter().filter(|from| tasks[**from].time.map(|(_, end)| end) == begin) {
            let (one, other) = (frames[&from], frames[&to]);
            let x = other.x;
            let is_below = other.y > one.y;
            let start = if is_below { one.y + BAR - 2.0 } else { one.y + 2.0 };
            let end = if is_below { other.y } else { other.y + BAR };
            let strokes = rounded(&[(x, start), (x, end)]);
            let bundle = if drawing.tasks.is_link(from, to) { &mut chain } else { &mut waits };
            bundle.push_str(&strokes);
        }
    }
    for (class, strokes) in [("wait", waits), ("chain", chain)] {
        if !strokes.is_empty() {
            svg.path(class, &strokes);
        }
    }
}

/// A bar with its word, in it or else behind it, if there is room before the `next`.
fn bar(svg: &mut Svg, (task, label): (&Task<'_>, &str), frame: Frame, next: f64) {
    let marked = if task.is_critical { " marked" } else { "" };
    let (begin, end) = task.time.unwrap_or_default();
    let long = format!("{label} {}", short(end - begin));
    svg.group(&format!("{}{marked}", class(task.kind)), &task.explained(), |svg| {
        svg.rectangle("box", frame, 3.0);
        let room = next - frame.x - frame.width - 8.0;
        let size = WORD * 1.06;
        let is_inside = |text: &str| width(text, size) + 8.0 <= frame.width;
        let is_beside = |text: &str| width(text, size) <= room;
        let inside = (frame.x + frame.width / 2.0, frame.y + 11.5);
        let beside = (frame.x + frame.width + 5.0, frame.y + 11.5);
        for text in [long.as_str(), label, task.word] {
            if is_inside(text) {
                return svg.text("word", inside, text);
            }
            if is_beside(text) {
                return svg.text("beside", beside, text);
            }
        }
    });
}

/// `12 m 5 s`, without blanks, so that it fits into a bar: `12m5s`.
fn short(time: Duration) -> String {
    clock(time).replace("min", "m").replace(' ', "")
}

fn legend(drawing: &Drawing<'_>) -> Legend {
    let mut legend = Legend::default();
    legend.add(Sample::Marked, "critical path");
    let has = |kind: Kind| drawing.tasks.all.iter().any(|task| task.kind == kind);
    if has(Kind::Build) {
        legend.add(Sample::Box(Kind::Build), "build for one architecture");
    }
    if [Kind::Manifest, Kind::Copy, Kind::Export].into_iter().any(has) {
        legend.add(Sample::Box(Kind::Manifest), "index, copy or export");
    }
    if has(Kind::External) {
        legend.add(Sample::Box(Kind::External), "hand-written");
    }
    legend.note("A job begins when what it waits for has ended; waiting for a machine is not counted.");
    legend
}
