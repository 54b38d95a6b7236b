//! The names of the language: what `${name}` may refer to, and in which values.

/// A value of the matrix, by what may be referred to in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// A value under `vars`.
    Var,
    /// A tag of a workflow.
    Tag,
    /// A tag of an image, made from each of the workflow's.
    ImageTag,
    /// The name of an image.
    Image,
    /// Where an image's sources come from.
    Context,
    /// The image that is published as it is.
    Copy,
    /// A label, which may tell the commit.
    Label,
    /// An annotation of an index, which several tags may share.
    Annotation,
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
    "git_version",
    "git_version_minor",
    "git_version_major",
    "pipeline",
    "pr",
    "image",
    "platform",
    "arch",
    "tag",
    "tag_prefix",
    "workflow_tag",
    "workflow_tag_prefix",
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
    "moving",
    "plain",
    "registry_password",
    "index_format",
];

/// The names that are known when a run starts.
pub const RUN: &[&str] = &[
    "git_sha",
    "git_short_sha",
    "git_branch",
    "git_tag",
    "git_ref",
    "git_version",
    "git_version_minor",
    "git_version_major",
    "pipeline",
    "pr",
];

/// Those that only a run for a version has.
pub const VERSION: &[&str] = &["git_version", "git_version_minor", "git_version_major"];

/// The first of a workflow's tags, and the same before something else.
pub const WORKFLOW_TAG: &[&str] = &["workflow_tag", "workflow_tag_prefix"];

/// How many characters a commit's name has.
pub const COMMIT_LENGTH: usize = 40;

/// A reference as the name that it refers to, and the length that the value is cut to: `git_sha:7`.
pub fn cut(reference: &str) -> (&str, Option<usize>) {
    match reference.split_once(':') {
        Some((name, length)) => (name, Some(length.parse().unwrap_or_default())),
        None => (reference, None),
    }
}

/// The name that a reference refers to, whatever it is cut to.
pub fn whole(reference: &str) -> &str {
    cut(reference).0
}

impl Position {
    /// Whether the name of the language has a value here.
    pub fn allows(self, name: &str) -> bool {
        match name {
            _ if RUN.contains(&name) => self != Self::Fixed,
            "tag" | "tag_prefix" if self == Self::ImageTag => true,
            "workflow_tag" | "workflow_tag_prefix" => {
                matches!(self, Self::Context | Self::Copy | Self::Label | Self::Export | Self::Key)
            }
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
            "tag" => {
                "it can be used in the keys of an image, but for its name; in its `tags` it is each of the workflow's"
            }
            "tag_prefix" => "it can be used in the `tags` of an image; elsewhere, `${workflow_tag_prefix}`",
            "workflow_tag" | "workflow_tag_prefix" => {
                "it can be used in the keys of an image, but for its name and its tags; there, `${tag}`"
            }
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
            Self::Tag => "in a tag of a workflow",
            Self::ImageTag => "in a tag of an image",
            Self::Image => "in the name of an image",
            Self::Context => "in `context`",
            Self::Copy => "in `copy`",
            Self::Label => "in a label",
            Self::Annotation => "in an annotation",
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
