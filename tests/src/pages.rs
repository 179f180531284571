//! What the page consists of, as those who use it see it: a file each, with what can be found, done and checked there.

mod connection;
mod notices;
mod profile;
mod push;
mod rooms;
mod timeline;
mod welcome;
mod wire;

pub use connection::{Connection, State};
pub use notices::Notices;
pub use profile::Profile;
pub use push::PushPage;
pub use rooms::{Rooms, Roster};
pub use timeline::{Delivery, Row, Timeline};
pub use welcome::Welcome;
pub use wire::Wire;

use crate::browser::Person;

/// A CSS selector for what the page marks with this name.
pub(crate) fn marked(name: &str) -> String {
    format!("[data-testid={name:?}]")
}

impl Person {
    /// The form for the name.
    pub fn welcome(&self) -> Welcome<'_> {
        Welcome(self)
    }

    /// The messages of the open room, and the field to write one.
    pub fn timeline(&self) -> Timeline<'_> {
        Timeline(self)
    }

    /// The badge that tells how the connection is.
    pub fn connection(&self) -> Connection<'_> {
        Connection(self)
    }

    /// The list of rooms.
    pub fn rooms(&self) -> Rooms<'_> {
        Rooms(self)
    }

    /// Who is in the open room.
    pub fn roster(&self) -> Roster<'_> {
        Roster(self)
    }

    /// Toasts, the bell and what it rings for.
    pub fn notices(&self) -> Notices<'_> {
        Notices(self)
    }

    /// The panel with what goes over the wire.
    pub fn wire(&self) -> Wire<'_> {
        Wire(self)
    }

    /// The page that sends with the API key.
    pub fn push_page(&self) -> PushPage<'_> {
        PushPage(self)
    }

    /// Who one is.
    pub fn profile(&self) -> Profile<'_> {
        Profile(self)
    }

    /// Says something in the open room and waits until the server has it.
    pub async fn says(&self, text: &str) {
        self.timeline().write(text).await;
        self.timeline().expect_delivery(text, Delivery::Accepted).await;
    }

    /// Sees somebody else's message in the open room.
    pub async fn sees(&self, author: &str, text: &str) {
        self.timeline().expect(author, text).await;
    }
}
