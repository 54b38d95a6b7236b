//! What the runner does not know, it refuses before anything runs.

use super::project::{Project, branch, one};
use crate::runner::Config;

/// Why a configuration is refused for a push to `main`.
fn refusal(text: &str) -> String {
    let trigger = Project::new().trigger(branch("main"));
    match Config::parse(text).and_then(|config| config.triggered(&trigger)) {
        Ok(_) => panic!("nothing is refused:\n{text}"),
        Err(refusal) => refusal.to_string(),
    }
}

#[test]
fn steps_of_unknown_kinds_are_refused() {
    for (steps, expected) in [
        ("[runn: x]", "config.jobs.only.steps.0: 'runn' is no step that is known here, and no command"),
        ("[mine/greet]", "'mine/greet' is a command of an orb, and orbs are not run"),
        ("[mine/greet: { who: x }]", "'mine/greet' is a command of an orb"),
        ("[save_cache: { key: k, paths: [x] }]", "'save_cache' is no step"),
        ("[restore_cache: { key: k }]", "'restore_cache' is no step"),
        ("[store_test_results: { path: x }]", "'store_test_results' is no step"),
        ("[run: { command: x, background: true }]", "config.jobs.only.steps.0.run: unknown key 'background'"),
        ("[run: { name: x }]", "'command' is missing"),
        ("[run: { command: x, when: never }]", "'never' is no time to run a step"),
        ("[run: { command: x, shell: /bin/zsh }]", "the shell '/bin/zsh' is not here"),
        ("[run: { command: x, max_auto_reruns: 6 }]", "a number from 1 to 5 was expected"),
        ("[run: { command: x, auto_rerun_delay: 10s }]", "'auto_rerun_delay' needs 'max_auto_reruns'"),
        ("[run: { command: x, no_output_timeout: 10 }]", "text was expected, and 10 found"),
        ("[run: { command: x, no_output_timeout: '10' }]", "'10' is no duration"),
        ("[run: { command: x, environment: [A=b] }]", "a map was expected"),
        ("[run: { command: x, environment: { A: null } }]", "null is no value of a variable"),
        ("[run: { command: x, working_directory: /tmp }]", "'/tmp' may lie outside of the job's folder"),
        ("[attach_workspace: { at: ../x }]", "'../x' may lie outside"),
        ("[attach_workspace: { at: ., as: y }]", "unknown key 'as'"),
        ("[persist_to_workspace: { root: ., paths: [../x] }]", "'../x' may lie outside"),
        ("[persist_to_workspace: { root: ., paths: x }]", "a list was expected"),
        ("[persist_to_workspace: { root: ., paths: ['[ab]'] }]", "'[ab]' is a kind of pattern that is not known here"),
        ("[checkout: { method: full }]", "unknown key 'method'"),
        ("[setup_remote_docker: { size: big }]", "unknown key 'size'"),
        ("[when: { condition: false, steps: [nothing] }]", "'nothing' is no step"),
        ("[when: { condition: [true], steps: [] }]", "a list is no condition"),
        ("[when: { condition: { xor: [true, true] }, steps: [] }]", "'xor' is no operator"),
        ("[when: { condition: { and: [] }, steps: [] }]", "an empty list is no operand"),
        ("[run: echo << pipeline.nothing >>]", "<< pipeline.nothing >> refers to nothing that is known here"),
        ("[run: echo << parameters.x >>]", "<< parameters.x >> refers to nothing"),
        ("[run: 'cat <<EOF']", "a '<<' is neither closed nor written as '\\<<'"),
        ("[run: echo <<# parameters.x >>]", "<< # parameters.x >> refers to nothing"),
        ("[{ run: x, checkout: {} }]", "a name, or a map with one key, was expected"),
    ] {
        let found = refusal(&one(steps));
        assert!(found.contains(expected), "{steps}: {found}");
    }
}

#[test]
fn unknown_keys_are_refused_wherever_they_stand() {
    let text = "version: 2.1\n\
        executors: { box: { docker: [{ image: x, auth: { username: $U, password: $P } }] } }\n\
        commands: { greet: { parameters: { who: { type: string } }, steps: [run: echo << parameters.who >>] } }\n\
        jobs: { only: { executor: box, parameters: { n: { type: integer, default: 1 } }, steps: [greet: { who: x }] } }\n\
        workflows: { main: { jobs: [only: { n: 2, filters: { branches: { only: main } } }] } }\n";
    Project::new().run(text).green();
    for (from, to, expected) in [
        ("version: 2.1", "version: 2", "version 2.1 was expected, and 2 found"),
        ("version: 2.1", "version: 2.1\nnotify: {}", "config: unknown key 'notify'"),
        ("executors: { box: {", "executors: { box: { image: x,", "config.executors.box: unknown key 'image'"),
        ("image: x,", "image: x, command: y,", "config.executors.box.docker.0: unknown key 'command'"),
        ("password: $P", "pass: $P", "auth: unknown key 'pass'"),
        ("image: x,", "image: x }, { image: y,", "a job has one container here, and no services"),
        ("greet: { parameters", "greet: { environment: {}, parameters", "unknown key 'environment'"),
        ("who: { type: string }", "who: { type: string, of: x }", "config.commands.greet.parameters.who: unknown key"),
        ("who: { type: string }", "who: { type: text }", "parameters of type 'text' are not known here"),
        ("greet: { who: x }", "greet", "the parameter has no default, and no argument was given"),
        ("greet: { who: x }", "greet: { who: x, why: y }", "'why' is neither a known key nor a parameter"),
        ("greet: { who: x }", "greet: { who: 1 }", "1 is no argument for a parameter of type 'string'"),
        ("run: echo << parameters.who >>", "greet: { who: x }", "the command calls itself"),
        (
            "only: { executor: box,",
            "only: { executor: box, parallelism: 2,",
            "config.jobs.only: unknown key 'parallelism'",
        ),
        ("executor: box", "executor: crate", "there is no executor 'crate'"),
        ("executor: box,", "", "one of 'docker', 'machine' and 'executor' was expected"),
        ("executor: box,", "docker: [{ image: x }], machine: { image: z },", "exclude each other"),
        ("[greet: { who: x }]", "[setup_remote_docker], machine: { image: z }", "and this is a machine"),
        ("{ n: 2", "{ n: two", "\"two\" is no argument for a parameter of type 'integer'"),
        ("{ n: 2", "{ m: 2", "'m' is neither a known key nor a parameter"),
        ("{ n: 2", "{ matrix: {}", "'matrix' is not done here"),
        ("{ n: 2", "{ type: approval", "'type' is not done here"),
        ("{ n: 2", "{ requires: [none]", "it requires 'none', which is not in the workflow"),
        ("{ n: 2", "{ requires: [only]", "its jobs require each other in a circle"),
        ("{ n: 2", "{ requires: [only: failed]", "text was expected"),
        ("only: main }", "only: main, ignore: x }", "what 'only' and 'ignore' mean together is not told clearly"),
        ("only: main }", "only: /(?=x)/ }", "the pattern /(?=x)/ cannot be read"),
        ("only: main }", "only: 1 }", "a list was expected, and 1 found"),
        ("filters: { branches: { only: main } }", "filters: nothing", "<< nothing >> refers to nothing"),
        ("filters: { branches: { only: main } }", "filters: pipeline.number > 4", "'>' is not known in an expression"),
        ("filters: { branches", "filters: { authors: {}, branches", "unknown key 'authors'"),
        ("main: { jobs:", "main: { max_auto_reruns: 2, jobs:", "config.workflows.main: unknown key 'max_auto_reruns'"),
        ("jobs: [only: { n: 2,", "jobs: [only, only: {", "a second 'only' in the workflow"),
        ("jobs: [only:", "jobs: [other:", "there is no job 'other'"),
        ("jobs: [only:", "jobs: [mine/job:", "'mine/job' is a job of an orb"),
    ] {
        assert!(text.contains(from), "{from}");
        let found = refusal(&text.replacen(from, to, 1));
        assert!(found.contains(expected), "{to}: {found}");
    }
}

#[test]
fn what_does_not_run_is_not_looked_into() {
    let text = one("[run: 'true']").replace("jobs: {", "jobs: { broken: { never: seen },");
    Project::new().run(&text).green();
}
