//! The messages of a room, and the field to write one.

use serde_json::Value;

use super::{Person, marked};

/// How far an own message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It has not been sent, or not been answered.
    Local,
    /// The server has it.
    Accepted,
    /// The server does not take it.
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

/// A message as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// How far it has come, where it is one's own.
    pub delivery: String,
    /// Whether it is one's own.
    pub mine: bool,
    /// Who it is from; empty where the page does not repeat that.
    pub author: String,
    /// What it says.
    pub text: String,
}

/// Reads all rows at once: one by one they would change in between.
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
    /// The messages shown, oldest first.
    pub async fn rows(&self) -> Vec<Row> {
        rows(&self.0.run(ROWS, Vec::new()).await)
    }

    /// What the messages shown say, oldest first.
    pub async fn texts(&self) -> Vec<String> {
        self.rows().await.into_iter().map(|row| row.text).collect()
    }

    /// Waits until the messages shown are as wanted.
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

    /// Waits until a message of somebody's is shown exactly once. Where one says several things in a row, the page
    /// need not repeat the name: then it stands above.
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

    /// Waits until exactly these lines are shown, in this order: messages, and where some are missing, what is said of
    /// them.
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

    /// Writes a message and sends it.
    pub async fn write(&self, text: &str) {
        self.0.fill(&marked("composer"), text).await;
        self.0.click(&marked("send")).await;
    }

    /// Waits until an own message has come so far.
    pub async fn expect_delivery(&self, text: &str, delivery: Delivery) {
        self.expect_rows(&format!("sees the own “{text}” once, {delivery:?}"), |rows| {
            let mut own = rows.iter().filter(|row| row.text == text);
            let row = own.next()?;
            (own.next().is_none() && row.mine && row.delivery == delivery.as_str()).then_some(())
        })
        .await;
    }

    /// Tries a failed message again.
    pub async fn retry(&self) {
        self.0.click(&marked("retry")).await;
    }

    /// Scrolls to the oldest message shown, as somebody does who looks for older ones.
    pub async fn scroll_up(&self) {
        self.scroll("element.scrollTop = 0").await;
    }

    /// Scrolls to the newest message.
    pub async fn scroll_down(&self) {
        self.scroll("element.scrollTop = element.scrollHeight").await;
    }

    /// Whether the newest message is in sight.
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

    /// The button that leads to new messages below.
    pub async fn expect_new(&self, count: usize) {
        self.0.expect_number(&marked("new-messages"), count).await;
    }

    /// Goes to the new messages.
    pub async fn show_new(&self) {
        self.0.click(&marked("new-messages")).await;
        self.0.expect_none(&marked("new-messages")).await;
    }
}

/// The element that scrolls: the timeline, or what it lies in.
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
