//! Who somebody is, and what they are called.

use std::sync::Arc;

use super::{InvalidId, shown, text_id};
use crate::limits::{NAME_CHARS_MAX, USER_BYTES_MAX};

/// An identity, the same over any number of connections and devices: 1 to [`USER_BYTES_MAX`] ASCII letters, digits
/// and `_ - .`. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(Arc<str>);

impl UserId {
    /// Reads a user id.
    ///
    /// # Errors
    /// [`InvalidId::User`] where the text is empty, too long or holds anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
        if text.is_empty() || text.len() > USER_BYTES_MAX || !text.bytes().all(legal) {
            return Err(InvalidId::User(shown(text)));
        }
        Ok(Self(text.into()))
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_id!(UserId);

/// What a person is called: 1 to [`NAME_CHARS_MAX`] characters in any script, without control characters and without
/// space at its ends. Not unique; the [`UserId`] is. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DisplayName(Arc<str>);

impl DisplayName {
    /// Reads a name; space around it is taken off.
    ///
    /// # Errors
    /// [`InvalidId::DisplayName`] where nothing is left, it is too long, or it holds a control character. The
    /// invisible marks that turn the direction of text count as such: they would let one name look like another.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let name = text.trim();
        let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let count = name.chars().count();
        if count == 0 || count > NAME_CHARS_MAX || name.chars().any(|c| c.is_control() || turns(c)) {
            return Err(InvalidId::DisplayName);
        }
        Ok(Self(name.into()))
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_id!(DisplayName);

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
        for name in ["", "   ", "a\nb", "a\u{202e}b", "\u{0}"] {
            assert_eq!(DisplayName::parse(name), Err(InvalidId::DisplayName), "{name:?}");
        }
    }

    #[test]
    fn the_longest_names_are_taken_and_one_more_is_not() {
        assert!(DisplayName::parse(&"ä".repeat(NAME_CHARS_MAX)).is_ok());
        assert!(DisplayName::parse(&"ä".repeat(NAME_CHARS_MAX + 1)).is_err());
        assert!(UserId::parse(&"a".repeat(USER_BYTES_MAX)).is_ok());
        assert!(UserId::parse(&"a".repeat(USER_BYTES_MAX + 1)).is_err());
        assert!(UserId::parse("a+b").is_err(), "+ parts the two users of a dm: channel");
    }
}
