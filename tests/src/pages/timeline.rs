//! The messages of a room, and the composer.

use serde_json::Value;

use super::mark::marked;
use crate::browser::Person;

/// The state of an own message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Not sent or not answered yet.
    Local,
    /// Acknowledged.
    Accepted,
    /// Refused.
    Failed,
}

impl Delivery {
    fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Accepted => "accepted",
            Self::Failed => "failed",
        }
    }
}

/// A shown message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its state, if it is an own message.
    pub delivery: String,
    /// Whether it is an own message.
    pub mine: bool,
    /// The author; empty if the page does not repeat the name.
    pub author: String,
    /// The text.
    pub text: String,
}

/// Reads all rows in one script, so that they do not change in between.
const ROWS: &str = r#"
    const of = (e, name) => e.querySelector(`[data-testid="${name}"]`)?.innerText?.trim() ?? '';
    return Array.from(document.querySelectorAll('[data-testid="message"]'), e => [
        e.dataset.messageId ?? '', e.dataset.delivery ?? '', String(e.dataset.mine ?? ''),
        of(e, 'message-author'), of(e, 'message-text'),
    ]);"#;

/// The messages of the open room.
#[derive(Debug)]
pub struct Timeline<'a>(pub(super) &'a Person);

impl Timeline<'_> {
    /// Returns the shown messages, oldest first.
    pub async fn rows(&self) -> Vec<Row> {
        rows(&self.0.run(ROWS, Vec::new()).await)
    }

    /// Returns the texts of the shown messages, oldest first.
    pub async fn texts(&self) -> Vec<String> {
        self.rows().await.into_iter().map(|row| row.text).collect()
    }

    /// Waits until `wanted` accepts the shown messages.
    pub async fn expect_rows<T>(&self, what: &str, wanted: impl Fn(&[Row]) -> Option<T>) -> T {
        self.0.expect_of(what, ROWS, |value| wanted(&rows(value))).await
    }

    /// Waits until a message is shown exactly once.
    pub async fn expect_text(&self, text: &str) -> Row {
        self.expect_rows(&format!("sees “{text}” once"), |rows| {
            let mut found = rows.iter().filter(|row| row.text == text);
            let first = found.next().cloned();
            if found.next().is_some() { None } else { first }
        })
        .await
    }

    /// Waits until a message of this author is shown exactly once. The page shows the name once above several messages
    /// of one author.
    pub async fn expect(&self, author: &str, text: &str) {
        self.expect_rows(&format!("sees “{text}” of {author} once"), |rows| {
            let mut name = "";
            let mut found = 0;
            for row in rows {
                if !row.author.is_empty() {
                    name = &row.author;
                }
                found += usize::from(row.text == text && name == author);
            }
            (found == 1).then_some(())
        })
        .await;
    }

    /// Waits until exactly these messages are shown, in this order.
    pub async fn expect_exactly(&self, texts: &[&str]) {
        self.expect_rows(&format!("sees exactly {texts:?}"), |rows| {
            rows.iter().map(|row| row.text.as_str()).eq(texts.iter().copied()).then_some(())
        })
        .await;
    }

    /// Waits until exactly these lines are shown, in this order: messages and the lines of gaps.
    pub async fn expect_lines(&self, lines: &[&str]) {
        let script = "return Array.from(document.querySelectorAll('[data-testid=message-text], [data-testid=gap]'), \
            e => e.innerText.trim())";
        self.0
            .expect_of(&format!("sees exactly {lines:?}"), script, |shown| {
                let shown = shown.as_array()?.iter().filter_map(Value::as_str);
                shown.eq(lines.iter().copied()).then_some(())
            })
            .await;
    }

    /// Types a message and sends it.
    pub async fn write(&self, text: &str) {
        self.0.fill(&marked("composer"), text).await;
        self.0.click(&marked("send")).await;
    }

    /// Waits until an own message has this state.
    pub async fn expect_delivery(&self, text: &str, delivery: Delivery) {
        self.expect_rows(&format!("sees the own “{text}” once, {delivery:?}"), |rows| {
            let mut own = rows.iter().filter(|row| row.text == text);
            let row = own.next()?;
            (own.next().is_none() && row.mine && row.delivery == delivery.as_str()).then_some(())
        })
        .await;
    }

    /// Retries a failed message.
    pub async fn retry(&self) {
        self.0.click(&marked("retry")).await;
    }

    /// Scrolls to the oldest shown message, as a person does to read older ones.
    pub async fn scroll_up(&self) {
        self.scroll("element.scrollTop = 0").await;
    }

    /// Scrolls to the newest message.
    pub async fn scroll_down(&self) {
        self.scroll("element.scrollTop = element.scrollHeight").await;
    }

    /// Waits until the newest message is visible.
    pub async fn expect_at_end(&self) {
        let gap = "(e => e.scrollHeight - e.scrollTop - e.clientHeight)";
        let element = scrolling();
        self.0
            .expect_that(
                "is at the newest message",
                &format!("{gap}({element}) < 48"),
                &format!("{gap}({element})"),
            )
            .await;
    }

    async fn scroll(&self, step: &str) {
        self.0.run(&format!("const element = {}; {step};", scrolling()), Vec::new()).await;
    }

    /// Waits for the button that scrolls to new messages.
    pub async fn expect_new(&self, count: usize) {
        self.0.expect_number(&marked("new-messages"), count).await;
    }

    /// Scrolls to the new messages.
    pub async fn show_new(&self) {
        self.0.click(&marked("new-messages")).await;
        self.0.expect_none(&marked("new-messages")).await;
    }
}

/// Returns an expression for the element that scrolls: the timeline, or an element around it.
fn scrolling() -> String {
    format!(
        "(() => {{ let e = document.querySelector({:?}); \
         while (e.parentElement && !(e.scrollHeight > e.clientHeight && \
         ['auto', 'scroll'].includes(getComputedStyle(e).overflowY))) e = e.parentElement; return e; }})()",
        marked("timeline")
    )
}

fn rows(value: &Value) -> Vec<Row> {
    let field = |row: &Value, index: usize| row[index].as_str().unwrap_or_default().to_owned();
    let rows = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let row = |row: &Value| Row {
        id: field(row, 0),
        delivery: field(row, 1),
        mine: row[2] == "true",
        author: field(row, 3),
        text: field(row, 4),
    };
    rows.iter().map(row).collect()
}
