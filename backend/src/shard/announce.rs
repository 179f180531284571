//! Sends changes of presence from the board to the readers of this worker. The changes during a pause are sent in one write, so
//! a burst of joins costs each reader a few writes instead of one for each join.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::connections::Connections;
use super::worker::Worker;
use crate::channel::feed::Feed;
use crate::presence::News;

/// Pause between two rounds of announcements. The first change after a quiet time is announced at once.
const PAUSE: Duration = Duration::from_millis(50);

/// Maximum number of members that are removed, and of readers that get a change, before the worker's other tasks run.
const SLICE_MAX: usize = 512;

/// Announces changes for as long as the worker lives. The first worker also removes members that are gone.
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
    for channel in presence.take_unannounced(worker.index) {
        let Some(feed) = worker.feeds.borrow().get(&channel).cloned() else { continue };
        if feed.reader_count() == 0 {
            // The next reader on this worker asks for the members anyway.
            feed.set_presence(None);
            continue;
        }
        let news = feed.presence().and_then(|since| presence.news(&channel, since));
        if let Some(news) = news {
            send(worker, &feed, &news).await;
        }
    }
}

async fn send(worker: &Worker, feed: &Feed, news: &News) {
    // Before the loop: a reader that subscribes during it may have a key that was passed, and its list has this version.
    feed.set_presence(Some(news.version));
    let mut next = Some(0);
    while let Some(key) = next {
        next = send_slice(&worker.connections.borrow(), feed, news, key);
        tokio::task::yield_now().await;
    }
}

fn send_slice(connections: &Connections, feed: &Feed, news: &News, key: usize) -> Option<usize> {
    feed.readers(key, SLICE_MAX, |reader| {
        if let Some(outbound) = connections.at(reader.connection)
            && outbound.info.mode.gets_signals()
        {
            outbound.signal_presence(&feed.channel, news.changes.clone());
        }
    })
}
