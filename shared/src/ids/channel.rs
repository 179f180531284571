//! Channel names: `namespace:name`.

use std::sync::Arc;

use super::invalid::{InvalidId, shown};
use super::name::UserId;
use crate::limits::{CHANNEL_BYTES_MAX, NAMESPACE_BYTES_MAX};

/// The name of an ordered log of messages, such as `room:lobby` or `inbox:ada`.
///
/// The part before the first `:` is its [`Namespace`]: lower-case ASCII letters, digits and `-`, beginning with a
/// letter. The rest is ASCII letters, digits and `_ - . + @`, so that a name needs no escaping in a URL path, a log
/// line or a metric. At most [`CHANNEL_BYTES_MAX`] bytes in all. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelName(Arc<str>);

impl ChannelName {
    /// Reads a channel name.
    ///
    /// # Errors
    /// [`InvalidId::Channel`] if the text does not have the form above.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let refused = || InvalidId::Channel(shown(text));
        let (namespace, name) = text.split_once(':').ok_or_else(refused)?;
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"_-.+@".contains(&b);
        if !Namespace::is_legal(namespace)
            || text.len() > CHANNEL_BYTES_MAX
            || name.is_empty()
            || !name.bytes().all(legal)
        {
            return Err(refused());
        }
        Ok(Self(text.into()))
    }

    /// Returns the channel of `namespace` that belongs to `user`, such as `inbox:ada`. It is always valid, because each
    /// character of a user id is allowed in a channel name.
    pub fn of_user(namespace: &Namespace, user: &UserId) -> Self {
        Self(format!("{namespace}:{user}").into())
    }

    /// Returns the whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the part before the colon, which sets the channel's policy.
    pub fn namespace(&self) -> &str {
        self.0.split_once(':').map_or("", |(namespace, _)| namespace)
    }

    /// Returns the part after the colon.
    pub fn name(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, name)| name)
    }
}

/// The part of a channel's name before the colon, such as `room`. It sets the channel's policy.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Namespace(Arc<str>);

impl Namespace {
    /// Reads a namespace.
    ///
    /// # Errors
    /// [`InvalidId::Namespace`] if the text is empty, longer than [`NAMESPACE_BYTES_MAX`] bytes, does not start with a
    /// lower-case letter, or contains other characters than lower-case letters, digits and hyphens.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        if Self::is_legal(text) { Ok(Self(text.into())) } else { Err(InvalidId::Namespace(shown(text))) }
    }

    fn is_legal(text: &str) -> bool {
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let begins = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        begins && text.len() <= NAMESPACE_BYTES_MAX && text.bytes().all(legal)
    }

    /// Returns the text of the namespace.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Namespace {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_channel_tells_its_parts() {
        let lobby = ChannelName::parse("room:lobby").unwrap();
        assert_eq!((lobby.namespace(), lobby.name()), ("room", "lobby"));
    }

    #[test]
    fn names_without_the_form_are_refused() {
        for text in [
            "", "lobby", ":lobby", "room:", "Room:x", "1room:x", "room:a b", "room:a/b", "room:a:b", "room:ä",
        ] {
            assert_eq!(ChannelName::parse(text), Err(InvalidId::Channel(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn the_longest_name_is_taken_and_one_byte_more_is_not() {
        let longest = format!("room:{}", "a".repeat(CHANNEL_BYTES_MAX - 5));
        assert!(ChannelName::parse(&longest).is_ok());
        assert!(ChannelName::parse(&format!("{longest}a")).is_err());
        let namespace = "n".repeat(NAMESPACE_BYTES_MAX);
        assert!(Namespace::parse(&namespace).is_ok());
        assert!(Namespace::parse(&format!("{namespace}n")).is_err());
    }

    #[test]
    fn every_user_has_a_channel_with_a_legal_name() {
        let inbox = Namespace::parse("inbox").unwrap();
        let user = UserId::parse("ada.lovelace-1_x").unwrap();
        let channel = ChannelName::of_user(&inbox, &user);
        assert_eq!(ChannelName::parse(channel.as_str()), Ok(channel));
    }
}
