//! Toasts and the bell.

use crate::browser::{Person, Sight};

/// Toasts, the bell and its list.
#[derive(Debug)]
pub struct Notices<'a>(pub(super) &'a Person);

/// The corner in which toasts appear.
fn toasts() -> Sight {
    Sight::role("region").named("Notifications")
}

/// The bell, whose name tells the number of unread notifications.
fn bell() -> Sight {
    Sight::role("button").whose_name_begins("Notifications")
}

fn list() -> Sight {
    Sight::dialog("Notifications")
}

fn offer() -> Sight {
    Sight::button("Allow desktop notifications")
}

impl Notices<'_> {
    /// Waits for a toast with this text.
    pub async fn expect_toast(&self, text: &str) {
        self.0.expect_text(toasts(), text).await;
    }

    /// Asserts that this many toasts are shown now. Use it only after waiting for a later event.
    pub async fn expect_toasts_so_far(&self, count: usize) {
        let shown = self.0.run_on(toasts(), "element.childElementCount").await;
        assert_eq!(shown, count, "{}'s toasts", self.0.name());
    }

    /// Waits until the bell shows this number.
    pub async fn expect_count(&self, count: usize) {
        self.0.find(Sight::button(&format!("Notifications, {count} unread"))).await;
    }

    /// Opens the list.
    pub async fn open(&self) {
        self.0.click(bell()).await;
        self.0.find(list()).await;
    }

    /// Closes the list with the bell.
    pub async fn close(&self) {
        self.0.click(bell()).await;
        self.0.expect_gone(list()).await;
    }

    /// Waits until the list has an entry with this text.
    pub async fn expect_listed(&self, text: &str) {
        self.0.find(Sight::role("listitem").with_text(text).inside(list())).await;
    }

    /// Waits until the list has a remark with this text, above its entries.
    pub async fn expect_remark(&self, text: &str) {
        self.0.expect_text(list(), text).await;
    }

    /// Allows notifications outside of the page.
    pub async fn allow_desktop(&self) {
        self.0.click(offer()).await;
    }

    /// Waits until the page no longer offers notifications outside of the page.
    pub async fn expect_no_offer(&self) {
        self.0.expect_gone(offer()).await;
    }

    /// Waits until the bell shows no number.
    pub async fn expect_all_seen(&self) {
        self.0.find(Sight::button("Notifications")).await;
    }
}
