//! The page that pushes with the API key.

use crate::browser::{Person, Sight};

/// The form.
#[derive(Debug)]
pub struct PushPage<'a>(pub(super) &'a Person);

fn key_field() -> Sight {
    Sight::field("API key")
}

fn kind_field() -> Sight {
    Sight::field("Type")
}

impl PushPage<'_> {
    /// Opens the page.
    pub async fn open(&self) {
        self.0.click(Sight::link("Push")).await;
        self.0.find(key_field()).await;
    }

    /// Fills in the key.
    pub async fn key(&self, key: &str) {
        self.0.fill(key_field(), key).await;
    }

    /// Chooses the target: a `Room`, a `User` or a `Connection`, and which one.
    pub async fn target(&self, kind: &str, which: &str) {
        // The radio button itself is hidden behind its label.
        let label = Sight::css("label").with_exact_text(kind).inside(Sight::role("group").named("To"));
        self.0.click(label).await;
        self.0.fill(Sight::field("Recipient"), which).await;
    }

    /// Fills in a notification.
    pub async fn notification(&self, title: &str, text: &str) {
        self.0.click(Sight::role("option").named("Notification").inside(kind_field())).await;
        self.0.fill(Sight::field("Title"), title).await;
        self.0.fill(Sight::field("Text"), text).await;
    }

    /// Fills in a chat message.
    pub async fn chat(&self, text: &str) {
        self.0.click(Sight::role("option").named("Chat message").inside(kind_field())).await;
        self.0.fill(Sight::field("Text"), text).await;
    }

    /// Sends.
    pub async fn send(&self) {
        self.0.click(Sight::button("Send")).await;
    }

    /// Waits until the result contains this text.
    pub async fn expect_result(&self, text: &str) {
        self.0.find(Sight::role("status").with_text(text).inside(Sight::role("main"))).await;
    }

    /// Returns the equivalent `curl` command.
    pub async fn curl(&self) -> String {
        self.0.text(Sight::css("pre").inside(Sight::role("region").named("As a curl command"))).await
    }
}
