//! The expectations of a client. An expectation removes the expected events from the received ones.

use shared::ids::{ConnectionId, MessageId, Offset};
use shared::protocol::{Message, PresenceChange, Push, Refusal, Signal, SignalState};
use shared::session::{Delivery, Event, Status};

use super::native::{Client, Followed, chat_text};
use crate::deadline::{DEADLINE, PATIENCE};

impl Client {
    /// Waits until an own message is in the log.
    pub async fn expect_accepted(&self, id: MessageId) -> Offset {
        match self.outcome(id).await {
            Delivery::Accepted { offset } => offset,
            Delivery::Local | Delivery::Failed { .. } => {
                panic!("{}: {id} has failed\n{}", self.label, self.record.describe())
            }
        }
    }

    /// Waits until an own message has been refused for good.
    pub async fn expect_failed(&self, id: MessageId) -> Refusal {
        match self.outcome(id).await {
            Delivery::Failed { refusal } => refusal,
            Delivery::Local | Delivery::Accepted { .. } => panic!("{}: {id} was accepted", self.label),
        }
    }

    async fn outcome(&self, id: MessageId) -> Delivery {
        let what = format!("{} receives the outcome of the message {id}", self.label);
        self.record
            .wait_for(PATIENCE, &what, |event| match event {
                Event::Delivery { message_id, delivery, .. }
                    if *message_id == id && *delivery != Delivery::Local =>
                {
                    Some(delivery.clone())
                }
                _ => None,
            })
            .await
    }

    /// Waits for the next message of any channel.
    pub async fn next_message(&self) -> Message {
        self.next_message_for("the next message").await
    }

    async fn next_message_for(&self, wish: &str) -> Message {
        let what = format!("{} receives {wish}", self.label);
        self.record
            .wait_for(PATIENCE, &what, |event| match event {
                Event::Message(message) => Some(message.clone()),
                _ => None,
            })
            .await
    }

    /// Waits for the next message, which has to be a chat message with this text.
    pub async fn expect_chat(&self, text: &str) -> Message {
        let message = self.next_message_for(&format!("“{text}”")).await;
        assert_eq!(
            chat_text(&message),
            text,
            "{}: the next message is another\n{}",
            self.label,
            self.record.describe()
        );
        message
    }

    /// Waits for the next messages, which have to be chat messages with these texts, in this order.
    pub async fn expect_chats<S: AsRef<str>>(&self, texts: &[S]) -> Vec<Message> {
        let mut messages = Vec::with_capacity(texts.len());
        for text in texts {
            messages.push(self.expect_chat(text.as_ref()).await);
        }
        messages
    }

    /// Waits until a subscription starts, or starts again after an interruption.
    pub async fn expect_subscribed(&self, to: &str) -> Followed {
        self.record
            .wait_for(PATIENCE, &format!("{} follows {to}", self.label), |event| match event {
                Event::Subscribed { channel, position, head, gap } if channel.as_str() == to => {
                    Some(Followed { position: *position, head: *head, gap: *gap })
                }
                _ => None,
            })
            .await
    }

    /// Waits for a signal of this kind from the user of this name.
    pub async fn expect_signal(&self, from: &str, state: SignalState) -> Signal {
        self.record
            .wait_for(DEADLINE, &format!("{} sees {state:?} of {from}", self.label), |event| match event {
                Event::Signal(signal) if signal.from.name.as_str() == from && signal.state == state => {
                    Some(signal.clone())
                }
                _ => None,
            })
            .await
    }

    /// Waits until the members of a channel have exactly these names.
    pub async fn expect_members(&self, of: &str, names: &[&str]) {
        let mut names: Vec<&str> = names.to_vec();
        names.sort_unstable();
        let what = format!("{} sees {names:?} in {of}", self.label);
        self.record.wait(PATIENCE, &what, |seen| (seen.names_in(of) == names).then_some(())).await;
    }

    /// Waits for the next change of a channel's members.
    pub async fn next_presence(&self, of: &str) -> PresenceChange {
        self.record
            .wait_for(DEADLINE, &format!("{} sees a change of the members of {of}", self.label), |event| {
                match event {
                    Event::Presence { channel, change } if channel.as_str() == of => Some(change.clone()),
                    _ => None,
                }
            })
            .await
    }

    /// Waits for the next push to this connection.
    pub async fn expect_push(&self) -> Push {
        self.record
            .wait_for(DEADLINE, &format!("{} receives a push", self.label), |event| match event {
                Event::Push(push) => Some(push.clone()),
                _ => None,
            })
            .await
    }

    /// Waits until the client is connected, and returns the connection's number.
    pub async fn expect_online(&self) -> ConnectionId {
        self.expect_status("online", |status| match status {
            Status::Online { connection } => Some(*connection),
            _ => None,
        })
        .await
    }

    /// Waits until the client has a connection other than `before`.
    pub async fn expect_online_anew(&self, before: ConnectionId) -> ConnectionId {
        self.expect_status("online again", |status| match status {
            Status::Online { connection } if *connection != before => Some(*connection),
            _ => None,
        })
        .await
    }

    /// Waits until the connection is lost and the client is in backoff.
    pub async fn expect_waiting(&self) {
        self.expect_status("waiting", |status| matches!(status, Status::Waiting { .. }).then_some(())).await;
    }

    /// Waits until the server has closed the connection for good. Returns the close code.
    pub async fn expect_ended(&self) -> Option<u16> {
        self.expect_status("ended", |status| match status {
            Status::Ended { code, .. } => Some(code.map(|code| code.0)),
            _ => None,
        })
        .await
    }

    pub(super) async fn expect_status<T>(&self, name: &str, wanted: impl Fn(&Status) -> Option<T>) -> T {
        let what = format!("{} is {name}", self.label);
        self.record.wait(PATIENCE, &what, |seen| wanted(seen.status())).await
    }
}
