//! The form that asks for a name.

use super::mark::marked;
use crate::browser::Person;

/// The form that asks for a name.
#[derive(Debug)]
pub struct Welcome<'a>(pub(super) &'a Person);

impl Welcome<'_> {
    /// Enters a name and waits until the lobby is open and connected.
    pub async fn enter(&self, name: &str) {
        self.0.fill(&format!("{} input[name=name]", marked("welcome")), name).await;
        self.0.click(&format!("{} [type=submit]", marked("welcome"))).await;
        self.expect_gone().await;
        self.0.connection().expect_online().await;
    }

    /// Waits until it is shown.
    pub async fn expect(&self) {
        self.0.find(&marked("welcome")).await;
    }

    /// Waits until it is no longer shown and a room is open.
    pub async fn expect_gone(&self) {
        self.0.find(&marked("composer")).await;
        self.0.expect_none(&marked("welcome")).await;
    }
}
