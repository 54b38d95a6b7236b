//! The example with variants: every index has both architectures, programs are on the runtime of their run, and a release
//! has the tags of its version.

use super::pipeline::Pipeline;

#[test]
fn variants_are_published_with_the_tags_of_a_version() {
    let pipeline = Pipeline::variants("example");
    let ran = pipeline.run("main", None).green();
    for tag in ["edge-8-slim", "edge-8-full", "edge-9-slim", "edge-9-full"] {
        let release = &tag[5..6];
        assert_eq!(
            pipeline.file("runtime", tag, "arm64", "etc/runtime"),
            format!("runtime {release}\n"),
            "{}",
            ran.log
        );
    }
    assert_eq!(pipeline.index("app", "edge"), pipeline.index("app", "edge-slim"), "the default has both");
    assert_eq!(pipeline.file("app", "edge-full", "arm64", "usr/share/doc/runtime"), "The manual of the runtime.\n");
    let ran = pipeline.run("", Some("v1.4.2")).green();
    for tag in ["1.4.2", "1.4", "1", "latest"] {
        assert_eq!(pipeline.index("app", tag), pipeline.index("app", "1.4.2-slim"), "{tag}: {}", ran.log);
    }
    assert_eq!(pipeline.index("runtime", "9-slim"), pipeline.index("runtime", "1.4.2-9-slim"), "{}", ran.log);
    assert!(!pipeline.has("app", "1.4-amd64") && pipeline.has("app", "1.4.2-amd64"), "{}", ran.log);
}
