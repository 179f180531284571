//! Routes publications to the sequencer of their channel.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use shared::ids::{ChannelName, Epoch, Offset};
use shared::protocol::Refusal;

use super::live::LiveQueue;
use super::publication::Publication;
use super::queue::LogQueue;

/// The queues of all sequencers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Publisher {
    log: LogQueue,
    /// One for each worker, by its index.
    live: Arc<[LiveQueue]>,
    start: Start,
}

/// Random values that are chosen at each start of the server.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// The epoch of the channels without history.
    pub live_epoch: Epoch,
    /// A secret that is hashed with the name of a channel without history, so that no client can choose names that are all at
    /// home on one worker.
    pub live_key: u64,
}

impl Publisher {
    /// Publishes to the log thread and to the sequencers of the channels without history. `live` has at least one queue.
    pub fn new(log: LogQueue, live: impl Into<Arc<[LiveQueue]>>, start: Start) -> Self {
        Self { log, live: live.into(), start }
    }

    /// The queue of the log thread.
    pub fn log(&self) -> &LogQueue {
        &self.log
    }

    /// Returns the epoch of the channels without history.
    pub fn live_epoch(&self) -> Epoch {
        self.start.live_epoch
    }

    /// Queues a publication for the log thread if `history`, else for the channel's live sequencer. Never blocks.
    ///
    /// # Errors
    /// A [`Refusal`] if the queue is full, or its sequencer has ended.
    pub fn publish(&self, publication: Publication, history: bool) -> Result<(), Refusal> {
        if history {
            self.log.append(publication)
        } else {
            self.live(&publication.append.channel).publish(publication)
        }
    }

    /// Returns the newest offset of a channel without history.
    pub(crate) fn live_head(&self, channel: &ChannelName) -> Offset {
        self.live(channel).head(channel)
    }

    /// Returns the number of publications that wait for the sequencers of channels without history, and their bytes.
    pub(crate) fn live_waiting(&self) -> (usize, usize) {
        let waiting = self.live.iter().map(LiveQueue::waiting);
        waiting.fold((0, 0), |(publications, bytes), one| (publications + one.0, bytes + one.1))
    }

    /// Waits until the sequencer of a worker has ended.
    pub(crate) async fn live_closed(&self, worker: usize) {
        match self.live.get(worker) {
            Some(queue) => queue.closed().await,
            None => std::future::pending().await,
        }
    }

    /// The queue of a channel without history. All workers compute the same home for a channel.
    fn live(&self, channel: &ChannelName) -> &LiveQueue {
        &self.live[home(self.start.live_key, channel, self.live.len())]
    }
}

/// Returns the index of the home worker of a channel without history, below `workers`.
fn home(key: u64, channel: &ChannelName, workers: usize) -> usize {
    // `DefaultHasher::new` has a fixed, publicly known key, so hash a secret key too.
    let mut hasher = DefaultHasher::new();
    (key, channel).hash(&mut hasher);
    // On a 32-bit machine the cast drops half of the hash. That is harmless: the remainder is below the number of workers.
    hasher.finish() as usize % workers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_that_share_a_worker_are_spread_after_a_restart() {
        const WORKERS: usize = 4;
        let names = (0..4000).map(|number| ChannelName::parse(&format!("live:{number}")).unwrap());
        let chosen: Vec<_> = names.filter(|name| home(1, name, WORKERS) == 0).collect();
        let mut homes = [0; WORKERS];
        chosen.iter().for_each(|name| homes[home(2, name, WORKERS)] += 1);
        let fair = chosen.len() / WORKERS;
        assert!(homes.iter().all(|here| (fair / 2..fair * 2).contains(here)), "{homes:?}");
    }
}
