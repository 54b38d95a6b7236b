//! Progress of transfers: bars on a terminal, lines in a log.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::cli::log_line;
use crate::cli::size::size;
use crate::digest::Digest;
use crate::transfer::{Progress, Watch};

/// How a bar looks: which content, how much of it, how fast, how much longer.
const BAR: &str = "{msg} [{bar:24}] {bytes}/{total_bytes} {bytes_per_sec}, {eta} left";

/// Nothing is shown.
pub(super) fn silent() -> Watch {
    Arc::new(|_| {})
}

/// One bar for everything that is under way.
pub(super) fn bars(all: MultiProgress) -> Watch {
    let style = ProgressStyle::with_template(BAR).expect("a good template").progress_chars("=> ");
    let under_way: Mutex<BTreeMap<Digest, ProgressBar>> = Mutex::default();
    Arc::new(move |progress| {
        let mut under_way = under_way.lock().expect("no holder panics");
        match progress {
            Progress::Begun { digest, size } => {
                let bar = all.add(ProgressBar::new(*size));
                bar.set_style(style.clone());
                bar.set_message(digest.short().to_owned());
                under_way.insert((*digest).clone(), bar);
            }
            Progress::Moved { digest, bytes } => {
                if let Some(bar) = under_way.get(digest) {
                    bar.inc(*bytes);
                }
            }
            Progress::Broken { digest } => {
                if let Some(bar) = under_way.get(digest) {
                    bar.reset();
                }
            }
            Progress::Ended { digest } => {
                if let Some(bar) = under_way.remove(digest) {
                    bar.finish_and_clear();
                    all.remove(&bar);
                }
            }
        }
    })
}

/// One line for everything that has arrived.
pub(super) fn lines() -> Watch {
    let under_way: Mutex<BTreeMap<Digest, (Instant, u64)>> = Mutex::default();
    Arc::new(move |progress| {
        let mut under_way = under_way.lock().expect("no holder panics");
        match progress {
            Progress::Begun { digest, size } => {
                under_way.insert((*digest).clone(), (Instant::now(), *size));
            }
            Progress::Ended { digest } => {
                if let Some((start, bytes)) = under_way.remove(digest) {
                    let seconds = start.elapsed().as_secs_f64();
                    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a size")]
                    let rate = (bytes as f64 / seconds.max(0.001)) as u64;
                    let line = format!("{}: {} in {seconds:.1} s ({}/s)", digest.short(), size(bytes), size(rate));
                    log_line(&line);
                }
            }
            Progress::Moved { .. } | Progress::Broken { .. } => {}
        }
    })
}
