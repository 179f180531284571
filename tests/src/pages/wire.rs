//! The panel that shows the messages on the wire.

use crate::browser::{Person, Sight};

/// The panel.
#[derive(Debug)]
pub struct Wire<'a>(pub(super) &'a Person);

fn panel() -> Sight {
    Sight::role("complementary").named("Wire")
}

impl Wire<'_> {
    /// Opens or closes it.
    pub async fn toggle(&self) {
        self.0.click(Sight::role("button").whose_name_begins("Wire")).await;
    }

    /// Waits until it is closed.
    pub async fn expect_closed(&self) {
        self.0.expect_gone(panel()).await;
    }

    /// Waits for a row of this kind that contains a text.
    pub async fn expect(&self, kind: &str, text: &str) {
        self.expect_rows_that(&format!("sees a row {kind} with “{text}”"), kind, text, |count| count > 0)
            .await;
    }

    /// Waits until this number of rows of this kind contain a text.
    pub async fn expect_rows(&self, kind: &str, text: &str, count: usize) {
        let what = format!("sees {count} rows {kind} with “{text}”");
        self.expect_rows_that(&what, kind, text, |shown| shown == count).await;
    }

    async fn expect_rows_that(&self, what: &str, kind: &str, text: &str, wanted: impl Fn(usize) -> bool) {
        let rows = Sight::role("listitem").inside(panel());
        self.0
            .expect_sight(what, rows, "clean(contentOf(element))", |rows| {
                // A row begins with its kind, which only a screen reader says.
                let rows = rows.iter().filter_map(|row| row.as_str()?.strip_prefix(kind));
                wanted(rows.filter(|row| row.contains(text)).count()).then_some(())
            })
            .await;
    }
}
