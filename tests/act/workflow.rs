//! What a workflow file asks of its surroundings: machines, containers and actions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

/// What the jobs of a file ask for.
pub struct Workflow {
    /// The platform of the machine of every job, as its labels say.
    pub machines: BTreeMap<String, &'static str>,
    /// The labels of runners.
    pub labels: BTreeSet<String>,
    /// The images of jobs' containers.
    pub containers: BTreeSet<String>,
    /// The actions of steps, as `OWNER/NAME@COMMIT`.
    pub actions: BTreeSet<String>,
}

impl Workflow {
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let read: Value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut found = Self {
            machines: BTreeMap::new(),
            labels: BTreeSet::new(),
            containers: BTreeSet::new(),
            actions: BTreeSet::new(),
        };
        for (id, job) in read["jobs"].as_object().expect("jobs") {
            let labels = labels(&job["runs-on"]);
            let is_arm = labels.iter().any(|label| label.to_lowercase().contains("arm"));
            found.machines.insert(id.clone(), if is_arm { "linux/arm64" } else { "linux/amd64" });
            found.labels.extend(labels);
            let container = job["container"].as_str().or_else(|| job["container"]["image"].as_str());
            found.containers.extend(container.map(str::to_owned));
            let steps = job["steps"].as_array().into_iter().flatten();
            found.actions.extend(steps.filter_map(|step| step["uses"].as_str()).map(str::to_owned));
        }
        found
    }
}

/// `runs-on` is a label, a list of them, or a group with them.
fn labels(runs_on: &Value) -> Vec<String> {
    match runs_on {
        Value::String(label) => vec![label.clone()],
        Value::Array(all) => all.iter().flat_map(labels).collect(),
        group => labels(group.get("labels").expect("a label: what runs in a called file has none")),
    }
}
