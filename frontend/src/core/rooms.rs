//! The rooms that are open, in the order in which they were opened.

use shared::ids::{ChannelName, InvalidId};

use super::case;

/// Where everybody is.
const LOBBY: &str = "room:lobby";

/// The open rooms. There is always one: the lobby cannot be closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rooms(Vec<ChannelName>);

impl Rooms {
    /// The lobby, and those of `stored` (one a line) that are channels.
    pub(crate) fn restore(stored: &str) -> Self {
        let mut rooms = Self(ChannelName::parse(LOBBY).into_iter().collect());
        for channel in stored.lines().filter_map(|line| ChannelName::parse(line).ok()) {
            rooms.open(channel);
        }
        rooms
    }

    /// What [`restore`](Self::restore) reads.
    pub(crate) fn store(&self) -> String {
        self.0.iter().map(ChannelName::as_str).collect::<Vec<_>>().join("\n")
    }

    /// The rooms, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &ChannelName> {
        self.0.iter()
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

    /// The room `step` further down than `channel`, round and round.
    pub(crate) fn beside(&self, channel: &ChannelName, step: isize) -> Option<&ChannelName> {
        let here = self.0.iter().position(|room| room == channel).unwrap_or(0);
        let count = isize::try_from(self.0.len()).ok()?;
        let there = (isize::try_from(here).ok()? + step).checked_rem_euclid(count)?;
        self.0.get(usize::try_from(there).ok()?)
    }
}

/// Whether this is the room that stays open.
pub(crate) fn is_lobby(channel: &ChannelName) -> bool {
    channel.as_str() == LOBBY
}

/// What a person types to open a room: `design`, `#design`, `Design team` or a whole channel like `live:scores`.
///
/// # Errors
/// [`InvalidId`] where that is no channel's name.
pub(crate) fn parse_room(typed: &str) -> Result<ChannelName, InvalidId> {
    let typed = typed.trim().trim_start_matches('#');
    if typed.contains(':') {
        return ChannelName::parse(typed);
    }
    let name = case::lower(&typed.split_whitespace().collect::<Vec<_>>().join("-"));
    ChannelName::parse(&format!("room:{name}"))
}

/// What the switcher offers for what is typed: the room of just that name first, whether it is open or not, then the
/// open ones that contain it.
pub(crate) fn offers(rooms: &Rooms, typed: &str) -> Vec<ChannelName> {
    let exact = parse_room(typed).ok();
    let sought = case::lower(typed.trim().trim_start_matches('#'));
    let similar =
        rooms.iter().filter(|room| room.as_str().contains(&sought) && Some(*room) != exact.as_ref());
    exact.iter().chain(similar).cloned().collect()
}

/// What a room is called on the page: of those in `room:` only the name.
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
