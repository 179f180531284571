//! The seam between the log thread and what puts entries in order.

use crate::store::Entry;

/// Puts entries into one total order. The log thread proposes the entries of this server, and applies all entries in their order.
///
/// [`Direct`](super::direct::Direct) orders the entries of one server. A sequencer of several servers also returns the entries that
/// the others have proposed. Everything after the order, from the transaction to the subscribers, is the same for both.
///
/// The log thread has at most one entry of publications that is proposed and not applied: the turns of a connection
/// ([`turn`](super::turn)) depend on that. An entry that cannot be applied is refused and skipped, which only a sequencer of one server
/// may do.
pub trait Sequencer: Send {
    /// Proposes an entry. Returns the ticket with which [`entry_after`](Self::entry_after) returns it.
    fn propose(&mut self, entry: Entry) -> Ticket;

    /// Returns the next entry after a place, without waiting. `None` if none is known yet.
    fn entry_after(&mut self, place: Place) -> Option<Ordered>;

    /// Returns the range of places whose entries can be read.
    fn bounds(&self) -> Bounds;
}

/// A place in the order of all entries. Places grow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub u64);

/// Identifies an entry that this server has proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(pub u64);

/// An entry in its place.
#[derive(Debug)]
pub struct Ordered {
    /// Its place.
    pub place: Place,
    /// Its ticket, if this server has proposed it.
    pub ticket: Option<Ticket>,
    /// The entry.
    pub entry: Entry,
}

/// The range of places whose entries can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The place of the newest entry.
    pub head: Place,
    /// The place just before the oldest entry; equal to `head` if there is none.
    pub floor: Place,
}
