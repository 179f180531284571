//! Somebody who talks to the server through the same session that the page uses.

mod builder;
mod driver;
mod expectations;
mod journal;
mod record;
mod socket;

use std::sync::Arc;

use shared::ids::{ChannelName, ConnectionId, DisplayName, MessageId, Offset, UserId};
use shared::protocol::{ErrorCode, Message, Payload, Position, Refusal, SignalKind};
use shared::session::{Event, Input, Status};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

pub use builder::ClientBuilder;
use driver::Command;
pub use journal::{Fate, Heard, Journal, Sent};
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

    /// Says something, and does not even wait for its id.
    pub fn say(&self, to: &str, payload: Payload) {
        let (tell, _) = oneshot::channel();
        self.command(Command::Publish { channel: channel(to), payload, tell });
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

    /// Does not wait for its next try to connect, if it is about to.
    pub fn hurry(&self) {
        self.input(Input::ConnectNow);
    }

    /// Looks at what it has said and been told so far.
    pub fn journal<T>(&self, look: impl FnOnce(&Journal) -> T) -> T {
        self.record.read(look)
    }

    /// Waits until its journal holds what is wanted; `look` returns nothing until then.
    pub async fn expect_journal<T>(&self, what: &str, mut look: impl FnMut(&Journal) -> Option<T>) -> T {
        let what = format!("{}: {what}", self.label);
        self.record.wait(PATIENCE, &what, |seen| look(seen.journal())).await
    }

    /// What it is called in the story.
    pub fn label(&self) -> &str {
        &self.label
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
