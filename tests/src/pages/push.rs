//! The page that pushes with the API key.

use super::mark::marked;
use crate::browser::Person;

/// The form.
#[derive(Debug)]
pub struct PushPage<'a>(pub(super) &'a Person);

impl PushPage<'_> {
    /// Opens the page.
    pub async fn open(&self) {
        self.0.click(&marked("nav-push")).await;
        self.0.find(&marked("push-form")).await;
    }

    /// Fills in the key.
    pub async fn key(&self, key: &str) {
        self.0.fill(&marked("push-key"), key).await;
    }

    /// Chooses the target: a `room`, a `user` or a `connection`, and which one.
    pub async fn target(&self, kind: &str, which: &str) {
        // The button itself may be hidden behind its label.
        let label = format!("{} label:has([name=target][value={kind:?}])", marked("push-form"));
        self.0.click(&label).await;
        self.0.fill(&marked("push-target"), which).await;
    }

    /// Fills in a notification.
    pub async fn notification(&self, title: &str, text: &str) {
        self.0.click(&format!("{} [value=notification]", marked("push-kind"))).await;
        self.0.fill(&marked("push-title"), title).await;
        self.0.fill(&marked("push-text"), text).await;
    }

    /// Fills in a chat message.
    pub async fn chat(&self, text: &str) {
        self.0.click(&format!("{} [value=chat]", marked("push-kind"))).await;
        self.0.fill(&marked("push-text"), text).await;
    }

    /// Sends.
    pub async fn send(&self) {
        self.0.click(&marked("push-send")).await;
    }

    /// Waits until the result contains this text.
    pub async fn expect_result(&self, text: &str) {
        self.0.expect_text(&marked("push-result"), text).await;
    }

    /// Returns the equivalent `curl` command.
    pub async fn curl(&self) -> String {
        self.0.text(&marked("push-curl")).await
    }
}
