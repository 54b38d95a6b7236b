//! `splitbuild manifest`: the index over per-architecture images, published right or not at all.

mod release;
mod report;
mod targets;

use super::arguments::{KeptAttestations, Manifest as Arguments};
use super::moving::show_unlisted;
use super::network::block_on_or_stop;
use super::screen::Screen;
use super::{Failure, print};
use crate::link::{Attestations, Intent, Options, Progress, link};
use crate::oci::{Format, Rules};

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let targets = targets::of(arguments)?;
    let options = options(arguments)?;
    let screen = Screen::new(&arguments.network);
    let uses: Vec<_> = targets.iter().map(|target| target.uses(options.intent)).collect();
    let store = arguments.network.store(&uses, &screen)?;

    let sources: usize = targets.iter().map(|target| target.sources.len()).sum();
    screen.begin("reading", sources);
    let watch = |progress: &Progress<'_>| match progress {
        Progress::Read(_) | Progress::Tagged(_) => screen.step(),
        Progress::Hidden(reference, tag, error) if options.run.is_some() && !tag.is_fixed => screen.note(&format!(
            "warning: cannot read {reference}, so a newer run's index there would be replaced: {error}"
        )),
        Progress::Hidden(..) => {}
        Progress::Unlisted(..) => show_unlisted(progress, &screen),
        Progress::Waiting(source) => screen.note(&format!("waiting for {} ({})", source.at, source.platform)),
    };
    let (linked, stopped) = block_on_or_stop(async |stop| link(&store, &targets, &options, (&watch, stop)).await)?;
    screen.end();
    let linked = match (linked, stopped) {
        (Some(linked), _) => linked,
        (None, signal) => return Err(signal.map_or(Failure::Reported, Failure::Stopped)),
    };

    let report = report::Report { linked: &linked, intent: options.intent, release: options.release.as_ref() };
    report.show(&screen);
    print(if arguments.json { report.json() } else { report.lines() })?;
    match stopped {
        _ if report.is_done() => Ok(()),
        Some(signal) => Err(Failure::StoppedHalfway(signal)),
        None => Err(Failure::Reported),
    }
}

fn options(arguments: &Arguments) -> Result<Options, Failure> {
    let format = Format::from(arguments.format);
    if format == Format::Docker && (!arguments.annotation.is_empty() || arguments.run.is_some()) {
        let what = if arguments.run.is_some() { "--run" } else { "--annotation" };
        return Err(Failure::Usage(format!(
            "a Docker manifest list cannot hold annotations: remove --format or {what}"
        )));
    }
    Ok(Options {
        rules: Rules { format, mixed_revisions: arguments.allow_mixed_revisions },
        attestations: match arguments.attestations {
            KeptAttestations::Keep => Attestations::Keep,
            KeptAttestations::Drop => Attestations::Drop,
        },
        annotations: arguments.annotation.iter().cloned().collect(),
        run: arguments.run.clone(),
        release: arguments.release.clone(),
        wait: arguments.wait,
        intent: if arguments.dry_run { Intent::Show } else { Intent::Publish },
    })
}
