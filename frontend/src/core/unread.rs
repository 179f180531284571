//! How far a room has been read.

use shared::ids::{Epoch, Offset};
use shared::json::{Fields, Unreadable, Writer};
use shared::protocol::Position;

/// What is kept of a room over visits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ReadMark {
    epoch: Option<Epoch>,
    offset: Offset,
}

impl ReadMark {
    /// Reads what an earlier visit has kept.
    ///
    /// # Errors
    /// [`Unreadable`] where the text is no mark.
    pub(crate) fn parse(text: &str) -> Result<Self, Unreadable> {
        let mut fields = Fields::parse(text)?;
        Ok(Self { epoch: fields.read("epoch")?, offset: fields.read("offset")? })
    }

    /// What to keep.
    pub(crate) fn to_json(self) -> String {
        Writer::object(|to| {
            to.field("offset", &self.offset);
            to.field("epoch", &self.epoch);
        })
    }
}

/// How far a room has been read, and how much has come since.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Unread {
    mark: ReadMark,
    /// Messages of others that have come since. They are counted as they come: offsets may leave numbers out.
    count: usize,
}

impl Unread {
    /// Goes on from an earlier visit.
    pub(crate) fn restore(mark: ReadMark) -> Self {
        Self { mark, count: 0 }
    }

    /// What to keep.
    pub(crate) fn mark(&self) -> ReadMark {
        self.mark
    }

    /// How many are unread.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The last offset read, where the reader has been here before.
    pub(crate) fn read(&self) -> Option<Offset> {
        self.mark.epoch.map(|_| self.mark.offset)
    }

    /// The channel's log is of this incarnation. A reader who is here for the first time has nothing unread.
    pub(crate) fn begin(&mut self, position: Position) {
        match self.mark.epoch {
            Some(epoch) if epoch == position.epoch => {}
            Some(_) => {
                *self =
                    Self { mark: ReadMark { epoch: Some(position.epoch), offset: Offset::START }, count: 0 }
            }
            None => self.mark = ReadMark { epoch: Some(position.epoch), offset: position.offset },
        }
    }

    /// A message of somebody else's, not seen.
    pub(crate) fn arrive(&mut self, offset: Offset) {
        if self.mark.epoch.is_some() && offset > self.mark.offset {
            self.count += 1;
        }
    }

    /// All up to here has been read.
    pub(crate) fn read_to(&mut self, offset: Option<Offset>) {
        self.count = 0;
        self.mark.offset = self.mark.offset.max(offset.unwrap_or_default());
    }
}

/// The title of the browser's tab.
pub(crate) fn tab_title(unread: usize) -> String {
    match unread {
        0 => "Tidings".to_owned(),
        count => format!("({}) Tidings", badge(count)),
    }
}

/// A count as a badge shows it.
pub(crate) fn badge(count: usize) -> String {
    if count > 99 { "99+".to_owned() } else { count.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(epoch: u64, offset: u64) -> Position {
        Position { epoch: Epoch(epoch), offset: Offset(offset) }
    }

    #[test]
    fn what_was_there_before_the_first_visit_is_not_unread() {
        let mut unread = Unread::default();
        unread.begin(position(1, 10));
        unread.arrive(Offset(9));
        unread.arrive(Offset(12));
        assert_eq!(unread.count(), 1);
    }

    #[test]
    fn the_next_visit_goes_on_from_the_last() {
        let mut unread = Unread::default();
        unread.begin(position(1, 10));
        unread.read_to(Some(Offset(12)));
        let stored = unread.mark().to_json();
        let mut unread = Unread::restore(ReadMark::parse(&stored).unwrap());
        unread.begin(position(1, 20));
        (11..=14).for_each(|offset| unread.arrive(Offset(offset)));
        assert_eq!((unread.count(), unread.read()), (2, Some(Offset(12))));
    }

    #[test]
    fn another_log_has_not_been_read() {
        let mut unread = Unread::default();
        unread.begin(position(1, 10));
        unread.begin(position(2, 3));
        unread.arrive(Offset(1));
        assert_eq!(unread.count(), 1);
    }

    #[test]
    fn the_tab_tells_the_count() {
        assert_eq!(tab_title(0), "Tidings");
        assert_eq!(tab_title(3), "(3) Tidings");
        assert_eq!(tab_title(100), "(99+) Tidings");
    }
}
