//! The open rooms, in the order in which they were opened.

use shared::ids::{ChannelName, InvalidId};

use super::case;

/// The room of everybody.
const LOBBY: &str = "room:lobby";

/// Maximum number of rooms that are restored. The server's limit of subscriptions per connection is lower.
const ROOMS_MAX: usize = 1_000;

/// Whether a channel can be a room. An inbox is shown by the bell.
pub(crate) fn is_room(channel: &ChannelName) -> bool {
    channel.namespace() != "inbox"
}

/// The open rooms. The lobby is always one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rooms(Vec<ChannelName>);

impl Rooms {
    /// Reads the rooms of `stored`, one per line. Lines that are no room are ignored. The lobby is always first.
    pub(crate) fn restore(stored: &str) -> Self {
        let mut rooms = Self(ChannelName::parse(LOBBY).into_iter().collect());
        let channels = stored.lines().filter_map(|line| ChannelName::parse(line).ok()).filter(is_room);
        for channel in channels.take(ROOMS_MAX) {
            rooms.open(channel);
        }
        rooms
    }

    /// Returns the text that [`restore`](Self::restore) reads.
    pub(crate) fn store(&self) -> String {
        self.0.iter().map(ChannelName::as_str).collect::<Vec<_>>().join("\n")
    }

    /// Returns the rooms, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &ChannelName> {
        self.0.iter()
    }

    /// Whether a room is open.
    pub(crate) fn has(&self, channel: &ChannelName) -> bool {
        self.0.contains(channel)
    }

    /// Opens a room. Returns whether it was not open.
    pub(crate) fn open(&mut self, channel: ChannelName) -> bool {
        let new = !self.0.contains(&channel);
        if new {
            self.0.push(channel);
        }
        new
    }

    /// Closes a room. Returns whether it was open and may be closed.
    pub(crate) fn close(&mut self, channel: &ChannelName) -> bool {
        let before = self.0.len();
        self.0.retain(|room| room != channel || is_lobby(room));
        self.0.len() < before
    }

    /// Returns the room `step` positions below `channel`. After the last comes the first.
    pub(crate) fn beside(&self, channel: &ChannelName, step: isize) -> Option<&ChannelName> {
        let here = self.0.iter().position(|room| room == channel).unwrap_or(0);
        let count = isize::try_from(self.0.len()).ok()?;
        let there = (isize::try_from(here).ok()? + step).checked_rem_euclid(count)?;
        self.0.get(usize::try_from(there).ok()?)
    }
}

/// Whether this is the room that cannot be closed.
pub(crate) fn is_lobby(channel: &ChannelName) -> bool {
    channel.as_str() == LOBBY
}

/// Parses what a user types to open a room: `design`, `#design`, `Design team` or a whole channel like `live:scores`.
///
/// # Errors
/// [`InvalidId`] if it is not the name of a channel.
pub(crate) fn parse_room(typed: &str) -> Result<ChannelName, InvalidId> {
    let typed = typed.trim().trim_start_matches('#');
    if typed.contains(':') {
        return ChannelName::parse(typed);
    }
    let name = case::lower(&typed.split_whitespace().collect::<Vec<_>>().join("-"));
    ChannelName::parse(&format!("room:{name}"))
}

/// Returns what the switcher offers for a typed text: the room of exactly that name first, also if it is not open, and then
/// the open rooms with the text in their title.
pub(crate) fn offers(rooms: &Rooms, typed: &str) -> Vec<ChannelName> {
    let exact = parse_room(typed).ok().filter(is_room);
    let sought = case::lower(typed.trim().trim_start_matches('#'));
    let similar = rooms
        .iter()
        .filter(|room| case::lower(title(room)).contains(&sought) && Some(*room) != exact.as_ref());
    exact.iter().chain(similar).cloned().collect()
}

/// Returns the title of a room: in the namespace `room:` only the name.
pub(crate) fn title(channel: &ChannelName) -> &str {
    if channel.namespace() == "room" { channel.name() } else { channel.as_str() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(text: &str) -> ChannelName {
        ChannelName::parse(text).unwrap()
    }

    #[test]
    fn the_lobby_is_always_open() {
        let mut rooms = Rooms::restore("room:a\nnonsense\nroom:lobby\nroom:a");
        assert_eq!(rooms.store(), "room:lobby\nroom:a");
        assert!(!rooms.close(&channel("room:lobby")));
        assert!(rooms.close(&channel("room:a")));
        assert_eq!(rooms, Rooms::restore(""));
    }

    #[test]
    fn rooms_go_round() {
        let rooms = Rooms::restore("room:a\nroom:b");
        assert_eq!(rooms.beside(&channel("room:lobby"), -1), Some(&channel("room:b")));
        assert_eq!(rooms.beside(&channel("room:b"), 1), Some(&channel("room:lobby")));
    }

    #[test]
    fn the_room_of_just_that_name_comes_first() {
        let rooms = Rooms::restore("room:ops-night\nroom:design");
        let offered =
            |typed| offers(&rooms, typed).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(offered(""), "room:lobby room:ops-night room:design");
        assert_eq!(offered("ops"), "room:ops room:ops-night");
        assert_eq!(offered("Design"), "room:design");
        assert_eq!(offered("a/b"), "");
        assert_eq!(offered("m"), "room:m", "the namespace is no part of the title");
        assert_eq!(offered("OPS-N"), "room:ops-n room:ops-night");
        assert_eq!(offered("inbox:ada"), "");
    }

    #[test]
    fn people_type_names_as_they_like() {
        for (typed, name) in
            [("design", "room:design"), ("#ops", "room:ops"), (" Design  Team ", "room:design-team")]
        {
            assert_eq!(parse_room(typed), Ok(channel(name)), "{typed}");
        }
        assert_eq!(parse_room("live:scores"), Ok(channel("live:scores")));
        assert!(parse_room("a/b").is_err());
        assert!(parse_room("").is_err());
    }
}
