//! A circle of jobs that wait for each other.

use std::collections::BTreeSet;

use crate::span::Span;

/// The first circle that `edges` make, given for every place as the places it waits for and where that is said: its places,
/// the first of them again at the end, and the first place in the text that says so.
pub(super) fn circle(edges: &[Vec<(usize, Span)>]) -> Option<(Vec<usize>, Span)> {
    let mut is_done = vec![false; edges.len()];
    for start in 0..edges.len() {
        // The way from `start`: a place, how many of its edges were followed, and the edge that led to it.
        let mut way: Vec<(usize, usize, Span)> = vec![(start, 0, Span::default())];
        let mut on_way: BTreeSet<usize> = [start].into();
        while let Some((place, followed, _)) = way.last_mut() {
            let place = *place;
            let next = edges[place].get(*followed).copied().filter(|_| !is_done[place]);
            *followed += 1;
            let Some((next, span)) = next else {
                is_done[place] = true;
                on_way.remove(&place);
                way.pop();
                continue;
            };
            if is_done[next] {
                continue;
            }
            if !on_way.insert(next) {
                let from = way.iter().position(|(place, ..)| *place == next)?;
                let circle = way[from..].iter().map(|(place, ..)| *place).chain([next]).collect();
                let span = way[from + 1..].iter().map(|(.., span)| *span).chain([span]).min()?;
                return Some((circle, span));
            }
            way.push((next, 0, span));
        }
    }
    None
}
