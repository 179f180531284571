//! The way of publications to the sequencer of their channel.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use shared::ids::{ChannelName, Epoch, Offset};
use shared::protocol::Refusal;

use super::direct::LogQueue;
use super::live::LiveQueue;
use super::publication::Publication;

/// The queues of all sequencers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Publisher {
    log: LogQueue,
    /// One for each worker, by its index.
    live: Arc<[LiveQueue]>,
    start: Start,
}

/// What is chosen anew with each start of the server.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// The incarnation of the channels without history.
    pub live_epoch: Epoch,
    /// A secret that is hashed with the name of a channel without history, so that no client can choose names that are all at
    /// home on one worker.
    pub live_key: u64,
}

impl Publisher {
    /// Queues publications for the log thread and for the sequencers of channels without history, at least one.
    pub fn new(log: LogQueue, live: impl Into<Arc<[LiveQueue]>>, start: Start) -> Self {
        Self { log, live: live.into(), start }
    }

    /// The queue of the log thread.
    pub fn log(&self) -> &LogQueue {
        &self.log
    }

    /// The incarnation of the channels without history.
    pub fn live_epoch(&self) -> Epoch {
        self.start.live_epoch
    }

    /// Queues a publication of a channel with or without history. It never waits.
    ///
    /// # Errors
    /// A [`Refusal`] if the queue admits no more.
    pub fn publish(&self, publication: Publication, history: bool) -> Result<(), Refusal> {
        if history {
            self.log.append(publication)
        } else {
            self.live(&publication.append.channel).publish(publication)
        }
    }

    /// The newest offset of a channel without history.
    pub fn live_head(&self, channel: &ChannelName) -> Offset {
        self.live(channel).head(channel)
    }

    /// Waits until the sequencer of a worker has ended.
    pub async fn live_closed(&self, worker: usize) {
        match self.live.get(worker) {
            Some(queue) => queue.closed().await,
            None => std::future::pending().await,
        }
    }

    /// The queue of a channel without history. All workers agree on where the channel is at home.
    fn live(&self, channel: &ChannelName) -> &LiveQueue {
        &self.live[home(self.start.live_key, channel, self.live.len())]
    }
}

/// The index of the worker where a channel without history is at home, of so many.
fn home(key: u64, channel: &ChannelName, workers: usize) -> usize {
    // The hasher's own key is a constant that everybody knows.
    let mut hasher = DefaultHasher::new();
    (key, channel).hash(&mut hasher);
    // The remainder is below the number of workers, so the cast loses nothing that counts.
    hasher.finish() as usize % workers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_meet_on_one_worker_do_not_after_a_restart() {
        const WORKERS: usize = 4;
        let names = (0..4000).map(|number| ChannelName::parse(&format!("live:{number}")).unwrap());
        let chosen: Vec<_> = names.filter(|name| home(1, name, WORKERS) == 0).collect();
        let mut homes = [0; WORKERS];
        chosen.iter().for_each(|name| homes[home(2, name, WORKERS)] += 1);
        let fair = chosen.len() / WORKERS;
        assert!(homes.iter().all(|here| (fair / 2..fair * 2).contains(here)), "{homes:?}");
    }
}
