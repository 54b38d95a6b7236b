//! Bake files of matrices that nobody wrote, whose values hold whatever they like.

use proptest::prelude::*;
use splitbuild::bake::bake;
use splitbuild::provider::{ALL, vocabularies};
use splitbuild::spec::decode;

use crate::agreement::agree;
use crate::job::jobs;
use crate::matrix::matrix;
use crate::planned::{parsed, plan};

fn cases(count: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(count), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn values_arrive_as_they_are(matrix in matrix()) {
        // HCL has all text in one of Unicode's forms, NFC, and some of what is made up has another.
        let text: String = matrix.text(0).chars().map(|c| if c.is_ascii() { c } else { 'é' }).collect();
        let (spec, _) = decode(&parsed(&text), &text, &vocabularies());
        let plan = plan(&text, ALL[0]);
        for place in 0..plan.workflows.len() {
            match bake(&plan, &spec, (place, "a test")) {
                Ok(baked) => match agree(&plan, place, &baked.text) {
                    Ok(()) => {}
                    Err(error) => prop_assert!(error.contains("from stdin not allowed in bake"), "{error}"),
                },
                Err(_) => prop_assert!(jobs(&plan, place).is_empty()),
            }
        }
    }
}
