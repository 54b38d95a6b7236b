//! In which order rows stand below each other, so that what belongs together is near.

use std::collections::BTreeMap;

/// Two rows that a line joins, the first leading to the second, and how much it matters that they are near.
pub(super) type Join = (usize, usize, u32);

/// Beyond this many steps of a search the order is good enough.
const STEPS: usize = 4_000_000;

/// The rows from the top down: what hangs together stays together, parents come first where nothing speaks against it, and
/// the lines are short in all.
pub(super) fn order(count: usize, joins: &[Join]) -> Vec<usize> {
    let mut heavy_first = joins.to_vec();
    heavy_first.sort_by_key(|(_, _, heavy)| std::cmp::Reverse(*heavy));
    let from = |joins: &[Join]| {
        let mut rows = depth_first(count, joins);
        for _ in 0..8 {
            let next = by_barycentre(&rows, joins);
            if length(&next, joins) >= length(&rows, joins) {
                break;
            }
            rows = next;
        }
        improve(&mut rows, joins);
        rows
    };
    // Of equals, the first.
    let starts = [from(joins), from(&heavy_first)];
    starts.into_iter().min_by_key(|rows| length(rows, joins)).unwrap_or_default()
}

/// Each row after one that leads to it, groups of joined rows one after another: the one that matters most comes first.
fn depth_first(count: usize, joins: &[Join]) -> Vec<usize> {
    let (mut below, mut is_below) = (vec![Vec::new(); count], vec![false; count]);
    let mut beside = vec![Vec::new(); count];
    for &(from, to, _) in joins {
        below[from].push(to);
        is_below[to] = true;
        beside[from].push(to);
        beside[to].push(from);
    }
    let mut group = vec![usize::MAX; count];
    let mut weight: BTreeMap<usize, u32> = BTreeMap::new();
    for first in 0..count {
        if group[first] != usize::MAX {
            continue;
        }
        let mut left = vec![first];
        while let Some(row) = left.pop() {
            if group[row] == usize::MAX {
                group[row] = first;
                left.extend(&beside[row]);
            }
        }
        weight.insert(first, 0);
    }
    for &(from, _, heavy) in joins {
        let most = weight.entry(group[from]).or_default();
        *most = (*most).max(heavy);
    }
    let mut roots: Vec<usize> = (0..count).filter(|row| !is_below[*row]).collect();
    roots.sort_by_key(|row| (std::cmp::Reverse(weight[&group[*row]]), group[*row], *row));
    let (mut rows, mut is_seen) = (Vec::with_capacity(count), vec![false; count]);
    // Rows may lead to each other, so some may hang on no root.
    for root in roots.into_iter().chain(0..count) {
        let mut left = vec![root];
        while let Some(row) = left.pop() {
            if !std::mem::replace(&mut is_seen[row], true) {
                rows.push(row);
                left.extend(below[row].iter().rev());
            }
        }
    }
    rows
}

/// The rows, each moved towards the middle of those that it is joined to (Sugiyama, Tagawa and Toda, 1981).
fn by_barycentre(rows: &[usize], joins: &[Join]) -> Vec<usize> {
    let at = places(rows);
    let mut sums: Vec<(f64, f64)> = at.iter().map(|place| (*place as f64, 1.0)).collect();
    for &(from, to, heavy) in joins {
        for (one, other) in [(from, to), (to, from)] {
            sums[one].0 += f64::from(heavy) * at[other] as f64;
            sums[one].1 += f64::from(heavy);
        }
    }
    let mut moved = rows.to_vec();
    let middle = |row: usize| sums[row].0 / sums[row].1;
    moved.sort_by(|one, other| middle(*one).total_cmp(&middle(*other)));
    moved
}

/// Moves single rows while that makes the lines shorter.
fn improve(rows: &mut Vec<usize>, joins: &[Join]) {
    let (mut best, mut left) = (length(rows, joins), STEPS);
    let far = if rows.len() <= 60 { rows.len() } else { 2 };
    loop {
        let mut is_better = false;
        for from in 0..rows.len() {
            for to in from.saturating_sub(far)..(from + far + 1).min(rows.len()) {
                if to == from {
                    continue;
                }
                match left.checked_sub(joins.len() + rows.len()) {
                    Some(rest) => left = rest,
                    None => return,
                }
                let row = rows.remove(from);
                rows.insert(to, row);
                let now = length(rows, joins);
                if now < best {
                    (best, is_better) = (now, true);
                } else {
                    let row = rows.remove(to);
                    rows.insert(from, row);
                }
            }
        }
        if !is_better {
            return;
        }
    }
}

/// How long the lines are in all; a line upwards counts as more, because people read downwards.
fn length(rows: &[usize], joins: &[Join]) -> u64 {
    let at = places(rows);
    let one = |(from, to, heavy): &Join| {
        let (from, to) = (at[*from] as u64, at[*to] as u64);
        let upwards = if to < from { 10 } else { 1 };
        u64::from(*heavy) * from.abs_diff(to) * upwards
    };
    joins.iter().map(one).sum()
}

fn places(rows: &[usize]) -> Vec<usize> {
    let mut at = vec![0; rows.len()];
    rows.iter().enumerate().for_each(|(place, row)| at[*row] = place);
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_together_is_near_and_parents_are_above() {
        assert_eq!(order(5, &[(3, 1, 1), (3, 4, 1), (4, 0, 1)]), [3, 1, 4, 0, 2]);
        assert_eq!(order(3, &[]), [0, 1, 2]);
    }

    #[test]
    fn the_group_of_the_marked_chain_comes_first() {
        assert_eq!(order(4, &[(0, 1, 1), (2, 3, 3)]), [2, 3, 0, 1]);
    }

    #[test]
    fn rows_that_lead_to_each_other_are_all_there() {
        let mut rows = order(3, &[(0, 1, 1), (1, 0, 1), (1, 2, 1)]);
        rows.sort_unstable();
        assert_eq!(rows, [0, 1, 2]);
    }
}
