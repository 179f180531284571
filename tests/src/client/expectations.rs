//! What somebody waits for. Each expectation takes what it was about out of what has come.

use shared::ids::{ConnectionId, MessageId, Offset};
use shared::protocol::{Message, PresenceChange, Push, Refusal, Signal, SignalState};
use shared::session::{Delivery, Event, Status};

use super::{Client, Followed, chat_text};
use crate::deadline::{DEADLINE, PATIENCE};

impl Client {
    /// Waits until a message of one's own is in the log.
    pub async fn expect_accepted(&self, id: MessageId) -> Offset {
        match self.outcome(id).await {
            Delivery::Accepted { offset } => offset,
            Delivery::Local | Delivery::Failed { .. } => {
                panic!("{}: {id} has failed\n{}", self.label, self.record.tell())
            }
        }
    }

    /// Waits until a message of one's own has been refused for good.
    pub async fn expect_failed(&self, id: MessageId) -> Refusal {
        match self.outcome(id).await {
            Delivery::Failed { refusal } => refusal,
            Delivery::Local | Delivery::Accepted { .. } => panic!("{}: {id} was accepted", self.label),
        }
    }

    async fn outcome(&self, id: MessageId) -> Delivery {
        let what = format!("{} hears what became of the message {id}", self.label);
        self.record
            .take(PATIENCE, &what, |event| match event {
                Event::Delivery { message_id, delivery, .. }
                    if *message_id == id && *delivery != Delivery::Local =>
                {
                    Some(delivery.clone())
                }
                _ => None,
            })
            .await
    }

    /// The next message that comes, of whatever channel.
    pub async fn next_message(&self) -> Message {
        self.next_message_for("the next message").await
    }

    async fn next_message_for(&self, wish: &str) -> Message {
        let what = format!("{} receives {wish}", self.label);
        self.record
            .take(PATIENCE, &what, |event| match event {
                Event::Message(message) => Some(message.clone()),
                _ => None,
            })
            .await
    }

    /// The next message that comes is chat and says this.
    pub async fn expect_chat(&self, text: &str) -> Message {
        let message = self.next_message_for(&format!("“{text}”")).await;
        assert_eq!(
            chat_text(&message),
            text,
            "{}: the next message is another\n{}",
            self.label,
            self.record.tell()
        );
        message
    }

    /// The next messages that come are chat and say this, one after the other.
    pub async fn expect_chats<S: AsRef<str>>(&self, texts: &[S]) -> Vec<Message> {
        let mut messages = Vec::with_capacity(texts.len());
        for text in texts {
            messages.push(self.expect_chat(text.as_ref()).await);
        }
        messages
    }

    /// Waits for a subscription to begin, or to begin again after an interruption.
    pub async fn expect_subscribed(&self, to: &str) -> Followed {
        self.record
            .take(PATIENCE, &format!("{} follows {to}", self.label), |event| match event {
                Event::Subscribed { channel, position, head, gap } if channel.as_str() == to => {
                    Some(Followed { position: *position, head: *head, gap: *gap })
                }
                _ => None,
            })
            .await
    }

    /// Waits for a signal of this kind from somebody of this name.
    pub async fn expect_signal(&self, from: &str, state: SignalState) -> Signal {
        self.record
            .take(DEADLINE, &format!("{} sees {state:?} of {from}", self.label), |event| match event {
                Event::Signal(signal) if signal.from.name.as_str() == from && signal.state == state => {
                    Some(signal.clone())
                }
                _ => None,
            })
            .await
    }

    /// Waits until exactly these names are in a channel.
    pub async fn expect_members(&self, of: &str, names: &[&str]) {
        let mut names: Vec<&str> = names.to_vec();
        names.sort_unstable();
        let what = format!("{} sees {names:?} in {of}", self.label);
        self.record.wait(PATIENCE, &what, |seen| (seen.names_in(of) == names).then_some(())).await;
    }

    /// The next step of who is in a channel.
    pub async fn next_presence(&self, of: &str) -> PresenceChange {
        self.record
            .take(DEADLINE, &format!("{} sees somebody come to or go from {of}", self.label), |event| {
                match event {
                    Event::Presence { channel, change } if channel.as_str() == of => Some(change.clone()),
                    _ => None,
                }
            })
            .await
    }

    /// The next thing pushed to this connection.
    pub async fn expect_push(&self) -> Push {
        self.record
            .take(DEADLINE, &format!("{} receives a push", self.label), |event| match event {
                Event::Push(push) => Some(push.clone()),
                _ => None,
            })
            .await
    }

    /// Waits until there is a connection, and returns its number.
    pub async fn expect_online(&self) -> ConnectionId {
        self.expect_status("online", |status| match status {
            Status::Online { connection } => Some(*connection),
            _ => None,
        })
        .await
    }

    /// Waits until there is a connection other than `before`.
    pub async fn expect_online_anew(&self, before: ConnectionId) -> ConnectionId {
        self.expect_status("online anew", |status| match status {
            Status::Online { connection } if *connection != before => Some(*connection),
            _ => None,
        })
        .await
    }

    /// Waits until the connection is lost and the client waits for its next try.
    pub async fn expect_waiting(&self) {
        self.expect_status("waiting", |status| matches!(status, Status::Waiting { .. }).then_some(())).await;
    }

    /// Waits until the server has ended it for good; returns the close code.
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
