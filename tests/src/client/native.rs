//! The client of a story: its commands, and its sent and received messages.

use std::sync::Arc;

use shared::ids::{ConnectionId, DisplayName, MessageId, Offset, UserId};
use shared::protocol::{ErrorCode, Message, Payload, Position, Refusal, SignalKind};
use shared::session::{Event, Input, Status};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::driver::Command;
use super::journal::Journal;
use super::record::Record;
use crate::channels::channel;
use crate::deadline::{DEADLINE, PATIENCE};

/// A person with a native client. An expectation removes the expected events from the received ones, so the next
/// expectation continues behind them. Messages have to be expected in their order, without leaving one out.
#[derive(Debug)]
pub struct Client {
    pub(super) label: String,
    pub(super) commands: mpsc::UnboundedSender<Command>,
    pub(super) record: Arc<Record>,
    pub(super) task: JoinHandle<()>,
}

/// A confirmed subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The offset before the first message that follows.
    pub position: Position,
    /// The newest offset.
    pub head: Offset,
    /// The gap, if messages were lost.
    pub gap: Option<shared::protocol::Gap>,
}

/// An acknowledged message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Its id.
    pub id: MessageId,
    /// Its offset.
    pub offset: Offset,
}

impl Client {
    /// Publishes a text and waits for the acknowledgement.
    pub async fn publish(&self, to: &str, text: &str) -> Published {
        self.publish_payload(to, Payload::chat(text)).await
    }

    /// The same with any payload.
    pub async fn publish_payload(&self, to: &str, payload: Payload) -> Published {
        let id = self.send_payload(to, payload).await;
        Published { id, offset: self.expect_accepted(id).await }
    }

    /// Publishes a text without waiting for the acknowledgement.
    pub async fn send(&self, to: &str, text: &str) -> MessageId {
        self.send_payload(to, Payload::chat(text)).await
    }

    /// The same with any payload.
    pub async fn send_payload(&self, to: &str, payload: Payload) -> MessageId {
        let (tell, told) = oneshot::channel();
        self.command(Command::Publish { channel: channel(to), payload, tell });
        told.await.expect("the client runs")
    }

    /// Publishes a text without waiting for its id.
    pub fn say(&self, to: &str, payload: Payload) {
        let (tell, _) = oneshot::channel();
        self.command(Command::Publish { channel: channel(to), payload, tell });
    }

    /// Subscribes to a channel from its newest message on.
    pub async fn subscribe(&self, to: &str) -> Followed {
        self.follow(to, None).await
    }

    /// Subscribes to a channel from a position on.
    pub async fn subscribe_since(&self, to: &str, since: Position) -> Followed {
        self.follow(to, Some(since)).await
    }

    pub(super) async fn follow(&self, to: &str, since: Option<Position>) -> Followed {
        self.input(Input::Subscribe { channel: channel(to), since, presence: false });
        self.expect_subscribed(to).await
    }

    /// Tries to subscribe to a channel and expects a refusal.
    pub async fn subscribe_refused(&self, to: &str) -> ErrorCode {
        self.input(Input::Subscribe { channel: channel(to), since: None, presence: false });
        self.record
            .wait_for(DEADLINE, &format!("{} is refused {to}", self.label), |event| match event {
                Event::SubscribeRefused { channel, refusal } if channel.as_str() == to => Some(refusal.code),
                _ => None,
            })
            .await
    }

    /// Subscribes to a channel with presence.
    pub async fn enter(&self, to: &str) -> Followed {
        self.input(Input::Subscribe { channel: channel(to), since: None, presence: true });
        self.expect_subscribed(to).await
    }

    /// Unsubscribes from a channel.
    pub fn unsubscribe(&self, from: &str) {
        self.input(Input::Unsubscribe { channel: channel(from) });
    }

    /// Reads older messages. Returns them, oldest first, and whether there are more.
    pub async fn history(&self, of: &str, before: Option<Offset>, limit: u32) -> (Vec<Message>, bool) {
        self.ask_history(of, before, limit)
            .await
            .unwrap_or_else(|refusal| panic!("{}: {refusal:?}", self.label))
    }

    /// Tries to read older messages and expects a refusal.
    pub async fn history_refused(&self, of: &str) -> ErrorCode {
        self.ask_history(of, None, 10).await.expect_err("the history is refused").code
    }

    pub(super) async fn ask_history(
        &self,
        of: &str,
        at: Option<Offset>,
        limit: u32,
    ) -> Result<(Vec<Message>, bool), Refusal> {
        self.input(Input::History { channel: channel(of), before: at, limit });
        self.record
            .wait_for(DEADLINE, &format!("{} reads the history of {of}", self.label), |event| match event {
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

    /// Sends a typing signal.
    pub fn type_in(&self, to: &str) {
        self.input(Input::Signal { channel: channel(to), kind: SignalKind::Typing });
    }

    /// Sends the offsets up to which the client has received and read.
    pub fn seen(&self, of: &str, delivered: Offset, read: Offset) {
        self.input(Input::Seen { channel: channel(of), delivered: Some(delivered), read: Some(read) });
    }

    /// Returns the session's status.
    pub fn status(&self) -> Status {
        self.record.status()
    }

    /// Returns the number of the open connection.
    pub fn connection(&self) -> ConnectionId {
        match self.record.status() {
            Status::Online { connection } => connection,
            other => panic!("{} is not online but {other:?}", self.label),
        }
    }

    /// Returns the user id that the server gave or confirmed.
    pub fn user(&self) -> UserId {
        self.record.me().0
    }

    /// Returns the name that others see.
    pub fn name(&self) -> DisplayName {
        self.record.me().1
    }

    /// Returns the token that the server gave.
    pub fn token(&self) -> String {
        self.record
            .token()
            .unwrap_or_else(|| panic!("{} was given no token\n{}", self.label, self.record.describe()))
    }

    /// Changes the name.
    pub fn rename(&self, name: &str) {
        self.input(Input::Rename(DisplayName::parse(name).expect("a name")));
    }

    /// Cuts the network: the socket is lost without a close, and no other can be opened.
    pub async fn lose_network(&self) {
        self.command(Command::Network(false));
        self.expect_waiting().await;
    }

    /// Restores the network and notifies the session.
    pub fn regain_network(&self) {
        self.command(Command::Network(true));
    }

    /// Skips the wait before the next attempt to connect.
    pub fn hurry(&self) {
        self.input(Input::ConnectNow);
    }

    /// Calls `look` with the journal of its sent and received messages.
    pub fn journal<T>(&self, look: impl FnOnce(&Journal) -> T) -> T {
        self.record.read(look)
    }

    /// Waits until `look` returns a value for the journal.
    pub async fn expect_journal<T>(&self, what: &str, mut look: impl FnMut(&Journal) -> Option<T>) -> T {
        let what = format!("{}: {what}", self.label);
        self.record.wait(PATIENCE, &what, |seen| look(seen.journal())).await
    }

    /// Returns the client's name in the story.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Closes the connection properly and stays offline.
    pub async fn leave(&self) {
        self.input(Input::Stop);
        self.expect_status("stopped", |status| (*status == Status::Stopped).then_some(())).await;
    }

    /// Connects again after [`leave`](Self::leave).
    pub async fn come_back(&self) -> ConnectionId {
        self.input(Input::Start);
        self.expect_online().await
    }

    pub(super) fn input(&self, input: Input) {
        self.command(Command::Input(input));
    }

    pub(super) fn command(&self, command: Command) {
        assert!(
            self.commands.send(command).is_ok(),
            "{}: the client has stopped\n{}",
            self.label,
            self.record.describe()
        );
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.task.abort();
        if std::thread::panicking() {
            eprintln!("--- {}\n{}", self.label, self.record.describe());
        }
    }
}

/// Returns the text of a chat message.
pub fn chat_text(message: &Message) -> &str {
    match &message.payload {
        Payload::Chat { text, .. } => text,
        other => panic!("this is no chat message: {other:?}"),
    }
}
