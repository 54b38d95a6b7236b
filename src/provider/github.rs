//! GitHub Actions.

#[cfg_attr(not(test), expect(dead_code, unused_imports))]
mod filter;
