//! Which pages of history a room requests.
//!
//! A page may have no message to show: reactions, edits and retractions are messages of the log too. Such a page leads to
//! the next one. So does a page with unread messages only, because the number of unread messages is not known yet.

use shared::ids::Offset;
use shared::protocol::{ErrorCode, Message, Refusal};

use super::Room;
use super::pages::History;
use crate::core::context::Context;
use crate::core::effect::Parts;
use crate::core::history::PAGE_MESSAGES;
use crate::core::timeline::{Hole, UNREAD_MAX, View};

/// Maximum number of pages that follow a page automatically. Then the reader is asked.
const PAGES_IN_A_ROW_MAX: usize = 20;

impl Room {
    /// The reader does something, or the connection is another: the page of a hole that was refused is requested again.
    pub(super) fn retry_hole(&mut self) {
        if self.pages.retry_hole() {
            self.stale(Parts::HISTORY);
        }
    }

    /// The reader wants older messages: the view moves up, or a page is requested.
    pub(super) fn older(&mut self, context: &mut Context) {
        self.retry_hole();
        let view = self.view();
        if self.timeline.has_older_loaded(view) {
            self.set_view(self.timeline.older(view));
        } else if matches!(self.history(), History::More | History::Refused(_)) {
            self.pages.in_a_row = 0;
            self.request_older(context);
        }
    }

    /// Requests the page at the old end. While the number of unread messages is unknown, a hole in them comes first.
    pub(super) fn request_older(&mut self, context: &mut Context) {
        self.pages.refused = None;
        self.pages.older =
            if self.knows_unread() { self.timeline.oldest() } else { self.timeline.newest_from() };
        if self.pages.older.is_some() {
            context.history.add(&self.channel, self.pages.older);
        }
        self.changed.add(Parts::HISTORY);
    }

    /// A page has arrived. It states which offsets it covers, so it is right also if it comes late.
    pub(super) fn load(
        &mut self,
        context: &mut Context,
        before: Option<Offset>,
        messages: &[Message],
        more: bool,
    ) {
        let view = self.view();
        let has_shown = self.timeline.load(before, messages, more);
        self.stale(Parts::HISTORY);
        if before.is_some() && self.pages.hole == before {
            self.pages.hole = None;
            // Such a page fills nothing, and would be requested for ever.
            self.pages.hole_is_refused = more && messages.is_empty();
        }
        if before.is_none() || self.pages.older != before {
            return;
        }
        self.pages.older = None;
        if self.leads_on(has_shown)
            && more
            && !messages.is_empty()
            && self.pages.in_a_row < PAGES_IN_A_ROW_MAX
        {
            self.pages.in_a_row += 1;
            return self.request_older(context);
        }
        self.pages.has_loaded = true;
        if view != View::Following {
            self.set_view(self.timeline.older(view));
        }
    }

    /// Whether the next page is needed without an action of the reader.
    fn leads_on(&self, has_shown: bool) -> bool {
        !has_shown || !self.knows_unread()
    }

    /// Continues with the pages from the end if the number of unread messages is unknown again: it was above the limit, and
    /// some were deleted.
    pub(super) fn count_unread(&mut self, context: &mut Context) {
        let is_idle = self.pages.has_loaded && self.pages.older.is_none();
        if is_idle
            && self.pages.refused.is_none()
            && !self.pages.is_off
            && self.pages.in_a_row < PAGES_IN_A_ROW_MAX
            && !self.knows_unread()
        {
            self.pages.in_a_row += 1;
            self.request_older(context);
        }
    }

    fn knows_unread(&self) -> bool {
        let read = self.read();
        self.timeline.is_loaded_after(read) || self.timeline.unread_after(read).count >= UNREAD_MAX
    }

    /// A page was refused.
    pub(super) fn refuse(&mut self, before: Option<Offset>, refusal: Refusal) {
        if before.is_some() && self.pages.hole == before {
            self.pages.hole = None;
            self.pages.hole_is_refused = true;
        }
        if before.is_some() && self.pages.older == before {
            self.pages.older = None;
            self.pages.has_loaded = true;
            self.pages.is_off = refusal.code == ErrorCode::HistoryOff;
            self.pages.refused = Some(refusal).filter(|_| !self.pages.is_off);
        }
        self.stale(Parts::HISTORY);
    }

    /// Loads the messages around the first unread one, if the pages from the end do not reach it.
    pub(super) fn find_first_unread(&mut self, context: &mut Context) {
        if !self.pages.has_loaded || self.pages.hole.is_some() {
            return;
        }
        let Some(line) = self.reading.line() else { return };
        self.pages.finds_first_unread = false;
        let is_below = self.timeline.oldest().is_some_and(|oldest| line.after < oldest);
        if is_below && !self.timeline.is_loaded_after(line.after) {
            self.request_hole(context, after(line.after));
        }
    }

    /// Loads the next page of a hole that is in view.
    pub(super) fn fill_hole_in_view(&mut self, context: &mut Context) {
        if self.pages.hole.is_some() || self.pages.hole_is_refused || !self.pages.has_loaded {
            return;
        }
        let view = self.view();
        let Some((Hole { after: upper, before: lower }, is_above)) = self.timeline.hole_in_view(view) else {
            return;
        };
        // From the side from which the reader comes.
        let before = match view {
            View::Reading { .. } if !is_above => after(upper).min(lower),
            View::Reading { .. } | View::Following => lower,
        };
        self.request_hole(context, before);
    }

    fn request_hole(&mut self, context: &mut Context, before: Offset) {
        self.pages.hole = Some(before);
        context.history.add(&self.channel, Some(before));
    }
}

/// Returns the `before` of the page that follows `offset`. If offsets leave numbers out, the page has messages before
/// `offset` too.
fn after(offset: Offset) -> Offset {
    Offset(offset.0.saturating_add(1 + u64::from(PAGE_MESSAGES)))
}
