//! The notices that come up for a while.

use shared::protocol::Level;

use super::timeline::Notice;

/// Most toasts at a time. The oldest goes when one more comes; the bell has it.
const TOASTS_MAX: usize = 4;

/// One toast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toast {
    /// Its number on this page.
    pub(crate) number: u64,
    pub(crate) notice: Notice,
}

impl Toast {
    /// How long it stays, in milliseconds, while nobody looks at it: long enough to be read.
    pub(crate) fn shown_ms(&self) -> u64 {
        let chars = self.notice.title.chars().count() + self.notice.body.chars().count();
        let reading = 4_000 + u64::try_from(chars).unwrap_or(0) * 40;
        reading.clamp(5_000, 12_000)
    }
}

/// The toasts on the screen, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Toasts {
    shown: Vec<Toast>,
    last_number: u64,
}

impl Toasts {
    /// The toasts, oldest first.
    pub(crate) fn shown(&self) -> &[Toast] {
        &self.shown
    }

    /// Brings one up.
    pub(crate) fn add(&mut self, notice: Notice) {
        self.last_number += 1;
        self.shown.push(Toast { number: self.last_number, notice });
        if self.shown.len() > TOASTS_MAX {
            self.shown.remove(0);
        }
    }

    /// Brings up what went wrong.
    pub(crate) fn add_error(&mut self, title: &str, body: String) {
        self.add(Notice { title: title.to_owned(), body, level: Level::Error, link: None });
    }

    /// Brings up what went well.
    pub(crate) fn add_success(&mut self, title: &str) {
        self.add(Notice { title: title.to_owned(), body: String::new(), level: Level::Success, link: None });
    }

    /// Takes all away: the list that holds them is open.
    pub(crate) fn dismiss_all(&mut self) {
        self.shown.clear();
    }

    /// Takes one away.
    pub(crate) fn dismiss(&mut self, number: u64) {
        self.shown.retain(|toast| toast.number != number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_room() {
        let mut toasts = Toasts::default();
        for n in 0..6 {
            toasts.add_error("x", n.to_string());
        }
        assert_eq!(toasts.shown().iter().map(|toast| toast.number).collect::<Vec<_>>(), [3, 4, 5, 6]);
        toasts.dismiss(4);
        assert_eq!(toasts.shown().len(), 3);
    }

    #[test]
    fn long_texts_stay_longer_but_not_for_ever() {
        let ms = |body: usize| {
            let mut toasts = Toasts::default();
            toasts.add_error("x", "y".repeat(body));
            toasts.shown()[0].shown_ms()
        };
        assert!(ms(0) < ms(100) && ms(100) < ms(1000) && ms(1000) == 12_000);
    }
}
