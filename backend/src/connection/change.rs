//! Access to a connection's state that updates the fan-out's write permission after each change.

use std::cell::RefMut;
use std::ops::{Deref, DerefMut};

use super::flow::{Direct, Flow};
use super::outbound::{Inner, Outbound, Phase};
use crate::channel::wire::WritePermission;

impl Outbound {
    /// Returns the connection's state for a change. When the guard is dropped, the write permission of the wire is
    /// updated and a paused reader is woken if there is room again.
    pub(super) fn change(&self) -> Change<'_> {
        Change(self.inner.borrow_mut())
    }
}

/// Guard of a connection's state during a change.
pub(super) struct Change<'a>(RefMut<'a, Inner>);

impl Deref for Change<'_> {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl DerefMut for Change<'_> {
    fn deref_mut(&mut self) -> &mut Inner {
        &mut self.0
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        if self.is_reader_paused && self.has_room() {
            self.is_reader_paused = false;
            self.wake_reader();
        }
        if let Some(direct) = &self.direct {
            direct.wire.set_permission(self.permission(direct));
        }
    }
}

impl Inner {
    fn permission(&self, direct: &Direct) -> WritePermission {
        let idle = self.phase == Phase::Open && direct.flow == Flow::Free && direct.rest.is_empty();
        if !idle || !self.replies.is_empty() || !self.signals.is_empty() || self.subscriptions.has_ready() {
            return WritePermission::Denied;
        }
        if self.subscriptions.len() > 1 {
            WritePermission::SeveralChannels
        } else {
            WritePermission::OneChannel
        }
    }
}
