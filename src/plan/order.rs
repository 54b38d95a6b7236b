//! A stable topological order; a cycle is reported as its path.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The numbers `0..needs.len()`, each after everything it needs; of those that could come next, the lowest comes.
///
/// # Errors
/// The path of a cycle, beginning with its lowest number, each needing the next and the last the first.
pub fn order(needs: &[Vec<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut waiting: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); needs.len()];
    for (one, needs) in needs.iter().enumerate() {
        for &need in needs {
            needed_by[need].push(one);
        }
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..needs.len()).filter(|one| waiting[*one] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(Reverse(next)) = ready.pop() {
        order.push(next);
        for &one in &needed_by[next] {
            waiting[one] -= 1;
            if waiting[one] == 0 {
                ready.push(Reverse(one));
            }
        }
    }
    if order.len() == needs.len() { Ok(order) } else { Err(cycle(needs, &waiting)) }
}

/// Follows, from the lowest that still waits, what each waits for until one comes again.
fn cycle(needs: &[Vec<usize>], waiting: &[usize]) -> Vec<usize> {
    let mut path: Vec<usize> = Vec::new();
    let mut index: Vec<Option<usize>> = vec![None; needs.len()];
    let mut at = waiting.iter().position(|left| *left > 0).expect("without a cycle all are in order");
    while index[at].is_none() {
        index[at] = Some(path.len());
        path.push(at);
        at = *needs[at].iter().find(|need| waiting[**need] > 0).expect("what waits, waits for something that waits");
    }
    let mut cycle = path.split_off(index[at].expect("it came again"));
    let lowest = (0..cycle.len()).min_by_key(|i| cycle[*i]).expect("a cycle is not empty");
    cycle.rotate_left(lowest);
    cycle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_keep_its_place_keeps_it() {
        assert_eq!(order(&[vec![2], vec![], vec![], vec![0]]), Ok(vec![1, 2, 0, 3]));
        assert_eq!(order(&[]), Ok(vec![]));
    }

    #[test]
    fn a_cycle_is_its_path() {
        assert_eq!(order(&[vec![1], vec![3], vec![], vec![2, 4], vec![1]]), Err(vec![1, 3, 4]));
        assert_eq!(order(&[vec![0]]), Err(vec![0]));
    }
}
