//! What goes over the wire.

use super::{Person, marked};

/// The panel.
#[derive(Debug)]
pub struct Wire<'a>(pub(super) &'a Person);

impl Wire<'_> {
    /// Opens or closes it.
    pub async fn toggle(&self) {
        self.0.click(&marked("wire-toggle")).await;
    }

    /// Waits for a row of this kind that holds a text.
    pub async fn expect(&self, kind: &str, text: &str) {
        let rows = format!("{} {}[data-kind={kind:?}]", marked("wire"), marked("wire-row"));
        self.0.expect_text(&rows, text).await;
    }
}
