//! The address of what is on the screen. It stands in the fragment, so the server need not know of it.

use shared::ids::ChannelName;

/// What is on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// A room; the lobby where none is named.
    Room(Option<ChannelName>),
    /// The page that sends with the API key.
    Push,
}

impl Route {
    /// Reads a fragment, such as `#/room/lobby`. What is no address leads to the lobby.
    pub(crate) fn parse(fragment: &str) -> Self {
        let path = fragment.trim_start_matches('#').trim_start_matches('/');
        if path == "push" {
            return Self::Push;
        }
        let channel = path.split_once('/').map(|(namespace, name)| format!("{namespace}:{name}"));
        Self::Room(channel.and_then(|channel| ChannelName::parse(&channel).ok()))
    }

    /// The address of a room. A channel's name needs no escaping.
    pub(crate) fn of_room(channel: &ChannelName) -> String {
        format!("#/{}/{}", channel.namespace(), channel.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_written() {
        for name in ["room:lobby", "live:scores", "dm:ada+bob"] {
            let channel = ChannelName::parse(name).unwrap();
            assert_eq!(Route::parse(&Route::of_room(&channel)), Route::Room(Some(channel)));
        }
        assert_eq!(Route::parse("#/push"), Route::Push);
    }

    #[test]
    fn nonsense_leads_to_the_lobby() {
        for fragment in ["", "#", "#/", "#/room", "#/room/a/b", "#/room/ä", "#x"] {
            assert_eq!(Route::parse(fragment), Route::Room(None), "{fragment}");
        }
    }
}
