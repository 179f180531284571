//! One channel: its messages, how far they are read, what is written, who is there.

mod draft;
mod drawing;
mod hear;
mod intend;
mod loading;
mod pages;
mod reading;
mod typing;

use shared::ids::{ChannelName, MessageId, Offset};
use shared::presence::Roster;
use shared::protocol::{Position, Refusal};
use shared::session::Input;
use shared::time::Timestamp;

pub(crate) use draft::Check;
pub(crate) use pages::History;
pub(crate) use reading::ReadingPlace;
pub(crate) use typing::Typing;

use draft::Draft;
use drawing::Drawing;
use pages::Pages;
use reading::Reading;

use super::context::Context;
use super::effect::Parts;
use super::storage::key;
use super::timeline::{Row, Timeline, Unread, View};

/// Time after a change until the read position is stored, in milliseconds. In a flood it moves in each frame.
const STORE_MARK_AFTER_MS: u64 = 500;

/// One channel.
#[derive(Debug)]
pub(crate) struct Room {
    channel: ChannelName,
    timeline: Timeline,
    reading: Reading,
    pages: Pages,
    draft: Draft,
    drawing: Drawing,
    roster: Roster,
    typing: Typing,
    trouble: Option<Refusal>,
    unread: Unread,
    failed: usize,
    store_mark_at: Option<Timestamp>,
    /// Whether the read position has moved since it was asked for.
    has_read: bool,
    changed: Parts,
    /// Whether values that are computed from the messages may be out of date.
    is_stale: bool,
}

impl Room {
    /// Makes a room as the browser remembers it.
    pub(crate) fn new(channel: &ChannelName, context: &Context) -> Self {
        let stored = |prefix| context.storage.get(&key::of(prefix, channel)).to_owned();
        let mut room = Self {
            channel: channel.clone(),
            timeline: Timeline::new(context.day_of),
            reading: Reading::restore(&stored(key::READ)),
            pages: Pages::default(),
            draft: Draft::restore(stored(key::DRAFT)),
            drawing: Drawing::default(),
            roster: Roster::default(),
            typing: Typing::default(),
            trouble: None,
            unread: Unread::default(),
            failed: 0,
            store_mark_at: None,
            has_read: true,
            changed: Parts::ALL,
            is_stale: true,
        };
        room.know_me(context);
        room
    }

    /// Returns the channel.
    pub(crate) fn channel(&self) -> &ChannelName {
        &self.channel
    }

    /// Returns the part of the timeline that the reader looks at.
    pub(crate) fn view(&self) -> View {
        self.reading.view()
    }

    /// Returns the message that the reader looks at, if they are not at the end.
    pub(crate) fn place(&self) -> Option<ReadingPlace> {
        self.reading.place()
    }

    /// Returns what is unread.
    pub(crate) fn unread(&self) -> Unread {
        self.unread
    }

    /// Returns the offset up to which everything is read.
    pub(crate) fn read(&self) -> Offset {
        self.reading.read().unwrap_or_default()
    }

    /// Returns whether there are older messages to load.
    pub(crate) fn history(&self) -> History {
        self.pages.history(&self.timeline)
    }

    /// Whether messages between loaded ones could not be loaded.
    pub(crate) fn hole_is_refused(&self) -> bool {
        self.pages.hole_is_refused
    }

    /// Returns why the server refuses the room.
    pub(crate) fn trouble(&self) -> Option<&Refusal> {
        self.trouble.as_ref()
    }

    /// Returns the members.
    pub(crate) fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Returns who is typing.
    pub(crate) fn typing(&self) -> &Typing {
        &self.typing
    }

    /// Returns the number of messages that could not be sent.
    pub(crate) fn failed(&self) -> usize {
        self.failed
    }

    /// Returns the text in the field.
    pub(crate) fn draft(&self) -> &str {
        self.draft.text()
    }

    /// Whether the field has the text of an earlier message.
    pub(crate) fn is_editing(&self) -> bool {
        self.draft.is_editing()
    }

    /// Whether there is an own message to edit.
    pub(crate) fn has_own_chat(&self) -> bool {
        self.timeline.last_own_chat().is_some()
    }

    /// The reader's name or id has changed.
    pub(crate) fn know_me(&mut self, context: &Context) {
        if let Some(user) = &context.me.user {
            self.timeline.set_me(user, context.me.name.as_ref().map_or("", |name| name.as_str()));
        }
    }

    /// Subscribes. Messages of an earlier subscription are removed: those that came since are not among them.
    pub(crate) fn join(&mut self, context: &mut Context) {
        self.timeline.forget_subscription();
        self.pages.restart();
        self.trouble = None;
        self.stale(Parts::TROUBLE);
        self.changed.add(Parts::HISTORY);
        context.history.cancel(&self.channel);
        let (channel, presence) = (self.channel.clone(), true);
        context.input(Input::Subscribe { channel, since: None, presence });
    }

    /// The reader opens the room.
    pub(crate) fn enter(&mut self) {
        self.reading.enter(&self.timeline);
        self.pages.enter();
        self.drawing.ignore_arrivals();
        self.stale(Parts::VIEW);
        self.changed.add(Parts::HISTORY);
    }

    /// The reader comes back to the page with this room on it.
    pub(crate) fn return_to(&mut self) {
        self.reading.return_to(&self.timeline);
        self.stale(Parts::NONE);
    }

    /// Returns the rows to draw now, and whether these are all rows in view. `is_drawn` says which messages are on the
    /// screen already.
    pub(crate) fn draw(&mut self, now: Timestamp, is_drawn: impl Fn(MessageId) -> bool) -> (Vec<Row>, bool) {
        let pace = self.drawing.draw(now);
        self.timeline.rows(self.view(), pace, self.reading.line(), is_drawn)
    }

    /// Marks computed values as out of date, and `parts` as changed.
    fn stale(&mut self, parts: Parts) {
        self.is_stale = true;
        self.changed.add(parts);
    }

    /// Updates what is computed from the messages. `is_shown` if this room is on the screen. Returns the changed values.
    pub(crate) fn settle(&mut self, context: &mut Context, is_shown: bool) -> Parts {
        if std::mem::take(&mut self.is_stale) {
            self.update(context, is_shown);
        }
        if self.drawing.take_due(context.now) {
            self.changed.add(Parts::ROWS);
        }
        std::mem::take(&mut self.changed)
    }

    fn update(&mut self, context: &mut Context, is_shown: bool) {
        let view = self.view();
        if self.timeline.bound(view) {
            self.changed.add(Parts::HISTORY);
        }
        let is_seen = is_shown && context.attention.is_visible() && view == View::Following;
        if is_seen
            && self.pages.has_loaded
            && let Some(newest) = self.timeline.newest()
            && self.reading.read_to(newest)
        {
            self.has_read = true;
            self.store_mark_soon(context);
        }
        let unread = self.timeline.unread_after(self.read());
        if unread != self.unread {
            self.unread = unread;
            self.changed.add(Parts::UNREAD);
        }
        self.count_unread(context);
        let failed = self.timeline.failed();
        if failed != self.failed {
            self.failed = failed;
            self.changed.add(Parts::FAILED);
        }
        if is_shown {
            self.drawing.schedule(context.now);
            if self.pages.finds_first_unread {
                self.find_first_unread(context);
            }
            self.fill_hole_in_view(context);
        } else {
            self.drawing.ignore_arrivals();
        }
    }

    fn store_mark_soon(&mut self, context: &Context) {
        let soon = Timestamp(context.now.0.saturating_add(STORE_MARK_AFTER_MS));
        self.store_mark_at.get_or_insert(soon);
    }

    /// Returns the next time at which [`elapse`](Self::elapse) has something to do.
    pub(crate) fn poll_timeout(&self, is_shown: bool) -> Option<Timestamp> {
        let drawing = self.drawing.due().filter(|_| is_shown);
        [drawing, self.typing.expires_at(), self.draft.store_at(), self.store_mark_at]
            .into_iter()
            .flatten()
            .min()
    }

    /// Does what is due.
    pub(crate) fn elapse(&mut self, context: &mut Context) {
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= context.now);
        if is_due(self.typing.expires_at()) && self.typing.expire(context.now) {
            self.changed.add(Parts::TYPING);
        }
        let (draft_is_due, mark_is_due) = (is_due(self.draft.store_at()), is_due(self.store_mark_at));
        if draft_is_due {
            self.store_draft(context);
        }
        if mark_is_due {
            self.store_mark(context);
        }
    }

    /// Stores what is not stored yet: the page may be closed.
    pub(crate) fn store(&mut self, context: &mut Context) {
        self.store_draft(context);
        if self.reading.has_begun() {
            self.store_mark(context);
        }
    }

    fn store_draft(&mut self, context: &mut Context) {
        let key = key::of(key::DRAFT, &self.channel);
        if let Some(text) = self.draft.take_unstored() {
            context.storage.set(&key, text);
        }
    }

    /// Stores the read position, unless another tab has stored a later one.
    fn store_mark(&mut self, context: &mut Context) {
        self.store_mark_at = None;
        let key = key::of(key::READ, &self.channel);
        let stored = context.storage.get(&key).to_owned();
        // A subscription of another tab has begun in a later log, of which this tab has not heard yet.
        if self.reading.is_other_log(&stored) {
            return;
        }
        self.adopt_mark(&stored);
        context.storage.set(&key, &self.reading.mark().to_json());
    }

    /// The subscription begins. Another tab may have stored a position of this log, which meant nothing until now. The first
    /// position in a log is stored at once, so that the stored one always belongs to the latest log.
    ///
    /// The log ends before the read position if an older copy of the server's data was put in place. If that happened between
    /// two visits, the server reports no gap.
    fn begin_reading(&mut self, context: &mut Context, position: Position, head: Offset) {
        let key = key::of(key::READ, &self.channel);
        let has_moved = self.reading.begin(position, head, context.storage.get(&key));
        if has_moved | self.reading.go_back_to(head) {
            self.has_read = true;
            context.storage.set(&key, &self.reading.mark().to_json());
        }
    }

    /// Another tab has stored a read position. If it is an earlier one, that tab did not know of this tab's, which is stored
    /// again. Without a connection it is not: the log may have lost its newest messages.
    pub(crate) fn mark_was_stored(&mut self, stored: &str, context: &Context) {
        self.adopt_mark(stored);
        if context.is_online() && self.reading.is_beyond(stored) {
            self.store_mark_soon(context);
        }
    }

    fn adopt_mark(&mut self, stored: &str) {
        if self.reading.adopt(stored) {
            self.has_read = true;
            self.stale(Parts::NONE);
        }
    }

    /// Returns the offset up to which everything is read, if it has moved since the last call.
    pub(crate) fn take_read(&mut self) -> Option<Offset> {
        std::mem::take(&mut self.has_read).then(|| self.read())
    }

    /// The browser could not store the draft. It is tried again when the reader types or leaves the page.
    pub(crate) fn draft_was_not_stored(&mut self) {
        self.draft.was_not_stored();
    }

    /// Another tab has stored a draft.
    pub(crate) fn adopt_draft(&mut self, stored: String) {
        if self.draft.adopt(stored) {
            self.changed.add(Parts::DRAFT);
        }
    }
}
