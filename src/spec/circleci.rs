//! The `circleci` section.

use super::decode::Decoder;
use super::{CircleCi, Executor, Runner};
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::yaml::Node;

const KEYS: &[&str] = &["config", "contexts", "executor", "runners", "pre-steps", "post-steps"];

/// The most contexts a config may use (<https://circleci.com/docs/guides/security/contexts/>).
const MOST_CONTEXTS: usize = 100;

impl Decoder<'_> {
    pub(super) fn circleci(&mut self, node: &Node) -> CircleCi {
        let mut section = CircleCi::default();
        let Some(map) = self.map(node, "`circleci`") else { return section };
        for entry in &map.entries {
            match entry.key.text.as_str() {
                "config" => section.config = self.text(&entry.value, "`config`"),
                "contexts" => section.contexts = self.texts(&entry.value, "`contexts`"),
                "executor" => section.executor = self.executor(&entry.value),
                "runners" => {
                    for (runner, node) in self.runners(&entry.value) {
                        if let Some(text) = self.text(node, "a resource class") {
                            section.runners.push((runner, text));
                        }
                    }
                }
                "pre-steps" => section.pre_steps = self.list(&entry.value, "`pre-steps`").to_vec(),
                "post-steps" => section.post_steps = self.list(&entry.value, "`post-steps`").to_vec(),
                _ => self.unknown_key(entry, "`circleci`", KEYS),
            }
        }
        if section.contexts.len() > MOST_CONTEXTS {
            let problem = Diagnostic::new(
                "contexts",
                section.contexts[MOST_CONTEXTS].span,
                format!("CircleCI takes at most {MOST_CONTEXTS} contexts"),
            );
            self.report(problem.help("put the variables of several contexts into one"));
        }
        for (kind, steps) in [("`pre-steps`", &section.pre_steps), ("`post-steps`", &section.post_steps)] {
            for step in steps {
                let good = step.as_mapping().is_some_and(|m| m.entries.len() == 1)
                    || (step.as_str().is_some() && !step.is_null());
                if !good {
                    let problem = self.shape_problem(step, &format!("a step of {kind}"), "a CircleCI step");
                    let help = "a step is a name, or a map with one key: `run: ...`, `aws-ecr/login: ...`";
                    self.report(Diagnostic { help: vec![help.into()], ..problem });
                }
            }
        }
        section
    }

    fn executor(&mut self, node: &Node) -> Option<Executor> {
        let form = "write `executor: { docker: IMAGE }` or `executor: { machine: IMAGE }`";
        let Some(map) = node.as_mapping() else {
            self.report(Diagnostic { help: vec![form.into()], ..self.shape_problem(node, "`executor`", "a map") });
            return None;
        };
        let [entry] = map.entries.as_slice() else {
            self.report(
                Diagnostic::new("executor", node.span, "`executor` is one of `docker` and `machine`").help(form),
            );
            return None;
        };
        match entry.key.text.as_str() {
            "docker" => self.text(&entry.value, "`docker`").map(Executor::Docker),
            "machine" => self.text(&entry.value, "`machine`").map(Executor::Machine),
            _ => {
                self.unknown_key(entry, "`executor`", &["docker", "machine"]);
                None
            }
        }
    }

    /// `runners` of a provider: by platform, and one for manifest jobs.
    pub(super) fn runners<'n>(&mut self, node: &'n Node) -> Vec<(Runner, &'n Node)> {
        let Some(map) = self.map(node, "`runners`") else { return Vec::new() };
        let mut runners: Vec<(Runner, Span, &Node)> = Vec::new();
        for entry in &map.entries {
            let span = entry.key.span;
            let runner = match entry.key.text.parse() {
                _ if entry.key.text == "manifest" => Runner::Manifest,
                Ok(platform) => Runner::Platform(platform),
                Err(crate::platform::PlatformError { found, help }) => {
                    let problem =
                        Diagnostic::new("platform", span, format!("`{found}` is neither a platform nor `manifest`"));
                    self.report(problem.help(help));
                    continue;
                }
            };
            if let Some((_, first, _)) = runners.iter().find(|(known, ..)| *known == runner) {
                let problem = Diagnostic::new("platform", span, format!("`{}` stands here twice", entry.key.text));
                self.report(problem.related(*first, "here as well").help("keep one of them"));
                continue;
            }
            runners.push((runner, span, &entry.value));
        }
        runners.into_iter().map(|(runner, _, node)| (runner, node)).collect()
    }
}
