//! Where an image's sources are.

use crate::template::Template;

/// Where the sources of another repository are cloned to, from the root of this one.
pub const CLONE: &str = ".splitbuild/context";

/// Where an image's sources are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Context {
    /// A folder of this repository; empty for its root.
    Folder(Template),
    /// Another git repository.
    Git {
        /// Its URL.
        repository: Template,
        /// A branch, a tag, a commit or a full ref; the default branch if empty.
        reference: Template,
        /// A folder in it; empty for its root.
        folder: Template,
    },
}

impl Context {
    /// The folder of the sources, from the root of this repository.
    pub fn path(&self) -> Template {
        match self {
            Self::Folder(folder) if folder.parts().is_empty() => Template::literal("."),
            // A folder that only the job knows is still no option and no address.
            Self::Folder(folder) if folder.leading().is_empty() => below(".", folder),
            Self::Folder(folder) => folder.clone(),
            Self::Git { folder, .. } => below(CLONE, folder),
        }
    }

    /// The URL of another repository, without the user.
    pub fn address(&self) -> Option<Template> {
        match self {
            Self::Folder(_) => None,
            Self::Git { repository, .. } => Some(without_user(repository)),
        }
    }
}

fn below(root: &str, folder: &Template) -> Template {
    let mut path = Template::literal(root);
    if !folder.parts().is_empty() {
        path.push_literal("/");
        path.push(folder);
    }
    path
}

fn without_user(address: &Template) -> Template {
    let start = address.leading();
    let Some((scheme, rest)) = start.split_once("://") else { return address.clone() };
    let host = rest.split('/').next().unwrap_or_default();
    let Some(at) = host.rfind('@') else { return address.clone() };
    let mut without = Template::literal(&format!("{scheme}://"));
    without.push(&address.without_start(scheme.len() + 3 + at + 1));
    without
}
