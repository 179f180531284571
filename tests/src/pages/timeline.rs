//! The messages of a room, and the composer.

use serde_json::Value;

use crate::browser::{Person, Sight};

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
    /// Returns the name of its picture.
    fn as_str(self) -> &'static str {
        match self {
            Self::Local => "Sending",
            Self::Accepted => "Sent",
            Self::Failed => "Failed",
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

/// Reads all rows in one script, so that they do not change in between. The author and the text of a message have no role;
/// its delivery is a picture with a name.
const ROWS: &str = r#"
    const of = (e, name) => e.querySelector(`[data-testid="${name}"]`)?.innerText?.trim() ?? '';
    return Array.from(document.querySelectorAll('[data-testid="message"]'), e => [
        e.dataset.messageId ?? '', e.querySelector('[role=img]')?.ariaLabel ?? '', String(e.classList.contains('message--mine')),
        of(e, 'message-author'), of(e, 'message-text'),
    ]);"#;

/// Returns the field for a new message.
pub(super) fn composer() -> Sight {
    Sight::role("textbox").whose_name_begins("Message #")
}

fn log() -> Sight {
    Sight::role("log").whose_name_begins("Messages in ")
}

/// Returns the button that scrolls to new messages.
fn newest() -> Sight {
    Sight::role("button").whose_name_has("new").inside(Sight::role("main"))
}

fn older() -> Sight {
    Sight::button("Load older messages").inside(log())
}

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

    /// Returns the field for a new message.
    pub fn composer() -> Sight {
        composer()
    }

    /// Returns the button that sends.
    pub fn send_button() -> Sight {
        Sight::button("Send")
    }

    /// Returns the button that scrolls to the newest message.
    pub fn newest() -> Sight {
        newest()
    }

    /// Waits until the log shows this text, as a message or between messages.
    pub async fn expect_part(&self, text: &str) {
        self.0.expect_text(log(), text).await;
    }

    /// Loads older messages.
    pub async fn load_older(&self) {
        self.0.click(older()).await;
    }

    /// Asserts that no older messages are offered. Use it only after waiting for a later event.
    pub async fn expect_none_older_so_far(&self) {
        self.0.expect_none_so_far(older()).await;
    }

    /// Types a message and sends it.
    pub async fn write(&self, text: &str) {
        self.0.fill(composer(), text).await;
        self.0.click(Self::send_button()).await;
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
        self.0.click(Sight::button("Retry")).await;
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
        let gap = "element.scrollHeight - element.scrollTop - element.clientHeight";
        self.0
            .expect_sight("is at the newest message", log(), gap, |gaps| {
                (gaps.first()?.as_f64()? < 48.0).then_some(())
            })
            .await;
    }

    async fn scroll(&self, step: &str) {
        self.0.run_on(log(), step).await;
    }

    /// Waits for the button that scrolls to new messages.
    pub async fn expect_new(&self, count: usize) {
        self.0.expect_number(newest(), count).await;
    }

    /// Waits for the button that scrolls to the newest message.
    pub async fn expect_away_from_end(&self) {
        self.0.find(newest()).await;
    }

    /// Asserts that no new messages are announced. Use it only after waiting for a later event.
    pub async fn expect_none_new_so_far(&self) {
        self.0.expect_none_so_far(newest()).await;
    }

    /// Scrolls to the new messages.
    pub async fn show_new(&self) {
        self.0.click(newest()).await;
        self.0.expect_gone(newest()).await;
    }
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
