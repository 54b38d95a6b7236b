//! `splitbuild plan`: the table for people, the JSON for machines, and families of images folded.

use super::{MATRIX, Project};

#[test]
fn the_plan_is_a_table_and_json() {
    let project = Project::new(MATRIX);
    let table = project.run(&["plan"]).with_code(0).out();
    let expected = "\
main (on branches main) → latest
  JOB                 PLATFORM                 RUNNER      WAITS FOR
  build-app-amd64     linux/amd64              medium      -
  build-app-arm64     linux/arm64              arm.medium  -
  build-app-manifest  linux/amd64,linux/arm64  medium      build-app-amd64, build-app-arm64
  1 image, 3 jobs, longest chain 2: build-app-amd64 → build-app-manifest

1 image and 3 jobs in all
";
    assert_eq!(table, expected);
    let json: serde_json::Value =
        serde_json::from_str(&project.run(&["plan", "--json"]).with_code(0).out()).expect("JSON");
    assert_eq!((&json["images"], &json["jobs"]), (&1.into(), &3.into()));
    let workflow = &json["workflows"][0];
    assert_eq!(workflow["longest_chain"], serde_json::json!(["build-app-amd64", "build-app-manifest"]));
    assert_eq!(workflow["jobs"][2]["needs"], serde_json::json!(["build-app-amd64", "build-app-arm64"]));
    assert_eq!(workflow["jobs"][2]["kind"], "manifest");
}

#[test]
fn images_that_are_one_in_the_matrix_are_folded_in_the_plan() {
    let variants = MATRIX.replace("\"${org}/app\"", "\"acme/app-${v}\", for: { v: [a, b] }");
    let project = Project::new(&variants);
    let table = project.run(&["plan"]).with_code(0).out();
    let rows = "\
  build-app-*-amd64 × 2     linux/amd64              medium      -
  build-app-*-arm64 × 2     linux/arm64              arm.medium  -
  build-app-*-manifest × 2  linux/amd64,linux/arm64  medium      build-app-*-amd64, build-app-*-arm64
";
    assert!(table.contains(rows), "{table}");
    let whole = project.run(&["plan", "--all"]).with_code(0).out();
    assert!(whole.contains("  build-app-b-manifest  ") && !whole.contains('*'), "{whole}");
    let json: serde_json::Value =
        serde_json::from_str(&project.run(&["plan", "--json"]).with_code(0).out()).expect("JSON");
    let job = &json["workflows"][0]["jobs"][5];
    assert_eq!((&job["image"], &job["family"]), (&"app-b".into(), &"app".into()), "{json}");
}
