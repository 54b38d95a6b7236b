//! Registries that are ill for a while, and logins that are not what they were.

use crate::daemon::Engine;
use crate::http::Message;
use crate::meeting::Project;
use crate::registry::plain;
use crate::relay::{Fault, Relay, Rule};
use crate::runner::State;

/// Whether a request is for a manifest, which is what a push ends with and a pull begins with.
fn is_manifest(request: &Message) -> bool {
    request.path().contains("/manifests/")
}

#[test]
fn a_registry_that_answers_503_for_a_while_delays_a_pipeline_and_no_more() {
    let _turn = crate::turn();
    let ill: Rule = Box::new(|request, nth| match is_manifest(request) && nth < 2 {
        true => Fault::Answer(Message::answer(503, &[], b"")),
        false => Fault::Pass,
    });
    let relay = Relay::new(plain(), ill);
    let mut project = Project::new("ill", Engine::Modern);
    project.publishes_to(&relay.host);
    let config = project.config("true", "[latest]");
    let report = project.run(&config, 1).green();
    let log = &report.job("main", "build-app-amd64").log;
    assert!(log.contains("503") || log.contains("Service Unavailable"), "{log}");
    let asked = relay.seen();
    let puts: Vec<_> = asked.iter().filter(|seen| seen.method == "PUT" && seen.path.contains("/manifests/")).collect();
    assert!(puts.len() >= 6 * 3, "every manifest was put until it was taken: {puts:#?}");
}

#[test]
fn a_login_that_is_not_accepted_any_more_is_named() {
    let _turn = crate::turn();
    let refused: Rule = Box::new(|request, _| {
        match is_manifest(request) && request.header("user-agent").is_some_and(|it| it.starts_with("splitbuild")) {
            true => Fault::Answer(Message::answer(401, &[("WWW-Authenticate", "Basic realm=\"x\"")], b"")),
            false => Fault::Pass,
        }
    });
    let relay = Relay::new(plain(), refused);
    let mut project = Project::new("login", Engine::Modern);
    project.publishes_to(&relay.host);
    let config = project.config("true", "[latest]");
    let settings = project.settings(&format!(r#"{{"auths":{{"{}":{{"auth":"c29tZW9uZTplcXBpcmVk"}}}}}}"#, relay.host));
    let report = project.run(&config, 1);
    let job = report.job("main", "build-base-manifest");
    assert_eq!(job.state, State::Failed);
    let says = format!("{} rejects the username and password from {settings}", relay.host);
    assert!(job.log.contains(&says) && job.log.contains("renew an expired token"), "{}", job.log);
    assert!(!job.log.contains("eqpired"), "a password is never shown");
    assert_eq!(report.job("main", "build-app-amd64").state, State::Blocked);
    assert_eq!(relay.seen().iter().filter(|seen| seen.method == "PUT" && seen.path.ends_with("/latest")).count(), 0);
}
