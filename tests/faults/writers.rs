//! Two that write one tag at the same time: it leads to what one of them wrote, and with `--run` to the newer one's.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::chance::{number, seeds};
use crate::command::{finish, run, splitbuild};
use crate::ground::{fresh, ground, lead, link};
use crate::pool::each;
use crate::registry::plain;
use crate::tally;

/// What one of them adds to its index, without and with `--run`.
const MORE: [[[&str; 2]; 2]; 2] = [
    [["--annotation", "io.example.writer=1"], ["--annotation", "io.example.writer=2"]],
    [["--run", "p/6"], ["--run", "p/7"]],
];

fn arguments<'a>(target: &'a str, more: &[&'a str; 2]) -> Vec<&'a str> {
    vec!["manifest", target, "--arch-image", "${image}:v1-${arch}", "--plain-http", plain(), more[0], more[1]]
}

/// What each of them writes, and how long one takes.
fn alone() -> &'static ([[String; 2]; 2], Duration) {
    static ALONE: OnceLock<([[String; 2]; 2], Duration)> = OnceLock::new();
    ALONE.get_or_init(|| {
        let repository = &ground().many[0].name;
        let start = Instant::now();
        let digests = MORE.map(|both| {
            both.map(|more| {
                let tag = fresh();
                run(&arguments(&format!("{}/{repository}:{tag}", plain()), &more)).good();
                link(repository, &tag).expect("it was published")
            })
        });
        (digests, start.elapsed() / 4)
    })
}

#[test]
fn two_writers_of_one_tag() {
    let (digests, whole) = alone();
    let rounds = each((3, seeds(500)), |seed| {
        let (repository, tag, kind) = (&ground().many[0], fresh(), usize::try_from(seed % 2).expect("0 or 1"));
        lead(&repository.name, &tag, &repository.old);
        let target = format!("{}/{}:{tag}", plain(), repository.name);
        // One begins up to twice as late as the other needs.
        let wait = *whole * u32::try_from(number(seed, "wait", 200)).expect("less than 200") / 100;
        let first = number(seed, "first", 2);
        let write = |which: usize| finish(&mut splitbuild(&arguments(&target, &MORE[kind][which])));
        std::thread::scope(|scope| {
            let other = scope.spawn(|| write(first));
            std::thread::sleep(wait);
            write(1 - first).good();
            other.join().expect("no panic").good();
        });
        let leads = link(&repository.name, &tag).unwrap_or_default();
        let left = digests[kind].iter().position(|digest| *digest == leads);
        let left = left.ok_or_else(|| format!("FAULTS_SEED={seed}: {target} leads to {leads}: what nobody wrote"))?;
        Ok::<_, String>((seed, kind, left))
    });
    let wrong: Vec<&str> = rounds.iter().filter_map(|round| round.as_ref().err().map(String::as_str)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let older: Vec<u64> =
        rounds.iter().flatten().filter(|(_, kind, left)| (*kind, *left) == (1, 0)).map(|(seed, ..)| *seed).collect();
    println!("seeds that left the tag with the older run: {older:?}");
    tally::fixed("rounds of two writers", rounds.len());
    tally::fixed("of these with --run", rounds.iter().flatten().filter(|(_, kind, _)| *kind == 1).count());
    tally::chance("of these left with the older run", older.len());
    // The gap that the page on publishing names: the older one's write comes after the newer one's last look.
    assert!(older.len() <= 1 + rounds.len() / 100, "the older run keeps the tag: {older:?}");
}
