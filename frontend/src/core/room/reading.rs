//! How far the reader has read a room, what they look at, and where the "New" line stands.

use shared::ids::{Epoch, MessageId, Offset};
use shared::json::{Fields, Unreadable, Writer};
use shared::protocol::Position;

use crate::core::timeline::{Line, Timeline, View};

/// The read position of a room, as the browser keeps it over visits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ReadMark {
    epoch: Option<Epoch>,
    offset: Offset,
}

impl ReadMark {
    /// Reads the text that [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// [`Unreadable`] if the text is not a read position.
    pub(crate) fn parse(text: &str) -> Result<Self, Unreadable> {
        let mut fields = Fields::parse(text)?;
        Ok(Self { epoch: fields.read("epoch")?, offset: fields.read("offset")? })
    }

    /// Returns the text to keep.
    pub(crate) fn to_json(self) -> String {
        Writer::object(|to| {
            to.field("offset", &self.offset);
            to.field("epoch", &self.epoch);
        })
    }
}

/// The message that the reader looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReadingPlace {
    pub(crate) message: MessageId,
    /// Distance of the message from the upper edge, in pixels.
    pub(crate) below_px: i32,
}

/// The reading of one room.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    mark: ReadMark,
    /// Whether the server has confirmed the epoch of the mark in this visit.
    has_begun: bool,
    /// The reader came before the subscription began: the line is set when it begins.
    wants_line: bool,
    line: Option<Line>,
    view: View,
    place: Option<ReadingPlace>,
}

impl Reading {
    /// Continues from an earlier visit.
    pub(crate) fn restore(stored: &str) -> Self {
        Self { mark: ReadMark::parse(stored).unwrap_or_default(), ..Self::default() }
    }

    /// Returns the read position.
    pub(crate) fn mark(&self) -> ReadMark {
        self.mark
    }

    /// Returns the last read offset, or `None` before the first visit's subscription has begun.
    pub(crate) fn read(&self) -> Option<Offset> {
        self.mark.epoch.map(|_| self.mark.offset)
    }

    /// Whether the read position belongs to the log that the server has now.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Returns the position of the "New" line.
    pub(crate) fn line(&self) -> Option<Line> {
        self.line
    }

    /// Returns the part of the timeline that the reader looks at.
    pub(crate) fn view(&self) -> View {
        self.view
    }

    /// Returns the message that the reader looks at, if they are not at the end.
    pub(crate) fn place(&self) -> Option<ReadingPlace> {
        self.place.filter(|_| self.view != View::Following)
    }

    /// The subscription has begun after `position`; the newest message is `head`. For a first visit, everything before is
    /// read. If the log was reset, everything in it is unread. `stored` is the mark that the browser keeps now, perhaps of
    /// another tab. Returns whether the mark is new.
    pub(crate) fn begin(&mut self, position: Position, head: Offset, stored: &str) -> bool {
        let epoch = Some(position.epoch);
        let kept = ReadMark::parse(stored).ok().filter(|kept| kept.epoch == epoch);
        let is_new = self.mark.epoch != epoch;
        if is_new {
            let is_first_visit = self.mark.epoch.is_none();
            let offset = if is_first_visit { position.offset } else { Offset::START };
            self.mark = kept.unwrap_or(ReadMark { epoch, offset });
            self.line = None;
        }
        self.has_begun = true;
        if std::mem::take(&mut self.wants_line) {
            self.line = Some(Line { after: self.mark.offset, upto: head });
        }
        is_new
    }

    /// The log has lost its messages after `head`. Others will have their offsets, and they are not read. Returns whether the
    /// mark has moved.
    pub(crate) fn go_back_to(&mut self, head: Offset) -> bool {
        let moves = self.mark.offset > head;
        if moves {
            self.mark.offset = head;
            self.line = None;
        }
        moves
    }

    /// The reader opens the room. The "New" line stands above what is unread.
    pub(crate) fn enter(&mut self, timeline: &Timeline) {
        self.line = None;
        self.wants_line = !self.has_begun;
        self.set_line(timeline);
    }

    /// The reader comes back to the page with this room on it. Without unread messages, the line stays.
    pub(crate) fn return_to(&mut self, timeline: &Timeline) {
        self.set_line(timeline);
    }

    fn set_line(&mut self, timeline: &Timeline) {
        if let (Some(after), Some(upto)) = (self.read().filter(|_| self.has_begun), timeline.newest())
            && upto > after
        {
            self.line = Some(Line { after, upto });
        }
    }

    /// Everything up to `newest` is read. Returns whether the mark has moved.
    pub(crate) fn read_to(&mut self, newest: Offset) -> bool {
        let moves = self.has_begun && newest > self.mark.offset;
        if moves {
            self.mark.offset = newest;
        }
        moves
    }

    /// Whether the mark that another tab has stored belongs to another log of the channel.
    pub(crate) fn is_other_log(&self, stored: &str) -> bool {
        ReadMark::parse(stored).is_ok_and(|other| other.epoch != self.mark.epoch)
    }

    /// Whether the mark that another tab has stored is an earlier one of the same log.
    pub(crate) fn is_beyond(&self, stored: &str) -> bool {
        ReadMark::parse(stored)
            .is_ok_and(|other| other.epoch == self.mark.epoch && other.offset < self.mark.offset)
    }

    /// Takes over a mark that another tab has stored. Returns whether the mark has moved.
    pub(crate) fn adopt(&mut self, stored: &str) -> bool {
        let Ok(other) = ReadMark::parse(stored) else { return false };
        let moves = other.epoch == self.mark.epoch && other.offset > self.mark.offset;
        if moves {
            self.mark.offset = other.offset;
        }
        moves
    }

    /// Changes the part that the reader looks at. Returns whether it is another.
    pub(crate) fn set_view(&mut self, view: View) -> bool {
        let changes = self.view != view;
        self.view = view;
        changes
    }

    /// Remembers the message that the reader looks at.
    pub(crate) fn set_place(&mut self, place: ReadingPlace) {
        self.place = Some(place);
    }
}
