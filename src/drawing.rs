//! Pictures of a workflow: its jobs by what they wait for, or along the time that they take; as SVG, Mermaid or dot.
//!
//! A row is an image, or all images that are one in the matrix. Everything is a pure function of the plan, so the same plan
//! is the same bytes.

mod chart;
mod dot;
mod gantt;
mod layers;
mod legend;
mod mermaid;
mod order;
mod route;
mod style;
mod svg;
mod task;
mod text;

use std::collections::HashMap;
use std::time::Duration;

use self::chart::Chart;
use self::task::Tasks;
use crate::plan::{Plan, Times, Workflow};

/// How many images a row has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rows {
    /// All that are one in the matrix.
    Family,
    /// One.
    Image,
}

/// What is drawn of a workflow.
pub struct Drawing<'p> {
    /// The workflow's name.
    title: &'p str,
    tasks: Tasks<'p>,
    rows: Rows,
}

impl<'p> Drawing<'p> {
    /// With times, for every job of the workflow and every hand-written one that is waited for, each job stands where it
    /// can begin at the earliest.
    pub fn of(plan: &'p Plan, workflow: &'p Workflow, times: Option<&Times>, rows: Rows) -> Self {
        Self { title: &workflow.name, tasks: Tasks::of(plan, workflow, times), rows }
    }

    /// A picture that needs nothing beside itself: no script, no font, no address. Its colours are those of the reader's
    /// scheme, light or dark.
    pub fn svg(&self) -> String {
        if self.tasks.length().is_some() {
            return gantt::gantt(self);
        }
        layers::layers(self, &self.chart())
    }

    /// A flowchart of Mermaid (<https://mermaid.js.org/syntax/flowchart.html>), or with times a Gantt diagram of it.
    pub fn mermaid(&self) -> String {
        if self.tasks.length().is_some() { mermaid::gantt(self) } else { mermaid::flowchart(self, &self.chart()) }
    }

    /// A graph for Graphviz (<https://graphviz.org/doc/info/lang.html>); with times, each job has its own.
    pub fn dot(&self) -> String {
        dot::dot(self, &self.chart())
    }

    fn chart(&self) -> Chart<'p> {
        Chart::of(&self.tasks, self.rows)
    }

    /// The jobs of each row, by place.
    fn by_row(&self) -> Vec<(&'p str, Vec<usize>)> {
        let mut rows: Vec<(&str, Vec<usize>)> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        for (at, task) in self.tasks.all.iter().enumerate() {
            let row = *known.entry(self.row(task)).or_insert(rows.len());
            if row == rows.len() {
                rows.push((self.row(task), Vec::new()));
            }
            rows[row].1.push(at);
        }
        rows
    }

    /// What a job is called in its row.
    fn label(&self, task: &task::Task<'p>) -> String {
        if self.row(task) == task.image { task.word.to_owned() } else { format!("{} {}", task.image, task.word) }
    }

    /// The row of a job.
    fn row(&self, task: &task::Task<'p>) -> &'p str {
        match self.rows {
            Rows::Family => task.family,
            Rows::Image => task.image,
        }
    }

    /// `9 images, 26 jobs`
    fn counts(&self) -> String {
        let jobs = self.tasks.all.iter().filter(|task| task.kind != task::Kind::External);
        let mut images: Vec<&str> = jobs.clone().map(|task| task.image).collect();
        images.sort_unstable();
        images.dedup();
        format!("{}, {}", counted(images.len(), "image"), counted(jobs.count(), "job"))
    }

    /// What the chain that is marked is called, and how long it is.
    fn chain(&self) -> String {
        match self.tasks.length() {
            Some(length) => format!("critical path {}", clock(length)),
            None => format!("longest chain {}", counted(self.tasks.chain.len(), "job")),
        }
    }

    /// The chain that is marked, job by job, for those who do not see it.
    fn chain_names(&self) -> String {
        let names: Vec<&str> = self.tasks.chain.iter().map(|at| self.tasks.all[*at].name).collect();
        names.join(", ")
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// `1 h 2 min`, `15 min 40 s`, `40 s`, `2.5 s`: to the second from ten seconds on.
fn clock(time: Duration) -> String {
    if time < Duration::from_secs(10) {
        return format!("{} s", (time.as_secs_f64() * 10.0).round() / 10.0);
    }
    let seconds = (time.as_secs_f64()).round() as u64;
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    // Of hours, nobody asks for the seconds.
    let shown = parts.iter().take(if seconds < 3600 { 3 } else { 2 }).filter(|(count, _)| *count > 0);
    shown.map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::clock;

    #[test]
    fn a_time_is_as_exact_as_it_is_long() {
        let times = [(0.0, "0 s"), (2.54, "2.5 s"), (40.4, "40 s"), (940.0, "15 min 40 s"), (3600.0, "1 h")];
        for (seconds, shown) in times.into_iter().chain([(60.0, "1 min"), (7_325.0, "2 h 2 min")]) {
            assert_eq!(clock(Duration::from_secs_f64(seconds)), shown);
        }
    }
}
