//! What must not be published is not.

use super::hub::tags;
use super::machine::{AMD64, MACHINES};
use super::organization::Organization;
use super::sources::{commit, git};
use crate::runner::{Event, State};

const WORKFLOW: &str = "build-deploy-develop";

fn develop() -> Event {
    Event::Branch("develop".into())
}

#[test]
fn a_rerun_links_no_images_of_two_commits() {
    let _turn = crate::turn();
    let organization = Organization::new("moved");
    organization.publish_upstream();
    organization.publish("library/oraclelinux:8", &[&AMD64]);
    let first = organization.run(develop());
    assert_eq!(first.job(WORKFLOW, "build-hysds_base-arm64").state, State::Failed);

    organization.publish("library/oraclelinux:8", &MACHINES);
    commit(&organization.source("puppet-hysds_base"), &[("README.md", "Of another commit.\n".into())]);
    let second = organization.rerun(develop(), &first);
    let job = |name: &str| second.job(WORKFLOW, name);
    assert_eq!(job("build-hysds_base-amd64").state, State::Kept);
    assert_eq!(job("build-hysds_base-arm64").state, State::Succeeded, "{}", job("build-hysds_base-arm64").log);
    let refused = job("build-hysds_base-manifest");
    assert_eq!(refused.state, State::Failed);
    for text in ["not built from one commit", "rerun all builds"] {
        assert!(refused.log.contains(text), "{text}: {}", refused.log);
    }
    assert_eq!(job("build-hysds_dev-amd64").state, State::Blocked);
    assert_eq!(tags(&organization.repository("base")), ["develop-amd64", "develop-arm64"]);

    // What the log advises.
    let third = organization.run(develop()).green();
    assert_eq!(third.job(WORKFLOW, "deploy").state, State::Succeeded);
    let revision = git(&organization.source("puppet-hysds_base"), &["rev-parse", "HEAD"]);
    let name = organization.image("base:develop");
    for machine in MACHINES {
        machine.docker(&["pull", "--quiet", "--platform", &machine.platform(), &name]);
        let label = r#"{{index .Config.Labels "org.opencontainers.image.revision"}}"#;
        assert_eq!(machine.docker(&["image", "inspect", "--format", label, &name]).trim(), revision);
    }
}

#[test]
fn an_image_of_another_architecture_is_not_pushed() {
    let _turn = crate::turn();
    let mut organization = Organization::new("mistaken");
    organization.publish_upstream();
    organization.runner.classes.clear();
    let report = organization.run(develop());
    for (image, key) in [("rabbitmq", "rabbitmq"), ("base", "hysds_base")] {
        let job = |name: &str| report.job(WORKFLOW, &format!("build-{key}-{name}"));
        assert_eq!(job("amd64").state, State::Succeeded, "{}", job("amd64").log);
        assert_eq!(job("arm64").state, State::Failed, "{}", job("arm64").log);
        let name = organization.image(&format!("{image}:develop-arm64"));
        let said = format!("{name} is for linux/amd64, not linux/arm64: nothing was pushed");
        assert!(job("arm64").log.contains(&said), "{}", job("arm64").log);
        assert_eq!(job("manifest").state, State::Blocked);
        assert_eq!(tags(&organization.repository(image)), ["develop-amd64"]);
    }
}
