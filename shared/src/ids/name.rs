//! User ids and display names.

use std::sync::Arc;

use super::invalid::{InvalidId, shown};
use crate::limits::{NAME_CHARS_MAX, USER_BYTES_MAX};
use crate::text;

/// The id of a user, the same on all connections and devices: 1 to [`USER_BYTES_MAX`] ASCII letters, digits
/// and `_ - .`. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(Arc<str>);

impl UserId {
    /// Reads a user id.
    ///
    /// # Errors
    /// [`InvalidId::User`] if the text is empty, too long or contains other characters.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
        if text.is_empty() || text.len() > USER_BYTES_MAX || !text.bytes().all(legal) {
            return Err(InvalidId::User(shown(text)));
        }
        Ok(Self(text.into()))
    }

    /// Returns the text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name that others see: 1 to [`NAME_CHARS_MAX`] characters of any script, in normal form C, without control
/// characters, invisible marks and repeated spaces. Not unique, unlike the [`UserId`]. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DisplayName(Arc<str>);

impl DisplayName {
    /// Reads a name and normalizes it, so that names that look the same are equal; see `text::clean_name`.
    ///
    /// # Errors
    /// [`InvalidId::DisplayName`] if nothing is visible, if it is too long, or if it contains a control character, a line
    /// separator or a mark that changes the direction of text.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let name = text::clean_name(text).ok_or(InvalidId::DisplayName)?;
        if name.chars().count() > NAME_CHARS_MAX {
            return Err(InvalidId::DisplayName);
        }
        Ok(Self(name.into()))
    }

    /// Reads a name that a server has accepted, perhaps a version with other rules. Invalid characters are removed,
    /// because an old name must not make a message unreadable.
    pub fn of_record(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|_| Self(text::showable_name(text, NAME_CHARS_MAX).into()))
    }

    /// Returns the text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_name_may_be_in_any_script() {
        for name in ["Ada", "林黛玉", "Zoë O'Hara", "🙂"] {
            assert_eq!(DisplayName::parse(name).unwrap().as_str(), name);
        }
        assert_eq!(DisplayName::parse("  Ada ").unwrap().as_str(), "Ada");
    }

    #[test]
    fn a_name_that_shows_nothing_or_hides_something_is_refused() {
        for name in ["", "   ", "a\nb", "a\u{202e}b", "\u{0}", "\u{200b}", "a\u{2028}b"] {
            assert_eq!(DisplayName::parse(name), Err(InvalidId::DisplayName), "{name:?}");
        }
        // Only the server does this, not the page.
        if cfg!(not(target_arch = "wasm32")) {
            assert_eq!(DisplayName::parse("Ada\u{200b}"), DisplayName::parse("Ada"));
        }
    }

    #[test]
    fn a_name_of_earlier_rules_is_shown_as_far_as_it_can_be() {
        for (kept, shown) in
            [("Ada", "Ada"), ("a\u{2028}b", "ab"), ("\u{3164}", "?"), (&"x".repeat(60), &"x".repeat(40))]
        {
            assert_eq!(DisplayName::of_record(kept).as_str(), shown, "{kept:?}");
        }
    }

    #[test]
    fn the_longest_names_are_taken_and_one_more_is_not() {
        assert!(DisplayName::parse(&"ä".repeat(NAME_CHARS_MAX)).is_ok());
        assert!(DisplayName::parse(&"ä".repeat(NAME_CHARS_MAX + 1)).is_err());
        assert!(UserId::parse(&"a".repeat(USER_BYTES_MAX)).is_ok());
        assert!(UserId::parse(&"a".repeat(USER_BYTES_MAX + 1)).is_err());
        assert!(UserId::parse("a+b").is_err(), "+ separates the two users of a dm: channel");
    }
}
