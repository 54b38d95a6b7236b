//! The project's own pipeline: the image of the tool, and the hand-written jobs beside it.

use crate::daemon::Engine;
use crate::meeting::{Project, inspected};
use crate::runner::{Config, Event, State};
use crate::{own, turn};

#[test]
fn the_tools_image_is_published_after_the_tests() {
    let _turn = turn();
    let project = Project::new("own", Engine::Modern);
    own::copy(&project.repository());
    project.commit();
    let organization = project.image("", "").trim_end_matches("/:").to_owned();
    project.write("splitbuild.yml", &own::matrix(&organization));
    let text = project.generated_here();
    let config = Config::parse(&text).unwrap_or_else(|refusal| panic!("{refusal}\n{text}"));
    let report = project.run(&config, 1).green();
    assert!(report.job("main", "test").log.contains("all of it holds"));
    let index = inspected(&project.image("splitbuild", "edge"), "--json");
    assert_eq!(index["images"].as_array().expect("images").len(), 2, "{index:#}");
    project.tag("v0.1.0");
    project.run_for(&config, 2, Event::Tag("v0.1.0".into())).green();
    for tag in ["0.1.0", "0.1", "latest"] {
        assert!(inspected(&project.image("splitbuild", tag), "--json")["digest"].is_string(), "{tag}");
    }
    // Nothing is built that the tests have not passed.
    project.write(".ci/run", "#!/bin/sh\nexit 1\n");
    project.commit();
    let report = project.run(&config, 3);
    assert_eq!(report.job("main", "test").state, State::Failed);
    assert_ne!(report.job("main", "build-splitbuild-amd64").state, State::Succeeded);
}
