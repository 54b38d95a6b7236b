//! libFuzzer over the target that `FUZZ_TARGET` names: one program for all of them, which takes minutes to build.

#![no_main]

use std::sync::LazyLock;

use targets::{Target, find};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    find(&name).unwrap_or_else(|| panic!("FUZZ_TARGET is `{name}`, which is none of the targets"))
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| TARGET(data));
