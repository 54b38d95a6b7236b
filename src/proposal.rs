//! The matrix that is proposed for a repository: its images by its Dockerfiles, what they are called and wait for, and
//! comments on all that is guessed.

mod context;
mod declared;
mod file;
mod image;
mod matrix;
mod name;
mod official;
mod parent;
mod prefix;
mod word;

use std::collections::BTreeMap;

use crate::diagnostic::Report;
use crate::draft::Map;
use crate::repository::{LeftOut, Repository};
use crate::spec::Vocabulary;

pub use context::Context;
pub use image::{Build, Image, Need};
pub use matrix::Target;
pub use prefix::Prefix;

use self::declared::Declared;
use self::file::Files;
use self::image::Image as Proposed;

/// What is proposed for a repository.
#[derive(Debug)]
pub struct Proposal {
    /// In the order of their Dockerfiles.
    pub images: Vec<Image>,
    pub prefix: Prefix,
    /// The branch whose pushes are published.
    pub branch: String,
    /// Whether git said so.
    pub is_branch_known: bool,
    /// Files of bake and Compose that say how images are built.
    pub declared: Vec<String>,
    pub left_out: Vec<LeftOut>,
    /// Vars and secrets that those files refer to, by the sections of the matrix.
    sections: BTreeMap<&'static str, Map>,
    /// Files that cannot be read, as warnings.
    pub problems: Vec<Report>,
}

impl Proposal {
    /// Reads what was found in a repository, for matrices of these providers.
    pub fn of(repository: &Repository, providers: &[&'static Vocabulary]) -> Self {
        Self::with(repository, Declared::of(repository, providers))
    }

    /// The same by the Dockerfiles alone.
    pub fn of_dockerfiles(repository: &Repository) -> Self {
        Self::with(repository, Declared::default())
    }

    fn with(repository: &Repository, declared: Declared) -> Self {
        let Files { dockerfiles, mut left_out, problems } = Files::of(repository);
        left_out.extend(declared.left_out.iter().cloned());
        let mut images = Proposed::all(&dockerfiles, repository);
        declared.apply(&mut images);
        let prefix = prefix::name(&mut images, &dockerfiles, repository);
        prefix.shorten(&mut images);
        parent::connect(&mut images, &dockerfiles, &prefix);
        left_out.extend(without_runners(&mut images));
        let branch = repository.git.branch.clone();
        let is_branch_known = branch.is_some();
        let branch = branch.unwrap_or_else(|| "main".into());
        let Declared { files, sections, .. } = declared;
        Self { images, prefix, branch, is_branch_known, declared: files, left_out, sections, problems }
    }
}

/// Takes away the images for platforms that no provider has machines for, and those that are built on them.
fn without_runners(images: &mut Vec<Image>) -> Vec<LeftOut> {
    const USUAL: [&str; 2] = ["linux/amd64", "linux/arm64"];
    let mut left_out = Vec::new();
    for image in images.iter_mut() {
        let is_usual = |platform: &crate::platform::Platform| USUAL.contains(&platform.to_string().as_str());
        let others = image.builds.extract_if(.., |build| build.platform.as_ref().is_some_and(|it| !is_usual(it)));
        left_out.extend(others.map(|build| build.path));
        image.platforms.retain(is_usual);
    }
    let why = |path: String| LeftOut {
        path,
        why: "it is for a platform that needs a runner of yours, under `runners` of your provider".into(),
    };
    let gone: Vec<String> =
        images.iter().filter(|image| image.builds.is_empty()).map(|image| image.key.clone()).collect();
    images.retain(|image| !image.builds.is_empty());
    for image in images.iter_mut() {
        image.needs.retain(|need| !gone.contains(&need.key));
    }
    left_out.into_iter().map(why).collect()
}
