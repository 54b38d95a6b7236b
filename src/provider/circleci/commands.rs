//! The commands that generated jobs share: what is the same in all of them, once.

use std::borrow::Cow;

use super::DIALECT;
use super::lines::push_all;
use super::step::{keep, run};
use crate::plan::{LocalParent, Plan, Registry};
use crate::provider::builder::Builder;
use crate::provider::script::{self, login};
use crate::yaml::Node;

/// Every name that a command of ours may have.
pub(super) const NAMES: [&str; 12] =
    [VERSION, LOG_IN, LOG_IN_IF_SET, CLONE, FETCH, PIN, PULL, LOAD, PUSH, CHECK, KEEP, TOOL];

pub(super) const VERSION: &str = "read-version";
pub(super) const LOG_IN: &str = "log-in";
pub(super) const LOG_IN_IF_SET: &str = "log-in-if-set";
pub(super) const CLONE: &str = "clone-context";
pub(super) const FETCH: &str = "fetch-context";
pub(super) const PIN: &str = "pin-parents";
pub(super) const PULL: &str = "pull-parents";
pub(super) const LOAD: &str = "load-parents";
pub(super) const PUSH: &str = "push-image";
pub(super) const CHECK: &str = "check-image";
pub(super) const KEEP: &str = "keep-image";
pub(super) const TOOL: &str = "fetch-splitbuild";

/// Where earlier jobs' files lie beside this repository, so that nothing but what is asked for gets between its own.
pub(super) const PARENTS: &str = ".splitbuild/parents";

pub(super) struct Command {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    /// Its parameters, with what they are if nobody says it.
    pub(super) parameters: Vec<(&'static str, Option<String>)>,
    pub(super) title: &'static str,
    pub(super) script: String,
    /// The files that it keeps for later jobs.
    pub(super) keeps: Option<&'static str>,
}

impl Command {
    pub(super) fn steps(&self) -> Node {
        let run = run(self.title, &self.script);
        Node::list(std::iter::once(run).chain(self.keeps.map(|path| keep(".", path))))
    }
}

/// What of the plan the commands depend on.
pub(super) struct Features {
    pub(super) builder: Builder,
    /// Whether a tag must be cleaned.
    pub(super) clean: bool,
    /// Whether an image is not pushed as `NAME:TAG-ARCH`.
    pub(super) arch_names: bool,
    /// Whether the names that are pushed are made of what differs between workflows, or of what `setup` exports.
    pub(super) late_names: bool,
    /// Whether sources are other repositories'.
    pub(super) revisions: bool,
    /// Whether a tag belongs to a run alone.
    pub(super) fixed: bool,
    /// Whether something is made from the version of a run.
    pub(super) versions: bool,
    /// Whether tags move to the highest version.
    pub(super) moves: bool,
}

/// The command of that name; `has_names` says that a context is known late.
pub(super) fn command(name: &str, (plan, features): (&Plan, &Features), has_names: bool) -> Option<Command> {
    Some(match name {
        VERSION => version(),
        LOG_IN => log_in(plan),
        LOG_IN_IF_SET => log_in_if_set(plan),
        CLONE => clone(CLONE, "Clones another repository, with its submodules.", (script::CLONE, "clone"), has_names),
        FETCH => clone(
            FETCH,
            "Fetches a commit of another repository, with its submodules.",
            (script::FETCH, "fetch"),
            has_names,
        ),
        PIN => Command {
            name: PIN,
            description: "Pins the parents to the digests of this run, wherever their tags point by now.",
            parameters: vec![("parents", None), ("from", Some(format!("{PARENTS}/.splitbuild")))],
            title: "Pin the parents of this run",
            script: format!("set -eu\nfrom=<< parameters.from >>\nset -- << parameters.parents >>\n{}", script::PIN),
            keeps: None,
        },
        PULL => Command {
            name: PULL,
            description: "Pulls this run's parents, by digest, and gives them their names.",
            parameters: vec![("parents", None), ("from", Some(format!("{PARENTS}/.splitbuild")))],
            title: "Pull the parents of this run",
            script: format!(
                "set -eu\nfrom=<< parameters.from >>\nset -- << parameters.parents >>\n{}{}{}",
                script::TRY,
                script::pull_as(features.builder),
                script::PULL
            ),
            keeps: None,
        },
        LOAD => load(plan, features),
        PUSH => built(PUSH, features),
        CHECK => built(CHECK, features),
        KEEP => built(KEEP, features),
        TOOL => {
            let (functions, text) = script::download(plan)?;
            Command {
                name: TOOL,
                description: "Fetches splitbuild, and runs nothing whose sum is another than the matrix says.",
                parameters: Vec::new(),
                title: "Fetch splitbuild",
                script: format!("set -eu\n{functions}{text}"),
                keeps: None,
            }
        }
        _ => return None,
    })
}

fn clone(name: &'static str, description: &'static str, (pieces, verb): (&str, &str), has_names: bool) -> Command {
    let mut parameters = vec![("arguments", None)];
    let mut names = "";
    if has_names {
        parameters.insert(0, ("names", Some(String::new())));
        names = "<< parameters.names >>\n";
    }
    let script = format!(
        "set -eu\n{names}export GIT_TERMINAL_PROMPT=0\n{}{pieces}try {verb} << parameters.arguments >>\n",
        script::TRY
    );
    Command { name, description, parameters, title: "Get the context", script, keeps: None }
}

fn version() -> Command {
    let mut script =
        String::from("set -eu\ngit_version_minor='' git_version_major='' git_version=<< parameters.git_version >>\n");
    script.push_str(&format!("if [ -n \"$git_version\" ]; then\n{}fi\n", script::indented(script::VERSION, 2)));
    let words = crate::names::VERSION.iter().map(|name| format!("${name}")).collect::<Vec<_>>().join(" ");
    script.push_str(&format!("mkdir -p .splitbuild\necho \"{words}\" | tee .splitbuild/version\n"));
    Command {
        name: VERSION,
        description: "Takes the version of a release apart, and ends the job if it is none.",
        parameters: vec![("git_version", None)],
        title: "Read the version",
        script,
        keeps: None,
    }
}

fn log_in(plan: &Plan) -> Command {
    let mut script = String::from("set -eu\n");
    let user = |registry: &Registry| crate::shell::word(&registry.username, &|name| Cow::Owned(name.to_owned()));
    for name in plan.registries.iter().flat_map(login::required) {
        script.push_str(&format!(": \"${{{name}:?{}}}\"\n", DIALECT.advice));
    }
    script.push_str(script::TRY);
    if let [one] = plan.registries.as_slice() {
        push_all(&mut script, &login::made_password(plan, one));
        script.push_str(&format!(
            "log_in() {{ printenv {} | docker login --username {} --password-stdin {}; }}\ntry log_in\n",
            login::password(plan, one),
            user(one),
            one.host
        ));
    } else {
        script.push_str("log_in() { printenv \"$2\" | docker login --username \"$1\" --password-stdin \"$3\"; }\n");
        for registry in &plan.registries {
            push_all(&mut script, &login::made_password(plan, registry));
            let (user, password) = (user(registry), login::password(plan, registry));
            script.push_str(&format!("try log_in {user} {password} {}\n", registry.host));
        }
    }
    Command {
        name: LOG_IN,
        description: "Logs Docker in to the registries.",
        parameters: Vec::new(),
        title: "Log in",
        script,
        keeps: None,
    }
}

/// Where nothing is pushed, a login is for base images that not everybody may pull.
fn log_in_if_set(plan: &Plan) -> Command {
    let mut script = format!("set -eu\n{}", script::TRY);
    script.push_str("log_in() { printenv \"$2\" | docker login --username \"$1\" --password-stdin \"$3\"; }\n");
    plan.registries.iter().for_each(|registry| push_all(&mut script, &login::if_set(plan, registry)));
    Command {
        name: LOG_IN_IF_SET,
        description: "Logs Docker in to the registries whose variables are set.",
        parameters: Vec::new(),
        title: "Log in",
        script,
        keeps: None,
    }
}

fn load(plan: &Plan, features: &Features) -> Command {
    let has_copies = plan.jobs.iter().flat_map(|job| &job.local.parents).any(|it| matches!(it, LocalParent::Copy(..)));
    let mut script = String::from("set -eu\nfrom=<< parameters.from >>\nset -- << parameters.parents >>\n");
    if has_copies {
        script.push_str(script::TRY);
        script.push_str(&script::pull_as(features.builder));
    }
    script.push_str(&script::load(has_copies, None));
    Command {
        name: LOAD,
        description: "Gives Docker this run's parents, which earlier jobs have kept, under their names.",
        parameters: vec![("parents", None), ("from", Some(format!("{PARENTS}/.splitbuild")))],
        title: "Load the parents of this run",
        script,
        keeps: None,
    }
}

/// What is done with what was built: it is pushed, or no more than checked, or kept for the builds on it.
fn built(name: &'static str, features: &Features) -> Command {
    let mut parameters = vec![("images", None), ("tags", None)];
    if name != CHECK {
        parameters.insert(0, ("key", None));
    }
    let mut revision = format!("${}", DIALECT.sha);
    if features.revisions && name == PUSH {
        parameters.push(("revision", Some(revision)));
        revision = "<< parameters.revision >>".into();
    }
    let mut script = String::from("set -eu\n");
    if features.late_names {
        parameters.insert(0, ("names", Some(String::new())));
        script.push_str("<< parameters.names >>\n");
    }
    if features.versions {
        script.push_str(&format!("[ ! -e .splitbuild/version ] || {}\n", script::READ_VERSION.join("\n")));
    }
    if features.clean {
        script.push_str(script::CLEAN);
    }
    match name {
        PUSH => script.push_str(&format!("key=<< parameters.key >> revision=\"{revision}\" ")),
        KEEP => script.push_str("key=<< parameters.key >> "),
        _ => {}
    }
    script.push_str("tags=\"<< parameters.tags >>\"");
    if name == PUSH && features.moves {
        parameters.push(("moving", Some(String::new())));
        script.push_str(" moving=\"<< parameters.moving >>\"");
    }
    script.push_str("\nset -- << parameters.images >>\n");
    if name == PUSH {
        script.push_str(script::TRY);
        script.push_str(script::functions(features.builder));
    }
    if features.arch_names {
        parameters.push(("name", Some(script::USUAL_NAME.into())));
        script.push_str("arch_name() { echo \"<< parameters.name >>\"; }\n");
    }
    let (text, description, title) = match name {
        PUSH => (
            script::push(features.builder, (features.arch_names, features.moves)),
            "Checks what was built, pushes it under every tag, and hands on what was pushed, by digest.",
            "Check and push",
        ),
        KEEP => (
            script::check(features.builder, features.arch_names)
                + &script::keep(features.builder, features.arch_names, None),
            "Checks what was built, and keeps it for the builds on it.",
            "Check and keep",
        ),
        _ => (script::check(features.builder, features.arch_names), "Checks what was built.", "Check"),
    };
    script.push_str(&text);
    let keeps = (name != CHECK).then_some(".splitbuild/<< parameters.key >>-*");
    Command { name, description, parameters, title, script, keeps }
}
