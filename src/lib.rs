//! splitbuild compiles an image matrix into CI configurations in which every image is built natively, one job per
//! architecture, and published by one manifest job.
//!
//! `ARCHITECTURE.md` has the whole on one page. The modules, from what is known to what is done:
//!
//! - vocabulary: [`span`], [`mod@similar`], [`digest`], [`difference`], [`platform`], [`mod@reference`], [`template`],
//!   [`names`], [`pattern`], [`shell`], [`yaml`], [`diagnostic`], [`source_map`], [`transfer`]; [`mod@file`] and [`stop`] are the
//!   machine's
//! - the compiler: [`spec`] is the matrix as it was written; [`plan`] the matrix as it was meant, pure functions on
//!   plain data; [`drawing`] a picture of it; [`provider`] a plan in the words of a CI provider, as text, and that text read
//!   back; [`bake`] a workflow of one as a bake file; [`lineage`] compares one with Dockerfiles
//! - the way in: [`draft`] is a matrix that a program drafts, with its text; [`mod@import`] drafts one of what other tools
//!   build images from, [`proposal`] one of what is in a [`repository`] and its [`dockerfile`]s
//! - the linker: [`oci`] is manifests and indexes, and what must hold of them, pure as well; [`handover`] what jobs
//!   hand on; [`registry`] the protocol's few calls, [`layout`] folders that hold images, [`store`] either of them,
//!   [`image`] the documents of one image; [`link`] puts an index together and publishes it; [`inspect`] looks at one;
//!   [`graph`] is all that one consists of, [`mod@copy`] publishes it elsewhere, [`export`] puts it in a tarball, for
//!   which [`archive`] says where each byte stands
//! - [`cli`]: the verbs

pub mod archive;
pub mod bake;
pub mod cli;
pub mod copy;
pub mod diagnostic;
pub mod difference;
pub mod digest;
pub mod dockerfile;
pub mod draft;
pub mod drawing;
pub mod export;
pub mod file;
pub mod graph;
pub mod handover;
pub mod image;
pub mod import;
pub mod inspect;
pub mod layout;
pub mod lineage;
pub mod link;
pub mod names;
pub mod oci;
pub mod pattern;
pub mod plan;
pub mod platform;
pub mod proposal;
pub mod provider;
pub mod reference;
pub mod registry;
pub mod repository;
pub mod shell;
pub mod similar;
pub mod source_map;
pub mod span;
pub mod spec;
pub mod stop;
pub mod store;
pub mod template;
pub mod transfer;
pub mod yaml;
