//! Every change of a connection tells the fan-out what it may do with it.

use std::cell::RefMut;
use std::ops::{Deref, DerefMut};

use super::flow::{Direct, Flow};
use super::outbound::{Inner, Outbound, Phase};
use crate::channel::wire::Passage;

impl Outbound {
    /// The connection's state, to be changed. Afterwards the fan-out knows what that means for it.
    pub(super) fn change(&self) -> Change<'_> {
        Change(self.inner.borrow_mut())
    }
}

/// A connection's state while it is changed.
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
        if self.is_held && self.has_room() {
            self.is_held = false;
            self.wake_reader();
        }
        if let Some(direct) = &self.direct {
            direct.wire.set_passage(self.passage(direct));
        }
    }
}

impl Inner {
    fn passage(&self, direct: &Direct) -> Passage {
        let idle = self.phase == Phase::Open && direct.flow == Flow::Free && direct.rest.is_empty();
        if !idle || !self.replies.is_empty() || !self.slots.is_empty() || self.subscriptions.has_ready() {
            return Passage::Shut;
        }
        if self.subscriptions.len() > 1 { Passage::SeveralChannels } else { Passage::OneChannel }
    }
}
