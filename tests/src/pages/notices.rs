//! Toasts and the bell.

use super::mark::marked;
use crate::browser::Person;

/// Toasts, the bell and its list.
#[derive(Debug)]
pub struct Notices<'a>(pub(super) &'a Person);

impl Notices<'_> {
    /// Waits for a toast with this text.
    pub async fn expect_toast(&self, text: &str) {
        self.0.expect_text(&marked("toast"), text).await;
    }

    /// Waits until the bell shows this number.
    pub async fn expect_count(&self, count: usize) {
        self.0.expect_number(&marked("bell-count"), count).await;
    }

    /// Opens the list.
    pub async fn open(&self) {
        self.0.click(&marked("bell")).await;
        self.0.find(&marked("notifications")).await;
    }

    /// Waits until the list has an entry with this text.
    pub async fn expect_listed(&self, text: &str) {
        self.0.expect_text(&format!("{} {}", marked("notifications"), marked("notification")), text).await;
    }

    /// Waits until the bell shows no number.
    pub async fn expect_all_seen(&self) {
        self.0.expect_none(&marked("bell-count")).await;
    }
}
