//! Which version of a channel's presence the application has, and when to request the members again.
//!
//! The application's roster is always that of exactly one version: a change passes if it is the next one, and a list if it is
//! not older. Every other version only shows that a change is missing.

use std::time::Duration;

use super::request::RequestState;
use crate::ids::RequestId;
use crate::limits::{PRESENCE_ASK_MS_MIN, PRESENCE_SPREAD_MS_MAX};
use crate::protocol::{Presence, PresenceChange};
use crate::time::Timestamp;

/// The presence of a channel that is subscribed with its members.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    request: RequestState,
    /// The version of the roster that the application has from this connection. `None` before the first list, and if the
    /// server has no versions.
    version: Option<u64>,
    asked_at: Option<Timestamp>,
    missing: Option<Missing>,
}

/// A change that has not arrived.
#[derive(Debug, Clone, Copy)]
struct Missing {
    /// The server has at least this version.
    version: u64,
    /// When to request the members, if it has not arrived before.
    due: Timestamp,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self { request: RequestState::Pending, version: None, asked_at: None, missing: None }
    }

    /// Forgets the version, because the connection is lost. The next server may count from another number.
    pub(super) fn reset(&mut self) {
        *self = Self::new();
    }

    pub(super) fn request(&self) -> RequestState {
        self.request
    }

    pub(super) fn set_request(&mut self, request: RequestState) {
        self.request = request;
    }

    /// Notes that request `id` asks for the members.
    pub(super) fn ask(&mut self, id: RequestId, now: Timestamp) {
        (self.request, self.asked_at, self.missing) = (RequestState::Sent(id), Some(now), None);
    }

    /// Returns when to request the members again.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.missing.map(|missing| missing.due)
    }

    /// Handles a list or a change. Returns whether the application receives it.
    pub(super) fn apply(&mut self, presence: &Presence, now: Timestamp, random: &mut fastrand::Rng) -> bool {
        let answers = presence.id.is_some_and(|id| self.request == RequestState::Sent(id));
        if let (true, Some(id)) = (answers, presence.id) {
            self.request = RequestState::Live(id);
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

    /// Schedules a request for the members. Not at once, because thousands may have missed the same change, and it may just be
    /// late.
    fn miss(&mut self, version: u64, now: Timestamp, random: &mut fastrand::Rng) {
        if !matches!(self.request, RequestState::Live(_)) {
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
