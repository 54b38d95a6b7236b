//! `splitbuild init` in small repositories: what it finds, what it writes, and that `gen` takes it for every provider.

mod contexts;
mod declared;
mod hostile;
mod names;
mod output;
mod parents;
mod tree;
