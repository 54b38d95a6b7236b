//! The emitted text, read back: the last thing before it is written. It must have the plan's job graph, and as a whole,
//! the user's part included, nothing that the provider would refuse.

use super::{Error, Facts, Provider, Size, UserConfig};
use crate::diagnostic::{Diagnostic, Report, Severity, Source};
use crate::plan::Plan;
use crate::source_map::SourceMap;
use crate::span::Span;
use crate::yaml::Node;
use crate::yaml::read::{Budget, ProblemKind, read_as};

/// Refuses a text that does not mean what the plan says, which are these facts; what is doubtful in the hand-written file
/// is returned, with the text's size.
///
/// # Errors
/// The first difference from the plan; else every problem.
pub(super) fn check(
    provider: &dyn Provider,
    plan: &Plan,
    config: Option<&UserConfig>,
    (path, text, wanted): (&str, &str, &Facts<'_>),
) -> Result<(Option<Report>, Option<Size>), Error> {
    // What we emit repeats little, so it holds hardly more values than bytes; a fixed budget would stop large plans.
    let budget = Budget { nodes: 2 * text.len() + 1, ..Budget::default() };
    let document = read_as(text, budget, provider.form()).map_err(|error| Error::Check(error.to_string()))?;
    let is_wrong = |kind: &ProblemKind| match kind {
        // GitLab's own way to say a list once (https://docs.gitlab.com/ci/yaml/yaml_optimization/#reference-tags).
        ProblemKind::Tag(tag) => tag != "!reference",
        // What the hand-written part has of these stands here as well.
        ProblemKind::DuplicateKey { .. } | ProblemKind::BadMerge => config.is_none(),
        ProblemKind::KeyNotText => true,
    };
    if let Some(problem) = document.problems.iter().find(|problem| is_wrong(&problem.kind)) {
        return Err(Error::Check(format!("{:?}", problem.kind)));
    }
    let emitted = || Source { name: format!("{path} (generated)"), text: text.to_owned() };
    let Some(config) = config else {
        let (problems, size) = std::thread::scope(|scope| {
            // Two looks at one tree that take as long as each other, neither of which waits for the other.
            let size = scope.spawn(|| provider.size(&document.root, text));
            compare(provider, wanted, &document.root)?;
            let problems = provider.problems(&document.root, text);
            Ok((problems, size.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))))
        })?;
        let (wrong, _) = errors(problems);
        return match wrong.is_empty() {
            true => Ok((None, size)),
            false => Err(Error::Refused(Report::of(&emitted(), wrong).into_iter().collect())),
        };
    };
    compare(provider, wanted, &document.root)?;
    let size = provider.size(&document.root, text);
    Ok((check_merged(provider, plan, config, document.root, emitted())?, size))
}

fn compare(provider: &dyn Provider, wanted: &Facts<'_>, document: &Node) -> Result<(), Error> {
    let found = provider.read(document).map_err(Error::Check)?;
    wanted.first_difference(&found).map_or(Ok(()), |difference| Err(Error::Check(difference)))
}

/// The check of both parts together: the hand-written file, and after it the emitted one.
fn check_merged(
    provider: &dyn Provider,
    plan: &Plan,
    config: &UserConfig,
    mut root: Node,
    emitted: Source,
) -> Result<Option<Report>, Error> {
    let mut files = SourceMap::default();
    files.add(config.source.clone());
    root.shift(files.add(emitted));
    let root = provider.merged(root, config, plan).map_err(Error::Check)?;
    let is_written = |span: Span| files.file(span) == 0;
    let mut problems = provider.problems(&root, &files.text);
    problems.extend(config.problems.iter().cloned());
    for problem in &mut problems {
        // A problem between both parts is reported in the hand-written one, which can be changed.
        let side = is_written(problem.span);
        if let Some(other) = problem.related.iter().map(|(span, _)| *span).find(|span| is_written(*span) != side) {
            problem.span = problem.span.min(other);
            // What may be meant between jobs of the user's is wrong between them and ours.
            problem.severity = Severity::Error;
            problem.related.retain(|(span, _)| *span != problem.span);
        }
    }
    // What is doubtful in our own part is none of the user's business.
    problems.retain(|problem| match is_written(problem.span) {
        // What else the file includes is for `check` to say, not for every run of `gen`.
        true => problem.code != "unread-include" && !config.allowed.admits(&files.text, problem),
        false => problem.severity == Severity::Error,
    });
    let is_wrong = problems.iter().any(|problem| problem.severity == Severity::Error);
    let mut reports = files.reports(problems);
    if is_wrong { Err(Error::Refused(reports)) } else { Ok(reports.pop()) }
}

fn errors(problems: Vec<Diagnostic>) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    problems.into_iter().partition(|problem| problem.severity == Severity::Error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{ExternalJobs, Request, resolve};
    use crate::provider::{Committed, File, Origin, UserConfig, find, generate, vocabularies};
    use crate::spec::{Vocabulary, decode};
    use crate::yaml::Mapping;
    use crate::yaml::read::{Form, read};

    /// A provider whose template is not what it should be.
    struct Wrong(&'static dyn Provider, &'static str);

    impl Provider for Wrong {
        fn vocabulary(&self) -> &'static Vocabulary {
            self.0.vocabulary()
        }
        fn path(&self, is_included: bool) -> &'static str {
            self.0.path(is_included)
        }
        fn form(&self) -> Form {
            self.0.form()
        }
        fn template(&self) -> &'static str {
            self.1
        }
        fn likeness(&self, top: &Mapping) -> usize {
            self.0.likeness(top)
        }
        fn external_jobs(&self, config: &UserConfig, workflows: &[&str]) -> (ExternalJobs, Vec<Diagnostic>) {
            self.0.external_jobs(config, workflows)
        }
        fn files<'p>(&self, plan: &'p Plan, is_included: bool, committed: Committed<'_>) -> Vec<File<'p>> {
            self.0.files(plan, is_included, committed)
        }
        fn read<'n>(&self, document: &'n Node) -> Result<Facts<'n>, String> {
            self.0.read(document)
        }
        fn merged(&self, emitted: Node, config: &UserConfig, plan: &Plan) -> Result<Node, String> {
            self.0.merged(emitted, config, plan)
        }
        fn problems(&self, document: &Node, text: &str) -> Vec<Diagnostic> {
            self.0.problems(document, text)
        }
    }

    fn plan(matrix: &str) -> Plan {
        let document = read(matrix, Budget::default()).expect("YAML");
        let (spec, problems) = decode(&document.root, matrix, &vocabularies());
        assert_eq!(problems, []);
        let provider = find("circleci").expect("it is in the list");
        resolve(&spec, &Request::of(provider.vocabulary())).expect("a good matrix")
    }

    const TWO: &str = "
version: 1
vars: { v: one }
images:
  base: { image: acme/base }
  app: { image: acme/app, needs: [base], args: { V: \"$v\" } }
workflows:
  main: { on: { branches: [main] }, tags: [latest] }
  dev: { on: { branches: [dev] }, tags: [dev], vars: { v: two } }
tool: { image: acme/tool }
";

    #[test]
    fn a_template_that_says_something_else_is_found_out() {
        let circleci = find("circleci").expect("it is in the list");
        let plan = plan(TWO);
        let template = circleci.template();
        let origin = Origin::default();
        generate(circleci, &plan, None, &origin, &|_| None).expect("the real template is right");
        let faults = [
            ("          requires:{{{ job.requires }}}", "          requires: []"),
            ("          requires:", "          context:"),
            ("{% for job in workflow.jobs %}", "{% for job in workflow.jobs[1:] %}"),
            ("{{{ parameter.name }}}:{{{ parameter.yaml }}}", "{{{ parameter.name }}}: latest"),
            ("    executor: {{{ job.executor }}}", "    executor: splitbuild"),
            ("  {{{ workflow.name }}}:", "  x{{{ workflow.name }}}:"),
            ("          filters:{{{ job.filters }}}", "          filters: {}"),
            ("    steps:{{{ job.steps }}}", "    steps: [checkout]"),
            ("    steps:{{{ command.steps }}}", "    steps: [checkout]"),
            ("  {{{ executor.name }}}:{{{ executor.yaml }}}", "  {{{ executor.name }}}: { machine: { image: x } }"),
        ];
        for (right, wrong) in faults {
            let changed = template.replacen(right, wrong, 1);
            assert_ne!(changed, template, "{right} is in the template");
            let result = generate(&Wrong(circleci, changed.leak()), &plan, None, &origin, &|_| None);
            assert!(matches!(result, Err(Error::Check(_))), "{wrong}");
        }
    }

    #[test]
    fn the_budget_follows_from_the_plan() {
        let mut matrix = String::from(
            "version: 1\ntool: { image: acme/tool }\nworkflows: { main: { on: { branches: [main] }, tags: [t] } }\nimages:\n",
        );
        for number in 0..1500 {
            matrix.push_str(&format!("  i{number}: {{ image: acme/i{number}, args: {{ A: \"1\", B: \"2\" }} }}\n"));
        }
        let circleci = find("circleci").expect("it is in the list");
        let text =
            generate(circleci, &plan(&matrix), None, &Origin::default(), &|_| None).expect("size alone is no problem");
        let text = text.text();
        assert!(text.len() > 1_000_000, "{}", text.len());
    }
}
