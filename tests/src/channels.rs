//! The names of the stories' channels.

use shared::ids::ChannelName;

/// The default channel of the stories.
pub const LOBBY: &str = "room:lobby";

/// Parses a channel's name.
pub fn channel(name: &str) -> ChannelName {
    ChannelName::parse(name).unwrap_or_else(|e| panic!("{e}"))
}
