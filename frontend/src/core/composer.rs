//! What is being written: whether it can be sent, and how much room is left.

use shared::limits::TEXT_BYTES_MAX;
use shared::text::is_blank;

/// How many bytes before the limit the rest is shown.
const COUNT_SHOWN_BYTES: usize = 1024;

/// How long after saying that one is writing, in milliseconds, one says so again.
const TYPING_EVERY_MS: u64 = 3_000;

/// What can be done with a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Draft {
    /// There is nothing in it.
    Empty,
    /// It can be sent.
    Ready,
    /// It can be sent, and has this many bytes left.
    Tight(usize),
    /// It is this many bytes too long.
    TooLong(usize),
}

impl Draft {
    /// Looks at a draft. Bytes are counted, because the server counts bytes.
    pub(crate) fn of(text: &str) -> Self {
        let text = text.trim();
        match TEXT_BYTES_MAX.checked_sub(text.len()) {
            _ if is_blank(text) => Self::Empty,
            None => Self::TooLong(text.len() - TEXT_BYTES_MAX),
            Some(left) if left <= COUNT_SHOWN_BYTES => Self::Tight(left),
            Some(_) => Self::Ready,
        }
    }

    /// Whether it can be sent.
    pub(crate) fn is_sendable(self) -> bool {
        matches!(self, Self::Ready | Self::Tight(_))
    }

    /// What is said about the room left, once that matters.
    pub(crate) fn count(self) -> Option<String> {
        match self {
            Self::Empty | Self::Ready => None,
            Self::Tight(left) => Some(format!("{left} left")),
            Self::TooLong(over) => Some(format!("{over} too many")),
        }
    }
}

/// Says when to tell others that one is writing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TypingThrottle {
    said_at_ms: Option<u64>,
}

impl TypingThrottle {
    /// A key was pressed. Returns whether to say so.
    pub(crate) fn press(&mut self, now_ms: u64) -> bool {
        let due = self.said_at_ms.is_none_or(|said| now_ms.saturating_sub(said) >= TYPING_EVERY_MS);
        if due {
            self.said_at_ms = Some(now_ms);
        }
        due
    }

    /// The message was sent: the next key says so at once.
    pub(crate) fn reset(&mut self) {
        self.said_at_ms = None;
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
        assert_eq!(Draft::of(&"ä".repeat(TEXT_BYTES_MAX / 2 + 1)), Draft::TooLong(2));
        assert!(!Draft::of(&"x".repeat(TEXT_BYTES_MAX + 1)).is_sendable());
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
