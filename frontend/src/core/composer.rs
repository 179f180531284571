//! The draft of a message: whether it can be sent, and how much space is left.

use shared::limits::TEXT_BYTES_MAX;
use shared::text::is_blank;

use super::texts::sentences;

/// Number of bytes before the limit from which the space left is shown.
const COUNT_SHOWN_BYTES: usize = 1024;

/// Interval between two typing signals, in milliseconds.
const TYPING_EVERY_MS: u64 = 3_000;

/// Whether a draft can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Draft {
    /// It shows nothing.
    Empty,
    /// It can be sent.
    Ready,
    /// It can be sent, and about this many characters still fit.
    Tight(usize),
    /// It is too long: it fits without its last so many characters.
    TooLong(usize),
}

impl Draft {
    /// Checks a draft. The server's limit is in bytes; the result is in characters, because people do not count bytes.
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

/// Limits how often the app signals that the reader is typing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TypingThrottle {
    sent_at_ms: Option<u64>,
}

impl TypingThrottle {
    /// Handles a key press. Returns whether to send a signal.
    pub(crate) fn press(&mut self, now_ms: u64) -> bool {
        let due = self.sent_at_ms.is_none_or(|sent| now_ms.saturating_sub(sent) >= TYPING_EVERY_MS);
        if due {
            self.sent_at_ms = Some(now_ms);
        }
        due
    }

    /// Handles a sent message: the next key press sends a signal at once.
    pub(crate) fn reset(&mut self) {
        self.sent_at_ms = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_text_that_shows_something_and_fits_is_sendable() {
        for text in [" \n", "\u{200b}", "\u{3164}"] {
            assert_eq!(Draft::of(text), Draft::Empty, "{text:?}");
        }
        assert_eq!(Draft::of("hi"), Draft::Ready);
        assert_eq!(Draft::of(&"x".repeat(TEXT_BYTES_MAX)), Draft::Tight(0));
        assert_eq!(Draft::of(&"ä".repeat(TEXT_BYTES_MAX / 2 + 1)), Draft::TooLong(1));
        assert!(!Draft::of(&"x".repeat(TEXT_BYTES_MAX + 1)).is_sendable());
    }

    #[test]
    fn the_counter_counts_characters() {
        let bytes = TEXT_BYTES_MAX;
        assert_eq!(Draft::of(&"x".repeat(bytes + 3)), Draft::TooLong(3));
        assert_eq!(Draft::of(&"家".repeat(bytes / 3 + 5)), Draft::TooLong(5));
        assert_eq!(
            Draft::of(&format!("{}🙂", "x".repeat(bytes - 1))),
            Draft::TooLong(1),
            "three bytes are over"
        );
        for text in ["x", "ä", "家", "🙂", "x家"].map(|part| part.repeat(bytes / part.len() + 40)) {
            let Draft::TooLong(over) = Draft::of(&text) else { panic!("{}", text.len()) };
            let without = |count: usize| text.chars().rev().skip(count).collect::<String>().len();
            assert!(
                without(over) <= bytes && without(over - 1) > bytes,
                "{over} of {}",
                text.chars().count()
            );
        }
        assert_eq!(Draft::of(&"家".repeat(bytes / 3 - 10)), Draft::Tight((bytes % 3 + 30) / 3));
        assert_eq!(Draft::Tight(0).count().unwrap(), "0 characters left");
        assert_eq!(Draft::TooLong(1_200).count().unwrap(), "Too long by 1,200 characters");
        assert_eq!(Draft::Ready.count(), None);
    }

    #[test]
    fn writing_is_said_again_every_few_seconds() {
        let mut throttle = TypingThrottle::default();
        assert!(throttle.press(0));
        assert!(!throttle.press(2_999));
        assert!(throttle.press(3_000));
        throttle.reset();
        assert!(throttle.press(3_001));
    }
}
