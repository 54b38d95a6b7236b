//! The jobs of a workflow in rows and columns: a row is an image, a column is how many jobs stand before at the least.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::Rows;
use super::order::order;
use super::task::{Kind, Task, Tasks};

/// Beyond this many jobs, waits that others imply are drawn, too.
const MOST_REDUCED: usize = 2_000;

pub(super) struct Chart<'p> {
    /// From the top down.
    pub(super) rows: Vec<Row<'p>>,
    pub(super) cells: Vec<Cell<'p>>,
    /// Without those that others imply.
    pub(super) edges: Vec<Edge>,
    /// The number of columns.
    pub(super) columns: usize,
    /// Whether a wait that others imply is left out.
    pub(super) is_reduced: bool,
}

pub(super) struct Row<'p> {
    pub(super) name: &'p str,
    /// How many images it has.
    pub(super) images: usize,
}

/// Jobs of one kind in one row: the builds of an image for all its platforms.
pub(super) struct Cell<'p> {
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) kind: Kind,
    /// From the top down.
    pub(super) chips: Vec<Chip<'p>>,
}

/// Jobs of a cell that are shown as one: those of several images for the same platform.
pub(super) struct Chip<'p> {
    pub(super) word: &'p str,
    /// By place.
    pub(super) tasks: Vec<usize>,
}

/// A cell that another one waits for.
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) extent: Extent,
    /// The chips of which jobs wait for each other, by place in either cell.
    pub(super) chips: BTreeSet<(usize, usize)>,
    /// Those of them that the marked chain goes through.
    pub(super) marked: Option<(usize, usize)>,
}

/// Which jobs of a cell wait for which of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Extent {
    /// Every job waits.
    Whole,
    /// Builds wait for the builds of their platform.
    SamePlatform,
    /// Some jobs wait, or for some.
    Part,
}

/// What is one cell.
#[derive(Clone, Copy)]
enum Grouping {
    Rows(Rows),
    /// Every job alone, in a row of its own.
    Job,
}

/// The pairs of jobs, the second waiting for the first, by the pair of their cells.
type Pairs = BTreeMap<(usize, usize), Vec<(usize, usize)>>;

impl<'p> Chart<'p> {
    pub(super) fn of(tasks: &Tasks<'p>, rows: Rows) -> Self {
        // Jobs that are drawn as one could wait for each other; then they are drawn apart.
        let groupings = [Grouping::Rows(rows), Grouping::Rows(Rows::Image)];
        let grouped = groupings.into_iter().find_map(|grouping| Self::grouped(tasks, grouping));
        grouped.or_else(|| Self::grouped(tasks, Grouping::Job)).expect("no job waits for itself")
    }

    fn grouped(tasks: &Tasks<'p>, grouping: Grouping) -> Option<Self> {
        let row_name = |task: &Task<'p>| match grouping {
            Grouping::Rows(Rows::Family) => task.family,
            Grouping::Rows(Rows::Image) => task.image,
            Grouping::Job => task.name,
        };
        let mut known: HashMap<(&str, Kind), usize> = HashMap::new();
        let mut members: Vec<Vec<usize>> = Vec::new();
        let mut cell_of = Vec::with_capacity(tasks.all.len());
        for (at, task) in tasks.all.iter().enumerate() {
            let cell = *known.entry((row_name(task), task.kind)).or_insert(members.len());
            members.resize_with(members.len().max(cell + 1), Vec::new);
            members[cell].push(at);
            cell_of.push(cell);
        }
        let mut pairs = Pairs::new();
        for (to, task) in tasks.all.iter().enumerate() {
            for &from in &task.waits {
                pairs.entry((cell_of[from], cell_of[to])).or_default().push((from, to));
            }
        }
        let columns = columns(members.len(), &pairs)?;
        let mut chart = Self {
            rows: Vec::new(),
            cells: Vec::new(),
            edges: Vec::new(),
            columns: columns.iter().max().map_or(0, |last| last + 1),
            is_reduced: false,
        };
        chart.place(tasks, &members, &columns, row_name);
        let implied = implied(&tasks.all);
        for (&(from, to), pairs) in &pairs {
            let link = pairs.iter().find(|(one, other)| tasks.is_link(*one, *other));
            if link.is_none() && pairs.iter().all(|pair| implied.contains(pair)) {
                chart.is_reduced = true;
                continue;
            }
            let (source, target) = (&chart.cells[from], &chart.cells[to]);
            let joined = |(one, other): &(usize, usize)| (source.chip(*one), target.chip(*other));
            let (marked, chips) = (link.map(joined), pairs.iter().map(joined).collect());
            chart.edges.push(Edge { from, to, extent: extent(source, target, &chips), chips, marked });
        }
        chart.sort_rows();
        Some(chart)
    }

    /// Makes the cells and their rows, in the order of the plan.
    fn place(
        &mut self,
        tasks: &Tasks<'p>,
        members: &[Vec<usize>],
        columns: &[usize],
        name: impl Fn(&Task<'p>) -> &'p str,
    ) {
        let mut taken: HashMap<(&str, usize), Vec<usize>> = HashMap::new();
        for (members, &column) in members.iter().zip(columns) {
            let first = &tasks.all[members[0]];
            let mut chips: Vec<Chip<'p>> = Vec::new();
            for &at in members {
                let word = tasks.all[at].word;
                match chips.iter_mut().find(|chip| chip.word == word) {
                    Some(chip) => chip.tasks.push(at),
                    None => chips.push(Chip { word, tasks: vec![at] }),
                }
            }
            let images = members.iter().map(|at| tasks.all[*at].image).collect::<BTreeSet<_>>().len();
            // Of one image, a second thing in the same column has a row of its own.
            let is_free = |level: &usize| taken.get(&(name(first), *level)).is_none_or(|its| !its.contains(&column));
            let level = (0..).find(is_free).expect("there is always one more");
            taken.entry((name(first), level)).or_default().push(column);
            let row = self.row(name(first), level);
            self.rows[row].images = self.rows[row].images.max(images);
            self.cells.push(Cell { row, column, kind: first.kind, chips });
        }
    }

    /// The row of this name, the first, second or later of them; made if there is none.
    fn row(&mut self, name: &'p str, level: usize) -> usize {
        let found = self.rows.iter().enumerate().filter(|(_, row)| row.name == name).nth(level);
        found.map(|(at, _)| at).unwrap_or_else(|| {
            self.rows.push(Row { name, images: 1 });
            self.rows.len() - 1
        })
    }

    fn sort_rows(&mut self) {
        let row = |cell: usize| self.cells[cell].row;
        let joins =
            self.edges.iter().map(|edge| (row(edge.from), row(edge.to), if edge.marked.is_some() { 3 } else { 1 }));
        let joins: Vec<_> = joins.filter(|(from, to, _)| from != to).collect();
        let order = order(self.rows.len(), &joins);
        let mut at = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, row)| at[*row] = place);
        let mut rows: Vec<(usize, Row<'p>)> = at.iter().copied().zip(self.rows.drain(..)).collect();
        rows.sort_by_key(|(place, _)| *place);
        self.rows = rows.into_iter().map(|(_, row)| row).collect();
        self.cells.iter_mut().for_each(|cell| cell.row = at[cell.row]);
    }
}

impl Chip<'_> {
    /// What stands in it.
    pub(super) fn label(&self) -> String {
        match self.tasks.len() {
            1 => self.word.to_owned(),
            count => format!("{} × {count}", self.word),
        }
    }
}

impl Row<'_> {
    /// What stands beside it, if there is room.
    pub(super) fn label(&self) -> String {
        match self.images {
            0 | 1 => self.name.to_owned(),
            count => format!("{} × {count}", self.name),
        }
    }
}

impl Cell<'_> {
    /// The place of the chip that has a job.
    fn chip(&self, task: usize) -> usize {
        self.chips.iter().position(|chip| chip.tasks.contains(&task)).unwrap_or_default()
    }
}

/// The column of every cell, which is the length of the longest path to it; none if cells wait for each other.
fn columns(count: usize, pairs: &Pairs) -> Option<Vec<usize>> {
    let (mut next, mut waits) = (vec![Vec::new(); count], vec![0_usize; count]);
    for &(from, to) in pairs.keys() {
        next[from].push(to);
        waits[to] += 1;
    }
    let mut columns = vec![0; count];
    let mut ready: Vec<usize> = (0..count).filter(|cell| waits[*cell] == 0).collect();
    let mut at = 0;
    while let Some(&cell) = ready.get(at) {
        at += 1;
        for &to in &next[cell] {
            columns[to] = columns[to].max(columns[cell] + 1);
            waits[to] -= 1;
            if waits[to] == 0 {
                ready.push(to);
            }
        }
    }
    (ready.len() == count).then_some(columns)
}

/// The pairs of jobs of which the second waits for the first by way of another one, too.
fn implied(tasks: &[Task<'_>]) -> HashSet<(usize, usize)> {
    if tasks.len() > MOST_REDUCED {
        return HashSet::new();
    }
    // For every job, which jobs have ended when it begins.
    let mut before: Vec<Vec<bool>> = Vec::with_capacity(tasks.len());
    let mut implied = HashSet::new();
    for (to, task) in tasks.iter().enumerate() {
        let mut ended = vec![false; tasks.len()];
        for &from in &task.waits {
            ended.iter_mut().zip(&before[from]).for_each(|(all, one)| *all |= *one);
        }
        implied.extend(task.waits.iter().filter(|from| ended[**from]).map(|from| (*from, to)));
        task.waits.iter().for_each(|from| ended[*from] = true);
        before.push(ended);
    }
    implied
}

fn extent(source: &Cell<'_>, target: &Cell<'_>, chips: &BTreeSet<(usize, usize)>) -> Extent {
    let is_split = source.kind == Kind::Build && target.kind == Kind::Build && source.chips.len() > 1;
    let is_same = |(from, to): &(usize, usize)| source.chips[*from].word == target.chips[*to].word;
    let count = |chips: BTreeSet<usize>| chips.len();
    let is_all = count(chips.iter().map(|(_, to)| *to).collect()) == target.chips.len();
    if is_all && is_split && chips.iter().all(is_same) {
        return Extent::SamePlatform;
    }
    let is_for_all = count(chips.iter().map(|(from, _)| *from).collect()) == source.chips.len();
    if is_all && is_for_all { Extent::Whole } else { Extent::Part }
}
