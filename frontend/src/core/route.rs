//! The address of the page. It is in the fragment of the URL, so the server does not need to know it.

use shared::ids::ChannelName;

use super::rooms::is_room;

/// The page on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// A room, or the lobby if none is named.
    Room(Option<ChannelName>),
    /// The reader's inbox, which is behind the bell.
    Inbox,
    /// The page that sends with the API key.
    Push,
}

impl Route {
    /// Reads a fragment, such as `#/room/lobby`. Anything else leads to the lobby.
    pub(crate) fn parse(fragment: &str) -> Self {
        let path = fragment.trim_start_matches('#').trim_start_matches('/');
        if path == "push" {
            return Self::Push;
        }
        let channel = path.split_once('/').map(|(namespace, name)| format!("{namespace}:{name}"));
        let channel = channel.and_then(|channel| ChannelName::parse(&channel).ok());
        if channel.as_ref().is_some_and(|channel| !is_room(channel)) {
            Self::Inbox
        } else {
            Self::Room(channel)
        }
    }

    /// Returns the fragment that [`parse`](Self::parse) reads.
    pub(crate) fn to_fragment(&self) -> String {
        match self {
            Self::Room(Some(channel)) => Self::of_room(channel),
            Self::Room(None) | Self::Inbox => "#/".to_owned(),
            Self::Push => "#/push".to_owned(),
        }
    }

    /// Returns the fragment of a room. The name of a channel needs no escaping.
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
        assert_eq!(Route::parse("#/inbox/ada"), Route::Inbox);
    }

    #[test]
    fn nonsense_leads_to_the_lobby() {
        for fragment in ["", "#", "#/", "#/room", "#/room/a/b", "#/room/ä", "#x"] {
            assert_eq!(Route::parse(fragment), Route::Room(None), "{fragment}");
        }
    }
}
