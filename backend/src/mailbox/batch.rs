//! A batch for all workers: the new messages of some channels, and the answers to their publishers.

use std::sync::{Arc, OnceLock};

use shared::ids::{ChannelName, ConnectionId, RequestId};
use shared::protocol::Refusal;
use tokio::sync::OwnedSemaphorePermit;

use crate::message::{EncodedMessage, EncodedRun};
use crate::store::Appended;

/// The news of some channels, and the answers to publishers.
#[derive(Debug, Default)]
pub struct Batch {
    /// The new messages of each channel.
    pub channels: Vec<News>,
    /// The answers to publishers, by the index of their worker.
    pub answers: Vec<Vec<Answer>>,
    /// Reserves the batch's bytes in the mailboxes until the last worker has dropped the batch.
    permit: OnceLock<OwnedSemaphorePermit>,
}

impl Batch {
    /// Creates a batch for all workers.
    pub fn new(channels: Vec<News>, answers: Vec<Vec<Answer>>) -> Self {
        Self { channels, answers, permit: OnceLock::new() }
    }

    /// Keeps a permit for the batch's bytes until the last worker has dropped the batch.
    pub(super) fn hold(&self, permit: OwnedSemaphorePermit) {
        let _ = self.permit.set(permit);
    }

    /// Memory of the batch's messages in bytes: each message, and the joined run if a channel has several.
    pub fn bytes(&self) -> usize {
        let bytes_of = |news: &News| {
            let bytes: usize = news.messages.iter().map(|message| message.bytes()).sum();
            if news.messages.len() > 1 { bytes * 2 } else { bytes }
        };
        self.channels.iter().map(bytes_of).sum()
    }
}

/// The new messages of a channel.
#[derive(Debug)]
pub struct News {
    /// The channel.
    pub channel: ChannelName,
    /// The messages, in the order of the log.
    pub messages: Vec<Arc<EncodedMessage>>,
    /// The messages joined into one run. `None` if one is missing between them.
    pub run: Option<Arc<EncodedRun>>,
}

impl News {
    /// Creates the news of a channel from its messages, in the order of the log.
    pub fn new(channel: ChannelName, messages: Vec<Arc<EncodedMessage>>) -> Self {
        let run = EncodedRun::new(&messages);
        Self { channel, messages, run }
    }
}

/// The answer to a publication.
#[derive(Debug)]
pub struct Answer {
    /// The publisher's connection.
    pub connection: ConnectionId,
    /// The publisher's request. `None` for a plain connection.
    pub request: Option<RequestId>,
    /// The outcome.
    pub result: Result<Appended, Refusal>,
    /// The bytes of the publication, as counted while it was unanswered.
    pub bytes: usize,
}
