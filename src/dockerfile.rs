//! What a Dockerfile says: the images that it is built on, the files of its context that it copies, and the platform that
//! it is fixed to. Nothing is run, and what only a build knows stays unknown.

mod expand;
mod heredoc;
mod reader;

use crate::platform::Platform;

pub use expand::expand;

/// A Dockerfile, as far as it can be known without a build.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dockerfile {
    /// Images from elsewhere, in order: of `FROM`, and of `COPY --from` and mounts. Stages of its own are none.
    pub bases: Vec<Base>,
    /// Its stages, in order.
    pub stages: Vec<Stage>,
    /// Paths in the context that `COPY`, `ADD` and mounts take, as far as they are known; a pattern stays one.
    pub sources: Vec<String>,
    /// The one platform that it can be built for, if it names one.
    pub platform: Option<Platform>,
    /// Whether it is for Windows.
    pub is_windows: bool,
}

/// An image that a Dockerfile names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// As it is written: `${REGISTRY}/base:$TAG`.
    pub written: String,
    /// With the defaults of its arguments; `None` if one has no default.
    pub image: Option<String>,
    /// The argument that is all of it.
    pub argument: Option<String>,
    /// The argument that is all of its tag, and is used for nothing else.
    pub tag_argument: Option<String>,
    /// The line, from one on.
    pub line: usize,
    /// The place of the stage that names it.
    pub stage: usize,
}

/// A stage of a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// In lower case; names are compared so.
    pub name: Option<String>,
    /// The places of the stages that it is built on, or takes files from.
    pub uses: Vec<usize>,
}

/// Why a text is no Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DockerfileError {
    pub message: String,
    /// Where, in bytes of the text.
    pub at: usize,
}

impl Dockerfile {
    /// Reads a Dockerfile, with what Docker itself would take: a stage may have the name of another.
    ///
    /// # Errors
    /// An instruction that is unknown or not whole, or no `FROM` at all.
    pub fn parse(text: &str) -> Result<Self, DockerfileError> {
        Self::parse_with(text, &|_| None)
    }

    /// Reads a Dockerfile as it is for a build that is told these arguments, the automatic ones included.
    ///
    /// # Errors
    /// An instruction that is unknown or not whole, or no `FROM` at all.
    pub fn parse_with(text: &str, arguments: &dyn Fn(&str) -> Option<String>) -> Result<Self, DockerfileError> {
        reader::read(text, arguments)
    }

    /// The images that a build of a stage names, of the last one without `target`: BuildKit leaves out stages that nothing
    /// is taken of. `None` if there is no such stage.
    pub fn bases_of(&self, target: Option<&str>) -> Option<Vec<&Base>> {
        let last = match target {
            None => self.stages.len().checked_sub(1)?,
            Some(target) => {
                let target = target.to_lowercase();
                let named = self.stages.iter().rposition(|stage| stage.name.as_deref() == Some(&target));
                // Or it is told by its number: https://docs.docker.com/reference/cli/docker/buildx/build/#target
                named.or_else(|| target.parse().ok().filter(|place| *place < self.stages.len()))?
            }
        };
        let (mut open, mut is_used) = (vec![last], vec![false; self.stages.len()]);
        while let Some(place) = open.pop() {
            if let (Some(stage), Some(seen @ false)) = (self.stages.get(place), is_used.get_mut(place)) {
                *seen = true;
                open.extend(&stage.uses);
            }
        }
        Some(self.bases.iter().filter(|base| is_used.get(base.stage).is_some_and(|is_used| *is_used)).collect())
    }
}
