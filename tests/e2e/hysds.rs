//! The HySDS example, run whole: generated from its matrix, its jobs' scripts as they were emitted, with real git, Docker,
//! registry and `splitbuild`, up to the programs in the images, which say what they run on.
//!
//! Its repositories and the images that others make are stand-ins of the same shape. Names of images get the registry of
//! the tests before them, in the matrix; nothing is changed in what is made from it. What would install packages, run the
//! framework's own tests, or upload to GitHub, is played.

mod failing;
mod hub;
mod machine;
mod organization;
mod published;
mod sources;
mod tools;
mod whole;
