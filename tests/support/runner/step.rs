//! The steps of a job, with commands, conditions and `steps` parameters unfolded.

use std::time::Duration;

use serde_json::Value;

use super::Variables;
use super::condition;
use super::executor::variables;
use super::node::{Node, Result};
use super::parameter::arguments;
use super::template::Scope;

/// A step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The commit of the run, in the job's folder or another.
    Checkout { path: String },
    /// A script.
    Run(Box<Run>),
    /// Files for later jobs.
    Persist { root: String, paths: Vec<String> },
    /// The files of earlier jobs.
    Attach { at: String },
    /// Files for people.
    Artifacts { path: String, destination: Option<String> },
    /// What needs nothing done here.
    Nothing(&'static str),
}

/// When a script runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    OnSuccess,
    Always,
    OnFail,
}

/// A shell, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Shell {
    pub program: &'static [&'static str],
    pub options: Vec<String>,
}

/// What an image without Bash has in its place.
const SH: &[&str] = &["busybox", "sh"];
const BASH: &[&str] = &["bash"];

impl Shell {
    /// The shell of those who name none
    /// (<https://circleci.com/docs/reference/configuration-reference/#default-shell-options>).
    pub fn usual(has_bash: bool) -> Self {
        Self { program: if has_bash { BASH } else { SH }, options: vec!["-eo".into(), "pipefail".into()] }
    }
}

/// A script and how to run it.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub name: String,
    pub command: String,
    pub environment: Variables,
    pub working_directory: String,
    /// The step's own, if it names one.
    pub shell: Option<Shell>,
    pub when: When,
    pub reruns: u64,
    pub delay: Duration,
    /// How long it may say nothing.
    pub patience: Duration,
}

/// The steps of a list; `inside` are the commands that they are unfolded from.
pub fn expand(list: &Node, scope: &Scope, inside: &[&str]) -> Result<Vec<Step>> {
    if let Some(steps) = list.value().as_str().and_then(|text| scope.steps(text)) {
        return Ok(steps.to_vec());
    }
    let mut steps = Vec::new();
    for item in list.items()? {
        let (name, inner) = item.called()?;
        match (name, &inner) {
            ("when" | "unless", Some(node)) => {
                node.only(&["condition", "steps"])?;
                let holds = condition::holds(&node.need("condition")?, scope)?;
                // Unfolded in any case, so that what is not known is refused.
                let then = expand(&node.need("steps")?, scope, inside)?;
                if holds == (name == "when") {
                    steps.extend(then);
                }
            }
            ("steps", Some(node)) => steps.extend(expand(node, scope, inside)?),
            _ => match scope.config.definition("commands", name) {
                Some(command) if inside.contains(&name) => return command.refuse("the command calls itself"),
                Some(command) => {
                    command.only(&["steps", "parameters", "description"])?;
                    let given = inner.as_ref().map_or(Ok(Vec::new()), Node::entries)?;
                    let arguments = arguments(&command, &given, scope)?;
                    let inside = [inside, &[name]].concat();
                    steps.extend(expand(&command.need("steps")?, &scope.with(&arguments), &inside)?);
                }
                None => steps.push(builtin(&item, name, inner.as_ref(), scope)?),
            },
        }
    }
    Ok(steps)
}

fn builtin(item: &Node, name: &str, inner: Option<&Node>, scope: &Scope) -> Result<Step> {
    let nothing = Value::Object(serde_json::Map::new());
    let filled = inner.map_or(Ok(nothing), |node| scope.fill(node))?;
    let node = inner.unwrap_or(item).holding(&filled);
    match name {
        "run" => run(&node).map(|run| Step::Run(Box::new(run))),
        "checkout" => {
            node.only(&["path"])?;
            Ok(Step::Checkout { path: node.get("path").map_or(Ok(".".into()), |path| place(&path))? })
        }
        "persist_to_workspace" => {
            node.only(&["root", "paths"])?;
            let paths = node.need("paths")?.items()?.iter().map(persisted).collect::<Result<_>>()?;
            Ok(Step::Persist { root: place(&node.need("root")?)?, paths })
        }
        "attach_workspace" => {
            node.only(&["at"])?;
            Ok(Step::Attach { at: place(&node.need("at")?)? })
        }
        "store_artifacts" => {
            node.only(&["path", "destination"])?;
            let destination = node.get("destination").map(|node| place(&node)).transpose()?;
            Ok(Step::Artifacts { path: place(&node.need("path")?)?, destination })
        }
        "setup_remote_docker" => {
            node.only(&["docker_layer_caching", "version"])?;
            Ok(Step::Nothing("setup_remote_docker"))
        }
        "add_ssh_keys" => {
            node.only(&["fingerprints"])?;
            Ok(Step::Nothing("add_ssh_keys"))
        }
        orb if orb.contains('/') => item.refuse(format!("'{orb}' is a command of an orb, and orbs are not run")),
        other => item.refuse(format!("'{other}' is no step that is known here, and no command")),
    }
}

fn run(node: &Node) -> Result<Run> {
    let mut run = Run {
        name: String::new(),
        command: String::new(),
        environment: Variables::new(),
        working_directory: ".".into(),
        shell: None,
        when: When::OnSuccess,
        reruns: 0,
        delay: Duration::ZERO,
        patience: Duration::from_secs(600),
    };
    if node.value().is_string() {
        node.text()?.clone_into(&mut run.command);
    } else {
        node.need("command")?;
        for (key, value) in node.entries()? {
            match key {
                "name" => value.text()?.clone_into(&mut run.name),
                "command" => value.text()?.clone_into(&mut run.command),
                "environment" => run.environment = variables(&value)?,
                "working_directory" => run.working_directory = place(&value)?,
                "shell" => run.shell = Some(shell(&value)?),
                "no_output_timeout" => run.patience = duration(&value)?,
                "auto_rerun_delay" => run.delay = duration(&value)?,
                "max_auto_reruns" => match value.value().as_u64() {
                    Some(number @ 1..=5) => run.reruns = number,
                    _ => return value.refuse("a number from 1 to 5 was expected"),
                },
                "when" => {
                    run.when = match value.text()? {
                        "on_success" => When::OnSuccess,
                        "always" => When::Always,
                        "on_fail" => When::OnFail,
                        other => return value.refuse(format!("'{other}' is no time to run a step")),
                    }
                }
                other => return node.refuse(format!("unknown key '{other}'")),
            }
        }
    }
    if !run.delay.is_zero() && run.reruns == 0 {
        return node.refuse("'auto_rerun_delay' needs 'max_auto_reruns'");
    }
    if run.name.is_empty() {
        run.name = run.command.lines().next().unwrap_or_default().to_owned();
    }
    Ok(run)
}

/// A shell, which must be one that we have in place of every image's.
pub fn shell(node: &Node) -> Result<Shell> {
    let mut words = node.text()?.split_whitespace().map(str::to_owned);
    let program = match words.next().as_deref() {
        Some("sh" | "/bin/sh" | "ash" | "/bin/ash") => SH,
        Some("bash" | "/bin/bash") => BASH,
        _ => return node.refuse(format!("the shell '{}' is not here: /bin/sh and /bin/bash are", node.text()?)),
    };
    Ok(Shell { program, options: words.collect() })
}

/// A path that stays in the job's own folder, which is all of the machine that a job gets here.
pub fn place(node: &Node) -> Result<String> {
    let path = node.text()?;
    let relative = path.strip_prefix("~/").unwrap_or(path);
    if relative.starts_with('/')
        || (relative.starts_with('~') && relative != "~")
        || relative.split('/').any(|part| part == "..")
        || path.is_empty()
    {
        return node.refuse(format!("'{path}' may lie outside of the job's folder"));
    }
    Ok(path.to_owned())
}

/// A path to persist, from the root; `.` is all of it, as in CircleCI's own examples, though the reference forbids it.
fn persisted(node: &Node) -> Result<String> {
    match place(node)? {
        path if path.contains(['[', '\\']) || path.starts_with('~') => {
            node.refuse(format!("'{path}' is a kind of pattern that is not known here"))
        }
        path => Ok(path),
    }
}

/// `10s`, `1.5m`, `2h`.
fn duration(node: &Node) -> Result<Duration> {
    let text = node.text()?;
    let unit = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let seconds = match &text[unit..] {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return node.refuse(format!("'{text}' is no duration, such as 10s")),
    };
    match text[..unit].parse::<f64>() {
        Ok(number) => Ok(Duration::from_secs_f64(number * seconds)),
        Err(_) => node.refuse(format!("'{text}' is no duration, such as 10s")),
    }
}
