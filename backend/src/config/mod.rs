//! The settings: flags over `TIDINGS_*` variables over a file over defaults.

mod cli;
mod environment;
mod file;
mod list;
mod listen;
mod namespace;
mod origin;
mod secret;
mod settings;

use shared::ids::ChannelName;

pub use cli::{BackupArgs, Cli, Command, ConfigError, ServeArgs};
pub use environment::unknown_variables;
pub use list::List;
pub use listen::Listen;
pub use namespace::{Access, Policy, default_namespaces};
pub use origin::{Authority, Host, Origin, OwnHost};
pub use secret::{KeyError, Secret, api_key, token_secret};
pub use settings::{Durability, MetricsAccess, Settings};

/// The channel in which plain clients are guests.
pub const PLAIN_CHANNEL: &str = "room:lobby";

/// The channel in which plain clients are guests, as a name. It is a legal one; a test proves it.
///
/// # Panics
/// Never.
#[allow(clippy::expect_used, reason = "the constant parses; see the test below")]
pub fn plain_channel() -> ChannelName {
    ChannelName::parse(PLAIN_CHANNEL).expect("a legal name")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_plain_channel_has_a_legal_name() {
        assert_eq!(super::plain_channel().as_str(), super::PLAIN_CHANNEL);
    }
}
