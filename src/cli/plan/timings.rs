//! The timings of a workflow for `splitbuild plan --times`: how long a run takes, and its critical path.

use std::fmt::Write as _;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::plan::{CriticalPath, Plan, Times, Waits, Workflow};

#[derive(Serialize)]
pub(super) struct ShownTimes<'p> {
    critical_path: ShownPath<'p>,
    total_seconds: Seconds,
    /// The total by the critical path; none if that takes no time.
    ratio: Option<f64>,
    same_architecture: SameArchitecture<'p>,
}

/// What would be if build jobs waited for the parent's build of their architecture, and not for its index.
#[derive(Serialize)]
struct SameArchitecture<'p> {
    critical_path: ShownPath<'p>,
    saved_seconds: Seconds,
}

#[derive(Serialize)]
struct ShownPath<'p> {
    seconds: Seconds,
    jobs: Vec<ShownStep<'p>>,
}

#[derive(Serialize)]
struct ShownStep<'p> {
    name: &'p str,
    seconds: Seconds,
}

/// Shown as seconds, without a fraction where there is none.
#[derive(Clone, Copy)]
struct Seconds(Duration);

impl<'p> ShownTimes<'p> {
    /// None if the workflow has a job without a time.
    pub(super) fn of(plan: &'p Plan, workflow: &Workflow, times: &Times) -> Option<Self> {
        let total: Option<Duration> = plan.timed_jobs(workflow).into_iter().map(|name| times.get(name)).sum();
        let total = total?;
        let path = plan.critical_path(workflow, times, Waits::Planned);
        let other = plan.critical_path(workflow, times, Waits::SamePlatform);
        let length = path.length();
        Some(Self {
            total_seconds: Seconds(total),
            ratio: (!length.is_zero()).then(|| total.as_secs_f64() / length.as_secs_f64()),
            same_architecture: SameArchitecture {
                saved_seconds: Seconds(length.saturating_sub(other.length())),
                critical_path: ShownPath::of(other),
            },
            critical_path: ShownPath::of(path),
        })
    }

    pub(super) fn lines(&self, text: &mut String) {
        let path = &self.critical_path;
        let steps: Vec<String> =
            path.jobs.iter().map(|step| format!("{} ({} s)", step.name, step.seconds.format())).collect();
        let _ = writeln!(text, "  critical path {} s: {}", path.seconds.format(), steps.join(" → "));
        let ratio = self.ratio.map(|ratio| format!(", {ratio:.2} times the critical path")).unwrap_or_default();
        let _ = writeln!(text, "  one job after another {} s{ratio}", self.total_seconds.format());
        let other = &self.same_architecture;
        let (length, saved) = (other.critical_path.seconds.format(), other.saved_seconds.format());
        let _ = writeln!(text, "  waiting for the same architecture only {length} s, which saves {saved} s");
    }
}

impl<'p> ShownPath<'p> {
    fn of(path: CriticalPath<'p>) -> Self {
        let seconds = Seconds(path.length());
        let step = |(name, time)| ShownStep { name, seconds: Seconds(time) };
        Self { seconds, jobs: path.jobs.into_iter().map(step).collect() }
    }
}

impl Seconds {
    fn format(self) -> String {
        self.0.as_secs_f64().to_string()
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.subsec_nanos() == 0 {
            serializer.serialize_u64(self.0.as_secs())
        } else {
            serializer.serialize_f64(self.0.as_secs_f64())
        }
    }
}
