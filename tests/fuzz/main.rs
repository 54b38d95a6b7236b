//! The corpus of the fuzz targets, replayed: what `just fuzz` found worth keeping, and what once went wrong. This needs no
//! nightly toolchain; making new input does (`tests/fuzz/run`).

mod heavy;
#[allow(dead_code, reason = "the tests of matrices use all of it")]
#[path = "../support/mistakes.rs"]
mod mistakes;
mod mutated;
mod targets;

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use mistakes::Sequence;
use targets::{TARGETS, Target};

/// All of the corpus, in bytes: it is there to be replayed with every change.
const MOST: usize = 300_000;

/// How long one input may take, in a program that is not optimized, on a machine that is busy: what grows out of hand takes
/// longer anywhere.
const PATIENCE: Duration = Duration::from_secs(60);

/// What nests, or is cut apart, or is compared with what stands before it.
#[rustfmt::skip]
const REPEATED: &[&str] = &[
    "[", "{", "(", "/(a|", "[a]", "a{1,9}", "${", "${a}", "${a:-", "$a", "a$", "$$", "\"", "'", "\\", "`", "<",
    "<<: ", "<a>; rel=", "- ", "- - ", "? ", "a: ", "a:\n", "a: &a [*a]\n", "&a ", "*a ", "!a ", "# ", "|\n", "a",
    "a ", "a=", "a=\"", ",", "a,", ".", "..", "/", "//", "a/", "a/b:", ":", "@", "*", "**", "?", "+", "0", "-",
    "\n", "\n\n", "\t", "é", "\u{feff}", "\0", "%%%\n", "pushed ", "FROM a\n", "FROM ", "COPY <<A\n", "RUN \\\n",
    "{\"a\":", "{\"a\":[", "[{}],", "a 1\n", "{}", "<< pipeline.", "<< parameters.a >>", "${{ ", "${{ a }}", "$[[ ",
    "${{ (", "${{ !", "a && ", "a || ",
];

/// How many mistakes are made in each file of the corpus.
const MISTAKES: usize = if cfg!(feature = "whole") { 60 } else { 6 };

fn corpus(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// Gives input to a target, on a stack as large as that of the program; why that was too much.
fn replay(target: Target, data: &[u8]) -> Result<(), String> {
    let (sender, receiver) = mpsc::channel();
    let data = data.to_vec();
    let call = move || {
        // Nobody listens any more if it took too long.
        let _ = sender.send(catch_unwind(|| target(&data)).is_ok());
    };
    thread::Builder::new().stack_size(8 << 20).spawn(call).expect("a thread");
    match receiver.recv_timeout(PATIENCE) {
        Ok(true) => Ok(()),
        Ok(false) => Err("it panicked".into()),
        Err(_) => Err(format!("it took more than {PATIENCE:?}")),
    }
}

#[test]
fn what_was_found_is_no_trouble() {
    let (mut wrong, mut size) = (Vec::new(), 0);
    for (name, target) in TARGETS {
        let files = corpus(name);
        assert!(files.len() >= 5, "{name} has only {} files", files.len());
        for file in files {
            let data = fs::read(&file).expect("a file");
            size += data.len();
            wrong.extend(replay(*target, &data).err().map(|why| format!("{name}: {why} with {}", file.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(size <= MOST, "{size} bytes are more than a corpus for every change: `tests/fuzz/run` says how to cut it");
}

#[test]
fn every_folder_of_the_corpus_has_a_target() {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus")).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("text");
        assert!(targets::find(&name).is_some(), "nothing replays {name}");
    }
}

/// `FUZZ_SECONDS` and `FUZZ_TARGET` ask for more of one target, with other mistakes at every call; what is wrong is printed.
#[test]
fn what_is_nearly_in_the_corpus_is_no_trouble() {
    let asked = std::env::var("FUZZ_TARGET").ok();
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).map(Duration::from_secs);
    let (words, start, mut wrong) = (mutated::words(), Instant::now(), Vec::new());
    let seed = seconds.map_or(0, |_| std::time::UNIX_EPOCH.elapsed().expect("it is later").as_secs());
    for (name, target) in TARGETS.iter().filter(|(name, _)| asked.as_deref().is_none_or(|asked| asked == *name)) {
        let mut sequence = Sequence(seed);
        let texts: Vec<Vec<u8>> = corpus(name).iter().map(|file| fs::read(file).expect("a file")).collect();
        let mut count = 0;
        while wrong.is_empty() && seconds.map_or(count < MISTAKES * texts.len(), |seconds| start.elapsed() < seconds) {
            let other = &texts[sequence.below(texts.len())];
            let data = mutated::mutated(&texts[count % texts.len()], other, &words, &mut sequence);
            let shown = || format!("{name}: with \"{}\"", data.escape_ascii());
            wrong.extend(replay(*target, &data).err().map(|why| format!("{}: {why}", shown())));
            count += 1;
        }
        if seconds.is_some() {
            eprintln!("{name}: {count} texts");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What means more than it says is refused, or known for what it is.
#[test]
fn short_text_that_means_much_is_no_trouble() {
    let mut wrong = Vec::new();
    for (place, (name, text)) in heavy::texts().into_iter().enumerate() {
        let target = targets::find(name).expect("a target");
        let start = text.get(..100).unwrap_or(&text);
        wrong.extend(
            replay(target, text.as_bytes()).err().map(|why| format!("{name}: {why} with text {place}: {start}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is long is neither slow nor too deep.
#[test]
#[cfg_attr(not(feature = "whole"), ignore = "takes minutes: `./test` runs it")]
fn long_input_is_no_trouble() {
    const LENGTH: usize = 4 << 10;
    let mut wrong = Vec::new();
    for (name, target) in TARGETS {
        for word in REPEATED {
            let text = word.repeat(LENGTH / word.len());
            // Some read the first line as another thing than the rest.
            for text in
                [text.clone(), format!("FROM a\nARG a={text}\n"), format!("a: {text}"), format!("index\n{text}")]
            {
                wrong.extend(replay(*target, text.as_bytes()).err().map(|why| format!("{name}: {why} with {word:?}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
