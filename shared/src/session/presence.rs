//! Which version of a channel's presence the application has, and when to ask for the members again.
//!
//! The roster of the application is always exactly that of one version: a change is let through if it is the next one, and
//! a list if it is not older. Everything else only tells that something is missing.

use std::time::Duration;

use super::subscriptions::Link;
use crate::ids::RequestId;
use crate::limits::{PRESENCE_ASK_MS_MIN, PRESENCE_SPREAD_MS_MAX};
use crate::protocol::{Presence, PresenceChange};
use crate::time::Timestamp;

/// The presence of a channel that is followed together with its members.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    link: Link,
    /// The version of the roster that the application has from this connection. `None` before the first list, and if the
    /// server has no versions.
    version: Option<u64>,
    asked_at: Option<Timestamp>,
    missing: Option<Missing>,
}

/// Something that has not arrived.
#[derive(Debug, Clone, Copy)]
struct Missing {
    /// The server has at least this version.
    version: u64,
    /// If it has not arrived until then, the members are asked for.
    due: Timestamp,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self { link: Link::Unasked, version: None, asked_at: None, missing: None }
    }

    /// The connection is gone. The next server may count from another number.
    pub(super) fn unlink(&mut self) {
        *self = Self::new();
    }

    pub(super) fn link(&self) -> Link {
        self.link
    }

    pub(super) fn set_link(&mut self, link: Link) {
        self.link = link;
    }

    /// The members are asked for.
    pub(super) fn ask(&mut self, id: RequestId, now: Timestamp) {
        (self.link, self.asked_at, self.missing) = (Link::Asked(id), Some(now), None);
    }

    /// When the members are to be asked for again.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.missing.map(|missing| missing.due)
    }

    /// Takes a list or a change. Returns whether it is for the application.
    pub(super) fn hear(&mut self, presence: &Presence, now: Timestamp, random: &mut fastrand::Rng) -> bool {
        let answers = presence.id.is_some_and(|id| self.link == Link::Asked(id));
        if let (true, Some(id)) = (answers, presence.id) {
            self.link = Link::Live(id);
        }
        let Some(version) = presence.version else { return true };
        let is_list = matches!(presence.change, PresenceChange::Members(_));
        let is_next = match self.version {
            None => is_list,
            Some(known) if is_list => answers || version >= known,
            Some(known) => version == known + 1,
        };
        if is_next {
            self.version = Some(version);
            self.missing = self.missing.filter(|missing| missing.version > version);
        } else if self.version.is_some_and(|known| known < version) {
            self.miss(version, now, random);
        }
        is_next
    }

    /// Compares with the version that the server has sent.
    pub(super) fn compare(&mut self, version: u64, now: Timestamp, random: &mut fastrand::Rng) {
        match self.version {
            Some(known) if known == version => self.missing = None,
            Some(_) => self.miss(version, now, random),
            None => {}
        }
    }

    /// Has the members asked for: not at once, because thousands may have missed the same, and the change may just be late.
    fn miss(&mut self, version: u64, now: Timestamp, random: &mut fastrand::Rng) {
        if !matches!(self.link, Link::Live(_)) {
            return;
        }
        let due = self.due().unwrap_or_else(|| {
            let spread = now + Duration::from_millis(random.u64(0..=PRESENCE_SPREAD_MS_MAX));
            let earliest = self.asked_at.map(|asked| asked + Duration::from_millis(PRESENCE_ASK_MS_MIN));
            earliest.map_or(spread, |earliest| earliest.max(spread))
        });
        self.missing = Some(Missing { version, due });
    }
}
