//! The jobs of a workflow as a table, in which the images that are one in the matrix have one row for each of their jobs.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::ShownJob;

/// A row: one job, or those of several images that are one in the matrix.
struct Row<'p> {
    jobs: Vec<&'p ShownJob<'p>>,
    needs: Vec<String>,
}

/// The table; `is_whole` gives every job a row of its own.
pub(super) fn table(jobs: &[ShownJob<'_>], is_whole: bool, text: &mut String) {
    let rows = rows(jobs, is_whole);
    let cells = |row: &Row<'_>| {
        let job = row.jobs[0];
        [row.name(), job.platforms.join(","), job.runner.clone().unwrap_or_else(|| "-".into())]
    };
    let title = ["JOB", "PLATFORM", "RUNNER"].map(str::to_owned);
    let lines: Vec<[String; 3]> = std::iter::once(title).chain(rows.iter().map(cells)).collect();
    let width = |at: usize| lines.iter().map(|cells| cells[at].chars().count()).max().unwrap_or_default();
    let (name, platforms, runner) = (width(0), width(1), width(2));
    let needs = |row: &Row<'_>| if row.needs.is_empty() { "-".to_owned() } else { row.needs.join(", ") };
    let needs = std::iter::once("WAITS FOR".to_owned()).chain(rows.iter().map(needs));
    for ([job, on, by], needs) in lines.iter().zip(needs) {
        let _ = writeln!(text, "  {job:name$}  {on:platforms$}  {by:runner$}  {needs}");
    }
}

/// What the jobs of one row have in common.
type Key<'p> = (&'p str, &'p str, &'p [String], Option<&'p str>);

fn rows<'p>(jobs: &'p [ShownJob<'p>], is_whole: bool) -> Vec<Row<'p>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut known: HashMap<Key<'_>, usize> = HashMap::new();
    let mut of_job: HashMap<&str, usize> = HashMap::new();
    for job in jobs {
        let is_single = is_whole || job.family == job.image;
        let key = (job.family, job.kind, job.platforms.as_slice(), job.runner.as_deref());
        let place = match known.get(&key).filter(|_| !is_single) {
            Some(place) => *place,
            None => rows.len(),
        };
        if place == rows.len() {
            rows.push(Row { jobs: Vec::new(), needs: Vec::new() });
            if !is_single {
                known.insert(key, place);
            }
        }
        rows[place].jobs.push(job);
        of_job.insert(job.name, place);
    }
    for place in 0..rows.len() {
        let mut needs: Vec<String> = Vec::new();
        for need in rows[place].jobs.iter().flat_map(|job| &job.needs) {
            let name = of_job.get(need).map_or_else(|| (*need).to_owned(), |place| rows[*place].pattern());
            if !needs.contains(&name) {
                needs.push(name);
            }
        }
        rows[place].needs = needs;
    }
    rows
}

impl Row<'_> {
    /// The name of the job, or of all of them with `*` for what tells them apart.
    fn pattern(&self) -> String {
        let [job, others @ ..] = self.jobs.as_slice() else { return String::new() };
        let apart = job.image.strip_prefix(job.family).filter(|rest| !others.is_empty() && !rest.is_empty());
        match apart {
            Some(_) => job.name.replacen(job.image, &format!("{}-*", job.family), 1),
            None => job.name.to_owned(),
        }
    }

    fn name(&self) -> String {
        match self.jobs.len() {
            1 => self.pattern(),
            count => format!("{} × {count}", self.pattern()),
        }
    }
}
