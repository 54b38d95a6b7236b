//! A platform that no runner has by itself, built where it can be.

use crate::published::Published;

use super::pipeline::{Builder, Pipeline};

const MATRIX: &str = r#"version: 1
images:
  base:
    image: "${CI_REGISTRY_IMAGE}/base"
    context: base
    platforms: [linux/amd64, linux/arm/v7]
workflows: { main: { on: { branches: [main] }, tags: [latest] } }
gitlab: { services: [], runners: { linux/arm/v7: [saas-linux-small-arm64] } }
tool: { image: acme/tool }
"#;

#[test]
fn arm_of_32_bits_is_built_on_a_machine_of_64() {
    let pipeline = Pipeline::of("armv7", Builder::Daemon, (MATRIX, ".gitlab-ci.yml"));
    // Its machine is one of arm64, which is asked for the other by name; here both are played by this one.
    pipeline.plays("build-base-armv7", "linux/arm64");
    let ran = pipeline.run("main", None).green();
    assert_eq!(pipeline.platforms("base", "latest"), ["linux/amd64", "linux/arm/v7"], "{}", ran.log);
}
