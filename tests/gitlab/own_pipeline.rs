//! The project's own pipeline: the image of the tool, and the hand-written jobs beside it.

use crate::pipeline::Pipeline;
use crate::published::Published;

#[test]
fn the_tools_image_is_published_after_the_tests() {
    let pipeline = Pipeline::own("own");
    let ran = pipeline.run("main", None).green();
    assert!(ran.log.contains("all of it holds"), "{}", ran.log);
    assert_eq!(pipeline.index("splitbuild", "edge"), pipeline.index("splitbuild", &pipeline.commit()[..8]));
    let ran = pipeline.run("", Some("v0.1.0")).green();
    for tag in ["0.1", "latest"] {
        assert_eq!(pipeline.index("splitbuild", tag), pipeline.index("splitbuild", "0.1.0"), "{tag}: {}", ran.log);
    }
    // Nothing is built that the tests have not passed.
    pipeline.write(".ci/run", "#!/bin/sh\nexit 1\n");
    let ran = pipeline.run("main", None);
    assert!(ran.ended("test", "FAIL") && !ran.log.contains("build-splitbuild-amd64 begins"), "{}", ran.log);
}
