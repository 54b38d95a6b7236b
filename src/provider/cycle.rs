//! A cycle of jobs that wait for each other.

use std::collections::BTreeSet;

use crate::span::Span;

/// The first cycle that `edges` make, given for every place as the places it waits for and where that is said: its places,
/// the first of them again at the end, and the first place in the text that says so.
pub(super) fn first_cycle(edges: &[Vec<(usize, Span)>]) -> Option<(Vec<usize>, Span)> {
    let mut is_done = vec![false; edges.len()];
    for start in 0..edges.len() {
        // From `start`: a place, how many of its edges were followed, and the edge that led to it.
        let mut path: Vec<(usize, usize, Span)> = vec![(start, 0, Span::default())];
        let mut on_path: BTreeSet<usize> = [start].into();
        while let Some((place, followed, _)) = path.last_mut() {
            let place = *place;
            let next = edges[place].get(*followed).copied().filter(|_| !is_done[place]);
            *followed += 1;
            let Some((next, span)) = next else {
                is_done[place] = true;
                on_path.remove(&place);
                path.pop();
                continue;
            };
            if is_done[next] {
                continue;
            }
            if !on_path.insert(next) {
                let from = path.iter().position(|(place, ..)| *place == next)?;
                let cycle = path[from..].iter().map(|(place, ..)| *place).chain([next]).collect();
                let span = path[from + 1..].iter().map(|(.., span)| *span).chain([span]).min()?;
                return Some((cycle, span));
            }
            path.push((next, 0, span));
        }
    }
    None
}
