//! The new messages of some channels, and the answers to those who published them: one batch for all workers.

use std::sync::{Arc, OnceLock};

use prometheus_client::metrics::gauge::Gauge;
use shared::ids::{ChannelName, ConnectionId, RequestId};
use shared::protocol::Refusal;
use tokio::sync::OwnedSemaphorePermit;

use crate::message::{Frame, Joined};
use crate::store::Appended;

/// What a batch means for the workers.
#[derive(Debug, Default)]
pub struct Batch {
    /// The new messages of each channel.
    pub channels: Vec<News>,
    /// The answers to those who published, by worker.
    pub answers: Vec<Vec<Answer>>,
    /// Its bytes, until the last worker is done with it.
    held: OnceLock<Held>,
}

/// The bytes of a batch, while they count among those on their way to the workers.
#[derive(Debug)]
struct Held {
    _permit: OwnedSemaphorePermit,
    bytes: i64,
    gauge: Gauge,
}

impl Held {
    fn new(permit: OwnedSemaphorePermit, gauge: &Gauge) -> Self {
        let bytes = i64::try_from(permit.num_permits()).unwrap_or(i64::MAX);
        gauge.inc_by(bytes);
        Self { _permit: permit, bytes, gauge: gauge.clone() }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.gauge.dec_by(self.bytes);
    }
}

impl Batch {
    /// A batch for all workers.
    pub fn new(channels: Vec<News>, answers: Vec<Vec<Answer>>) -> Self {
        Self { channels, answers, held: OnceLock::new() }
    }

    /// Keeps a permit for its bytes until the last worker has dropped it.
    pub(super) fn hold(&self, permit: OwnedSemaphorePermit, gauge: &Gauge) {
        let _ = self.held.set(Held::new(permit, gauge));
    }

    /// The memory that its messages hold, in bytes: each by itself, and joined if there are several.
    pub fn bytes(&self) -> usize {
        let of = |news: &News| {
            let frames: usize = news.frames.iter().map(|frame| frame.bytes()).sum();
            if news.frames.len() > 1 { frames * 2 } else { frames }
        };
        self.channels.iter().map(of).sum()
    }
}

/// What is new in a channel.
#[derive(Debug)]
pub struct News {
    /// The channel.
    pub channel: ChannelName,
    /// The messages, in the order of the log.
    pub frames: Vec<Arc<Frame>>,
    /// The same in one piece, where nothing is missing between them.
    pub joined: Option<Arc<Joined>>,
}

impl News {
    /// What `frames` of a channel are, in the order of the log.
    pub fn new(channel: ChannelName, frames: Vec<Arc<Frame>>) -> Self {
        let joined = Joined::new(&frames);
        Self { channel, frames, joined }
    }
}

/// An answer to a publisher.
#[derive(Debug)]
pub struct Answer {
    /// Its connection.
    pub connection: ConnectionId,
    /// Its request; a plain connection has none.
    pub request: Option<RequestId>,
    /// What became of it.
    pub result: Result<Appended, Refusal>,
    /// The bytes that were owed for it.
    pub bytes: usize,
}
