//! How a moving tag is led to the highest version, whatever other releases do at the same time: what is seen goes in, what
//! is to be done next comes out. Nothing is done here, so that a test can try every order of the steps of several runs.
//!
//! A registry cannot write a tag on the condition that nobody else has written it. But every run publishes its version
//! before it lists the others, and whoever has moved a tag lists and looks once more. So the last to write a tag has seen
//! all versions that were published before it looked; and a run that publishes one later looks later, and writes.

use std::collections::BTreeSet;

use super::release::{MovingTag, Version};
use crate::digest::Digest;

/// How often the tag is looked at, before others who write it all the time are left to it.
const LOOKS: usize = 12;

/// What an index itself tells of its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// Its annotation.
    Annotation,
    /// It has no place for it.
    Nothing,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// List the tags of the repository.
    List,
    /// Look where a fixed tag and the moving tag lead, in either order.
    Look { fixed: String },
    /// Read the index under the moving tag.
    Read,
    /// Write under the moving tag what has this digest, to which the fixed tag leads.
    Move { fixed: String, digest: Digest },
    /// Nothing more.
    End(End),
}

/// What came of an action.
#[derive(Clone, Debug)]
pub enum Observation {
    /// The tags that the registry lists.
    Listed(Vec<String>),
    /// The registry lists no tags, or not for us.
    Unlisted,
    /// Where both tags lead.
    Seen {
        fixed: Option<Digest>,
        moving: Option<Digest>,
    },
    /// The index under the moving tag, and the version that it says.
    Read(Option<(Digest, Option<Version>)>),
    Moved,
    /// What was to be moved is not there any more.
    Gone,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// It leads where the fixed tag leads.
    Leads { fixed: String, digest: Digest, is_moved: bool },
    /// The index under it says a higher version.
    Left(Version),
    /// It was somewhere else whenever it was looked at.
    Unsettled,
}

/// A moving tag on its way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lead {
    moving: MovingTag,
    version: Version,
    /// The digest of this run's index.
    own: Digest,
    evidence: Evidence,
    /// Whether the registry lists tags, as far as is known.
    is_listed: bool,
    /// The fixed tag that it is to follow.
    target: String,
    /// Listed tags that were not there when they were looked at.
    gone: BTreeSet<String>,
    /// What was last moved to.
    led: Option<Digest>,
    looks: usize,
}

impl Lead {
    /// A run that has published `own` under its fixed tags, and what it is to do first.
    pub fn new(moving: &MovingTag, version: &Version, own: &Digest, evidence: Evidence) -> (Self, Action) {
        let lead = Self {
            moving: moving.clone(),
            version: version.clone(),
            own: own.clone(),
            evidence,
            is_listed: true,
            target: moving.fixed.clone(),
            gone: BTreeSet::new(),
            led: None,
            looks: 0,
        };
        (lead, Action::List)
    }

    /// What is to be done after what was seen.
    pub fn next(&mut self, seen: Observation) -> Action {
        match seen {
            Observation::Listed(tags) => match self.highest(tags) {
                Some(fixed) => {
                    self.target.clone_from(&fixed);
                    Action::Look { fixed }
                }
                None => self.again(),
            },
            Observation::Unlisted => {
                // What was moved by a list is not judged without one.
                if let Some(led) = self.led.clone() {
                    return self.leads(led);
                }
                self.is_listed = false;
                self.target.clone_from(&self.moving.fixed);
                self.again()
            }
            Observation::Seen { fixed: None, .. } | Observation::Gone => {
                self.gone.insert(self.target.clone());
                self.again()
            }
            Observation::Seen { fixed: Some(digest), moving } => self.compare(digest, moving),
            Observation::Read(found) => self.judge(found),
            Observation::Moved => {
                self.gone.clear();
                self.again()
            }
        }
    }

    /// The listed tag of the highest version; a list that is older than our own tag does not hide that.
    fn highest(&self, mut tags: Vec<String>) -> Option<String> {
        tags.push(self.moving.fixed.clone());
        let versions = tags.into_iter().filter(|tag| !self.gone.contains(tag));
        let versions = versions.filter_map(|tag| Some((self.moving.version_of(&tag)?, tag)));
        versions.max().map(|(_, tag)| tag)
    }

    fn compare(&mut self, digest: Digest, moving: Option<Digest>) -> Action {
        // What cannot be seen just after it was written was written all the same.
        let is_there = moving.as_ref().or(self.led.as_ref()) == Some(&digest);
        let is_over = self.led.is_some() && !self.is_listed;
        if is_there || is_over { self.leads(digest) } else { self.lead_to(digest) }
    }

    /// Decides by what the index under the tag says.
    fn judge(&mut self, found: Option<(Digest, Option<Version>)>) -> Action {
        let own = self.own.clone();
        match found {
            None if self.led.is_some() => self.leads(own),
            Some((digest, _)) if digest == own => self.leads(own),
            Some((_, Some(version))) if version > self.version && self.moving.may_lead(&version) => {
                Action::End(End::Left(version))
            }
            _ => self.lead_to(own),
        }
    }

    fn lead_to(&mut self, digest: Digest) -> Action {
        self.led = Some(digest.clone());
        Action::Move { fixed: self.target.clone(), digest }
    }

    fn leads(&self, digest: Digest) -> Action {
        Action::End(End::Leads { fixed: self.target.clone(), digest, is_moved: self.led.is_some() })
    }

    fn again(&mut self) -> Action {
        self.looks += 1;
        match (self.is_listed, self.evidence) {
            _ if self.looks > LOOKS => Action::End(End::Unsettled),
            (true, _) => Action::List,
            (false, Evidence::Annotation) => Action::Read,
            (false, Evidence::Nothing) => Action::Look { fixed: self.target.clone() },
        }
    }
}

#[cfg(test)]
mod tests;
