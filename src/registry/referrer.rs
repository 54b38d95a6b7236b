//! Manifests that are about another one, such as signatures: found and entered by the referrers API, else by the tag that
//! stands in for it
//! ([distribution spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers)).

use super::call::Call;
use super::client::Client;
use super::error::Error;
use super::http::{BodyUse, HeaderValue, Method, Response, header};
use crate::digest::Digest;
use crate::oci::{Descriptor, INDEX, Index, LONGEST_MANIFEST, Manifest, Raw, subject_of};
use crate::reference::{Reference, Repository};

/// By this header a registry says that it has entered a manifest with those that are about its subject.
const ENTERED: &str = "oci-subject";

impl Client {
    /// What is about a manifest, as the registry tells it. Only the first page is read: thousands of entries.
    pub async fn referrers(&self, repository: &Repository, subject: &Digest) -> Result<Vec<Descriptor>, Error> {
        let what = format!("list what refers to {} of {}", subject.short(), repository.path);
        let mut call = Call::new(Method::GET, repository, format!("referrers/{subject}"), &what);
        call.body_use = BodyUse::Document(LONGEST_MANIFEST);
        call.headers.insert(header::ACCEPT, HeaderValue::from_static(INDEX));
        let listed = match self.exchange(&call).await {
            Ok(response) if response.status == 200 => Some(response.body),
            Ok(_) => None,
            // Registries from before the API take the address for nonsense.
            Err(Error::Refused { .. }) => None,
            Err(error) => return Err(error),
        };
        let bytes = match listed {
            Some(bytes) => bytes,
            None => match self.manifest(&stand_in(repository, subject)).await? {
                Some(raw) => raw.bytes,
                None => return Ok(Vec::new()),
            },
        };
        let index: Index = serde_json::from_slice(&bytes).map_err(|error| {
            let (registry, why) = (repository.registry.clone(), format!("the list is not an index: {error}"));
            Error::Protocol { registry, what, why }
        })?;
        Ok(index.manifests)
    }

    /// Sees to it that a manifest which was just written is found by what it is about.
    pub(super) async fn enter(&self, repository: &Repository, raw: &Raw, response: &Response) -> Result<(), Error> {
        let Some(subject) = subject_of(&raw.bytes) else { return Ok(()) };
        if response.header(ENTERED).is_some() {
            return Ok(());
        }
        let mut index = serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] });
        let at = stand_in(repository, &subject);
        if let Some(found) = self.manifest(&at).await?
            && let Ok(found) = serde_json::from_slice(&found.bytes)
        {
            index = found;
        }
        let mut entry = raw.descriptor();
        if let Ok(manifest) = serde_json::from_slice::<Manifest>(&raw.bytes) {
            let kind = manifest.artifact_type.clone().unwrap_or_else(|| manifest.config.media_type.clone());
            entry.rest.insert("artifactType".into(), kind.into());
            entry.annotations = manifest.annotations;
        }
        let Some(entries) = index["manifests"].as_array_mut() else { return Ok(()) };
        if entries.iter().any(|known| known["digest"] == raw.digest.as_str()) {
            return Ok(());
        }
        entries.push(serde_json::to_value(&entry).expect("a descriptor is JSON"));
        let index = Raw::new(serde_json::to_vec(&index).expect("JSON stays JSON"), INDEX);
        // An index is about nothing, so this goes no deeper.
        Box::pin(self.put_manifest(&at, &index)).await.map_err(|failed| failed.error)
    }
}

/// The tag that stands in for the API.
fn stand_in(repository: &Repository, subject: &Digest) -> Reference {
    // A tag has at most 128 characters, which matters for sha512.
    let tag: String = subject.as_str().replacen(':', "-", 1).chars().take(crate::reference::TAG_LIMIT).collect();
    Reference::tagged(&repository.to_string(), &tag)
}
