//! What a person sees while registries are spoken to: a bar on a terminal, plain lines in a log.

mod transfers;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::rc::Rc;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::arguments::Network;
use super::log_line;
use crate::registry::Event;
use crate::transfer::Watch;

/// Standard error.
#[derive(Clone)]
pub(super) struct Screen {
    level: Level,
    bars: MultiProgress,
    bar: ProgressBar,
    /// The most attempts of one request that were reported, by registry.
    reported: Rc<RefCell<BTreeMap<String, u32>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Quiet,
    Normal,
    Verbose,
}

impl Screen {
    pub(super) fn new(arguments: &Network) -> Self {
        let level = match (arguments.quiet, arguments.verbose) {
            (true, _) => Level::Quiet,
            (_, true) => Level::Verbose,
            _ => Level::Normal,
        };
        let is_shown = level == Level::Normal && std::io::stderr().is_terminal();
        let bars = MultiProgress::new();
        let bar = if is_shown { bars.add(ProgressBar::new(0)) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{spinner} {msg} {pos}/{len}").expect("a good template");
        bar.set_style(style);
        Self { level, bars, bar, reported: Rc::default() }
    }

    /// Shows transfers: a bar for each on a terminal, a line for each finished one elsewhere.
    pub(super) fn transfers(&self) -> Watch {
        match self.level {
            Level::Quiet => transfers::silent(),
            _ if self.bar.is_hidden() => transfers::lines(),
            _ => transfers::bars(self.bars.clone()),
        }
    }

    pub(super) fn begin(&self, what: &'static str, count: usize) {
        self.bar.reset();
        self.bar.set_length(count as u64);
        self.bar.set_message(what);
        if !self.bar.is_hidden() {
            self.bar.enable_steady_tick(Duration::from_millis(100));
        }
    }

    pub(super) fn step(&self) {
        self.bar.inc(1);
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }

    /// Prints a line, unless `--quiet`.
    pub(super) fn note(&self, line: &str) {
        if self.level > Level::Quiet {
            self.line(line);
        }
    }

    /// Prints a line.
    pub(super) fn line(&self, line: &str) {
        // Not by `suspend`, which panics when the terminal is gone.
        if self.bars.is_hidden() { log_line(line) } else { drop(self.bars.println(line)) }
    }

    /// Whether no request to the registry was tried so often before: an outage is reported once, and again while it
    /// lasts, but not for each of a hundred requests.
    fn is_worse(&self, registry: &str, attempts: u32) -> bool {
        let mut reported = self.reported.borrow_mut();
        let most = reported.entry(registry.to_owned()).or_default();
        let is_worse = attempts > *most;
        *most = attempts.max(*most);
        is_worse
    }

    /// What happens between us and a registry.
    pub(super) fn event(&self, event: &Event<'_>) {
        match event {
            Event::Retry { registry, attempts, error, wait } => {
                if self.level == Level::Verbose || self.is_worse(registry, *attempts) {
                    self.note(&format!("{error}; retrying in {:.1} s", wait.as_secs_f64()));
                }
            }
            _ if self.level < Level::Verbose => {}
            Event::Token { service, scopes } => self.line(&format!("token from {service} for {}", scopes.join(" "))),
            Event::Request { method, address, outcome, took } => {
                let outcome = match outcome {
                    Ok((status, Some(bytes))) => format!("{status}, {bytes} bytes"),
                    Ok((status, None)) => status.to_string(),
                    Err(cause) => (*cause).to_owned(),
                };
                self.line(&format!("{method} {address}: {outcome}, {} ms", took.as_millis()));
            }
        }
    }
}
