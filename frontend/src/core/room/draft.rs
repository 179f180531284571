//! The text that the user writes in a room.

use shared::ids::MessageId;
use shared::limits::TEXT_BYTES_MAX;
use shared::text::is_blank;
use shared::time::Timestamp;

use crate::core::texts::sentences;

/// Number of bytes before the limit from which the space left is shown.
const COUNT_SHOWN_BYTES: usize = 1024;

/// Minimum time between two typing signals, in milliseconds.
const TYPING_EVERY_MS: u64 = 3_000;

/// Time after a change until the draft is stored, in milliseconds: storage is synchronous, so not on each key.
const STORE_AFTER_MS: u64 = 400;

/// Whether a text can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// It shows nothing.
    Empty,
    /// It can be sent.
    Ready,
    /// It can be sent, and about this many characters still fit.
    Tight(usize),
    /// It is too long: it fits without its last so many characters.
    TooLong(usize),
}

impl Check {
    /// Checks a text. The server's limit is in bytes; the result is in characters, because people do not count bytes.
    pub(crate) fn of(text: &str) -> Self {
        let text = text.trim();
        match TEXT_BYTES_MAX.checked_sub(text.len()) {
            _ if is_blank(text) => Self::Empty,
            None => Self::TooLong(characters_over(text)),
            Some(left) if left <= COUNT_SHOWN_BYTES => Self::Tight(characters_left(text, left)),
            Some(_) => Self::Ready,
        }
    }

    /// Whether it can be sent.
    pub(crate) fn is_sendable(self) -> bool {
        matches!(self, Self::Ready | Self::Tight(_))
    }

    /// Returns the text of the counter, or `None` while there is enough space.
    pub(crate) fn count(self) -> Option<String> {
        match self {
            Self::Empty | Self::Ready => None,
            Self::Tight(left) => Some(sentences().characters_left(left)),
            Self::TooLong(over) => Some(sentences().characters_over(over)),
        }
    }
}

/// Returns how many characters at the end of `text` have to go, so that the rest has at most [`TEXT_BYTES_MAX`] bytes.
fn characters_over(text: &str) -> usize {
    // A character that only starts before the limit has to go, too.
    text.char_indices().rev().take_while(|(start, c)| start + c.len_utf8() > TEXT_BYTES_MAX).count()
}

/// Returns how many characters fit into `left` bytes, if they are like those of `text`.
fn characters_left(text: &str, left: usize) -> usize {
    left * text.chars().count() / text.len()
}

/// An edit in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Editing {
    of: MessageId,
    text_before: String,
    /// The draft that the edit has put aside.
    draft_before: String,
}

/// What to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sending {
    Chat(String),
    Edit {
        of: MessageId,
        text: String,
    },
    /// An edit that changes nothing.
    Unchanged,
}

/// The text in the field of a room.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    text: String,
    editing: Option<Editing>,
    typed_at: Option<Timestamp>,
    store_at: Option<Timestamp>,
    /// Whether the browser had no space for the draft.
    is_unstored: bool,
}

impl Draft {
    /// Continues the draft of an earlier visit.
    pub(crate) fn restore(text: String) -> Self {
        Self { text, ..Self::default() }
    }

    /// Returns the text in the field.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the field has the text of an earlier message.
    pub(crate) fn is_editing(&self) -> bool {
        self.editing.is_some()
    }

    /// The user has changed the text. Returns whether to send a typing signal.
    pub(crate) fn set(&mut self, text: String, now: Timestamp) -> bool {
        self.text = text;
        if self.editing.is_none() {
            self.store_at.get_or_insert(now + std::time::Duration::from_millis(STORE_AFTER_MS));
        }
        let is_due = self.typed_at.is_none_or(|typed| now.0.saturating_sub(typed.0) >= TYPING_EVERY_MS);
        let signals = is_due && !is_blank(&self.text);
        if signals {
            self.typed_at = Some(now);
        }
        signals
    }

    /// Takes the text out of the field to send it. `None` if it cannot be sent.
    pub(crate) fn send(&mut self, now: Timestamp) -> Option<Sending> {
        if !Check::of(&self.text).is_sendable() {
            return None;
        }
        let text = self.text.trim().to_owned();
        let sending = match self.editing.take() {
            Some(Editing { of, text_before, draft_before }) => {
                self.text = draft_before;
                if text == text_before.trim() { Sending::Unchanged } else { Sending::Edit { of, text } }
            }
            None => {
                self.text.clear();
                // At once: after a crash, the sent text must not be in the field.
                self.store_at = Some(now);
                Sending::Chat(text)
            }
        };
        self.typed_at = None;
        Some(sending)
    }

    /// Puts the text of a message into the field.
    pub(crate) fn edit(&mut self, of: MessageId, text: &str) {
        self.stop_editing();
        let draft_before = std::mem::replace(&mut self.text, text.to_owned());
        self.editing = Some(Editing { of, text_before: text.to_owned(), draft_before });
    }

    /// Puts the draft back into the field. Returns whether a message was being edited.
    pub(crate) fn stop_editing(&mut self) -> bool {
        let Some(Editing { draft_before, .. }) = self.editing.take() else { return false };
        self.text = draft_before;
        true
    }

    /// Takes over the draft that another tab has stored. Returns whether the text in the field has changed.
    pub(crate) fn adopt(&mut self, stored: String) -> bool {
        self.store_at = None;
        match &mut self.editing {
            Some(editing) => {
                editing.draft_before = stored;
                false
            }
            None => std::mem::replace(&mut self.text, stored) != self.text,
        }
    }

    /// Returns when the draft is to be stored.
    pub(crate) fn store_at(&self) -> Option<Timestamp> {
        self.store_at
    }

    /// The browser could not store the draft. There is no time for the next attempt: the browser may stay full.
    pub(crate) fn was_not_stored(&mut self) {
        self.is_unstored = true;
    }

    /// Returns the text to store, if it has changed since it was stored.
    pub(crate) fn take_unstored(&mut self) -> Option<&str> {
        let (is_due, is_unstored) = (self.store_at.take(), std::mem::take(&mut self.is_unstored));
        if is_due.is_none() && !is_unstored {
            return None;
        }
        Some(self.editing.as_ref().map_or(&self.text, |editing| &editing.draft_before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_text_with_content_that_fits_is_sendable() {
        for text in [" \n", "\u{200b}", "\u{3164}"] {
            assert_eq!(Check::of(text), Check::Empty, "{text:?}");
        }
        assert_eq!(Check::of("hi"), Check::Ready);
        assert_eq!(Check::of(&"x".repeat(TEXT_BYTES_MAX)), Check::Tight(0));
        assert_eq!(Check::of(&"ä".repeat(TEXT_BYTES_MAX / 2 + 1)), Check::TooLong(1));
        assert!(!Check::of(&"x".repeat(TEXT_BYTES_MAX + 1)).is_sendable());
    }

    #[test]
    fn the_counter_counts_characters() {
        let bytes = TEXT_BYTES_MAX;
        assert_eq!(Check::of(&"x".repeat(bytes + 3)), Check::TooLong(3));
        assert_eq!(Check::of(&"家".repeat(bytes / 3 + 5)), Check::TooLong(5));
        assert_eq!(
            Check::of(&format!("{}🙂", "x".repeat(bytes - 1))),
            Check::TooLong(1),
            "three bytes are over"
        );
        for text in ["x", "ä", "家", "🙂", "x家"].map(|part| part.repeat(bytes / part.len() + 40)) {
            let Check::TooLong(over) = Check::of(&text) else { panic!("{}", text.len()) };
            let without = |count: usize| text.chars().rev().skip(count).collect::<String>().len();
            assert!(
                without(over) <= bytes && without(over - 1) > bytes,
                "{over} of {}",
                text.chars().count()
            );
        }
        assert_eq!(Check::of(&"家".repeat(bytes / 3 - 10)), Check::Tight((bytes % 3 + 30) / 3));
        assert_eq!(Check::Tight(0).count().unwrap(), "0 characters left");
        assert_eq!(Check::TooLong(1_200).count().unwrap(), "Too long by 1,200 characters");
        assert_eq!(Check::Ready.count(), None);
    }

    #[test]
    fn typing_is_signalled_again_every_few_seconds() {
        let mut draft = Draft::default();
        assert!(draft.set("a".to_owned(), Timestamp(0)));
        assert!(!draft.set("ab".to_owned(), Timestamp(2_999)));
        assert!(draft.set("abc".to_owned(), Timestamp(3_000)));
        assert_eq!(draft.send(Timestamp(3_001)), Some(Sending::Chat("abc".to_owned())));
        assert!(!draft.set(" ".to_owned(), Timestamp(3_002)), "a blank is no text");
        assert!(draft.set("d".to_owned(), Timestamp(3_003)));
    }

    #[test]
    fn an_edit_that_changes_nothing_is_not_sent_and_the_draft_comes_back() {
        let id = MessageId::from_bytes([1; 16]);
        for (typed, sent) in [
            ("hello", Sending::Unchanged),
            (" hello \n", Sending::Unchanged),
            ("hello!", Sending::Edit { of: id, text: "hello!".to_owned() }),
        ] {
            let mut draft = Draft::restore("half a thought".to_owned());
            draft.edit(id, "hello");
            draft.set(typed.to_owned(), Timestamp(0));
            assert_eq!(draft.send(Timestamp(0)), Some(sent));
            assert_eq!((draft.text(), draft.is_editing()), ("half a thought", false));
        }
    }

    #[test]
    fn a_draft_is_stored_once_for_many_keys_and_at_once_when_it_is_sent() {
        let mut draft = Draft::default();
        draft.set("a".to_owned(), Timestamp(100));
        draft.set("ab".to_owned(), Timestamp(300));
        assert_eq!(draft.store_at(), Some(Timestamp(500)));
        assert_eq!(draft.take_unstored(), Some("ab"));
        assert_eq!((draft.store_at(), draft.take_unstored()), (None, None));
        draft.send(Timestamp(600));
        assert_eq!((draft.store_at(), draft.take_unstored()), (Some(Timestamp(600)), Some("")));
    }
}
