//! The emitted text, read back into a job graph and compared with the plan: the last thing before it is written.

use super::{Error, Provider};
use crate::plan::Plan;
use crate::yaml::read::{Budget, read};

/// Refuses a text that does not mean what the plan says.
///
/// # Errors
/// The first difference.
pub(super) fn check(provider: &dyn Provider, plan: &Plan, text: &str) -> Result<(), Error> {
    // What we emit has no aliases, so it cannot hold more values than bytes; a fixed budget would stop large plans.
    let budget = Budget { nodes: text.len() + 1, ..Budget::default() };
    let document = read(text, budget).map_err(|error| Error::Check(error.to_string()))?;
    if let Some(problem) = document.problems.first() {
        return Err(Error::Check(format!("{:?}", problem.kind)));
    }
    let found = provider.read(&document.root).map_err(Error::Check)?;
    match plan.graph().first_difference(&found) {
        Some(difference) => Err(Error::Check(difference)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;
    use crate::plan::{Foreign, Graph, Request, resolve};
    use crate::provider::{Origin, Own, find, generate};
    use crate::spec::{Spec, Text, decode};
    use crate::yaml::Node;

    /// A provider whose template is not what it should be.
    struct Wrong(&'static dyn Provider, &'static str);

    impl Provider for Wrong {
        fn name(&self) -> &'static str {
            self.0.name()
        }
        fn path(&self) -> &'static str {
            self.0.path()
        }
        fn template(&self) -> &'static str {
            self.1
        }
        fn config<'s>(&self, spec: &'s Spec) -> Option<&'s Text> {
            self.0.config(spec)
        }
        fn foreign(&self, own: &Own) -> (Foreign, Vec<Diagnostic>) {
            self.0.foreign(own)
        }
        fn view(&self, plan: &Plan, own: Option<&Own>) -> Result<minijinja::Value, Error> {
            self.0.view(plan, own)
        }
        fn read(&self, document: &Node) -> Result<Graph, String> {
            self.0.read(document)
        }
    }

    fn plan(matrix: &str) -> Plan {
        let document = read(matrix, Budget::default()).expect("YAML");
        let (spec, problems) = decode(&document.root, matrix);
        assert_eq!(problems, []);
        resolve(&spec, &Request::default()).expect("a good matrix")
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
        generate(circleci, &plan, None, &origin).expect("the real template is right");
        let faults = [
            ("{% for name in job.requires %}", "{% for name in job.requires[1:] %}"),
            ("          requires:", "          context:"),
            ("{% for job in workflow.jobs %}", "{% for job in workflow.jobs[1:] %}"),
            ("{{{ parameter.name }}}:{{{ parameter.yaml }}}", "{{{ parameter.name }}}: latest"),
            ("\n      {{{ variable.name }}}:{{{ variable.yaml }}}", "\n      {{{ variable.name }}}: x"),
            ("  {{{ workflow.name }}}:", "  x{{{ workflow.name }}}:"),
            ("            {{{ variable.name }}}:{{{ variable.yaml }}}", "            {{{ variable.name }}}: x"),
            ("    steps:{{{ job.steps }}}", "    steps: [checkout]"),
        ];
        for (right, wrong) in faults {
            let changed = template.replacen(right, wrong, 1);
            assert_ne!(changed, template, "{right} is in the template");
            let result = generate(&Wrong(circleci, changed.leak()), &plan, None, &origin);
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
        let text = generate(circleci, &plan(&matrix), None, &Origin::default()).expect("size alone is no problem");
        assert!(text.len() > 3_000_000, "{}", text.len());
    }
}
