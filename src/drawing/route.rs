//! The way of every edge: out of its cell to a track of the next gutter, along that to the row that it leads to, and in.
//!
//! What leads to the same cell joins before it, and what comes from one cell leaves it as one line, so that a line is
//! followed by its bends alone: where lines cross straight, they have nothing to do with each other.

use std::collections::{BTreeMap, BTreeSet};

use super::chart::Chart;

/// Where an edge bends, in the terms of the chart.
pub(super) enum Route {
    /// Along its row.
    Straight,
    /// On a track of the gutter behind its column.
    Bent(Track),
    /// On such a track, below the row that it leads to, and back on a track of the gutter before its target.
    Around(Track, Track),
}

/// A gutter, by the column before it, and a track in it from the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) gutter: usize,
    pub(super) track: usize,
}

/// Whose line runs on a track: that of a cell which is waited for, or the last piece to one that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    From(usize),
    To(usize),
}

/// A line down or up a gutter, in half rows: a row's middle is even, its lower edge odd.
#[derive(Clone, Debug, Default)]
struct Trunk {
    /// Where it comes in.
    enters: usize,
    /// Where it leaves.
    leaves: BTreeSet<usize>,
}

pub(super) struct Routes {
    /// One for every edge of the chart.
    pub(super) routes: Vec<Route>,
    /// How many tracks each gutter has.
    pub(super) tracks: Vec<usize>,
}

impl Routes {
    pub(super) fn of(chart: &Chart<'_>) -> Self {
        let mut taken = vec![BTreeSet::new(); chart.rows.len()];
        chart.cells.iter().for_each(|cell| {
            taken[cell.row].insert(cell.column);
        });
        let mut trunks: Vec<BTreeMap<Owner, Trunk>> = vec![BTreeMap::new(); chart.columns];
        let plan = chart.edges.iter().map(|edge| {
            let (from, to) = (&chart.cells[edge.from], &chart.cells[edge.to]);
            let is_free = taken[to.row].range(from.column + 1..to.column).next().is_none();
            match (is_free, from.row == to.row) {
                (true, true) => None,
                (true, false) => {
                    let out = trunks[from.column].entry(Owner::From(edge.from)).or_default();
                    out.enters = 2 * from.row;
                    out.leaves.insert(2 * to.row);
                    Some((Owner::From(edge.from), None))
                }
                (false, _) => {
                    let below = 2 * to.row + 1;
                    let out = trunks[from.column].entry(Owner::From(edge.from)).or_default();
                    out.enters = 2 * from.row;
                    out.leaves.insert(below);
                    let back = trunks[to.column - 1].entry(Owner::To(edge.to)).or_default();
                    back.enters = below;
                    back.leaves.insert(2 * to.row);
                    Some((Owner::From(edge.from), Some(Owner::To(edge.to))))
                }
            }
        });
        let plan: Vec<_> = plan.collect();
        let places: Vec<BTreeMap<Owner, usize>> = trunks.iter().map(tracks).collect();
        let at = |gutter: usize, owner: Owner| Track { gutter, track: places[gutter][&owner] };
        let routes = chart.edges.iter().zip(plan).map(|(edge, owners)| match owners {
            None => Route::Straight,
            Some((out, None)) => Route::Bent(at(chart.cells[edge.from].column, out)),
            Some((out, Some(back))) => {
                Route::Around(at(chart.cells[edge.from].column, out), at(chart.cells[edge.to].column - 1, back))
            }
        });
        let count = |places: &BTreeMap<Owner, usize>| places.values().max().map_or(0, |last| last + 1);
        Self { routes: routes.collect(), tracks: places.iter().map(count).collect() }
    }
}

impl Trunk {
    fn span(&self) -> (usize, usize) {
        let ends = self.leaves.iter().copied().chain([self.enters]);
        (ends.clone().min().unwrap_or_default(), ends.max().unwrap_or_default())
    }

    fn crosses(&self, at: usize) -> bool {
        let (first, last) = self.span();
        first < at && at < last
    }

    /// How many crossings there are if this one is left of another.
    fn crossings(&self, other: &Self) -> usize {
        let mine = self.leaves.iter().filter(|at| other.crosses(**at)).count();
        mine + usize::from(self.crosses(other.enters))
    }

    fn meets(&self, other: &Self) -> bool {
        let ((a, b), (c, d)) = (self.span(), other.span());
        a <= d && c <= b
    }
}

/// The track of every trunk of a gutter: in the order in which they cross least, and none on another one.
fn tracks(trunks: &BTreeMap<Owner, Trunk>) -> BTreeMap<Owner, usize> {
    let mut sorted: Vec<(&Owner, &Trunk)> = trunks.iter().collect();
    // Neighbours change places while that saves crossings; each time there are fewer, so it ends.
    let mut is_sorted = false;
    while !is_sorted {
        is_sorted = true;
        for at in 1..sorted.len() {
            let (left, right) = (sorted[at - 1].1, sorted[at].1);
            if right.crossings(left) < left.crossings(right) {
                sorted.swap(at - 1, at);
                is_sorted = false;
            }
        }
    }
    let mut placed: Vec<(&Owner, &Trunk, usize)> = Vec::new();
    for (owner, trunk) in sorted {
        let behind = placed.iter().filter(|(_, other, _)| other.meets(trunk)).map(|(_, _, track)| track + 1).max();
        placed.push((owner, trunk, behind.unwrap_or_default()));
    }
    placed.into_iter().map(|(owner, _, track)| (*owner, track)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trunk(enters: usize, leaves: &[usize]) -> Trunk {
        Trunk { enters, leaves: leaves.iter().copied().collect() }
    }

    #[test]
    fn lines_that_would_cross_are_put_the_other_way_round() {
        let trunks = BTreeMap::from([(Owner::From(0), trunk(2, &[6])), (Owner::From(1), trunk(4, &[8]))]);
        let tracks = tracks(&trunks);
        assert_eq!((tracks[&Owner::From(0)], tracks[&Owner::From(1)]), (1, 0), "the upper one is further right");
    }

    #[test]
    fn lines_that_do_not_meet_share_a_track() {
        let trunks = BTreeMap::from([(Owner::From(0), trunk(0, &[4])), (Owner::From(1), trunk(6, &[8, 12]))]);
        assert!(tracks(&trunks).values().all(|track| *track == 0));
    }
}
