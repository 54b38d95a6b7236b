//! The runner does what CircleCI's documentation says, and refuses the rest.

mod emitted;
mod environment;
mod order;
mod project;
mod refusals;
mod selection;
mod steps;
mod templates;
mod workspaces;
