//! Somebody who talks to the server through the same session that the page uses.

mod builder;
mod driver;
mod record;

use std::sync::Arc;

use shared::ids::{ChannelName, ConnectionId, DisplayName, MessageId, Offset, UserId};
use shared::protocol::{
    ErrorCode, Message, Payload, Position, PresenceChange, Push, Refusal, Signal, SignalKind, SignalState,
};
use shared::session::{Delivery, Event, Input, Status};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

pub use builder::ClientBuilder;
use driver::Command;
use record::Record;

use crate::deadline::{DEADLINE, PATIENCE};

/// Reads a channel's name.
pub fn channel(name: &str) -> ChannelName {
    ChannelName::parse(name).unwrap_or_else(|e| panic!("{e}"))
}

/// A person with a native client. Each expectation takes what it was about out of what has come, so that the next
/// sees the next; messages are taken in their order and none can be left out.
#[derive(Debug)]
pub struct Client {
    label: String,
    commands: mpsc::UnboundedSender<Command>,
    record: Arc<Record>,
    task: JoinHandle<()>,
}

/// A subscription as the server confirmed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// Where the messages that follow begin.
    pub position: Position,
    /// The newest offset.
    pub head: Offset,
    /// What was lost.
    pub gap: Option<shared::protocol::Gap>,
}

/// A message that its sender knows to be in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Its id.
    pub id: MessageId,
    /// Its place.
    pub offset: Offset,
}

impl Client {
    /// Says something and waits until it is in the log.
    pub async fn publish(&self, to: &str, text: &str) -> Published {
        self.publish_payload(to, Payload::chat(text)).await
    }

    /// The same for any payload.
    pub async fn publish_payload(&self, to: &str, payload: Payload) -> Published {
        let id = self.send_payload(to, payload).await;
        Published { id, offset: self.expect_accepted(id).await }
    }

    /// Says something and does not wait.
    pub async fn send(&self, to: &str, text: &str) -> MessageId {
        self.send_payload(to, Payload::chat(text)).await
    }

    /// The same for any payload.
    pub async fn send_payload(&self, to: &str, payload: Payload) -> MessageId {
        let (tell, told) = oneshot::channel();
        self.command(Command::Publish { channel: channel(to), payload, tell });
        told.await.expect("the client runs")
    }

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

    /// Follows a channel from now on.
    pub async fn subscribe(&self, to: &str) -> Followed {
        self.follow(to, None).await
    }

    /// Follows a channel from a position on.
    pub async fn subscribe_since(&self, to: &str, since: Position) -> Followed {
        self.follow(to, Some(since)).await
    }

    async fn follow(&self, to: &str, since: Option<Position>) -> Followed {
        self.input(Input::Subscribe { channel: channel(to), since, presence: false });
        self.expect_subscribed(to).await
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

    /// Tries to follow a channel and is refused.
    pub async fn subscribe_refused(&self, to: &str) -> ErrorCode {
        self.input(Input::Subscribe { channel: channel(to), since: None, presence: false });
        self.record
            .take(DEADLINE, &format!("{} is refused {to}", self.label), |event| match event {
                Event::SubscribeRefused { channel, refusal } if channel.as_str() == to => Some(refusal.code),
                _ => None,
            })
            .await
    }

    /// Follows a channel and who is in it.
    pub async fn enter(&self, to: &str) -> Followed {
        self.input(Input::Subscribe { channel: channel(to), since: None, presence: true });
        self.expect_subscribed(to).await
    }

    /// Follows a channel no longer.
    pub fn unsubscribe(&self, from: &str) {
        self.input(Input::Unsubscribe { channel: channel(from) });
    }

    /// Reads older messages: those, oldest first, and whether there are older ones still.
    pub async fn history(&self, of: &str, before: Option<Offset>, limit: u32) -> (Vec<Message>, bool) {
        self.ask_history(of, before, limit)
            .await
            .unwrap_or_else(|refusal| panic!("{}: {refusal:?}", self.label))
    }

    /// Tries to read older messages and is refused.
    pub async fn history_refused(&self, of: &str) -> ErrorCode {
        self.ask_history(of, None, 10).await.expect_err("the history is refused").code
    }

    async fn ask_history(
        &self,
        of: &str,
        at: Option<Offset>,
        limit: u32,
    ) -> Result<(Vec<Message>, bool), Refusal> {
        self.input(Input::History { channel: channel(of), before: at, limit });
        self.record
            .take(DEADLINE, &format!("{} reads the history of {of}", self.label), |event| match event {
                Event::Page { channel, before, messages, more }
                    if channel.as_str() == of && *before == at =>
                {
                    Some(Ok((messages.clone(), *more)))
                }
                Event::HistoryRefused { channel, refusal, .. } if channel.as_str() == of => {
                    Some(Err(refusal.clone()))
                }
                _ => None,
            })
            .await
    }

    /// Begins to write.
    pub fn type_in(&self, to: &str) {
        self.input(Input::Signal { channel: channel(to), kind: SignalKind::Typing });
    }

    /// Says how far one has received and read.
    pub fn seen(&self, of: &str, delivered: Offset, read: Offset) {
        self.input(Input::Seen { channel: channel(of), delivered: Some(delivered), read: Some(read) });
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

    async fn expect_status<T>(&self, name: &str, wanted: impl Fn(&Status) -> Option<T>) -> T {
        let what = format!("{} is {name}", self.label);
        self.record.wait(PATIENCE, &what, |seen| wanted(seen.status())).await
    }

    /// How the connection is.
    pub fn status(&self) -> Status {
        self.record.status()
    }

    /// The number of the connection there is.
    pub fn connection(&self) -> ConnectionId {
        match self.record.status() {
            Status::Online { connection } => connection,
            other => panic!("{} is not online but {other:?}", self.label),
        }
    }

    /// Who the server takes this client for.
    pub fn user(&self) -> UserId {
        self.record.me().0
    }

    /// What others are shown.
    pub fn name(&self) -> DisplayName {
        self.record.me().1
    }

    /// The token that the server gave.
    pub fn token(&self) -> String {
        self.record
            .token()
            .unwrap_or_else(|| panic!("{} was given no token\n{}", self.label, self.record.tell()))
    }

    /// Is called so from now on.
    pub fn rename(&self, name: &str) {
        self.input(Input::Rename(DisplayName::parse(name).expect("a name")));
    }

    /// The network breaks: the socket is gone without a word, and no other can be had.
    pub async fn lose_network(&self) {
        self.command(Command::Network(false));
        self.expect_waiting().await;
    }

    /// The network is back, and the client is told so.
    pub fn regain_network(&self) {
        self.command(Command::Network(true));
    }

    /// Closes the connection in an orderly way and stays away.
    pub async fn leave(&self) {
        self.input(Input::Stop);
        self.expect_status("stopped", |status| (*status == Status::Stopped).then_some(())).await;
    }

    /// Comes back after [`leave`](Self::leave).
    pub async fn come_back(&self) -> ConnectionId {
        self.input(Input::Start);
        self.expect_online().await
    }

    fn input(&self, input: Input) {
        self.command(Command::Input(input));
    }

    fn command(&self, command: Command) {
        assert!(
            self.commands.send(command).is_ok(),
            "{}: the client has stopped\n{}",
            self.label,
            self.record.tell()
        );
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.task.abort();
        if std::thread::panicking() {
            eprintln!("--- {}\n{}", self.label, self.record.tell());
        }
    }
}

/// What a chat message says.
pub fn chat_text(message: &Message) -> &str {
    match &message.payload {
        Payload::Chat { text, .. } => text,
        other => panic!("this is no chat message: {other:?}"),
    }
}
