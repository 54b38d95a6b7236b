//! What the README shows of the examples is what stands in them.

use std::fs;

use crate::{pages, root};

/// What stands between two pieces of a file.
const LEFT_OUT: &str = "# …";

#[test]
fn the_readme_shows_what_stands_in_the_examples() {
    let files = ["hysds/splitbuild.yml", "hysds/.circleci/config.yml", "minimal/splitbuild.yml"];
    let files = files.map(|file| fs::read_to_string(root().join("examples").join(file)).expect("text"));
    let page = pages().into_iter().find(|page| page.name == "README.md").expect("it is there");
    let mut seen = 0;
    for block in page.parts().1.iter().filter(|block| block.language == "yaml") {
        for piece in block.lines.split(|line| *line == LEFT_OUT) {
            let is_in = |text: &String| {
                let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
                lines.windows(piece.len()).any(|window| window == piece)
            };
            assert!(files.iter().any(is_in), "no example has this:\n{}", piece.join("\n"));
            seen += 1;
        }
    }
    assert_eq!(seen, 4, "the image, its jobs, a piece of their definition, and the smallest matrix");
}
