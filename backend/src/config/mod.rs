//! The settings: a flag takes precedence over its `TIDINGS_*` variable, that over the config file, that over the default.
//!
//! Each setting is declared once, in [`settings`]. `--help`, the table in README.md, the flags, the variables and the keys of the
//! file come from that declaration.

mod cli;
mod declare;
mod environment;
mod error;
mod file;
mod keys;
mod list;
mod listen;
mod namespace;
mod origin;
mod secret;
mod settings;
mod value;

use shared::ids::ChannelName;

pub use cli::{BackupArgs, Cli, Command, ServeArgs};
pub use environment::unknown_variables;
pub use error::{ConfigError, Source, TomlError};
pub(crate) use keys::token_secret;
pub use keys::{KeyError, api_key};
pub use list::List;
pub use listen::{Listen, ListenError};
#[cfg(test)]
pub(crate) use namespace::default_namespaces;
pub use namespace::{Access, Policy};
pub(crate) use origin::Authority;
pub use origin::{AuthorityError, Host, HostError, Origin, OriginError, OwnHost};
pub use secret::Secret;
pub use settings::{Durability, MetricsAccess, Overridden, Settings};
pub use value::ValueError;

/// The channel that plain clients join as guests.
pub(crate) const PLAIN_CHANNEL: &str = "room:lobby";

/// The channel that plain clients join as guests, as a name. A test proves that it is a legal one.
///
/// # Panics
/// Never.
#[allow(clippy::expect_used, reason = "the constant parses; see the test below")]
pub(crate) fn plain_channel() -> ChannelName {
    ChannelName::parse(PLAIN_CHANNEL).expect("a legal name")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_plain_channel_has_a_legal_name() {
        assert_eq!(super::plain_channel().as_str(), super::PLAIN_CHANNEL);
    }
}
