//! The badge that shows the state of the connection.

use crate::browser::{Person, Sight};

/// The state of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Connected.
    Online,
    /// Lost, and waiting for the next attempt.
    Waiting,
    /// Closed by the server for good.
    Ended,
}

impl State {
    /// Returns what a screen reader says.
    fn announcement(self) -> &'static str {
        match self {
            Self::Online => "Online",
            Self::Waiting => "Connection lost. Reconnecting…",
            Self::Ended => "You were disconnected by the server.",
        }
    }
}

/// The badge.
#[derive(Debug)]
pub struct Connection<'a>(pub(super) &'a Person);

/// The badge itself has no role and no name.
fn badge() -> Sight {
    Sight::marked("connection")
}

/// The button that skips the wait for the next attempt, or connects again.
fn now() -> Sight {
    Sight::role("button").inside(badge())
}

impl Connection<'_> {
    /// Waits for a state.
    pub async fn expect(&self, state: State) {
        let said = Sight::role("status").with_exact_text(state.announcement()).inside(badge());
        self.0.find(said).await;
    }

    /// Waits until the app is connected. Returns the connection's number, which the badge shows as its tooltip.
    pub async fn expect_online(&self) -> u64 {
        self.expect_number("is online", |_| true).await
    }

    /// Waits until the app has a connection other than `before`.
    pub async fn expect_online_anew(&self, before: u64) -> u64 {
        self.expect_number("is online again", |number| number != before).await
    }

    async fn expect_number(&self, what: &str, is_wanted: impl Fn(u64) -> bool) -> u64 {
        let each = "[look([{ role: 'status' }]).map((status) => status.innerText), element.title]";
        self.0
            .expect_sight(what, badge(), each, |seen| {
                let badge = seen.first()?;
                let said = badge[0].as_array()?.iter().any(|said| said == State::Online.announcement());
                let number = badge[1].as_str()?.strip_prefix("Connection ")?.parse().ok()?;
                (said && is_wanted(number)).then_some(number)
            })
            .await
    }

    /// Waits until the seconds until the next attempt are shown.
    pub async fn expect_countdown(&self) {
        let is_countdown = |text: &str| {
            text.split_once(" s")
                .is_some_and(|(before, _)| before.ends_with(|last: char| last.is_ascii_digit()))
        };
        self.0
            .expect_sight("sees the time of the next attempt", badge(), "element.innerText", |seen| {
                is_countdown(seen.first()?.as_str()?).then_some(())
            })
            .await;
    }

    /// Skips the wait for the next attempt.
    pub async fn connect_now(&self) {
        self.0.click(now()).await;
    }

    /// Skips the wait for the next attempt, unless it is over.
    pub async fn connect_now_if_waiting(&self) {
        self.0.run_on(now(), "element.click()").await;
    }
}
