//! The badge that tells how the connection is.

use super::{Person, marked};

/// How the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// All is well.
    Online,
    /// It is lost; the next try comes later.
    Waiting,
    /// The server does not want this client back.
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

    /// Waits until there is a connection; returns its number.
    pub async fn expect_online(&self) -> u64 {
        self.expect(State::Online).await;
        let script = format!("return document.querySelector({:?})?.dataset.connection", marked("connection"));
        self.0
            .expect_of("has a connection with a number", &script, |number| number.as_str()?.parse().ok())
            .await
    }

    /// Waits until there is a connection other than `before`.
    pub async fn expect_online_anew(&self, before: u64) -> u64 {
        let script = format!(
            "const b = document.querySelector({:?}); return [b?.dataset.state, b?.dataset.connection]",
            marked("connection")
        );
        self.0
            .expect_of("is online anew", &script, |value| {
                let number = value[1].as_str()?.parse().ok()?;
                (value[0] == "online" && number != before).then_some(number)
            })
            .await
    }

    /// Waits for the seconds until the next try to be told.
    pub async fn expect_countdown(&self) {
        let badge = format!("document.querySelector({:?})", marked("connection"));
        let condition =
            format!("{badge}?.dataset.state === 'waiting' && /\\d+\\s*s/.test({badge}.innerText)");
        self.0
            .expect_that("is told when the next try comes", &condition, &format!("{badge}?.outerHTML"))
            .await;
    }

    /// Does not wait for the next try.
    pub async fn connect_now(&self) {
        self.0.click(&marked("connect-now")).await;
    }
}
