//! The picture of a workflow with times: every job where it can begin at the earliest, as long as it takes.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::layers::{MARGIN, TOP, class, names_width, rounded, row_name, stripe, title, title_width};
use super::legend::{Legend, Sample};
use super::order::order;
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

/// The rows from the top down.
pub(super) fn rows<'p>(drawing: &Drawing<'p>) -> Vec<Row<'p>> {
    let tasks = &drawing.tasks.all;
    let by_row = drawing.by_row();
    let mut row_of = vec![0; tasks.len()];
    by_row.iter().enumerate().for_each(|(row, (_, members))| members.iter().for_each(|at| row_of[*at] = row));
    let row = |(name, members): (&'p str, Vec<usize>)| {
        let bars = members.into_iter().map(|at| (at, 0)).collect();
        Row { name, images: 0, bars, lanes: 0 }
    };
    let mut rows: Vec<Row<'p>> = by_row.into_iter().map(row).collect();
    rows.iter_mut().for_each(|row| row.pack(tasks));
    let joins = tasks.iter().enumerate().flat_map(|(to, task)| task.waits.iter().map(move |from| (*from, to)));
    let heavy = |from, to| if drawing.tasks.is_link(from, to) { 3 } else { 1 };
    let joins: Vec<_> = joins.map(|(from, to)| (row_of[from], row_of[to], heavy(from, to))).collect();
    let joins: Vec<_> = joins.into_iter().filter(|(from, to, _)| from != to).collect();
    let order = order(rows.len(), &joins);
    let mut rows: Vec<Option<Row<'p>>> = rows.into_iter().map(Some).collect();
    order.into_iter().filter_map(|row| rows[row].take()).collect()
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
    let (mut waits, mut chain) = (Vec::new(), Vec::new());
    for (to, task) in tasks.iter().enumerate() {
        let begin = task.time.map(|(begin, _)| begin);
        for &from in task.waits.iter().filter(|from| tasks[**from].time.map(|(_, end)| end) == begin) {
            let (one, other) = (frames[&from], frames[&to]);
            let x = other.x;
            let is_below = other.y > one.y;
            let start = if is_below { one.y + BAR - 2.0 } else { one.y + 2.0 };
            let end = if is_below { other.y } else { other.y + BAR };
            let strokes = rounded(&[(x, start), (x, end)]);
            if drawing.tasks.is_link(from, to) { chain.push(strokes) } else { waits.push(strokes) }
        }
    }
    waits.iter().for_each(|strokes| svg.path("wait", strokes));
    chain.iter().for_each(|strokes| svg.path("chain", strokes));
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
