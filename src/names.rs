//! The names of the language: what `${name}` may refer to, and in which values.

/// A value of the matrix, by what may be referred to in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// A value under `vars`.
    Var,
    /// A tag of a workflow.
    Tag,
    /// The name of an image.
    Image,
    /// Where an image's sources come from.
    Context,
    /// The image that is published as it is.
    Copy,
    /// A label, which may tell the commit.
    Label,
    /// The per-architecture name.
    ArchImage,
    /// The name of an exported file.
    Export,
    /// Every other key of an image.
    Key,
    /// A login, or the file of a secret: the same in every job.
    Job,
    /// What shapes the graph or is read by the provider: known when generating.
    Fixed,
}

/// Every name of the language, in the order of the table in `docs/names.md`.
pub const OURS: &[&str] = &[
    "git_sha",
    "git_short_sha",
    "git_branch",
    "git_tag",
    "git_ref",
    "pipeline",
    "pr",
    "image",
    "platform",
    "arch",
    "tag",
    "arch_image",
    "arch_tag",
    "revision",
];

/// What the shell of generated jobs calls things, beside the project's own scripts.
pub const SCRIPTS: &[&str] = &[
    "root",
    "tags",
    "fixed",
    "push",
    "pin",
    "try",
    "tries",
    "status",
    "name",
    "key",
    "first",
    "one",
    "each",
    "found",
    "digest",
    "file",
    "published",
];

/// The names that are known when a run starts.
pub const RUN: &[&str] = &["git_sha", "git_short_sha", "git_branch", "git_tag", "git_ref", "pipeline", "pr"];

impl Position {
    /// Whether the name of the language has a value here.
    pub fn allows(self, name: &str) -> bool {
        match name {
            _ if RUN.contains(&name) => self != Self::Fixed,
            "image" | "tag" => {
                matches!(self, Self::Context | Self::Copy | Self::Label | Self::ArchImage | Self::Export | Self::Key)
            }
            "platform" | "arch" => matches!(self, Self::Label | Self::ArchImage | Self::Export | Self::Key),
            "arch_image" | "arch_tag" => matches!(self, Self::Label | Self::Export | Self::Key),
            "revision" => self == Self::Label,
            _ => false,
        }
    }

    /// Where a name of the language can be used.
    pub fn of(name: &str) -> &'static str {
        match name {
            "image" => "it can be used in the keys of an image, but for its name",
            "tag" => "it can be used in the keys of an image, but for its name; tags belong to a workflow",
            "platform" | "arch" => {
                "it can be used where an image is built: in `args`, `labels`, `target`, `arch_image`, `export`"
            }
            "arch_image" | "arch_tag" => {
                "it can be used where an image is built: in `args`, `labels`, `target`, `export`"
            }
            "revision" => "it can be used in `labels` and in scripts; an argument would make every commit a new build",
            _ => "the table in docs/names.md says where each can be used",
        }
    }

    /// The position in a message: where a name has no value.
    pub fn called(self) -> &'static str {
        match self {
            Self::Var => "in `vars`",
            Self::Tag => "in a tag",
            Self::Image => "in the name of an image",
            Self::Context => "in `context`",
            Self::Copy => "in `copy`",
            Self::Label => "in a label",
            Self::ArchImage => "in `arch_image`",
            Self::Export => "in `export`",
            Self::Key => "here",
            Self::Job => "here",
            Self::Fixed => "in a value that is known when generating",
        }
    }

    /// Whether the job's environment can be referred to.
    pub fn allows_environment(self) -> bool {
        self != Self::Fixed
    }
}
