//! What jobs hand to each other.

use std::path::Path;

use super::project::Project;
use crate::runner::{Report, State};

/// Runs jobs that persist what their scripts put into `out`, after they have attached what was there before.
fn run(project: &Project, jobs: &[(&str, &str, &str)]) -> Report {
    let mut text = "version: 2.1\njobs:\n".to_owned();
    for (name, script, _) in jobs {
        let script = serde_json::Value::from(format!("mkdir -p out; cd out; {script}"));
        text += &format!(
            "  {name}: {{ docker: [{{ image: x }}], steps: [attach_workspace: {{ at: in }}, run: {script}, \
             persist_to_workspace: {{ root: out, paths: ['*'] }}] }}\n"
        );
    }
    text += "workflows:\n  main:\n    jobs:\n";
    for (name, _, requires) in jobs {
        text += &format!("      - {name}: {{ requires: [{requires}] }}\n");
    }
    project.run(&text)
}

/// The text of a file that a job has persisted.
fn persisted(report: &Report, job: &str, file: &str) -> String {
    let files = report.job("main", job).workspace();
    let (_, content) = files.iter().find(|(path, _)| path == Path::new(file)).expect("it is in the layer");
    String::from_utf8(content.clone()).expect("text")
}

#[test]
fn later_jobs_see_what_all_jobs_before_them_added() {
    let project = Project::new();
    let report = run(
        &project,
        &[
            ("a", "mkdir d; echo a >d/a; echo run >d/tool; chmod +x d/tool; ln -s a d/link", ""),
            ("b", "echo b >b", ""),
            ("c", "test ! -e ../in/b; cat ../in/d/link >c; test -x ../in/d/tool; test -L ../in/d/link", "a"),
            ("d", "cat ../in/d/a ../in/b ../in/c >all", "b, c"),
        ],
    )
    .green();
    assert_eq!(persisted(&report, "d", "all"), "a\nb\na\n");
    assert_eq!(persisted(&report, "a", "d/a"), "a\n");
}

#[test]
fn a_file_of_two_jobs_at_once_is_an_error() {
    let project = Project::new();
    let report = run(&project, &[("a", "echo a >same", ""), ("b", "echo a >same", ""), ("c", "touch c", "a, b")]);
    let c = report.job("main", "c");
    assert_eq!(c.state, State::Failed);
    let expected = "concurrent upstream jobs persisted the same file: same, of a and b";
    assert!(c.log.contains(expected), "{}", c.log);
    // A third job's file on top does not mend it.
    let jobs = [("a", "echo a >same", ""), ("b", "echo b >same", ""), ("d", "touch d", "a"), ("e", "touch e", "b, d")];
    assert_eq!(run(&project, &jobs).job("main", "e").state, State::Failed);
    // The same folder is no clash, and neither is a file of a job that is not before this one.
    let jobs = [
        ("a", "mkdir d; echo a >d/a", ""),
        ("b", "mkdir d; echo b >d/b", ""),
        ("x", "mkdir d; echo x >d/a", ""),
        ("c", "cat ../in/d/* >c", "a, b"),
    ];
    assert_eq!(persisted(&run(&project, &jobs).green(), "c", "c"), "a\nb\n");
}

#[test]
fn a_later_layer_lies_over_an_earlier_one() {
    let project = Project::new();
    let report =
        run(&project, &[("a", "echo a >same", ""), ("b", "echo b >same", "a"), ("c", "cat ../in/same >c", "b, a")]);
    assert_eq!(persisted(&report.green(), "c", "c"), "b\n");
}

#[test]
fn paths_are_patterns_below_the_root() {
    let project = Project::new();
    let job = |paths: &str| {
        let text = format!(
            "version: 2.1\njobs: {{ a: {{ docker: [{{ image: x }}], steps: [run: 'mkdir -p r/d/e; touch r/d/e/f r/one.txt r/two.txt r/.dot', \
             persist_to_workspace: {{ root: r, paths: {paths} }}] }} }}\nworkflows: {{ main: {{ jobs: [a] }} }}\n"
        );
        project.run(&text).job("main", "a").clone()
    };
    let files = |paths: &str| {
        let job = job(paths);
        assert_eq!(job.state, State::Succeeded, "{}", job.log);
        job.workspace().iter().map(|(path, _)| path.display().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(files("['*']"), [".dot", "d/e/f", "one.txt", "two.txt"]);
    assert_eq!(files("[.]"), files("['*']"));
    assert_eq!(files("['*.txt']"), ["one.txt", "two.txt"]);
    assert_eq!(files("['?wo.txt', one.txt]"), ["one.txt", "two.txt"]);
    assert_eq!(files("[./d]"), ["d/e/f"]);
    assert_eq!(files("['d/*/f']"), ["d/e/f"]);
    let missing = job("[one.txt, three.txt]");
    assert_eq!(missing.state, State::Failed);
    assert!(missing.log.contains("'three.txt' names nothing"), "{}", missing.log);
}
