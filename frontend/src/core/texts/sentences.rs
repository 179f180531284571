//! The texts that depend on values.

use shared::protocol::{Level, Refusal};

/// The texts of one language that depend on values.
///
/// A `room` is a title without `#`, such as `lobby`.
pub(crate) trait Sentences {
    /// Returns a number as this language writes it.
    fn number(&self, number: u64) -> String;

    /// Returns the size of a frame.
    fn bytes(&self, bytes: usize) -> String;

    /// Returns a count for a badge, which has little space.
    fn badge(&self, count: usize) -> String;

    /// Returns the title of the browser's tab.
    fn tab_title(&self, unread: usize) -> String;

    /// Returns the name of a room.
    fn room(&self, room: &str) -> String;

    /// Returns the label of the button that closes a room.
    fn leave(&self, room: &str) -> String;

    /// Returns the label and the placeholder of the composer.
    fn message_to(&self, room: &str) -> String;

    /// Returns the label of the messages, for screen readers.
    fn messages_in(&self, room: &str) -> String;

    /// Returns the text above the first message of a room.
    fn start_of(&self, room: &str) -> String;

    /// Returns the title in a room without messages.
    fn quiet_in(&self, room: &str) -> String;

    /// Returns who is typing; empty if nobody is.
    fn typing(&self, names: &[&str]) -> String;

    /// Returns the text of the button to messages that arrived below the visible ones.
    fn new_messages(&self, count: usize) -> String;

    /// Returns the line in place of at most `count` messages that the server has removed.
    fn expired(&self, count: u64) -> String;

    /// Returns the text of a message with an application's own payload.
    fn custom(&self, name: &str) -> String;

    /// Returns the text of a message that only a later version of the app can show.
    fn unsupported(&self, kind: &str) -> String;

    /// Returns the label of a reaction: what it is, how often it was given, and what a click does.
    fn reaction(&self, emoji: &str, count: usize, is_mine: bool) -> String;

    /// Returns how many more characters fit into the message.
    fn characters_left(&self, count: usize) -> String;

    /// Returns by how many characters the message is too long.
    fn characters_over(&self, count: usize) -> String;

    /// Returns the heading over the members. While the app is offline, they are those of before.
    fn members(&self, count: usize, is_online: bool) -> String;

    /// Returns the same for little space; empty if there are none.
    fn members_short(&self, count: usize, is_online: bool) -> String;

    /// Returns the label of the button that opens the list of members.
    fn show_members(&self, count: usize, is_online: bool) -> String;

    /// Returns the label of the bell.
    fn bell(&self, unread: usize) -> String;

    /// Returns the state of a connection that is lost. `seconds` is at least 1.
    fn retrying_in(&self, seconds: u64) -> String;

    /// Returns the tooltip with the number of the connection.
    fn connection(&self, number: &str) -> String;

    /// Returns that a name has more than `max` characters.
    fn name_too_long(&self, max: usize) -> String;

    /// Returns why something was refused, and what the reader can do.
    fn refusal(&self, refusal: &Refusal) -> String;

    /// Returns that a message was not sent, and why.
    fn not_sent(&self, refusal: &Refusal) -> String;

    /// Returns the title and the text instead of a room that the server did not open.
    fn room_refused(&self, refusal: &Refusal) -> (&'static str, String);

    /// Returns why a push was refused, with the code for a developer.
    fn push_refused(&self, refusal: &Refusal) -> String;

    /// Returns that an answer was not understood.
    fn http_status(&self, status: u16) -> String;

    /// Returns that a message has this offset in its room, since before if `is_duplicate`.
    fn published(&self, offset: u64, is_duplicate: bool) -> String;

    /// Returns that a push went to this number of connections.
    fn pushed(&self, connections: u64) -> String;

    /// Returns the name of a level.
    fn level(&self, level: Level) -> &'static str;
}
