//! `splitbuild graph`: what is drawn, that it is well formed, and that no name breaks out of it.

use std::fs;
use std::path::Path;

use super::Project;
use super::times::{MATRIX, TIMES, project};

/// Images on images, of two architectures and of one, a copy, an export, a hand-written job, and images that are one.
const RICH: &str = "\
version: 1
images:
  base: { image: acme/base }
  tool: { image: acme/tool, needs: [base, lint], platforms: [linux/amd64] }
  app: { image: acme/app, needs: ['build-base-${arch}', tool] }
  py: { for: { v: ['8', '9'] }, image: 'acme/py-${v}', needs: [base] }
  db: { image: acme/db, copy: 'docker.io/library/db:1' }
workflows:
  main: { on: { branches: [main] }, tags: [latest] }
  release: { on: { tags: ['v*'] }, tags: ['${git_tag}'] }
circleci: { config: own.yml }
tool: { image: acme/tool }
";

fn rich() -> Project {
    let project = Project::new(RICH);
    let job = "{ docker: [{ image: cimg/base:2025.01 }], steps: [checkout] }";
    let own = format!("jobs:\n  lint: {job}\nworkflows:\n  main: {{ jobs: [lint] }}\n  release: {{ jobs: [lint] }}\n");
    fs::write(project.path("own.yml"), own).expect("a file");
    project
}

fn graph(project: &Project, arguments: &[&str]) -> String {
    project.run(&[&["graph"], arguments].concat()).with_code(0).out()
}

/// Every start tag of an XML text with its attributes; the text is held to be well formed.
fn elements(xml: &str) -> Vec<String> {
    let (mut open, mut all) = (Vec::new(), Vec::new());
    let mut parts = xml.split('<');
    assert_eq!(parts.next(), Some(""), "it begins with an element");
    for part in parts {
        let (tag, text) = part.split_once('>').expect("a tag ends");
        let entities = [tag, text].concat();
        for (at, _) in entities.match_indices('&') {
            let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
            assert!(known.iter().any(|known| entities[at..].starts_with(known)), "{part}");
        }
        assert!(!text.contains('"') || open.last() == Some(&"style".to_owned()), "{part}");
        assert_eq!(tag.matches('"').count() % 2, 0, "{part}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "{part}");
            continue;
        }
        let name = tag.split([' ', '/']).next().expect("a name").to_owned();
        if !tag.ends_with('/') {
            open.push(name);
        }
        all.push(tag.to_owned());
    }
    assert!(open.is_empty(), "{open:?}");
    all
}

/// How many elements have a class.
fn count(elements: &[String], class: &str) -> usize {
    elements.iter().filter(|tag| tag.contains(&format!("class=\"{class}\""))).count()
}

#[test]
fn a_picture_shows_every_job_once_and_marks_the_longest_chain() {
    let project = rich();
    let svg = graph(&project, &[]);
    let elements = elements(&svg);
    let legend = 1;
    // lint; base, tool, app and py; py's indexes are one chip.
    assert_eq!(count(&elements, "external") + count(&elements, "external marked"), 1 + legend);
    assert_eq!(count(&elements, "build") + count(&elements, "build marked"), 2 + 1 + 2 + 2 + legend);
    assert_eq!(count(&elements, "other") + count(&elements, "other marked"), 4 + 1 + legend, "four indexes and a copy");
    // base, its index, tool, its index, app, its index.
    assert_eq!(count(&elements, "build marked") + count(&elements, "other marked"), 6, "{svg}");
    for says in [
        "6 images, 15 jobs",
        "longest chain 6 jobs",
        ">py × 2</text>",
        ">amd64 × 2</text>",
        "<title>build-tool-amd64: builds for linux/amd64, on medium</title>",
        "<title>build-py-8-manifest: publishes the index, on medium\nbuild-py-9-manifest: publishes the index, on medium</title>",
        "The marked chain: build-base-amd64, build-base-manifest, build-tool-amd64, build-tool-manifest, build-app-amd64, build-app-manifest.",
        "@media (prefers-color-scheme: dark)",
    ] {
        assert!(svg.contains(says), "{says}\n{svg}");
    }
    assert_eq!(svg.matches("http").count(), 1, "it needs nothing from elsewhere: {svg}");
    assert!(!svg.contains("url(") && !svg.contains("<script"), "{svg}");
    assert_eq!(graph(&project, &[]), svg, "the same bytes");
    let all = graph(&project, &["--all"]);
    assert!(all.contains(">py-8</text>") && all.contains(">py-9</text>") && !all.contains("py × 2"), "{all}");
}

#[test]
fn an_architecture_that_waits_for_its_own_is_drawn_so() {
    let matrix = MATRIX.replace("needs: [base]", "needs: ['build-base-${arch}']");
    let svg = graph(&Project::new(&matrix), &[]);
    assert!(svg.contains("<path class=\"rail chain\"") && svg.contains("each architecture waits for its own"), "{svg}");
    assert_eq!(count(&elements(&svg), "build marked"), 2);
    let part = MATRIX.replace("needs: [base]", "needs: ['build-base-amd64']");
    let svg = graph(&Project::new(&part), &[]);
    assert!(!svg.contains("class=\"rail"), "{svg}");
    let mermaid = graph(&Project::new(&part), &["--format", "mermaid"]);
    assert_eq!(mermaid.matches(" ==> ").count(), 2, "{mermaid}");
}

/// What an index waits for leads past the builds of its own row.
#[test]
fn a_line_goes_around_what_stands_in_its_way() {
    let copy = "  db: { image: acme/db, copy: 'docker.io/library/db:1' }\nworkflows:";
    let matrix = MATRIX.replace("needs: [base]", "needs: [base], gate: [db]").replace("workflows:", copy);
    let svg = graph(&Project::new(&matrix), &[]);
    let waits = svg.lines().find(|line| line.starts_with("<path class=\"wait\"")).expect("lines");
    let bends: Vec<usize> = waits.split('M').map(|line| line.matches('Q').count()).collect();
    assert_eq!(bends.iter().filter(|bends| **bends == 4).count(), 1, "{waits}");
}

#[test]
fn waits_that_others_imply_are_left_out_and_said_to_be() {
    let matrix = MATRIX.replace("workflows:", "  top: { image: acme/top, needs: [app, base] }\nworkflows:");
    let implied = graph(&Project::new(&matrix), &["--format", "dot"]);
    assert_eq!(implied.matches(" -> ").count(), 3 * 2 + 2 * 2, "{implied}");
    let svg = graph(&Project::new(&matrix), &[]);
    assert!(svg.contains("Waits that others imply are left out."), "{svg}");
    // Of two images that are one row, only one waits for the parent by way of another image.
    let family = "  db: { image: acme/db, copy: 'docker.io/library/db:1' }\n  \
                  py: { for: [{ v: '8', parent: db }, { v: '9', parent: app }], image: 'acme/py-${v}', \
                  needs: [base, '${parent}'] }\nworkflows:";
    let mixed = graph(&Project::new(&MATRIX.replace("workflows:", family)), &["--format", "dot"]);
    let py: Vec<&str> = mixed.lines().filter(|line| line.contains(" -> c5x")).collect();
    assert_eq!(py.len(), 2 * 3, "from base, app and db to either architecture: {mixed}");
    assert!(!graph(&Project::new(MATRIX), &[]).contains("imply"));
}

#[test]
fn with_times_every_job_begins_when_it_can() {
    let project = project(TIMES);
    let svg = graph(&project, &["--times", "times.txt"]);
    let elements = elements(&svg);
    assert_eq!(count(&elements, "build marked") + count(&elements, "other marked"), 4 + 1, "{svg}");
    for says in [
        "critical path 15 min 40 s",
        ">amd64 10m</text>",
        "build-app-arm64: builds for linux/arm64, on arm.medium, 5 min<",
    ] {
        assert!(svg.contains(says), "{says}\n{svg}");
    }
    let mermaid = graph(&project, &["--times", "times.txt", "--format", "mermaid"]);
    for says in [
        "  title main, critical path 15 min 40 s\n",
        "  section app\n  amd64 :j3, 2001-01-01 00:10:20.000, 60000ms\n  arm64 :crit, j4, 2001-01-01 00:10:20.000, 300000ms\n",
        "  index :crit, j5, 2001-01-01 00:15:20.000, 20000ms\n",
    ] {
        assert!(mermaid.contains(says), "{says}\n{mermaid}");
    }
    let dot = graph(&project, &["--times", "times.txt", "--format", "dot"]);
    assert!(dot.contains(r#"[label="arm64\n4 min 1 s""#), "{dot}");
    let ran = project.run(&["graph", "--times", "none.txt"]).with_code(2);
    assert!(ran.error().contains("--times: cannot read none.txt"), "{}", ran.error());
}

#[test]
fn a_flowchart_has_a_frame_for_each_row() {
    let text = graph(&Project::new(MATRIX), &["--format", "mermaid"]);
    let expected = "---
title: \"main\"
---
flowchart LR
  subgraph r0[\"base\"]
    direction LR
    c0x0[\"amd64\"]
    c0x1[\"arm64\"]
    c1x0([\"index\"])
  end
  subgraph r1[\"app\"]
    direction LR
    c2x0[\"amd64\"]
    c2x1[\"arm64\"]
    c3x0([\"index\"])
  end
  c0x0 ==> c1x0
  c0x1 --> c1x0
  c1x0 ==> c2x0
  c1x0 --> c2x1
  c2x0 ==> c3x0
  c2x1 --> c3x0
  classDef marked fill:#bc4c00,stroke:#bc4c00,color:#ffffff
  class c0x0,c1x0,c2x0,c3x0 marked
  linkStyle 0,2,4 stroke:#bc4c00,stroke-width:3px
";
    assert_eq!(text, expected);
}

#[test]
fn no_name_breaks_out_of_a_picture() {
    let name = "<script>alert(1)</script> & \\\"x\\\"";
    let matrix = MATRIX.replace("needs: [base]", &format!("needs: [base, \"{name}\"]"));
    let project = Project::new(&(matrix + "gitlab: { config: own.yml }\n"));
    fs::write(project.path("own.yml"), format!("\"{name}\": {{ script: [make] }}\n")).expect("a file");
    let svg = graph(&project, &["--provider", "gitlab"]);
    let elements = elements(&svg);
    assert!(elements.iter().all(|tag| !tag.starts_with("script")), "{svg}");
    assert!(svg.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot;: hand-written"), "{svg}");
    let mermaid = graph(&project, &["--provider", "gitlab", "--format", "mermaid"]);
    assert!(mermaid.contains("[\"#60;script#62;alert#40;1#41;#60;/script#62; #38; #34;x#34;\"]"), "{mermaid}");
    let dot = graph(&project, &["--provider", "gitlab", "--format", "dot"]);
    assert!(dot.contains(r#"label="<script>alert(1)</script> &amp; \"x\"""#), "{dot}");
}

#[test]
fn a_workflow_is_chosen_by_its_name() {
    let project = rich();
    let ran = project.run(&["graph"]).with_code(0);
    assert_eq!(ran.error(), "this is `main`; `--workflow NAME` draws another: release\n");
    let ran = project.run(&["graph", "--workflow", "release"]).with_code(0);
    assert!(ran.error().is_empty() && ran.out().contains(">release</text>"), "{}", ran.error());
    let ran = project.run(&["graph", "--workflow", "relase"]).with_code(2);
    assert!(ran.error().contains("there is no workflow `relase`; did you mean `release`?"), "{}", ran.error());
    let ran = project.run(&["graph", "--workflow", "x"]).with_code(2);
    assert!(ran.error().contains("there is `main` and `release`"), "{}", ran.error());
}

#[test]
fn a_file_is_written_whole_and_no_source_is() {
    let project = Project::new(MATRIX);
    project.run(&["graph", "-o", "docs/main.svg"]).with_code(0);
    let svg = fs::read_to_string(project.path("docs/main.svg")).expect("a picture");
    assert_eq!(svg, graph(&project, &[]));
    let again = project.run(&["graph", "-o", "docs/main.svg"]).with_code(0);
    assert_eq!(again.error(), "docs/main.svg is up to date\n");
    let ran = project.run(&["graph", "-o", "splitbuild.yml"]).with_code(2);
    assert!(ran.error().contains("this is the matrix itself"), "{}", ran.error());
}

/// Hundreds of images are many rows, and no more than that.
#[test]
fn many_images_are_drawn() {
    let many: String = (0..300).map(|at| format!("  i{at}: {{ image: acme/i{at}, needs: [base] }}\n")).collect();
    let project = Project::new(&MATRIX.replace("workflows:", &format!("{many}workflows:")));
    let svg = graph(&project, &[]);
    assert!(elements(&svg).len() > 900 && svg.contains("302 images, 906 jobs"));
    let values: Vec<String> = (0..200).map(|at| format!("'{at}'")).collect();
    let family = format!("  py: {{ for: {{ v: [{}] }}, image: 'acme/py-${{v}}', needs: [base] }}\n", values.join(", "));
    let project = Project::new(&MATRIX.replace("workflows:", &format!("{family}workflows:")));
    let svg = graph(&project, &[]);
    assert!(svg.contains(">py × 200</text>") && svg.len() < 100_000, "{}", svg.len());
}

/// The pictures of the pages are what is drawn of the example.
#[test]
fn the_picture_of_the_example_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = Project::new("");
    let matrix = root.join("examples/hysds/splitbuild.yml");
    let svg = graph(&project, &[&matrix.display().to_string()]);
    let committed = fs::read_to_string(root.join("docs/graph-hysds.svg")).expect("a picture");
    assert_eq!(committed, svg, "write it again: just pictures");
}
