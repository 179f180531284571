//! Short notices that appear for some seconds.

use shared::ids::MessageId;
use shared::protocol::Level;
use shared::time::Timestamp;

use super::timeline::Notice;

/// Maximum number of toasts at a time. Above it, the oldest is removed. If it is a notification, the bell still has it.
const TOASTS_MAX: usize = 4;

/// A toast stays at least this long, in milliseconds.
const SHOWN_MS_MIN: u64 = 5_000;

/// A toast stays at most this long, in milliseconds.
const SHOWN_MS_MAX: u64 = 12_000;

/// Why a toast stays longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// The pointer is on it.
    Pointer,
    /// The keyboard focus is in it.
    Focus,
}

/// One toast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toast {
    /// Its number in this page.
    pub(crate) number: u64,
    pub(crate) notice: Notice,
    message: Option<MessageId>,
    /// Whether the bell has it too.
    is_in_bell: bool,
    held_by_pointer: bool,
    held_by_focus: bool,
    /// When it is removed, unless it is held.
    expires: Timestamp,
}

impl Toast {
    /// Returns how long it stays, in milliseconds: long enough to be read.
    fn shown_ms(&self) -> u64 {
        let chars = self.notice.title.chars().count() + self.notice.body.chars().count();
        let reading = u64::try_from(chars).unwrap_or(u64::MAX).saturating_mul(40).saturating_add(4_000);
        reading.clamp(SHOWN_MS_MIN, SHOWN_MS_MAX)
    }

    fn is_held(&self) -> bool {
        self.held_by_pointer || self.held_by_focus
    }
}

/// The toasts on the screen, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Toasts {
    shown: Vec<Toast>,
    last_number: u64,
}

impl Toasts {
    /// Returns the toasts, oldest first.
    pub(crate) fn shown(&self) -> &[Toast] {
        &self.shown
    }

    /// Adds a notice of the bell, which may belong to a message.
    pub(crate) fn add(&mut self, notice: Notice, message: Option<MessageId>, now: Timestamp) {
        self.push(notice, message, true, now);
    }

    fn push(&mut self, notice: Notice, message: Option<MessageId>, is_in_bell: bool, now: Timestamp) {
        self.last_number += 1;
        let mut toast = Toast {
            number: self.last_number,
            notice,
            message,
            is_in_bell,
            held_by_pointer: false,
            held_by_focus: false,
            expires: now,
        };
        toast.expires = Timestamp(now.0.saturating_add(toast.shown_ms()));
        self.shown.push(toast);
        if self.shown.len() > TOASTS_MAX {
            self.shown.remove(0);
        }
    }

    /// Adds an error.
    pub(crate) fn add_error(&mut self, title: &str, body: String, now: Timestamp) {
        let level = Level::Error;
        self.push(Notice { title: title.to_owned(), body, level, link: None }, None, false, now);
    }

    /// Adds a success.
    pub(crate) fn add_success(&mut self, title: &str, now: Timestamp) {
        let (body, level) = (String::new(), Level::Success);
        self.push(Notice { title: title.to_owned(), body, level, link: None }, None, false, now);
    }

    /// Removes those that the bell has.
    pub(crate) fn dismiss_in_bell(&mut self) {
        self.shown.retain(|toast| !toast.is_in_bell);
    }

    /// Removes one.
    pub(crate) fn dismiss(&mut self, number: u64) {
        self.shown.retain(|toast| toast.number != number);
    }

    /// Removes the toasts of messages for which `stays` is false. Returns whether there were any.
    pub(crate) fn keep(&mut self, stays: impl Fn(MessageId) -> bool) -> bool {
        let before = self.shown.len();
        self.shown.retain(|toast| toast.message.is_none_or(&stays));
        self.shown.len() < before
    }

    /// Keeps a toast while the pointer or the keyboard focus is in it. When both have left, its time begins again.
    pub(crate) fn hold(&mut self, number: u64, hold: Hold, on: bool, now: Timestamp) {
        let Some(toast) = self.shown.iter_mut().find(|toast| toast.number == number) else { return };
        match hold {
            Hold::Pointer => toast.held_by_pointer = on,
            Hold::Focus => toast.held_by_focus = on,
        }
        toast.expires = Timestamp(now.0.saturating_add(toast.shown_ms()));
    }

    /// Returns when the next toast is to be removed.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        self.shown.iter().filter(|toast| !toast.is_held()).map(|toast| toast.expires).min()
    }

    /// Removes the toasts whose time is over. Returns whether there were any.
    pub(crate) fn expire(&mut self, now: Timestamp) -> bool {
        let before = self.shown.len();
        self.shown.retain(|toast| toast.is_held() || toast.expires > now);
        self.shown.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_removed_above_the_limit() {
        let mut toasts = Toasts::default();
        for n in 0..6 {
            toasts.add_error("x", n.to_string(), Timestamp(0));
        }
        assert_eq!(toasts.shown().iter().map(|toast| toast.number).collect::<Vec<_>>(), [3, 4, 5, 6]);
        toasts.dismiss(4);
        assert_eq!(toasts.shown().len(), 3);
    }

    #[test]
    fn the_open_bell_replaces_only_what_it_has() {
        let mut toasts = Toasts::default();
        let notice = |title: &str| Notice {
            title: title.to_owned(),
            body: String::new(),
            level: Level::Info,
            link: None,
        };
        toasts.add(notice("Alarm"), None, Timestamp(0));
        toasts.add_error("Not stored yet", String::new(), Timestamp(0));
        toasts.dismiss_in_bell();
        assert_eq!(
            toasts.shown().iter().map(|toast| toast.notice.title.as_str()).collect::<Vec<_>>(),
            ["Not stored yet"]
        );
    }

    #[test]
    fn long_texts_stay_longer_up_to_a_limit() {
        let ms = |body: usize| {
            let mut toasts = Toasts::default();
            toasts.add_error("x", "y".repeat(body), Timestamp(0));
            toasts.expires_at().unwrap().0
        };
        assert!(ms(0) == 5_000 && ms(0) < ms(100) && ms(100) < ms(1_000) && ms(1_000) == 12_000);
    }

    #[test]
    fn a_toast_stays_until_both_the_pointer_and_the_keyboard_have_left_it() {
        let mut toasts = Toasts::default();
        toasts.add_success("Copied", Timestamp(0));
        toasts.hold(1, Hold::Pointer, true, Timestamp(1_000));
        toasts.hold(1, Hold::Focus, true, Timestamp(2_000));
        toasts.hold(1, Hold::Pointer, false, Timestamp(3_000));
        assert!(!toasts.expire(Timestamp(60_000)) && toasts.expires_at().is_none(), "the keyboard is in it");
        toasts.hold(1, Hold::Focus, false, Timestamp(60_000));
        assert_eq!(toasts.expires_at(), Some(Timestamp(65_000)));
        assert!(toasts.expire(Timestamp(65_000)) && toasts.shown().is_empty());
    }
}
