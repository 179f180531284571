//! The badge that shows the state of the connection.

use super::mark::marked;
use crate::browser::Person;

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
    fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Waiting => "waiting",
            Self::Ended => "ended",
        }
    }
}

/// The badge.
#[derive(Debug)]
pub struct Connection<'a>(pub(super) &'a Person);

impl Connection<'_> {
    /// Waits for a state.
    pub async fn expect(&self, state: State) {
        let badge = format!("document.querySelector({:?})", marked("connection"));
        let condition = format!("{badge}?.dataset.state === {:?}", state.as_str());
        self.0.expect_that(&format!("is {state:?}"), &condition, &format!("{badge}?.outerHTML")).await;
    }

    /// Waits until the app is connected. Returns the connection's number.
    pub async fn expect_online(&self) -> u64 {
        self.expect(State::Online).await;
        let script = format!("return document.querySelector({:?})?.dataset.connection", marked("connection"));
        self.0
            .expect_of("has a connection with a number", &script, |number| number.as_str()?.parse().ok())
            .await
    }

    /// Waits until the app has a connection other than `before`.
    pub async fn expect_online_anew(&self, before: u64) -> u64 {
        let script = format!(
            "const b = document.querySelector({:?}); return [b?.dataset.state, b?.dataset.connection]",
            marked("connection")
        );
        self.0
            .expect_of("is online again", &script, |value| {
                let number = value[1].as_str()?.parse().ok()?;
                (value[0] == "online" && number != before).then_some(number)
            })
            .await
    }

    /// Waits until the seconds until the next attempt are shown.
    pub async fn expect_countdown(&self) {
        let badge = format!("document.querySelector({:?})", marked("connection"));
        let condition =
            format!("{badge}?.dataset.state === 'waiting' && /\\d+\\s*s/.test({badge}.innerText)");
        self.0
            .expect_that("sees the time of the next attempt", &condition, &format!("{badge}?.outerHTML"))
            .await;
    }

    /// Skips the wait for the next attempt.
    pub async fn connect_now(&self) {
        self.0.click(&marked("connect-now")).await;
    }
}
