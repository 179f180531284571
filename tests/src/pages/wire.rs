//! The panel that shows the messages on the wire.

use super::mark::marked;
use crate::browser::Person;

/// The panel.
#[derive(Debug)]
pub struct Wire<'a>(pub(super) &'a Person);

impl Wire<'_> {
    /// Opens or closes it.
    pub async fn toggle(&self) {
        self.0.click(&marked("wire-toggle")).await;
    }

    /// Waits for a row of this kind that contains a text.
    pub async fn expect(&self, kind: &str, text: &str) {
        let rows = format!("{} {}[data-kind={kind:?}]", marked("wire"), marked("wire-row"));
        self.0.expect_text(&rows, text).await;
    }

    /// Waits until this number of rows of this kind contain a text.
    pub async fn expect_rows(&self, kind: &str, text: &str, count: usize) {
        let rows = format!("{} {}[data-kind={kind:?}]", marked("wire"), marked("wire-row"));
        let script = format!("return Array.from(document.querySelectorAll({rows:?}), e => e.innerText)");
        self.0
            .expect_of(&format!("sees {count} rows {kind} with “{text}”"), &script, |shown| {
                let shown = shown.as_array()?.iter().filter_map(|row| row.as_str());
                (shown.filter(|row| row.contains(text)).count() == count).then_some(())
            })
            .await;
    }
}
