//! Writing: what an index needs to have beside it, then the index under each of its tags; and, when that fails or another
//! run may have written at the same time, what the registry has now.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use super::gather::{Image, at_home};
use super::{Linked, Progress, Run, Tag, TagState, Target};
use crate::oci::Raw;
use crate::reference::{Place, Reference};
use crate::stop::Stop;
use crate::store::{Error, Store, Written};

/// How often a tag is taken back from older runs, each of which writes it once.
const TAKEN_BACK: usize = 4;

/// How long to wait at least, and at most, before a tag is looked at again.
const PAUSE: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// A target of which everything is known.
pub(super) struct PreparedTarget<'t> {
    pub(super) target: &'t Target,
    pub(super) linked: Linked,
    pub(super) images: Vec<Image>,
    pub(super) plans: Vec<(Tag, TagPlan)>,
    /// When the tags were looked at, from which that follows.
    pub(super) looked: Instant,
}

/// What is to become of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TagPlan {
    /// It is to lead to the index.
    Put,
    /// It does so already.
    Unchanged,
    /// It stays with a newer run; the index is written by its digest, for those who know that.
    LeaveTo(Run),
    /// There is no index.
    Nothing,
}

impl TagPlan {
    pub(super) fn of(index: &Raw, tag: &Tag, found: Option<Raw>, run: Option<&Run>) -> Self {
        let Some(found) = found else { return Self::Put };
        if found.digest == index.digest && found.media_type == index.media_type {
            return Self::Unchanged;
        }
        match (run, Run::of(&found)) {
            (Some(ours), Some(theirs)) if theirs.is_newer_than(ours) && !tag.is_fixed => Self::LeaveTo(theirs),
            _ => Self::Put,
        }
    }
}

impl PreparedTarget<'_> {
    /// Sets what would become of the tags.
    pub(super) fn plan(&mut self) {
        let state = |plan: &TagPlan| match plan {
            TagPlan::Put | TagPlan::Nothing => TagState::Planned,
            TagPlan::Unchanged => TagState::Unchanged,
            TagPlan::LeaveTo(run) => TagState::LeftTo(run.clone()),
        };
        self.linked.tags = self.plans.iter().map(|(tag, plan)| (tag.clone(), state(plan))).collect();
    }
}

/// Publishes a target under all of its tags, until a signal comes.
pub(super) async fn publish(
    store: &Store,
    prepared: &mut PreparedTarget<'_>,
    run: Option<&Run>,
    (watch, stop): (&dyn Fn(&Progress<'_>), &Stop),
) {
    let Some(index) = &prepared.linked.index else { return };
    let is_written = prepared.plans.iter().any(|(_, plan)| *plan != TagPlan::Unchanged);
    let ensured = if is_written {
        stop.before(ensure_images(store, prepared.target, &prepared.images)).await
    } else {
        Some(Ok(()))
    };
    let tags = prepared.plans.iter().map(async |(tag, plan)| {
        let mut state = match (&ensured, plan) {
            (None, TagPlan::Unchanged) => TagState::Unchanged,
            (None, _) => TagState::Withheld,
            (Some(Ok(())), plan) => {
                let put = stop.before(put(store, &prepared.target.reference(tag), index, plan)).await;
                put.unwrap_or(if *plan == TagPlan::Put { TagState::Interrupted } else { TagState::Withheld })
            }
            (Some(Err(error)), _) => TagState::Failed(error.clone()),
        };
        if let (TagState::Published, Some(run), false) = (&state, run, tag.is_fixed) {
            // A run that saw the tag as we saw it is as far as we are, or has about as long to go as we had.
            let look = async {
                sleep(prepared.looked.elapsed().clamp(PAUSE[0], PAUSE[1])).await;
                settle(store, &prepared.target.reference(tag), index, run).await
            };
            state = stop.before(look).await.unwrap_or(TagState::Published);
        }
        watch(&Progress::Tagged(&prepared.target.reference(tag)));
        (tag.clone(), state)
    });
    prepared.linked.tags = join_all(tags).await;
}

/// Makes sure that images of other repositories are in the one of the target.
async fn ensure_images(store: &Store, target: &Target, images: &[Image]) -> Result<(), Error> {
    let home = Place::of(&target.name);
    let strangers = images.iter().filter(|image| image.from != home);
    let manifests = strangers.flat_map(|image| image.manifests.iter().map(|manifest| (&image.from, manifest)));
    let ensured = manifests.map(async |(from, (raw, manifest))| {
        let at = at_home(&target.name, raw);
        if store.look(&at).await?.is_some() {
            return Ok(());
        }
        let blobs = join_all(manifest.blobs().map(|blob| store.bring(from, &home, blob))).await;
        blobs.into_iter().collect::<Result<Vec<()>, Error>>()?;
        store.put_manifest(&at, raw).await
    });
    join_all(ensured).await.into_iter().collect::<Result<Vec<()>, Error>>().map(|_| ())
}

async fn put(store: &Store, reference: &Reference, index: &Raw, plan: &TagPlan) -> TagState {
    match plan {
        TagPlan::Unchanged | TagPlan::Nothing => TagState::Unchanged,
        TagPlan::LeaveTo(run) => {
            let by_digest = reference.at(index.digest.clone());
            match store.put_manifest(&by_digest, index).await {
                Ok(()) => TagState::LeftTo(run.clone()),
                Err(error) => TagState::Failed(error),
            }
        }
        TagPlan::Put => write(store, reference, index).await,
    }
}

async fn write(store: &Store, reference: &Reference, index: &Raw) -> TagState {
    match store.publish(reference, index).await {
        Written::Yes => TagState::Published,
        Written::No(error) => TagState::Failed(error),
        Written::Unknown(error) => TagState::Unknown(error),
    }
}

/// Looks at a tag that was just written. Another run may have looked at it before and written it after us, and registries
/// cannot write only if nothing has changed: from an older run it is taken back, to a newer one it is left. Since every
/// run does so, it comes to rest with the newest.
async fn settle(store: &Store, reference: &Reference, index: &Raw, run: &Run) -> TagState {
    for _ in 0..TAKEN_BACK {
        match store.tag_digest(reference).await {
            Ok(Some(digest)) if digest != index.digest => {}
            // What cannot be seen just now was published all the same.
            _ => return TagState::Published,
        }
        let Ok(Some(found)) = store.manifest(reference).await else { return TagState::Published };
        match Run::of(&found) {
            Some(theirs) if theirs.is_newer_than(run) => return TagState::LeftTo(theirs),
            Some(theirs) if run.is_newer_than(&theirs) => {}
            _ => return TagState::Published,
        }
        match write(store, reference, index).await {
            TagState::Published => {}
            failed => return failed,
        }
    }
    TagState::Published
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::digest::Digest;
    use crate::oci::{Format, RUN, assemble};

    fn index(run: Option<&str>) -> Raw {
        let annotations: BTreeMap<_, _> = run.map(|run| (RUN.to_owned(), run.to_owned())).into_iter().collect();
        let bytes = assemble(&[], Format::Oci, &annotations);
        Raw { digest: Digest::of(&bytes), bytes, media_type: Format::Oci.media_type().into() }
    }

    #[test]
    fn what_becomes_of_a_tag() {
        let moving = Tag { tag: "develop".into(), is_fixed: false };
        let fixed = Tag { is_fixed: true, ..moving.clone() };
        let ours = index(Some("p/5"));
        let run: Run = "p/5".parse().expect("a run");
        let plan_of = |tag: &Tag, found: Option<Raw>| TagPlan::of(&ours, tag, found, Some(&run));
        assert_eq!(plan_of(&moving, None), TagPlan::Put);
        assert_eq!(plan_of(&moving, Some(ours.clone())), TagPlan::Unchanged);
        assert_eq!(plan_of(&moving, Some(index(None))), TagPlan::Put);
        assert_eq!(plan_of(&moving, Some(index(Some("p/4")))), TagPlan::Put);
        assert_eq!(plan_of(&moving, Some(index(Some("q/9")))), TagPlan::Put);
        assert_eq!(plan_of(&moving, Some(index(Some("p/6")))), TagPlan::LeaveTo("p/6".parse().expect("a run")));
        assert_eq!(plan_of(&fixed, Some(index(Some("p/6")))), TagPlan::Put);
        assert_eq!(TagPlan::of(&ours, &moving, Some(index(Some("p/6"))), None), TagPlan::Put);
    }
}
