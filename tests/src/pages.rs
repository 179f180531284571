//! The parts of the page as its users see them: one file per part, with its actions and checks.

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

impl Person {
    /// The form for the name.
    pub fn welcome(&self) -> Welcome<'_> {
        Welcome(self)
    }

    /// The messages of the open room, and the composer.
    pub fn timeline(&self) -> Timeline<'_> {
        Timeline(self)
    }

    /// The badge that shows the state of the connection.
    pub fn connection(&self) -> Connection<'_> {
        Connection(self)
    }

    /// The list of rooms.
    pub fn rooms(&self) -> Rooms<'_> {
        Rooms(self)
    }

    /// The members of the open room.
    pub fn roster(&self) -> Roster<'_> {
        Roster(self)
    }

    /// Toasts, the bell and its list.
    pub fn notices(&self) -> Notices<'_> {
        Notices(self)
    }

    /// The panel that shows the messages on the wire.
    pub fn wire(&self) -> Wire<'_> {
        Wire(self)
    }

    /// The page that pushes with the API key.
    pub fn push_page(&self) -> PushPage<'_> {
        PushPage(self)
    }

    /// The profile.
    pub fn profile(&self) -> Profile<'_> {
        Profile(self)
    }

    /// Sends a message in the open room and waits for the acknowledgement.
    pub async fn says(&self, text: &str) {
        self.timeline().write(text).await;
        self.timeline().expect_delivery(text, Delivery::Accepted).await;
    }

    /// Waits for another person's message in the open room.
    pub async fn sees(&self, author: &str, text: &str) {
        self.timeline().expect(author, text).await;
    }
}
