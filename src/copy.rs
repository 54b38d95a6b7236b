//! An image or an index of somebody else's, published as it is: under other names, in this registry or another.

use futures_util::future::join_all;

use crate::digest::Digest;
use crate::oci::{Config, Descriptor, Document, Entry, Format, Index, Manifest, Raw, assemble};
use crate::platform::Platform;
use crate::reference::{Reference, Repository};
use crate::registry::{Client, Error};

/// What is copied, and to where.
#[derive(Clone, Debug)]
pub struct Request {
    /// The image or the index.
    pub source: Reference,
    /// The names that it gets, each with a tag.
    pub targets: Vec<Reference>,
    /// The platforms that are kept; all if empty.
    pub platforms: Vec<Platform>,
}

/// What was copied.
#[derive(Clone, Debug)]
pub struct Copied {
    /// What the targets lead to: the source byte for byte, unless platforms were left out.
    pub raw: Raw,
    /// Every target, and what became of it.
    pub targets: Vec<(Reference, State)>,
}

/// What became of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It leads to the copy now.
    Published,
    /// It did before.
    Unchanged,
    /// It does not.
    Failed(Error),
}

/// Why nothing was copied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// There is nothing.
    #[error("{source_name} is not in {registry}")]
    Missing {
        /// The source.
        source_name: Reference,
        /// The registry's host.
        registry: String,
    },
    /// It is not what it should be.
    #[error("{source_name} cannot be copied: {why}")]
    Malformed {
        /// The source.
        source_name: Reference,
        /// What is wrong with it.
        why: String,
    },
    /// It lacks a platform, or has several images for it.
    #[error("{source_name} has {count} images for {platform}; it holds {}", held(found))]
    Choice {
        /// The source.
        source_name: Reference,
        /// The platform that is asked for.
        platform: Platform,
        /// How many images for it there are.
        count: usize,
        /// The platforms that there are.
        found: Vec<String>,
    },
    /// A registry did not do what it was asked.
    #[error(transparent)]
    Registry(#[from] Error),
}

impl CopyError {
    /// What to do about it, if there is more to say than the message does.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Missing { .. } => Some("check the name and the tag; a private image needs a login to be seen"),
            Self::Choice { .. } => Some("name platforms that it has, or leave --platform out to copy all of it"),
            Self::Malformed { .. } => None,
            Self::Registry(error) => error.help(),
        }
    }
}

/// A manifest that comes along, with what it refers to.
struct Child {
    raw: Raw,
    manifest: Manifest,
}

/// Copies: everything that an image is made of before its manifest, manifests before their index, tags last. A target that
/// leads to the copy already is left alone.
///
/// # Errors
/// Why nothing could be published; what fails for one target only is its [`State`].
pub async fn copy(client: &Client, request: &Request) -> Result<Copied, CopyError> {
    let source = &request.source;
    let from = source.repository();
    let missing = || CopyError::Missing { source_name: source.clone(), registry: from.registry.clone() };
    let raw = client.manifest(source).await?.ok_or_else(missing)?;
    let (raw, children) = match parsed(source, &raw)? {
        Document::Index(index) => {
            let (raw, wanted) = narrowed(request, raw, &index)?;
            let read = wanted.iter().map(|child| child_of(client, source, child));
            (raw, join_all(read).await.into_iter().collect::<Result<Vec<Child>, CopyError>>()?)
        }
        Document::Manifest(manifest) => {
            if !request.platforms.is_empty() {
                is_of(client, request, &manifest).await?;
            }
            refuse_foreign(source, &manifest)?;
            (raw.clone(), vec![Child { raw, manifest }])
        }
    };
    let mut repositories: Vec<(Repository, Vec<&Reference>)> = Vec::new();
    for target in &request.targets {
        let to = target.repository();
        match repositories.iter_mut().find(|(known, _)| *known == to) {
            Some((_, targets)) => targets.push(target),
            None => repositories.push((to, vec![target])),
        }
    }
    let published = repositories.iter().map(|(to, targets)| publish(client, (&from, to), targets, (&raw, &children)));
    let targets = join_all(published).await.into_iter().flatten().collect();
    Ok(Copied { raw, targets })
}

fn parsed(source: &Reference, raw: &Raw) -> Result<Document, CopyError> {
    let malformed = |why: String| CopyError::Malformed { source_name: source.clone(), why };
    Document::parse(raw).map_err(|error| malformed(error.to_string()))
}

/// The index over the platforms that are kept, and all that it refers to.
fn narrowed(request: &Request, raw: Raw, index: &Index) -> Result<(Raw, Vec<Descriptor>), CopyError> {
    if request.platforms.is_empty() {
        return Ok((raw, index.manifests.clone()));
    }
    let mut entries = Vec::new();
    for platform in &request.platforms {
        let is = |image: &&Descriptor| image.platform.as_ref().and_then(|it| it.normal()).as_ref() == Some(platform);
        let found: Vec<&Descriptor> = index.images().filter(is).collect();
        let [image] = found.as_slice() else {
            let (source_name, platform, count) = (request.source.clone(), platform.clone(), found.len());
            return Err(CopyError::Choice { source_name, platform, count, found: index.platforms() });
        };
        let attestations = index.attestations(&image.digest).cloned().collect();
        entries.push(Entry { image: (*image).clone(), attestations });
    }
    if entries.len() == index.images().count() {
        return Ok((raw, index.manifests.clone()));
    }
    let format = if raw.media_type == Format::Docker.media_type() { Format::Docker } else { Format::Oci };
    let bytes = assemble(&entries, format, &index.annotations);
    let wanted = entries.into_iter().flat_map(|entry| [vec![entry.image], entry.attestations].concat()).collect();
    let digest = Digest::of(&bytes);
    Ok((Raw { bytes, digest, media_type: format.media_type().to_owned() }, wanted))
}

async fn child_of(client: &Client, source: &Reference, child: &Descriptor) -> Result<Child, CopyError> {
    let malformed = |why: String| CopyError::Malformed { source_name: source.clone(), why };
    let found = client.manifest(&source.at(child.digest.clone())).await?;
    let raw = found.ok_or_else(|| malformed(format!("it names {}, which is not there", child.digest.short())))?;
    if raw.bytes.len() as u64 != child.size {
        let why = format!("{} has {} bytes, and its index says {}", child.digest.short(), raw.bytes.len(), child.size);
        return Err(malformed(why));
    }
    match parsed(source, &raw)? {
        Document::Manifest(manifest) => {
            refuse_foreign(source, &manifest)?;
            Ok(Child { raw, manifest })
        }
        Document::Index(_) => Err(malformed("it holds an index within the index".into())),
    }
}

/// Layers that lie elsewhere by their own word are fetched from nowhere.
fn refuse_foreign(source: &Reference, manifest: &Manifest) -> Result<(), CopyError> {
    let foreign = manifest.blobs().find(|blob| blob.rest.contains_key("urls") || blob.media_type.contains(".foreign."));
    match foreign {
        None => Ok(()),
        Some(blob) => {
            let why = format!("its layer {} is to be fetched from elsewhere", blob.digest.short());
            Err(CopyError::Malformed { source_name: source.clone(), why })
        }
    }
}

/// A single image must be of the one platform that is asked for.
async fn is_of(client: &Client, request: &Request, manifest: &Manifest) -> Result<(), CopyError> {
    let malformed = |why: String| CopyError::Malformed { source_name: request.source.clone(), why };
    let bytes = client.blob(&request.source.repository(), &manifest.config).await?;
    let config = Config::parse(&bytes).map_err(|error| malformed(error.to_string()))?;
    let found = config.platform.normal();
    match request.platforms.iter().find(|platform| found.as_ref() != Some(platform)) {
        None => Ok(()),
        Some(platform) => Err(CopyError::Choice {
            source_name: request.source.clone(),
            platform: platform.clone(),
            count: 0,
            found: vec![found.map_or_else(|| "no platform".to_owned(), |found| found.to_string())],
        }),
    }
}

/// Publishes the targets of one repository: what they refer to once, and then every tag.
async fn publish(
    client: &Client,
    (from, to): (&Repository, &Repository),
    targets: &[&Reference],
    (raw, children): (&Raw, &[Child]),
) -> Vec<(Reference, State)> {
    let found = join_all(targets.iter().map(|target| client.tag_digest(target))).await;
    let is_there = |found: &Result<Option<Digest>, Error>| matches!(found, Ok(Some(digest)) if *digest == raw.digest);
    let is_needed = found.iter().any(|found| !is_there(found));
    let brought = match targets.first().filter(|_| is_needed) {
        Some(target) => bring(client, (from, to), target, (raw, children)).await,
        None => Ok(()),
    };
    let tags = targets.iter().zip(found).map(async |(target, found)| {
        let put = async || match (found, &brought) {
            (found, _) if is_there(&found) => Ok(State::Unchanged),
            (Err(error), _) => Err(error),
            (_, Err(error)) => Err(error.clone()),
            _ => client.put_manifest(target, raw).await.map(|()| State::Published),
        };
        ((*target).clone(), put().await.unwrap_or_else(State::Failed))
    });
    join_all(tags).await
}

/// Sees to it that a repository has everything that `raw` refers to.
async fn bring(
    client: &Client,
    (from, to): (&Repository, &Repository),
    target: &Reference,
    (raw, children): (&Raw, &[Child]),
) -> Result<(), Error> {
    let brought = children.iter().map(async |child| {
        let by_digest = target.at(child.raw.digest.clone());
        if client.tag_digest(&by_digest).await?.is_some() {
            return Ok(());
        }
        if from != to {
            let blobs = join_all(child.manifest.blobs().map(|blob| client.bring(from, to, blob))).await;
            blobs.into_iter().collect::<Result<Vec<()>, Error>>()?;
        }
        // The one image is what the tags are for.
        if child.raw.digest == raw.digest { Ok(()) } else { client.put_manifest(&by_digest, &child.raw).await }
    });
    join_all(brought).await.into_iter().collect::<Result<Vec<()>, Error>>().map(|_| ())
}

fn held(found: &[String]) -> String {
    if found.is_empty() { "none".to_owned() } else { found.join(", ") }
}
