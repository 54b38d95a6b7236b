//! What starts a workflow, and what GitHub says of it in the event's file.

use serde_json::{Value, json};

/// What starts a run; names are of branches and tags of `acme/NAME`.
#[derive(Clone, Copy)]
pub enum Event<'a> {
    Branch(&'a str),
    Tag(&'a str),
    /// Request 7, for a branch into `main`.
    PullRequest {
        branch: &'a str,
        is_fork: bool,
    },
    /// A schedule's cron text, on `main`.
    Schedule(&'a str),
    /// By hand, on `main`, with inputs.
    Manual(&'a [(&'a str, &'a str)]),
}

impl Event<'_> {
    /// As in `on`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Branch(_) | Self::Tag(_) => "push",
            Self::PullRequest { .. } => "pull_request",
            Self::Schedule(_) => "schedule",
            Self::Manual(_) => "workflow_dispatch",
        }
    }

    /// What `GITHUB_REF` has.
    pub fn full_ref(self) -> String {
        match self {
            Self::Branch(branch) => format!("refs/heads/{branch}"),
            Self::Tag(tag) => format!("refs/tags/{tag}"),
            Self::PullRequest { .. } => "refs/pull/7/merge".into(),
            Self::Schedule(_) | Self::Manual(_) => "refs/heads/main".into(),
        }
    }

    /// The part of the payload that jobs can ask for: https://docs.github.com/en/webhooks/webhook-events-and-payloads
    pub fn payload(self, repository: &str, commit: &str) -> Value {
        let of = |name: &str| json!({ "full_name": name, "fork": name != repository });
        let mut payload = match self {
            Self::Branch(_) | Self::Tag(_) => json!({ "after": commit }),
            Self::PullRequest { branch, is_fork } => {
                let from = if is_fork { "somebody/fork" } else { repository };
                json!({
                    "action": "synchronize",
                    "number": 7,
                    "pull_request": {
                        "number": 7,
                        "head": { "ref": branch, "sha": commit, "repo": of(from) },
                        "base": { "ref": "main", "repo": of(repository) },
                    },
                })
            }
            Self::Schedule(cron) => json!({ "schedule": cron }),
            Self::Manual(inputs) => {
                let inputs: serde_json::Map<String, Value> =
                    inputs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
                json!({ "inputs": inputs })
            }
        };
        payload["repository"] = json!({ "full_name": repository, "default_branch": "main" });
        if !matches!(self, Self::PullRequest { .. }) {
            payload["ref"] = json!(self.full_ref());
        }
        payload
    }
}
