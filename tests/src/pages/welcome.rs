//! The form that asks for a name.

use super::timeline::composer;
use crate::browser::{Person, Sight};

/// The form that asks for a name.
#[derive(Debug)]
pub struct Welcome<'a>(pub(super) &'a Person);

impl Welcome<'_> {
    /// Returns the field for the name.
    pub fn field() -> Sight {
        Sight::field("Your name").inside(Sight::role("main"))
    }

    /// Enters a name and waits until the lobby is open and connected.
    pub async fn enter(&self, name: &str) {
        self.0.fill(Self::field(), name).await;
        self.submit().await;
        self.expect_gone().await;
        self.0.connection().expect_online().await;
    }

    /// Clicks on the button below the name.
    pub async fn submit(&self) {
        self.0.click(Sight::button("Start chatting")).await;
    }

    /// Waits until it is shown.
    pub async fn expect(&self) {
        self.0.find(Self::field()).await;
    }

    /// Waits until the form shows a problem with the name that contains this text.
    pub async fn expect_problem(&self, text: &str) {
        self.0.find(Sight::role("alert").with_text(text).inside(Sight::role("main"))).await;
    }

    /// Waits until it is no longer shown and a room is open.
    pub async fn expect_gone(&self) {
        self.0.find(composer()).await;
        self.0.expect_gone(Self::field()).await;
    }
}
