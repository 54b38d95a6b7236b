//! What act tells of a run, a line of JSON each: https://nektosact.com

use std::collections::BTreeMap;

use serde_json::Value;

/// A run that has ended.
pub struct Ran {
    pub is_green: bool,
    /// Everything, for a person; lines of jobs begin with the job.
    pub log: String,
    jobs: BTreeMap<String, Job>,
}

#[derive(Default)]
struct Job {
    /// `success` or `failure`; none of a job that was skipped, or never started.
    result: Option<String>,
    /// What its steps printed.
    log: String,
    /// What its steps handed on.
    outputs: Vec<(String, String)>,
    summary: String,
}

impl Ran {
    pub fn read(is_green: bool, printed: &str, errors: &str) -> Self {
        let mut ran = Self { is_green, log: String::new(), jobs: BTreeMap::new() };
        for line in printed.lines() {
            match serde_json::from_str::<Value>(line) {
                Ok(told) => ran.take(&told),
                Err(_) => ran.log.push_str(&format!("{line}\n")),
            }
        }
        ran.log.push_str(errors);
        ran
    }

    fn take(&mut self, told: &Value) {
        let text = |key: &str| told[key].as_str().unwrap_or_default();
        let (id, message) = (text("jobID"), text("msg"));
        self.log.push_str(&format!("{id}: {}\n", message.trim_end()));
        if id.is_empty() {
            return;
        }
        let job = self.jobs.entry(id.to_owned()).or_default();
        if told["raw_output"] == true {
            job.log.push_str(message);
        }
        match text("command") {
            "set-output" => job.outputs.push((text("name").to_owned(), text("arg").to_owned())),
            "summary" => job.summary.push_str(text("content")),
            _ => {}
        }
        job.result = told["jobResult"].as_str().map(str::to_owned).or_else(|| job.result.take());
    }

    pub fn green(self) -> Self {
        assert!(self.is_green, "{}", self.log);
        self
    }

    /// How a job ended, as `success` or `failure`; none if it did not run.
    pub fn ended(&self, job: &str) -> Option<&str> {
        self.jobs.get(job)?.result.as_deref()
    }

    /// What a job's steps printed.
    pub fn printed(&self, job: &str) -> &str {
        self.jobs.get(job).map_or("", |job| &job.log)
    }

    /// What GitHub would show of a job on the run's page.
    pub fn summary(&self, job: &str) -> &str {
        self.jobs.get(job).map_or("", |job| &job.summary)
    }

    /// Everything that jobs handed on, which GitHub drops where it has a secret in it.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.jobs
            .iter()
            .map(|(id, job)| (id.as_str(), job))
            .flat_map(|(id, job)| job.outputs.iter().map(move |(name, value)| (id, name.as_str(), value.as_str())))
    }

    /// Whether two jobs built at the same time.
    pub fn overlap(&self, one: &str, other: &str) -> bool {
        let at = |job: &str, what: &str| -> u64 {
            let line = self.log.lines().find_map(|line| line.strip_prefix(&format!("{job} {what} ")));
            line.and_then(|time| time.parse().ok()).unwrap_or_else(|| panic!("{job} {what}: {}", self.log))
        };
        at(one, "begins") < at(other, "ends") && at(other, "begins") < at(one, "ends")
    }
}
