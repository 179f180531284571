//! Sends presence changes from the board to the subscribers of this worker. The changes of one pause are sent in one
//! write, so a burst of joins costs each subscriber a few writes instead of one per join.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::connections::Connections;
use super::worker::Worker;
use crate::channel::feed::Feed;
use crate::presence::PresenceUpdate;

/// Pause between two rounds of announcements. The first change after a quiet time is announced at once.
const PAUSE: Duration = Duration::from_millis(50);

/// Maximum number of members that are removed, of changed channels, and of subscribers that get a change, before the worker's
/// other tasks run.
const SLICE_MAX: usize = 512;

/// Announces changes while the worker lives. The first worker also removes members whose grace period has ended.
pub(super) async fn run(worker: Rc<Worker>) {
    let presence = &worker.parts.presence;
    let mut sweeps = interval(worker.tick_length());
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = sweeps.tick(), if worker.index == 0 => {
                let grace = worker.parts.settings.presence_grace();
                while presence.sweep(grace, SLICE_MAX) == SLICE_MAX {
                    tokio::task::yield_now().await;
                }
            }
            () = presence.changed(worker.index) => {}
        }
        announce(&worker).await;
        tokio::time::sleep(PAUSE).await;
    }
}

async fn announce(worker: &Worker) {
    let presence = &worker.parts.presence;
    for (number, channel) in presence.take_unannounced(worker.index).into_iter().enumerate() {
        if number % SLICE_MAX == SLICE_MAX - 1 {
            tokio::task::yield_now().await;
        }
        let Some(feed) = worker.feeds.borrow().get(&channel).cloned() else { continue };
        if feed.subscriber_count() == 0 {
            // The next subscriber on this worker requests the members anyway.
            feed.set_presence(None);
            continue;
        }
        let update = feed.presence().and_then(|since| presence.update_since(&channel, since));
        if let Some(update) = update {
            send(worker, &feed, &update).await;
        }
    }
}

async fn send(worker: &Worker, feed: &Feed, update: &PresenceUpdate) {
    // Before the loop, because a subscriber that is added during it may get a key that was passed. Its list of members
    // has this version.
    feed.set_presence(Some(update.version));
    let mut next = Some(0);
    while let Some(key) = next {
        next = send_slice(&worker.connections.borrow(), feed, update, key);
        tokio::task::yield_now().await;
    }
}

fn send_slice(connections: &Connections, feed: &Feed, update: &PresenceUpdate, key: usize) -> Option<usize> {
    feed.subscribers(key, SLICE_MAX, |subscriber| {
        if let Some(outbound) = connections.at(subscriber.connection)
            && outbound.info.dialect.gets_signals()
        {
            outbound.signal_presence(&feed.channel, update.changes.clone());
        }
    })
}
