//! What is nearly in the corpus: mistakes made by a sequence of numbers, with the words of the dictionary. It sees no coverage,
//! as libFuzzer does, and needs nothing but the toolchain that there is.

use std::fs;
use std::path::Path;

use crate::mistakes::Sequence;

/// No input grows beyond this, in bytes.
const LONGEST: usize = 16 << 10;

/// The words of `tests/fuzz/dictionary`, in which `\"` and `\\` are the only escapes.
pub fn words() -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/dictionary");
    let text = fs::read_to_string(path).expect("text");
    let quoted = text.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    quoted.map(|word| word.replace("\\\"", "\"").replace("\\\\", "\\").into_bytes()).collect()
}

/// A text with a few mistakes; `other` is one that pieces of it may come from.
pub fn mutated(data: &[u8], other: &[u8], words: &[Vec<u8>], sequence: &mut Sequence) -> Vec<u8> {
    let mut data = data.to_vec();
    for _ in 0..=sequence.below(4) {
        let at = sequence.below(data.len() + 1);
        let length = 1 << sequence.below(8);
        let end = (at + 1 + sequence.below(length)).min(data.len());
        match sequence.below(7) {
            0 => drop(data.drain(at..end)),
            1 => {
                let piece = data[at..end].to_vec();
                let place = sequence.below(data.len() + 1);
                data.splice(place..place, piece.repeat(1 + sequence.below(3)));
            }
            2 => {
                let from = sequence.below(other.len() + 1);
                let to = (from + length).min(other.len());
                data.splice(at..end, other[from..to].iter().copied());
            }
            3 => data.iter_mut().skip(at).take(1).for_each(|byte| *byte = sequence.below(256) as u8),
            4 => {
                let odd =
                    [b' ', b'\n', b'"', b'\'', b'\\', b'$', b'{', b'}', b'[', b':', b',', b'/', b'*', b'-', b'0', 0];
                data.insert(at, odd[sequence.below(odd.len())]);
            }
            kind => {
                let word = &words[sequence.below(words.len())];
                data.splice(at..if kind == 5 { at } else { end.max(at) }, word.iter().copied());
            }
        }
    }
    data.truncate(LONGEST);
    data
}
